/**
 * Pages that are loaded when they are first shown, or ahead of that (src/ui/preload.ts): who works at a bench needs none of them to begin.
 * One that is there already is shown at once.
 */
import { useEffect, useRef, useState, type ComponentType, type ReactNode } from 'react';
import { loadTexts, type LaterNamespace } from './i18n/t.ts';
import { PART } from './layout/texts.ts';

export interface Titled {
  /** Its heading, while the page itself is not there. */
  readonly title: string;
}

export type LazyPage<P extends object> = ((props: P & Titled) => ReactNode) & {
  /** Loads it, with its texts. Rejects where the server gives no answer; a later call tries again. */
  readonly fetch: () => Promise<void>;
};

/** @param texts namespaces that the page needs besides the first ones */
export function lazyPage<P extends object>(
  texts: readonly LaterNamespace[],
  load: () => Promise<ComponentType<P>>,
): LazyPage<P> {
  let there: ComponentType<P> | null = null;
  // Texts first: pages read theirs when they are loaded.
  const fetch = async (): Promise<void> => {
    await loadTexts(texts);
    there ??= await load();
  };
  function Lazy({ title, ...props }: P & Titled): ReactNode {
    const [Page, setPage] = useState(() => there);
    const [tried, setTried] = useState(0);
    const [failed, setFailed] = useState(false);
    const asked = useRef(false);
    useEffect(() => {
      let wanted = true;
      fetch().then(
        () => {
          if (!wanted) return;
          setPage(() => there);
          // The button that was pressed is gone: a keyboard goes on at the page.
          if (asked.current) document.getElementById('page')?.focus({ preventScroll: true });
        },
        () => wanted && setFailed(true),
      );
      return () => {
        wanted = false;
      };
    }, [tried]);
    if (Page !== null) return <Page {...(props as unknown as P)} />;
    return (
      <div className="stack">
        <h1>{title}</h1>
        <p role="status" aria-busy={!failed} className="muted">
          {failed ? '' : PART.loading}
        </p>
        {failed && (
          <>
            <p role="alert" className="notice bad">
              {PART.notLoaded}
            </p>
            <p>
              <button
                type="button"
                className="btn main"
                onClick={() => {
                  // Browsers of some years ago remember until the page is loaded again that a module did not arrive.
                  if (tried > 0) return window.location.reload();
                  asked.current = true;
                  setFailed(false);
                  setTried(tried + 1);
                }}
              >
                {PART.again}
              </button>
            </p>
          </>
        )}
      </div>
    );
  }
  return Object.assign(Lazy, { fetch });
}
