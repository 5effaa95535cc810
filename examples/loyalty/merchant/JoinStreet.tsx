/** Joining a street: makes this stall's key for the founder's draft, then opens the street once it is sealed. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { createIdentity } from 'countersign';
import { CodeView } from '../codes/CodeView.tsx';
import { Scanner } from '../codes/Scanner.tsx';
import { MAX_NAME } from '../limits.ts';
import { Field, Heading } from '../parts.tsx';
import { T } from '../texts.ts';
import { keepDraft, readLink, stallText, type DraftStreet } from './draft.ts';
import { GiveUp } from './GiveUp.tsx';
import type { Opening } from './Stall.tsx';

interface JoinProps {
  readonly draft: DraftStreet | null;
  /** The address that brought the merchant here; null: it is to be scanned. */
  readonly link: string | null;
  readonly onOpen: (opening: Opening) => void;
  readonly onBack: () => void;
}

export function JoinStreet({ draft: begun, link, onOpen, onBack }: JoinProps): ReactNode {
  const [draft, setDraft] = useState(begun);
  const [given, setGiven] = useState(() => (link === null ? null : readLink(link)));
  const take = (text: string): string | null => {
    const read = readLink(text);
    if (read === null) return T.join.noLink;
    if (read.kind === 'street' && draft === null) return T.join.noKey;
    setGiven(read);
    return null;
  };
  const made = draft !== null && !(given?.kind === 'draft' && given.draft !== draft.draft) ? draft : null;
  const invitation = given?.kind === 'street' ? given.invitation : null;
  return (
    <>
      <header className="bar">
        <h1>{T.app}</h1>
      </header>
      <main className="page">
        {made !== null && invitation !== null ? (
          <section className="card">
            <Heading>{T.join.ready}</Heading>
            <p>{T.join.readyWhat(made.label)}</p>
            <button
              type="button"
              className="btn main"
              onClick={() => onOpen({ identity: made.identity, invitation })}
            >
              {T.join.open}
            </button>
          </section>
        ) : made !== null ? (
          <>
            <section className="card">
              <Heading>{T.join.handBack}</Heading>
              <p>{T.join.handBackWhat}</p>
              <CodeView text={stallText(made)} label={T.join.key(made.label)} />
            </section>
            <section className="card">
              <h2>{T.join.after}</h2>
              <Scanner asks={T.join.scanStreet} onText={take} />
            </section>
            <GiveUp draft={made} onGivenUp={onBack} />
          </>
        ) : given?.kind === 'draft' ? (
          <NameStall draft={given.draft} onMade={setDraft} />
        ) : given?.kind === 'street' ? (
          <section className="card">
            <Heading>{T.join.title}</Heading>
            <p role="alert">{T.join.noKey}</p>
            <button type="button" className="btn" onClick={onBack}>
              {T.back}
            </button>
          </section>
        ) : (
          <section className="card">
            <Heading>{T.join.title}</Heading>
            <Scanner asks={T.join.scanInvite} onText={take} />
            <button type="button" className="btn" onClick={onBack}>
              {T.back}
            </button>
          </section>
        )}
      </main>
    </>
  );
}

function NameStall({
  draft,
  onMade,
}: {
  readonly draft: string;
  readonly onMade: (draft: DraftStreet) => void;
}): ReactNode {
  const field = useId();
  const [label, setLabel] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    const made = await createIdentity({ draft, label: label.trim() });
    setBusy(false);
    if (!made.ok) return setProblem(made.error.message);
    const { identity, memberKey } = made.value;
    const kept = { founder: false, draft, identity, label: label.trim(), memberKey, stalls: [] };
    keepDraft(kept);
    onMade(kept);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (label.trim() === '') return setProblem(T.found.stallNeeded);
    void make();
  };
  return (
    <form className="card" onSubmit={submit}>
      <Heading>{T.join.name}</Heading>
      <p>{T.join.nameWhat}</p>
      <Field id={field} label={T.found.stall} hint={T.found.stallHint} problem={problem}>
        {(control) => (
          <input
            {...control}
            value={label}
            maxLength={MAX_NAME}
            autoComplete="organization"
            onChange={({ currentTarget }) => setLabel(currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" className="btn main" disabled={busy}>
        {busy ? T.found.making : T.join.make}
      </button>
    </form>
  );
}
