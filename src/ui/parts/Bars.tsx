/** GS1-128 of an SSCC as paths that React draws: no markup is injected, no image address is needed. */
import { useMemo, type ReactNode } from 'react';
import { drawingSVG, gs1_128 } from 'bwip-js/generic';
import { CODES } from './texts.ts';

export default function Bars({ sscc }: { sscc: string }): ReactNode {
  const bars = useMemo(() => barPaths(sscc), [sscc]);
  if (bars === null) return <p>{CODES.barsWrong}</p>;
  return (
    <svg
      className="label-bars"
      role="img"
      aria-label={CODES.bars(sscc)}
      viewBox={bars.viewBox}
      preserveAspectRatio="none"
      shapeRendering="crispEdges"
    >
      {bars.paths.map((path, i) => (
        <path key={i} d={path.d} stroke="#000" strokeWidth={path.width} />
      ))}
    </svg>
  );
}

export interface BarPaths {
  readonly viewBox: string;
  readonly paths: readonly { readonly d: string; readonly width: string }[];
}

/** Null when the SSCC cannot be encoded. */
export function barPaths(sscc: string): BarPaths | null {
  let text: string;
  try {
    text = gs1_128({ bcid: 'gs1-128', text: `(00)${sscc}`, height: 32, includetext: false }, drawingSVG());
  } catch {
    return null;
  }
  const viewBox = /viewBox="([\d .]+)"/.exec(text)?.[1];
  const paths = [...text.matchAll(/<path stroke="[^"]*" stroke-width="([\d.]+)" d="([MLHV\d .]+)"/g)].map(
    (m) => ({ width: m[1]!, d: m[2]! }),
  );
  return viewBox === undefined || paths.length === 0 ? null : { viewBox, paths };
}
