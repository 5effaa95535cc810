/** The six links between four panes: where they run, and how each of them is. Pure. */
import type { MemberIndex, NetworkState, SealState } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { duration } from './axis.ts';

const t = translator('demo');

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export type Health = 'up' | 'slow' | 'down' | 'cut';

export interface LinkView {
  readonly a: MemberIndex;
  readonly b: MemberIndex;
  readonly health: Health;
  /** `9 ms`, `cut`, `no link`. */
  readonly words: string;
}

/** Every pair of members, as their own states report it. `seals`: what is on the screen; evidence is not told before its time. */
export function linksOf(
  states: readonly (NetworkState | null)[],
  seals: readonly SealState[],
): readonly LinkView[] {
  const links: LinkView[] = [];
  for (let a = 0; a < states.length; a++) {
    for (let b = a + 1; b < states.length; b++)
      links.push(linkOf(states, seals, a as MemberIndex, b as MemberIndex));
  }
  return links;
}

/** Pane i sits in corner i: 0 top left, 1 top right, 2 bottom right, 3 bottom left. Straight lines between facing edges. */
export function lineBetween(a: number, b: number, boxes: readonly Box[]): Line {
  const from = boxes[a]!;
  const to = boxes[b]!;
  const isLeft = (i: number): boolean => i === 0 || i === 3;
  const isTop = (i: number): boolean => i === 0 || i === 1;
  const inner = (box: Box, i: number): number => (isLeft(i) ? box.left + box.width : box.left);
  const middle = (box: Box): number => box.left + box.width / 2;
  if (isLeft(a) === isLeft(b)) {
    const [upper, lower] = isTop(a) ? [from, to] : [to, from];
    const line = { x1: middle(upper), y1: upper.top + upper.height, x2: middle(lower), y2: lower.top };
    return isTop(a) ? line : { x1: line.x2, y1: line.y2, x2: line.x1, y2: line.y1 };
  }
  if (isTop(a) === isTop(b)) {
    // Near the outer edge, clear of the seal in the middle.
    const y = isTop(a)
      ? Math.max(from.top, to.top) + 54
      : Math.min(from.top + from.height, to.top + to.height) - 54;
    return { x1: inner(from, a), y1: y, x2: inner(to, b), y2: y };
  }
  const y = (box: Box, i: number): number =>
    isTop(i) ? box.top + box.height * 0.65 : box.top + box.height * 0.35;
  return { x1: inner(from, a), y1: y(from, a), x2: inner(to, b), y2: y(to, b) };
}

export function along(line: Line, progress: number): { readonly x: number; readonly y: number } {
  return { x: line.x1 + (line.x2 - line.x1) * progress, y: line.y1 + (line.y2 - line.y1) * progress };
}

/** Where a link's words stand: on diagonals near one end, since the seal covers the middle. */
export function labelAt(link: LinkView, line: Line): { readonly x: number; readonly y: number } {
  const diagonal = (link.a + link.b) % 2 === 0;
  const beside = Math.abs(line.x1 - line.x2) < 1 ? 44 : 0;
  const point = along(line, diagonal ? 0.08 : 0.5);
  return { x: point.x + beside, y: point.y };
}

function linkOf(
  states: readonly (NetworkState | null)[],
  seals: readonly SealState[],
  a: MemberIndex,
  b: MemberIndex,
): LinkView {
  const seenByA = states[a]?.members[b];
  const seenByB = states[b]?.members[a];
  const accused =
    states[a]?.evidence.some((entry) => entry.member === b) === true ||
    states[b]?.evidence.some((entry) => entry.member === a) === true;
  const shown = seals[a]?.evidence[b] === true || seals[b]?.evidence[a] === true;
  if (shown) return { a, b, health: 'cut', words: t('link.cut') };
  if ([a, b].some((i) => states[i]?.faults?.offline === true))
    return { a, b, health: 'down', words: t('link.offline') };
  if (accused) return { a, b, health: 'up', words: t('link.up') };
  if (!seenByA?.here && !seenByB?.here) return { a, b, health: 'down', words: t('link.none') };
  const rtt = seenByA?.rttMs ?? seenByB?.rttMs ?? null;
  const slow = [a, b].some((i) => (states[i]?.faults?.delayMs ?? 0) > 0);
  return {
    a,
    b,
    health: slow ? 'slow' : 'up',
    words: rtt === null ? t('link.up') : duration(Math.max(0.1, rtt)),
  };
}
