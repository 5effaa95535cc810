import { useState, type ReactNode } from 'react';
import { printPage } from '../host.ts';
import { PRINT } from './texts.ts';

/** Prints the page; where nothing can, says so beside itself. */
export function PrintButton({
  children,
  className = 'btn',
}: {
  children: ReactNode;
  className?: string;
}): ReactNode {
  const [failed, setFailed] = useState(false);
  return (
    <>
      <button type="button" className={className} onClick={() => setFailed(!printPage())}>
        {children}
      </button>
      <p role="status" className={failed ? 'notice' : 'hidden'}>
        {failed && PRINT.missing}
      </p>
    </>
  );
}
