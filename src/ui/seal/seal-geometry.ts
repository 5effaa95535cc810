/**
 * Where everything on the seal lies: a pure function of (number of members, quorum, size). What is drawn in those places is
 * seal-inks.ts. Two promises, both tested: a member's place depends on its index and the number of members only, so that it never
 * moves while votes arrive; and the bond is a whole ring exactly when the commits reach the quorum.
 */

/** Three drawings, not one drawing scaled: a list row, a card, a page. CSS pixels. */
export type SealSize = 20 | 48 | 160;

/**
 * How much the ring can say. `who`: places wide enough for a member's own ink. `count`: ticks in one ink, still one place each.
 * `gauge`: too many for places; the same inks poured in order.
 */
export type SealDetail = 'who' | 'count' | 'gauge';

export interface SealMetrics {
  readonly size: SealSize;
  readonly centre: number;
  /** Outer and inner radius of the ring of members, and the middle between them. */
  readonly outer: number;
  readonly inner: number;
  readonly middle: number;
  readonly thickness: number;
  /** Width of a thin line: outline, track, heard. */
  readonly line: number;
  /** Radius of the bond; null where there is no room for one. */
  readonly bond: number | null;
  readonly bondWidth: number;
  /** Radius on which initials stand; null: none. */
  readonly initials: number | null;
  readonly detail: SealDetail;
}

/** Angles in radians, clockwise on screen. */
export interface Arc {
  readonly from: number;
  readonly to: number;
}

const TURN = 2 * Math.PI;
/** Nine o'clock: a ring is read as a page is, from the left. */
export const FIRST_ANGLE = -Math.PI;
/** Shortest arc, in pixels, on which two inks can be told apart; measured by eye at arm's length. */
const MIN_INK_ARC = 12;
/** Shortest arc, in pixels, that is still seen as a tick of its own. */
const MIN_TICK_ARC = 3;
/** A gap between places never takes more than this share of the place. */
const MAX_GAP_SHARE = 0.3;

const DRAWINGS = {
  20: { outer: 9.5, thickness: 3.8, gap: 1.5, line: 1.2, bond: null, bondWidth: 0, initials: null },
  48: { outer: 23, thickness: 7, gap: 2, line: 1.5, bond: 12.6, bondWidth: 2.2, initials: null },
  160: { outer: 58, thickness: 16, gap: 3, line: 2, bond: 35.5, bondWidth: 3.5, initials: 63 },
} as const;

export function sealMetrics(size: SealSize, members: number): SealMetrics {
  const drawing = DRAWINGS[size];
  const middle = drawing.outer - drawing.thickness / 2;
  const arc = (TURN * middle) / Math.max(1, members);
  const detail: SealDetail =
    size >= 48 && arc >= MIN_INK_ARC ? 'who' : arc >= MIN_TICK_ARC ? 'count' : 'gauge';
  return {
    size,
    centre: size / 2,
    outer: drawing.outer,
    inner: drawing.outer - drawing.thickness,
    middle,
    thickness: drawing.thickness,
    line: drawing.line,
    bond: drawing.bond,
    bondWidth: drawing.bondWidth,
    initials: drawing.initials,
    detail,
  };
}

/** The place of member `index` among `members`, without the gap to its neighbours. */
export function placeOf(index: number, members: number, metrics: SealMetrics): Arc {
  const width = TURN / members;
  const gap = Math.min(DRAWINGS[metrics.size].gap / metrics.middle, width * MAX_GAP_SHARE);
  return { from: FIRST_ANGLE + index * width + gap / 2, to: FIRST_ANGLE + (index + 1) * width - gap / 2 };
}

/** Share of a whole turn, 0 to 1, that `votes` of a needed `quorum` close. 1 exactly from the quorum on. */
export function bondShare(votes: number, quorum: number): number {
  if (votes <= 0) return 0;
  return votes >= quorum ? 1 : votes / quorum;
}

/** Arc that stands for a share of a turn, from nine o'clock. */
export function shareArc(share: number): Arc {
  return { from: FIRST_ANGLE, to: FIRST_ANGLE + TURN * share };
}

export function pointAt(metrics: SealMetrics, radius: number, angle: number): { x: number; y: number } {
  return { x: metrics.centre + radius * Math.cos(angle), y: metrics.centre + radius * Math.sin(angle) };
}

/** An open arc, to be stroked. */
export function arcPath(metrics: SealMetrics, radius: number, { from, to }: Arc): string {
  // An SVG arc whose ends meet is not drawn: a whole turn is two halves.
  if (to - from >= TURN - 1e-9) {
    const half = from + Math.PI;
    return `M${at(metrics, radius, from)}${leg(metrics, radius, from, half)}${leg(metrics, radius, half, from + TURN)}`;
  }
  return `M${at(metrics, radius, from)}${leg(metrics, radius, from, to)}`;
}

/** A closed band between two radii. */
export function bandPath(metrics: SealMetrics, inner: number, outer: number, { from, to }: Arc): string {
  const large = to - from > Math.PI ? 1 : 0;
  const back = `L${at(metrics, inner, to)}A${fixed(inner)} ${fixed(inner)} 0 ${large} 0 ${at(metrics, inner, from)}Z`;
  return `${arcPath(metrics, outer, { from, to })}${back}`;
}

/** Pixels along the middle of the ring. */
export function arcLength(metrics: SealMetrics, arc: Arc): number {
  return (arc.to - arc.from) * metrics.middle;
}

export function fixed(value: number): number {
  return Math.round(value * 100) / 100;
}

function leg(metrics: SealMetrics, radius: number, from: number, to: number): string {
  return `A${fixed(radius)} ${fixed(radius)} 0 ${to - from > Math.PI ? 1 : 0} 1 ${at(metrics, radius, to)}`;
}

function at(metrics: SealMetrics, radius: number, angle: number): string {
  const { x, y } = pointAt(metrics, radius, angle);
  return `${fixed(x)} ${fixed(y)}`;
}
