/** The plot's time axis: linear, except that a silence is drawn as a short break that says how long it was. Pure. */
import { formatMilliseconds, formatMinutes, formatNumber } from '../ui/format.ts';
import { MIN_PLOT_MS, QUIET_MS, QUIET_SHOWN_MS } from './limits.ts';

export interface Axis {
  /** 0 to 1 for a time in milliseconds since 1970. */
  x(at: number): number;
  /** Round times to label, as milliseconds since the beginning. */
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  readonly breaks: readonly { readonly x: number; readonly label: string }[];
}

/** `times`: ascending, not empty; milliseconds since 1970. `reach`: the plot goes at least this far (the moving present). */
export function makeAxis(times: readonly number[], reach: number): Axis {
  const start = times[0]!;
  const spans = spansOf(times, reach);
  const drawn = spans.reduce((sum, span) => sum + span.width, 0);
  const scale = 1 / drawn;
  const x = (at: number): number => {
    let offset = 0;
    for (const span of spans) {
      if (at < span.to || span === spans[spans.length - 1]) {
        const within = Math.max(0, at - span.from) / (span.to - span.from);
        return Math.min(1, (offset + within * span.width) * scale);
      }
      offset += span.width;
    }
    return 1;
  };
  const unit = niceStep(drawn);
  const ticks: { x: number; label: string }[] = [];
  for (const span of spans) {
    if (span.quiet) continue;
    const first = Math.ceil((span.from - start) / unit) * unit;
    for (let t = first; start + t < span.to && ticks.length < 24; t += unit) {
      ticks.push({ x: x(start + t), label: t === 0 ? formatMilliseconds(0) : formatNumber(t) });
    }
  }
  const breaks = spans
    .filter((span) => span.quiet)
    .map((span) => ({ x: (x(span.from) + x(span.to)) / 2, label: duration(span.to - span.from) }));
  return { x, ticks: apart(ticks, breaks), breaks };
}

/** `36 ms`, `4.2 s`, `3 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 9.95) return formatMilliseconds(milliseconds);
  if (milliseconds < 1_000) return formatMilliseconds(Math.round(milliseconds));
  if (milliseconds < 60_000) return formatMilliseconds(milliseconds);
  return formatMinutes(Math.round(milliseconds / 60_000));
}

interface Span {
  readonly from: number;
  readonly to: number;
  /** In drawn milliseconds. */
  readonly width: number;
  readonly quiet: boolean;
}

function spansOf(times: readonly number[], reach: number): Span[] {
  const spans: Span[] = [];
  let from = times[0]!;
  let before = from;
  const close = (to: number, quiet: boolean): void => {
    if (to <= from) return;
    spans.push({ from, to, width: quiet ? QUIET_SHOWN_MS : to - from, quiet });
    from = to;
  };
  const all = reach > times[times.length - 1]! ? [...times, reach] : times;
  for (const at of all) {
    if (at - before > QUIET_MS) {
      close(before + QUIET_SHOWN_MS, false);
      close(at - QUIET_SHOWN_MS, true);
    }
    before = at;
  }
  close(before + 2, false);
  const drawn = spans.reduce((sum, span) => sum + span.width, 0);
  // Room to the right: at least MIN_PLOT_MS in all, and a little after the last mark.
  const room = Math.max(MIN_PLOT_MS - drawn, drawn * 0.06);
  const last = spans[spans.length - 1];
  if (last && !last.quiet)
    spans[spans.length - 1] = { ...last, to: last.to + room, width: last.width + room };
  else spans.push({ from, to: from + room, width: room, quiet: false });
  return spans;
}

function niceStep(drawn: number): number {
  for (const unit of [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]) if (drawn / unit <= 7) return unit;
  return 10_000;
}

/** A label that would lie on another one, or on a break, is left out. */
function apart(
  ticks: readonly { x: number; label: string }[],
  breaks: readonly { x: number }[],
): { x: number; label: string }[] {
  const kept: { x: number; label: string }[] = [];
  for (const tick of ticks) {
    const near = [...kept, ...breaks].some((other) => Math.abs(other.x - tick.x) < 0.07);
    if (!near) kept.push(tick);
  }
  return kept;
}
