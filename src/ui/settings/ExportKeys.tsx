/** "Keys on another device": the member's keys as a file under a passphrase. */
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { fileName } from '../doors/handover.ts';
import { downloadBytes } from '../download.ts';
import { errorText, langOf } from '../errors.ts';
import { Opener } from '../members/Opener.tsx';
import { choiceProblem, repeatProblem } from '../parts/passphrase.ts';
import { PassphraseField, ShowPassphrase } from '../parts/PassphraseField.tsx';
import { KEYS } from './key-texts.ts';
import '../styles/directory.css';

export function ExportKeys({ state }: { state: NetworkState }): ReactNode {
  const { run, busy, problem, saved } = useExport(state);
  const device = state.selfDevice;
  const organisation = organisationOf(state);
  return (
    <section className="sheet" aria-labelledby="export-keys">
      <h2 id="export-keys">{KEYS.title}</h2>
      {device !== undefined ? (
        <p>{KEYS.device(device.organisation)}</p>
      ) : (
        <div className="stack">
          <p>{KEYS.text(organisation)}</p>
          {KEYS.know(organisation).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <Opener label={KEYS.open}>
            {(close) => (
              <ExportForm
                busy={busy}
                problem={problem}
                onExport={(passphrase) =>
                  void run(passphrase).then((done) => {
                    if (done) close(true);
                  })
                }
                onClose={() => close(true)}
              />
            )}
          </Opener>
          <p role="status" data-testid="keys-saved">
            {saved !== null && KEYS.saved(saved)}
          </p>
        </div>
      )}
    </section>
  );
}

export function ExportForm({
  busy,
  problem,
  onExport,
  onClose,
}: {
  busy: boolean;
  /** Why the last attempt failed. */
  problem: string | null;
  onExport: (passphrase: string) => void;
  onClose: () => void;
}): ReactNode {
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const firstField = useRef<HTMLInputElement>(null);
  const secondField = useRef<HTMLInputElement>(null);
  useEffect(() => firstField.current?.focus(), []);
  const wrong = { first: choiceProblem(first), second: repeatProblem(first, second) };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (wrong.first !== null) firstField.current?.focus();
    else if (wrong.second !== null) secondField.current?.focus();
    else if (!busy) onExport(first);
  };
  return (
    <form className="stack inner-form" noValidate aria-label={KEYS.open} onSubmit={submit}>
      <PassphraseField
        label={KEYS.passphrase}
        hint={KEYS.passphraseHint}
        value={first}
        onChange={setFirst}
        problem={tried ? wrong.first : null}
        shown={shown}
        kind="new-password"
        field={firstField}
      />
      <PassphraseField
        label={KEYS.repeat}
        value={second}
        onChange={setSecond}
        problem={tried && wrong.first === null ? wrong.second : null}
        shown={shown}
        kind="new-password"
        field={secondField}
      />
      <ShowPassphrase shown={shown} onChange={setShown} />
      <div role="alert">
        {problem !== null && (
          <p className="notice bad" lang={langOf(problem)}>
            {problem}
          </p>
        )}
      </div>
      <div className="row">
        <button type="submit" className="btn main" disabled={busy}>
          {KEYS.export}
        </button>
        <button type="button" className="btn" disabled={busy} onClick={onClose}>
          {KEYS.cancel}
        </button>
      </div>
      <p role="status" className="muted">
        {busy && KEYS.working}
      </p>
    </form>
  );
}

function useExport(state: NetworkState) {
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const run = async (passphrase: string): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    setSaved(null);
    const made = await api.exportKeys(state.profile, passphrase).catch(() => null);
    setBusy(false);
    if (made === null || !made.ok) {
      setProblem(made === null ? KEYS.noAnswer : errorText(made.error));
      return false;
    }
    const name = exportName(organisationOf(state));
    downloadBytes(new TextEncoder().encode(`${made.value}\n`), name, 'text/plain');
    setSaved(name);
    return true;
  };
  return { run, busy, problem, saved };
}

/** `countersign-keys-delta-express.txt` */
export const exportName = (organisation: string): string =>
  `countersign-keys-${fileName(organisation, 'txt')}`;

const organisationOf = ({ self, members, network }: NetworkState): string =>
  (self === null ? null : members[self]?.organisation) ?? network.name;
