/** The frame of every door: the brand, a way back, one column. */
import { useEffect, type ReactNode } from 'react';
import { Brand } from '../parts/Brand.tsx';

export function DoorFrame({
  title,
  lead,
  children,
}: {
  title: string;
  lead: ReactNode;
  children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · Countersign`;
  }, [title]);
  return (
    <div className="door">
      <header className="door-top">
        <Brand href="/" />
        <a href="/">Back to the start</a>
      </header>
      <main className="door-main stack" tabIndex={-1}>
        <div className="door-head">
          <h1>{title}</h1>
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
      {message !== null && <p className="notice bad">{message}</p>}
    </div>
  );
}
