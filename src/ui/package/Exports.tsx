/** What leaves the app about one package: the evidence of all its versions, and the events of the version that is shown. */
import { useState, type ReactNode } from 'react';
import type { Result } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { epcisFile, evidenceFile, type ExportError, type MadeFile } from './evidence-file.ts';
import { PACKAGE } from './texts.ts';
import { errorText } from '../errors.ts';

export function Exports({ sscc, version }: { sscc: string; version: number }): ReactNode {
  const api = useApi();
  const [withEpcis, setWithEpcis] = useState(false);
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const save = async (making: Promise<Result<MadeFile, ExportError>>): Promise<void> => {
    setSaid(null);
    const file = await making;
    if (!file.ok) return setSaid({ text: errorText(file.error), bad: true });
    downloadBytes(file.value.bytes, file.value.name, file.value.type);
    setSaid({ text: PACKAGE.exported(file.value.name), bad: false });
  };
  return (
    <>
      <div role="group" aria-label={PACKAGE.evidence}>
        <button
          type="button"
          className="btn wide"
          onClick={() => void save(evidenceFile(api, sscc, withEpcis))}
        >
          {PACKAGE.evidence}
        </button>
        <label className="tick">
          <input
            type="checkbox"
            checked={withEpcis}
            onChange={(event) => setWithEpcis(event.currentTarget.checked)}
          />
          {PACKAGE.withEpcis}
        </label>
      </div>
      <button type="button" className="btn" onClick={() => void save(epcisFile(api, sscc, version))}>
        {PACKAGE.epcis(version)}
      </button>
      <p role="status" className={said?.bad ? 'notice bad' : 'muted wrap-any'}>
        {said?.text}
      </p>
    </>
  );
}
