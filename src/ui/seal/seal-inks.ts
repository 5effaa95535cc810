/**
 * What a member's place shows. More ink, more said: dotted (not heard), line (heard), outline (pre-commit), the member's own ink
 * (commit). Inks are strokes along the ring with a dash, so that they bend with it; only the slanted ones are drawn as shapes.
 */
import { arcLength, arcPath, bandPath, fixed, pointAt, type Arc, type SealMetrics } from './seal-geometry.ts';

export interface Stroke {
  /** Class in styles/seal.css, which gives the colour. */
  readonly ink: 'ink' | 'ink-fill' | 'outline' | 'heard' | 'track' | 'other' | 'lied' | 'no';
  readonly d: string;
  readonly width?: number;
  readonly dash?: string;
  readonly dashOffset?: number;
}

export const INKS = 8;

/** Colours and inks shift against each other, so that 64 members pass before a pair repeats. 1 to 8 each. */
export function memberInk(index: number): { readonly colour: number; readonly ink: number } {
  return { colour: (index % INKS) + 1, ink: ((index + Math.floor(index / INKS)) % INKS) + 1 };
}

export type Mark = 'empty' | 'heard' | 'pre' | 'commit' | 'refused' | 'other';

/** The strokes of one place. `evidence`: the member signed two values, whatever else it did. */
export function placeStrokes(
  m: SealMetrics,
  arc: Arc,
  mark: Mark,
  evidence: boolean,
  ink: number,
): readonly Stroke[] {
  const narrow = arcLength(m, arc) < 6;
  if (evidence) return liedStrokes(m, arc, narrow);
  switch (mark) {
    case 'empty':
      return [narrow ? tick(m, arc, 0.1, 'track') : dots(m, arc)];
    case 'heard':
      return [
        { ink: 'heard', d: arcPath(m, m.middle, arc), width: fixed(m.line * (m.size > 20 ? 1.6 : 1.3)) },
      ];
    case 'pre':
      return [narrow ? tick(m, arc, 0.5, 'ink') : outline(m, arc)];
    case 'commit':
      return m.detail === 'who' ? inkStrokes(m, arc, ink) : [tick(m, arc, 1, 'ink')];
    case 'other':
      return [{ ink: 'other', d: arcPath(m, m.middle, arc), width: fixed(m.thickness * 0.56) }];
    case 'refused':
      return narrow ? [tick(m, arc, 0.1, 'no')] : refusedStrokes(m, arc);
  }
}

/** Marks in the order in which a gauge pours them. */
const POUR: readonly Mark[] = ['commit', 'pre', 'other', 'heard', 'refused', 'empty'];

/** Strokes of a ring with more members than places: as much of each ink as there are members with that mark. */
export function gaugeStrokes(
  m: SealMetrics,
  marks: readonly Mark[],
  evidence: readonly boolean[],
): readonly Stroke[] {
  const out: Stroke[] = [];
  const each = (2 * Math.PI) / Math.max(1, marks.length);
  let from = -Math.PI;
  const pour = (count: number, draw: (arc: Arc) => readonly Stroke[]): void => {
    if (count === 0) return;
    out.push(...draw({ from, to: from + each * count - 1e-4 }));
    from += each * count;
  };
  for (const mark of POUR) {
    const count = marks.filter((at, i) => at === mark && !evidence[i]).length;
    pour(count, (arc) => placeStrokes(m, arc, mark, false, 1));
  }
  // A single liar among hundreds still has to be seen.
  pour(evidence.filter(Boolean).length, (arc) => [
    {
      ink: 'lied',
      d: arcPath(m, m.middle, { from: Math.min(arc.from, arc.to - 2.4 / m.middle), to: arc.to }),
      width: m.thickness,
    },
  ]);
  return out;
}

function inkStrokes(m: SealMetrics, arc: Arc, ink: number): readonly Stroke[] {
  const big = m.size > 48;
  const full = { ink: 'ink' as const, d: arcPath(m, m.middle, arc), width: m.thickness };
  switch (ink) {
    case 2:
      return [{ ...full, ...dashes(m, arc, big ? 6.4 : 4.2, 0.64) }];
    case 3: {
      // Two rails and rungs: a row of windows.
      const rail = m.thickness * 0.3;
      return [
        { ink: 'ink', d: arcPath(m, m.inner + rail / 2, arc), width: fixed(rail) },
        { ink: 'ink', d: arcPath(m, m.outer - rail / 2, arc), width: fixed(rail) },
        { ...full, ...dashes(m, arc, big ? 9 : 5.4, big ? 0.5 : 0.46) },
      ];
    }
    case 4:
      return slants(m, arc, big ? 7 : 4.6, 0.56, 1);
    case 5: {
      const rail = m.thickness * 0.36;
      const end = Math.min(rail / m.middle, (arc.to - arc.from) * 0.15);
      return [
        { ink: 'ink', d: arcPath(m, m.inner + rail / 2, arc), width: fixed(rail) },
        { ink: 'ink', d: arcPath(m, m.outer - rail / 2, arc), width: fixed(rail) },
        { ...full, d: arcPath(m, m.middle, { from: arc.from, to: arc.from + end }) },
        { ...full, d: arcPath(m, m.middle, { from: arc.to - end, to: arc.to }) },
      ];
    }
    case 6: {
      const half = m.thickness / 2;
      const squares = dashCount(m, arc, big ? 11 : 8) * 2 - 1;
      const rows = [m.outer - half / 2, m.inner + half / 2];
      return rows.map((radius, row) => {
        const side = ((arc.to - arc.from) * radius) / squares;
        const dash = `${fixed(side)} ${fixed(side)}`;
        return {
          ink: 'ink' as const,
          d: arcPath(m, radius, arc),
          width: half,
          dash,
          ...(row ? { dashOffset: fixed(side) } : {}),
        };
      });
    }
    case 7:
      return [{ ...full, ...dashes(m, arc, big ? 15 : 9, 0.8) }];
    case 8:
      return slants(m, arc, big ? 5 : 3.6, 0.44, -1);
    default:
      return [full];
  }
}

