/** "Bring keys from another device": the other half of the export in the settings. What is brought observes until an epoch names its log. */
import { useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { PassphraseField, ShowPassphrase } from '../parts/PassphraseField.tsx';
import { askToKeep } from '../program/persistence.ts';
import type { DoorsClient } from './client.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { IMPORT, missingOf, placeOf, type ImportProblem } from './import-texts.ts';
import { MAX_KEY_EXPORT_FILE_BYTES } from './limits.ts';

export function ImportPage({ client }: { client: DoorsClient }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ImportProblem | null>(null);
  const bring = async (text: string, passphrase: string): Promise<ImportProblem | null> => {
    setBusy(true);
    setProblem(null);
    void askToKeep();
    const done = await client.api.importKeys(text, passphrase).catch(() => null);
    setBusy(false);
    if (done?.ok) {
      // The pages of an open network are another app: the page is loaded anew.
      window.location.assign(`/n/${done.value.profile}/network/members`);
      return null;
    }
    const found = done === null ? ({ at: 'form', message: IMPORT.noAnswer } as const) : placeOf(done.error);
    setProblem(found);
    return found;
  };
  return (
    <DoorFrame title={IMPORT.title} lead={IMPORT.lead}>
      <ImportForm busy={busy} problem={problem} onProblem={setProblem} onImport={bring} />
      <section className="stack-tight" aria-labelledby="import-next">
        <h2 id="import-next">{IMPORT.next}</h2>
        <ol className="numbered">
          {IMPORT.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </section>
    </DoorFrame>
  );
}

export function ImportForm({
  busy,
  problem,
  onProblem,
  onImport,
}: {
  busy: boolean;
  problem: ImportProblem | null;
  onProblem: (problem: ImportProblem | null) => void;
  /** Gives what is wrong, for the focus; null: it is done. */
  onImport: (text: string, passphrase: string) => Promise<ImportProblem | null>;
}): ReactNode {
  const [file, setFile] = useState<{ readonly name: string; readonly text: string } | null>(null);
  const [pasted, setPasted] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [shown, setShown] = useState(false);
  const id = useId();
  const textField = useRef<HTMLTextAreaElement>(null);
  const fileField = useRef<HTMLInputElement>(null);
  const passphraseField = useRef<HTMLInputElement>(null);
  const said = (at: ImportProblem['at']): string | null => (problem?.at === at ? problem.message : null);

  const wrong =
    said('text') === null ? null : (
      <span className="problem" id={`${id}-problem`}>
        {said('text')}
      </span>
    );

  /** To the field that has to be corrected. */
  const lead = (found: ImportProblem | null): void => {
    if (found?.at === 'passphrase') passphraseField.current?.focus();
    if (found?.at === 'text') (file === null ? textField : fileField).current?.focus();
  };
  const takeFile = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    if (chosen.size > MAX_KEY_EXPORT_FILE_BYTES)
      return onProblem({
        at: 'text',
        message: IMPORT.tooLarge(chosen.name, MAX_KEY_EXPORT_FILE_BYTES / 1024 / 1024),
      });
    const text = await chosen.text().catch(() => null);
    if (text === null) return onProblem({ at: 'text', message: IMPORT.unreadable(chosen.name) });
    onProblem(null);
    setFile({ name: chosen.name, text });
    passphraseField.current?.focus();
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const text = file?.text ?? pasted;
    const missing = missingOf(text, passphrase);
    if (missing !== null) onProblem(missing);
    lead(missing ?? (await onImport(text, passphrase)));
  };
  return (
    <form
      className="sheet stack"
      noValidate
      aria-label={IMPORT.form}
      onSubmit={(event) => void submit(event)}
    >
      <div className="field">
        <span className="label">{IMPORT.file}</span>
        <span className="hint" id={`${id}-file`}>
          {IMPORT.fileHint}
        </span>
        <label className="btn file">
          {file === null ? IMPORT.choose : file.name}
          {file !== null && <span className="hidden">. {IMPORT.another}</span>}
          <input
            ref={fileField}
            type="file"
            accept=".txt,text/plain"
            aria-describedby={file !== null && wrong !== null ? `${id}-file ${id}-problem` : `${id}-file`}
            onChange={(event) => {
              const input = event.currentTarget;
              void takeFile(input.files?.[0]).finally(() => (input.value = ''));
            }}
          />
        </label>
        {file !== null && wrong}
      </div>
      {file === null ? (
        <div className="field">
          <label htmlFor={id}>{IMPORT.paste}</label>
          <textarea
            id={id}
            ref={textField}
            className="mono"
            spellCheck={false}
            autoComplete="off"
            value={pasted}
            aria-invalid={wrong === null ? undefined : true}
            aria-describedby={wrong === null ? undefined : `${id}-problem`}
            onChange={(event) => setPasted(event.currentTarget.value)}
          />
          {wrong}
        </div>
      ) : (
        <div className="row">
          <button type="button" className="btn" onClick={() => setFile(null)}>
            {IMPORT.pasteInstead}
          </button>
        </div>
      )}
      <PassphraseField
        label={IMPORT.passphrase}
        hint={IMPORT.passphraseHint}
        value={passphrase}
        onChange={setPassphrase}
        problem={said('passphrase')}
        shown={shown}
        kind="current-password"
        field={passphraseField}
      />
      <ShowPassphrase shown={shown} onChange={setShown} />
      <Problem message={said('form')} testId="problem" />
      <div className="row">
        <button type="submit" className="btn main" disabled={busy}>
          {IMPORT.import}
        </button>
      </div>
      <p role="status" className="muted">
        {busy && IMPORT.working}
      </p>
    </form>
  );
}
