/** Opening a street: its name, its stalls' keys one by one, and the seal. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { createDraft, createIdentity, createNetwork } from 'countersign';
import { CodeView } from '../codes/CodeView.tsx';
import { Scanner } from '../codes/Scanner.tsx';
import { MAX_NAME } from '../limits.ts';
import { Field, Heading, Notice } from '../parts.tsx';
import { RULES_VERSION } from '../points/index.ts';
import { T } from '../texts.ts';
import { draftLink, keepDraft, readStall, streetLink, type DraftStreet } from './draft.ts';
import { GiveUp } from './GiveUp.tsx';
import type { Opening } from './Stall.tsx';

/** Three honest stalls and one that may fail or lie: the fewest that bear a fault. */
const FEWEST = 4;

interface FoundProps {
  readonly draft: DraftStreet | null;
  readonly onOpen: (opening: Opening) => void;
  readonly onBack: () => void;
}

export function Found({ draft: begun, onOpen, onBack }: FoundProps): ReactNode {
  const [draft, setDraft] = useState(begun);
  const keep = (next: DraftStreet): void => {
    keepDraft(next);
    setDraft(next);
  };
  return (
    <>
      <header className="bar">
        <h1>{T.app}</h1>
      </header>
      <main className="page">
        {draft === null ? (
          <NameStreet onMade={keep} onBack={onBack} />
        ) : (
          <Gather draft={draft} onDraft={keep} onOpen={onOpen} onGivenUp={onBack} />
        )}
      </main>
    </>
  );
}

function NameStreet({
  onMade,
  onBack,
}: {
  readonly onMade: (draft: DraftStreet) => void;
  readonly onBack: () => void;
}): ReactNode {
  const [street, stall] = [useId(), useId()];
  const [names, setNames] = useState({ street: '', stall: '' });
  const [problem, setProblem] = useState<{ readonly at: 'street' | 'stall'; readonly words: string } | null>(
    null,
  );
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    const label = names.stall.trim();
    const draft = await createDraft(names.street.trim());
    const made = await createIdentity({ draft, label });
    setBusy(false);
    if (!made.ok) return setProblem({ at: 'stall', words: made.error.message });
    const { identity, memberKey } = made.value;
    onMade({ founder: true, draft, identity, label, memberKey, stalls: [{ label, memberKey }] });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (names.street.trim() === '') return setProblem({ at: 'street', words: T.found.streetNeeded });
    if (names.stall.trim() === '') return setProblem({ at: 'stall', words: T.found.stallNeeded });
    setProblem(null);
    void make();
  };
  return (
    <form className="card" onSubmit={submit}>
      <Heading>{T.found.title}</Heading>
      <p>{T.found.what}</p>
      <Field id={street} label={T.found.street} problem={problem?.at === 'street' ? problem.words : null}>
        {(control) => (
          <input
            {...control}
            value={names.street}
            maxLength={MAX_NAME}
            autoComplete="off"
            onChange={({ currentTarget }) => setNames({ ...names, street: currentTarget.value })}
          />
        )}
      </Field>
      <Field
        id={stall}
        label={T.found.stall}
        hint={T.found.stallHint}
        problem={problem?.at === 'stall' ? problem.words : null}
      >
        {(control) => (
          <input
            {...control}
            value={names.stall}
            maxLength={MAX_NAME}
            autoComplete="organization"
            onChange={({ currentTarget }) => setNames({ ...names, stall: currentTarget.value })}
          />
        )}
      </Field>
      <button type="submit" className="btn main" disabled={busy}>
        {busy ? T.found.making : T.found.make}
      </button>
      <button type="button" className="btn" onClick={onBack}>
        {T.back}
      </button>
    </form>
  );
}

interface GatherProps {
  readonly draft: DraftStreet;
  readonly onDraft: (draft: DraftStreet) => void;
  readonly onOpen: (opening: Opening) => void;
  readonly onGivenUp: () => void;
}

function Gather({ draft, onDraft, onOpen, onGivenUp }: GatherProps): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [sealed, setSealed] = useState<{ readonly link: string; readonly opening: Opening } | null>(null);
  const add = (text: string): string | null => {
    const stall = readStall(text);
    if (stall === null) return T.found.noStall;
    if (draft.stalls.some((one) => one.memberKey === stall.memberKey)) return T.found.known(stall.label);
    if (draft.stalls.some((one) => one.label === stall.label)) return T.found.sameName(stall.label);
    onDraft({ ...draft, stalls: [...draft.stalls, stall] });
    return null;
  };
  const seal = async (): Promise<void> => {
    setBusy(true);
    const made = await createNetwork({
      draft: draft.draft,
      memberKeys: draft.stalls.map((one) => one.memberKey),
      rules: RULES_VERSION,
    });
    setBusy(false);
    if (!made.ok) return setProblem(made.error.message);
    const { invitation, genesis } = made.value;
    const opening = { identity: draft.identity, invitation, genesis };
    setSealed({ link: streetLink(invitation), opening });
  };
  if (sealed !== null) {
    return (
      <section className="card">
        <Heading>{T.found.sealed(draft.stalls.length)}</Heading>
        <p>{T.found.handOut}</p>
        <CodeView text={sealed.link} label={T.found.streetLink} />
        <button type="button" className="btn main" onClick={() => onOpen(sealed.opening)}>
          {T.found.openMine}
        </button>
      </section>
    );
  }
  const missing = FEWEST - draft.stalls.length;
  return (
    <>
      <section className="card">
        <Heading>{T.found.invite}</Heading>
        <p>{T.found.inviteWhat}</p>
        <CodeView text={draftLink(draft.draft)} label={T.found.inviteLink} />
      </section>
      <section className="card">
        <h2>{T.found.stalls(draft.stalls.length)}</h2>
        <ol className="list" data-testid="stalls">
          {draft.stalls.map(({ label, memberKey }) => (
            <li key={memberKey} className="split">
              <strong>{label}</strong>
              {memberKey === draft.memberKey ? (
                <span className="muted">{T.found.you}</span>
              ) : (
                <button
                  type="button"
                  className="btn"
                  onClick={() =>
                    onDraft({
                      ...draft,
                      stalls: draft.stalls.filter((one) => one.memberKey !== memberKey),
                    })
                  }
                >
                  {T.found.remove(label)}
                </button>
              )}
            </li>
          ))}
        </ol>
        <Scanner asks={T.found.scanStall} onText={add} />
      </section>
      <section className="card">
        <h2>{T.found.seal}</h2>
        <p>{missing > 0 ? T.found.tooFew(missing) : T.found.sealWhat}</p>
        {problem !== null && (
          <Notice kind="wrong">
            <p role="alert">{problem}</p>
          </Notice>
        )}
        <button type="button" className="btn main" disabled={missing > 0 || busy} onClick={() => void seal()}>
          {busy ? T.found.sealing : T.found.seal}
        </button>
      </section>
      {!busy && <GiveUp draft={draft} onGivenUp={onGivenUp} />}
    </>
  );
}