/** Dashes that begin and end with ink, so that a place keeps its outline. */
function dashes(m: SealMetrics, arc: Arc, period: number, share: number): { dash: string } {
  const step = arcLength(m, arc) / (dashCount(m, arc, period) - 1 + share);
  return { dash: `${fixed(step * share)} ${fixed(step * (1 - share))}` };
}

function dashCount(m: SealMetrics, arc: Arc, period: number): number {
  return Math.max(2, Math.round(arcLength(m, arc) / period));
}

/** Leaning bars between the two radii, cut off at the ends of the place. */
function slants(m: SealMetrics, arc: Arc, period: number, share: number, lean: 1 | -1): readonly Stroke[] {
  const step = (arc.to - arc.from) / dashCount(m, arc, period);
  const skew = (lean * m.thickness) / m.middle;
  const clip = (angle: number): number => Math.min(arc.to, Math.max(arc.from, angle));
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const reach = Math.ceil(Math.abs(skew) / step) + 1;
  let d = '';
  for (let i = -reach; arc.from + i * step < arc.to + Math.abs(skew); i++) {
    const start = arc.from + i * step;
    const near = steps.map((t) => ({ t, angle: clip(start + skew * t) }));
    const far = steps.map((t) => ({ t, angle: clip(start + step * share + skew * t) })).reverse();
    const outlinePoints = [...near, ...far];
    if (outlinePoints.every((point) => point.angle === outlinePoints[0]!.angle)) continue;
    const corners = outlinePoints.map(({ t, angle }) => {
      const { x, y } = pointAt(m, m.inner + m.thickness * t, angle);
      return `${fixed(x)} ${fixed(y)}`;
    });
    d += `M${corners.join('L')}Z`;
  }
  const cap = (m.size > 48 ? 1.8 : 1) / m.middle;
  const ends = [
    { from: arc.from, to: arc.from + cap },
    { from: arc.to - cap, to: arc.to },
  ];
  return [{ ink: 'ink-fill', d: d + ends.map((end) => bandPath(m, m.inner, m.outer, end)).join('') }];
}

function outline(m: SealMetrics, arc: Arc): Stroke {
  const inset = m.line / 2;
  const turn = inset / m.middle;
  const inside = { from: arc.from + turn, to: arc.to - turn };
  return { ink: 'outline', d: bandPath(m, m.inner + inset, m.outer - inset, inside), width: m.line };
}

function dots(m: SealMetrics, arc: Arc): Stroke {
  return {
    ink: 'track',
    d: arcPath(m, m.middle, arc),
    width: m.line,
    dash: m.size > 20 ? '0.1 4' : '0.1 2.4',
  };
}

/** A place too narrow for an ink: the height of the tick says how much was signed. */
function tick(m: SealMetrics, arc: Arc, height: number, ink: Stroke['ink']): Stroke {
  const width = Math.max(m.line, m.thickness * height);
  return { ink, d: arcPath(m, m.middle, arc), width: fixed(width) };
}

/** Two halves out of register: two signatures that do not line up. */
function liedStrokes(m: SealMetrics, arc: Arc, narrow: boolean): readonly Stroke[] {
  const shift = m.thickness * (m.size > 20 ? 0.24 : 0.2);
  if (narrow) return [{ ink: 'lied', d: arcPath(m, m.middle, arc), width: fixed(m.thickness + 2 * shift) }];
  const middle = (arc.from + arc.to) / 2;
  const cut = (m.size > 48 ? 1.6 : 0.9) / m.middle;
  return [
    {
      ink: 'lied',
      d: arcPath(m, m.middle + shift, { from: arc.from, to: middle - cut }),
      width: m.thickness,
    },
    { ink: 'lied', d: arcPath(m, m.middle - shift, { from: middle + cut, to: arc.to }), width: m.thickness },
  ];
}

/** A line that a cross interrupts. */
function refusedStrokes(m: SealMetrics, arc: Arc): readonly Stroke[] {
  const arm = Math.min(m.thickness * 0.24, arcLength(m, arc) * 0.16);
  const middle = (arc.from + arc.to) / 2;
  const room = (arm * 1.9) / m.middle;
  const { x, y } = pointAt(m, m.middle, middle);
  const cross =
    `M${fixed(x - arm)} ${fixed(y - arm)}L${fixed(x + arm)} ${fixed(y + arm)}` +
    `M${fixed(x + arm)} ${fixed(y - arm)}L${fixed(x - arm)} ${fixed(y + arm)}`;
  const line =
    arcPath(m, m.middle, { from: arc.from, to: middle - room }) +
    arcPath(m, m.middle, { from: middle + room, to: arc.to });
  return [
    { ink: 'heard', d: line, width: m.line },
    { ink: 'no', d: cross, width: fixed(m.line * 1.2) },
  ];
}
