/** Where a merchant begins: opens a street, joins one, or opens the stall that is in this browser already. */
import { useEffect, useState, type ReactNode } from 'react';
import { identities, type ProfileSummary } from 'countersign';
import { Notice } from '../parts.tsx';
import { T } from '../texts.ts';
import { forgetDraft, readDraft, readLink, type DraftStreet } from './draft.ts';
import { Found } from './Found.tsx';
import { JoinStreet } from './JoinStreet.tsx';
import { Stall, type Opening } from './Stall.tsx';

type At =
  | { readonly kind: 'start' }
  | { readonly kind: 'found'; readonly draft: DraftStreet | null }
  | { readonly kind: 'join'; readonly draft: DraftStreet | null; readonly link: string | null }
  | { readonly kind: 'stall'; readonly opening: Opening };

/** `identity`: of which stall, where a browser has several (the demo). */
export function Street({ identity }: { readonly identity: string | null }): ReactNode {
  const [mine, setMine] = useState<readonly ProfileSummary[] | null>(null);
  const [at, setAt] = useState<At | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (identity !== null) {
      setAt({ kind: 'stall', opening: { identity } });
      return;
    }
    let ended = false;
    identities().then(
      (all) => {
        if (ended) return;
        const bound = all.filter((one) => one.network !== null);
        setMine(bound);
        setAt(beginning(bound));
      },
      (error: unknown) => setProblem(String(error)),
    );
    return () => {
      ended = true;
    };
  }, [identity]);
  useEffect(() => {
    // A link that is opened in this tab changes only what follows the #.
    const follow = (): void => {
      const link = readLink(location.href);
      if (link !== null) setAt({ kind: 'join', draft: readDraft(), link: location.href });
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  if (problem !== null || at === null) {
    return (
      <>
        <header className="bar">
          <h1>{T.app}</h1>
        </header>
        <main className="page">
          {problem === null ? (
            <p role="status">{T.door.looking}</p>
          ) : (
            <Notice kind="wrong">{T.door.noStorage(problem)}</Notice>
          )}
        </main>
      </>
    );
  }
  const open = (opening: Opening): void => {
    forgetDraft();
    // The link has done its work; a reload must not ask again.
    history.replaceState(null, '', location.pathname + location.search);
    setAt({ kind: 'stall', opening });
  };
  const back = (): void => {
    // Else a reload would follow the link again.
    history.replaceState(null, '', location.pathname + location.search);
    setAt({ kind: 'start' });
  };
  if (at.kind === 'stall') return <Stall opening={at.opening} />;
  if (at.kind === 'found') return <Found draft={at.draft} onOpen={open} onBack={back} />;
  if (at.kind === 'join') return <JoinStreet draft={at.draft} link={at.link} onOpen={open} onBack={back} />;
  return (
    <Start
      mine={mine ?? []}
      onFound={() => setAt({ kind: 'found', draft: null })}
      onJoin={() => setAt({ kind: 'join', draft: readDraft(), link: null })}
      onStall={(one) => setAt({ kind: 'stall', opening: { identity: one } })}
    />
  );
}

function beginning(bound: readonly ProfileSummary[]): At {
  if (readLink(location.href) !== null) return { kind: 'join', draft: readDraft(), link: location.href };
  const draft = readDraft();
  if (draft !== null) return draft.founder ? { kind: 'found', draft } : { kind: 'join', draft, link: null };
  const [only] = bound;
  if (only !== undefined && bound.length === 1) return { kind: 'stall', opening: { identity: only.id } };
  return { kind: 'start' };
}

interface StartProps {
  readonly mine: readonly ProfileSummary[];
  readonly onFound: () => void;
  readonly onJoin: () => void;
  readonly onStall: (identity: string) => void;
}

function Start({ mine, onFound, onJoin, onStall }: StartProps): ReactNode {
  return (
    <>
      <header className="bar">
        <h1>{T.app}</h1>
      </header>
      <main className="page">
        <section className="stack">
          <h2>{T.start.title}</h2>
          <p>{T.start.what}</p>
        </section>
        {mine.length > 0 && (
          <section className="stack-tight" aria-label={T.start.mine}>
            {mine.map(({ id, label, network }) => (
              <button key={id} type="button" className="btn main wide" onClick={() => onStall(id)}>
                {T.start.open(label, network?.name ?? '')}
              </button>
            ))}
          </section>
        )}
        <section className="stack-tight" aria-label={T.start.choose}>
          <button type="button" className={mine.length > 0 ? 'btn wide' : 'btn main wide'} onClick={onFound}>
            {T.start.found}
          </button>
          <button type="button" className="btn wide" onClick={onJoin}>
            {T.start.join}
          </button>
          <a className="btn wide" href="/?demo">
            {T.start.demo}
          </a>
          <a className="btn wide" href="/customer.html">
            {T.start.customer}
          </a>
        </section>
      </main>
    </>
  );
}
