/** The seal: a ring with one segment per stall. Empty: not heard. Outlined: about to sign. Filled: signed. Green: enough have. */
import type { ReactNode } from 'react';
import { T } from '../texts.ts';

export type Mark = 'empty' | 'heard' | 'pre' | 'commit' | 'refused' | 'other';

export interface SealProps {
  /** In the order of the stalls' list. */
  readonly marks: readonly Mark[];
  readonly needed: number;
  readonly closed: boolean;
}

export function Seal({ marks, needed, closed }: SealProps): ReactNode {
  const signed = marks.filter((mark) => mark === 'commit').length;
  const size = 2 * OUTER + 4;
  const step = (2 * Math.PI) / Math.max(1, marks.length);
  return (
    <svg
      role="img"
      aria-label={closed ? T.seal.closed(signed, marks.length) : T.seal.open(signed, needed)}
      viewBox={`${-size / 2} ${-size / 2} ${size} ${size}`}
    >
      {marks.map((mark, i) => (
        <path
          key={i}
          className={CLASS[mark]}
          d={segment(i * step + GAP / 2 - Math.PI / 2, (i + 1) * step - GAP / 2 - Math.PI / 2)}
        />
      ))}
      <text textAnchor="middle" dominantBaseline="central">
        {closed ? '✓' : `${signed}/${needed}`}
      </text>
    </svg>
  );
}

const OUTER = 40;
const INNER = 27;
/** Between two segments, radians. */
const GAP = 0.12;
const CLASS: Readonly<Record<Mark, string>> = {
  empty: 'empty',
  heard: 'empty',
  pre: 'pre',
  commit: 'commit',
  refused: 'refused',
  other: 'refused',
};

function segment(from: number, to: number): string {
  const at = (radius: number, angle: number): string =>
    `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  const large = to - from > Math.PI ? 1 : 0;
  return `M${at(OUTER, from)}A${OUTER} ${OUTER} 0 ${large} 1 ${at(OUTER, to)}L${at(INNER, to)}A${INNER} ${INNER} 0 ${large} 0 ${at(INNER, from)}Z`;
}
