/** What leaves the app about one package: the evidence of all its versions, and the events of the version that is shown. */
import { useState, type ReactNode } from 'react';
import type { DoorError, Result } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { PACKAGE } from './texts.ts';

export function Exports({ sscc, version }: { sscc: string; version: number }): ReactNode {
  const api = useApi();
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const save = async (
    made: Promise<Result<Uint8Array, DoorError>>,
    name: string,
    type: string,
  ): Promise<void> => {
    setSaid(null);
    const file = await made.catch(() => null);
    if (file === null) return setSaid({ text: PACKAGE.exportFailed, bad: true });
    if (!file.ok) return setSaid({ text: file.error.message, bad: true });
    downloadBytes(file.value, name, type);
    setSaid({ text: PACKAGE.exported(name), bad: false });
  };
  return (
    <>
      <button
        type="button"
        className="btn"
        onClick={() => void save(api.evidence(sscc), `${sscc}.evidence.json`, 'application/json')}
      >
        {PACKAGE.evidence}
      </button>
      <button
        type="button"
        className="btn"
        onClick={() =>
          void save(api.epcis(sscc, version), `${sscc}.v${version}.epcis.json`, 'application/ld+json')
        }
      >
        {PACKAGE.epcis} v{version}
      </button>
      <p role="status" className={said?.bad ? 'notice bad' : 'muted wrap-any'}>
        {said?.text}
      </p>
    </>
  );
}
