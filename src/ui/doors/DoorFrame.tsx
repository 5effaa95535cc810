/** The frame of every door: the brand, a way back, one column. */
import { useEffect, useRef, type ReactNode } from 'react';
import { langOf } from '../errors.ts';
import { Brand } from '../parts/Brand.tsx';
import { useKeptFocus } from '../parts/kept-focus.ts';
import { FRAME } from './start-texts.ts';

export function DoorFrame({
  title,
  lead,
  children,
}: {
  title: string;
  lead: ReactNode;
  children: ReactNode;
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(title);
  useKeptFocus();
  useEffect(() => {
    document.title = `${title} · Countersign`;
    if (first.current === title) return;
    first.current = title;
    // Another step, and what was pressed for it is gone: whoever works by keyboard or hears the page goes on at its beginning.
    if (document.activeElement === document.body) heading.current?.focus();
  }, [title]);
  return (
    <div className="door">
      <header className="door-top">
        <Brand href="/" />
        <a href="/">{FRAME.back}</a>
      </header>
      <main className="door-main stack" tabIndex={-1}>
        <div className="door-head">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p className="door-lead">{lead}</p>
        </div>
        {children}
      </main>
    </div>
  );
}

/** An error beside what caused it: what happened, to which thing, what to do. */
export function Problem({ message, testId }: { message: string | null; testId?: string }): ReactNode {
  return (
    <div role="alert" data-testid={testId}>
      {message !== null && (
        <p className="notice bad" lang={langOf(message)}>
          {message}
        </p>
      )}
    </div>
  );
}
