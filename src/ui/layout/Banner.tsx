/**
 * One banner. A phone has room for two lines of it (base.css): the rest is behind a button, which is there only when something is cut. Who
 * hears the page hears all of it.
 */
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { BANNER } from './texts.ts';

interface BannerProps {
  readonly kind: '' | 'warn' | 'bad';
  /** What matters, in bold; it stands first. */
  readonly head: string;
  readonly rest: ReactNode;
  /** What can be done about it. */
  readonly children?: ReactNode;
  readonly testId?: string;
}

export function Banner({ kind, head, rest, children, testId }: BannerProps): ReactNode {
  const [open, setOpen] = useState(false);
  const words = useRef<HTMLParagraphElement>(null);
  const isCut = useIsCut(words, open);
  const id = useId();
  return (
    <div className={`banner ${kind}${open ? ' open' : ''}`} data-testid={testId}>
      <p id={id} className="banner-short" ref={words}>
        <b>{head}</b> {rest}
      </p>
      {(isCut || open) && (
        <button
          type="button"
          className="btn banner-toggle"
          aria-expanded={open}
          aria-controls={id}
          aria-label={BANNER.about(open ? BANNER.less : BANNER.more, head)}
          // The region around it tells its words, and not that there is a button.
          aria-live="off"
          onClick={() => setOpen(!open)}
        >
          {open ? BANNER.less : BANNER.more}
        </button>
      )}
      {children}
    </div>
  );
}

/** Is not all of its text in sight? Asked again whenever its size changes, as long as it may be cut. */
function useIsCut(element: { readonly current: HTMLElement | null }, open: boolean): boolean {
  const [isCut, setIsCut] = useState(false);
  useLayoutEffect(() => {
    const at = element.current;
    if (at === null || open) return;
    const measure = (): void => setIsCut(at.scrollHeight > at.clientHeight + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(at);
    measure();
    return () => observer.disconnect();
  }, [element, open]);
  return isCut;
}
