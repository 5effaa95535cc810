/** `/verify#<network id>`: checks an evidence file in this browser. The fragment fills in what the reader's own app trusts already. */
import { useEffect, useId, useState, type ReactNode } from 'react';
import type { EvidenceReport, VerifyApi } from '../../worker/api.ts';
import { DoorFrame, Problem } from '../doors/DoorFrame.tsx';
import '../doors/doors.css';
import '../styles/index.css';
import { errorText } from '../errors.ts';
import { MAX_DIGEST_TEXT, MAX_EVIDENCE_FILE_BYTES, MAX_TRUST_FILE_BYTES } from '../limits.ts';
import { DropZone, FileButton } from '../parts/DropZone.tsx';
import { Report } from './Report.tsx';
import { VERIFY } from './texts.ts';
import './verify.css';

export type Verifier = VerifyApi;

interface Chosen {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function VerifyPage({ verifier }: { verifier: Verifier }): ReactNode {
  const [ready, setReady] = useState<boolean | null>(false);
  const [file, setFile] = useState<Chosen | null>(null);
  const [genesis, setGenesis] = useState<Chosen | null>(null);
  const [id, setId] = useState(() => window.location.hash.replace(/^#/, ''));
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const { report, problem: given, checking } = useReport(verifier, file, genesis?.bytes ?? id, pin);
  const trustProblem = given?.field === 'trust' ? given.message : null;
  const pinProblem = given?.field === 'pin' ? given.message : null;

  useEffect(() => {
    verifier.ready().then(
      () => setReady(true),
      () => setReady(null),
    );
  }, [verifier]);

  const take = async (
    given: File | undefined,
    limit: number,
    tooLarge: (name: string) => string,
    chosen: (file: Chosen) => void,
  ): Promise<void> => {
    if (!given) return;
    if (given.size > limit) return setProblem(tooLarge(given.name));
    const bytes = await given.arrayBuffer().catch(() => null);
    if (bytes === null) return setProblem(VERIFY.unreadable(given.name));
    setProblem(null);
    chosen({ name: given.name, bytes: new Uint8Array(bytes) });
  };
  const takeFile = (given: File | undefined): Promise<void> =>
    take(given, MAX_EVIDENCE_FILE_BYTES, VERIFY.tooLarge, setFile);

  return (
    <DoorFrame title={VERIFY.title} lead={VERIFY.lead}>
      <section className="sheet stack no-print" aria-label={VERIFY.what}>
        <DropZone onDrop={(files) => void takeFile(files[0])}>
          <b className="wrap-any">{file?.name ?? VERIFY.fileLabel}</b>
          <span>{VERIFY.fileHint}</span>
          <FileButton
            label={file ? VERIFY.otherFile : VERIFY.chooseFile}
            isMain={!file}
            accept=".json,application/json"
            testId="evidence-file"
            onFiles={(files) => void takeFile(files[0])}
          />
        </DropZone>
        {genesis === null && (
          <DigestField
            label={VERIFY.trustLabel}
            hint={VERIFY.trustHint}
            value={id}
            isWrong={trustProblem !== null}
            onChange={setId}
          />
        )}
        <div className="field">
          <span className="label">{genesis === null ? VERIFY.genesisLabel : VERIFY.trustLabel}</span>
          {genesis === null ? (
            <span className="hint">{VERIFY.genesisHint}</span>
          ) : (
            <span className="strong wrap-any">{genesis.name}</span>
          )}
          <div className="row">
            <label className="btn file">
              {VERIFY.chooseGenesis}
              <input
                type="file"
                data-testid="genesis-file"
                onChange={(event) => {
                  void take(
                    event.target.files?.[0],
                    MAX_TRUST_FILE_BYTES,
                    VERIFY.genesisTooLarge,
                    setGenesis,
                  );
                  event.target.value = '';
                }}
              />
            </label>
            {genesis !== null && (
              <button type="button" className="btn" onClick={() => setGenesis(null)}>
                {VERIFY.dropGenesis}
              </button>
            )}
          </div>
        </div>
        <details className="verify-pin">
          <summary>{VERIFY.pinOpen}</summary>
          <DigestField
            label={VERIFY.pinLabel}
            hint={VERIFY.pinHint}
            value={pin}
            isWrong={pinProblem !== null}
            onChange={setPin}
          />
        </details>
        <Problem message={problem ?? given?.message ?? (ready === null ? VERIFY.notLoaded : null)} />
        <p role="status" className="muted">
          {ready === null
            ? ''
            : !ready
              ? VERIFY.loading
              : checking && file
                ? VERIFY.checking(file.name)
                : VERIFY.ready}
        </p>
      </section>
      <div aria-live="polite" aria-busy={checking}>
        {report !== null && file !== null && <Report report={report} file={file.name} />}
      </div>
    </DoorFrame>
  );
}

interface Checked {
  readonly report: EvidenceReport | null;
  readonly problem: { readonly field: 'trust' | 'pin'; readonly message: string } | null;
  readonly checking: boolean;
}
const NOTHING: Checked = { report: null, problem: null, checking: false };

/** Checked anew whenever the file, the trust or the pin changes; an answer that comes late is dropped. */
function useReport(
  verifier: Verifier,
  file: Chosen | null,
  trust: string | Uint8Array,
  pin: string,
): Checked {
  const [checked, setChecked] = useState<Checked>(NOTHING);
  useEffect(() => {
    if (file === null) return;
    let wanted = true;
    setChecked({ ...NOTHING, checking: true });
    verifier.verify(file.bytes, trust, pin).then(
      (result) => {
        if (!wanted) return;
        setChecked(
          result.ok
            ? { ...NOTHING, report: result.value }
            : {
                ...NOTHING,
                problem: {
                  field: result.error.type === 'pin-malformed' ? 'pin' : 'trust',
                  message: errorText(result.error),
                },
              },
        );
      },
      () => wanted && setChecked({ ...NOTHING, problem: { field: 'trust', message: VERIFY.failed } }),
    );
    return () => {
      wanted = false;
    };
  }, [verifier, file, trust, pin]);
  return checked;
}

interface DigestFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly isWrong: boolean;
  readonly onChange: (value: string) => void;
}

/** 64 hex digits, as people copy them. */
function DigestField({ label, hint, value, isWrong, onChange }: DigestFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="hint" id={`${id}-hint`}>
        {hint}
      </span>
      <textarea
        id={id}
        className="mono trust-id"
        dir="ltr"
        rows={2}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        maxLength={MAX_DIGEST_TEXT}
        value={value}
        aria-describedby={`${id}-hint`}
        aria-invalid={isWrong}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
