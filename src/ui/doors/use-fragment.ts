/** What a link carries behind its "#": a secret or a key, for this page only. It leaves the address bar as soon as it is taken. */
import { useEffect } from 'react';
import { fragmentOf } from './handover.ts';

/** `take`: true when the text was for this page. It is asked again when it is another function: keep it with `useCallback`. */
export function useFragment(take: (text: string) => boolean): void {
  useEffect(() => {
    const look = (): void => {
      const text = fragmentOf(window.location.hash);
      if (text !== '' && take(text))
        window.history.replaceState(window.history.state, '', window.location.pathname);
    };
    look();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [take]);
}
