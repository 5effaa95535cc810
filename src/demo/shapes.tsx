/** Marks of the time plot and of messages on links. More ink, more said: outlined pre-commit, filled commit. */
import type { ReactNode } from 'react';
import type { Mark } from './picture.ts';

/** Two halves that do not line up: two values signed. */
export function DoubleShape(): ReactNode {
  return <path className="mark-double" d="M-8-12H-1V4H-8ZM1-4H8V12H1Z" />;
}

/** Centred on the origin. `member` 0 to 3 gives the colour; without it the mark is neutral, for the key. */
export function MarkShape({ shape, member }: { shape: Mark['shape']; member?: number }): ReactNode {
  const ink = member === undefined ? '' : ` m${(member % 8) + 1}`;
  switch (shape) {
    case 'proposed':
      return <path className={`mark hollow${ink}`} d="M0-9L8 0L0 9L-8 0Z" />;
    case 'pre-commit':
      return <rect className={`mark hollow${ink}`} x="-6" y="-9" width="12" height="18" rx="2" />;
    case 'commit':
      return <rect className={`mark${ink}`} x="-7" y="-10" width="14" height="20" rx="2" />;
    case 'double':
      return <DoubleShape />;
  }
}
