/**
 * What is pressed may go with what it did: then a browser puts the focus on nothing, Tab begins at the top of the page and a screen
 * reader is silent. The page's main part takes it instead, unless what came in its place has taken it itself. The bench places the focus
 * by its instructions, which may come later than this would: its main part says `data-places-focus`.
 */
import { useEffect } from 'react';

export function useKeptFocus(): void {
  useEffect(() => {
    let last: Element | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const remember = (event: FocusEvent): void => {
      last = event.target instanceof Element ? event.target : null;
    };
    const look = (): void => {
      timer = null;
      if (last === null || last.isConnected || document.activeElement !== document.body) return;
      last = null;
      // A frame beside others (the demo's panes) takes no focus from them.
      if (window.parent !== window && !document.hasFocus()) return;
      const main = document.querySelector<HTMLElement>('main[tabindex]:not([data-places-focus])');
      main?.focus({ preventScroll: true });
    };
    const changes = new MutationObserver(() => {
      // After the effects of what was drawn, which may place the focus.
      if (last !== null && !last.isConnected) timer ??= setTimeout(look, 0);
    });
    document.addEventListener('focusin', remember);
    changes.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', remember);
      changes.disconnect();
      if (timer !== null) clearTimeout(timer);
    };
  }, []);
}
