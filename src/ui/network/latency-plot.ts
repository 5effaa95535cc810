/**
 * The plot of commits, drawn on a canvas by uPlot. Under the page's policy: uPlot sets sizes through the CSSOM, and its sheet is a file. What
 * it shows stands beside it in words, so a screen reader hears nothing of the canvas itself.
 */
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatMilliseconds } from '../format.ts';
import { niceCeiling } from './latency.ts';

export interface PlotData {
  /** Oldest first. */
  readonly commits: readonly { readonly milliseconds: number; readonly round: number }[];
  readonly median: number;
  /** Label of the lower axis. */
  readonly axis: string;
}

/** CSS pixels. */
const HEIGHT = 220;
/** Of the axis of times at the least; units are longer in some languages. */
const VALUES_WIDTH = 68;
/** Between a label and the plot: uPlot's own. */
const LABEL_GAP = 8;
const LABEL_HEIGHT = 26;
const DOT = 7;
const LATER = 10;

/** Draws into `box`, follows its width and the theme, and returns the way out. */
export function drawLatency(box: HTMLElement, data: PlotData): () => void {
  let plot = draw(box, data);
  const again = (): void => {
    plot.destroy();
    plot = draw(box, data);
  };
  const resized = new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  });
  resized.observe(box);
  // Colours are read when it is drawn: from the setting, or from the system.
  const themed = new MutationObserver(again);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'].map((query) =>
    matchMedia(query),
  );
  for (const query of queries) query.addEventListener('change', again);
  return () => {
    resized.disconnect();
    themed.disconnect();
    for (const query of queries) query.removeEventListener('change', again);
    plot.destroy();
  };
}

/** `values`: null while uPlot does not know them yet. */
function widthOf({ ctx }: UPlot, values: readonly string[] | null, font: string): number {
  ctx.save();
  ctx.font = font;
  const widths = (values ?? []).map((text) => ctx.measureText(text ?? '').width + LABEL_GAP);
  ctx.restore();
  return Math.ceil(Math.max(VALUES_WIDTH, ...widths));
}

function draw(box: HTMLElement, { commits, median, axis }: PlotData): UPlot {
  const style = getComputedStyle(box);
  const colour = (token: string): string => style.getPropertyValue(token).trim();
  const font = `13px ${style.fontFamily}`;
  const top = niceCeiling(Math.max(median, ...commits.map(({ milliseconds }) => milliseconds)));
  const points = (size: number, stroke: string, fill: string): UPlot.Series.Points => ({
    show: true,
    size,
    stroke,
    fill,
    width: 2,
  });
  const options: UPlot.Options = {
    width: Math.max(1, box.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [0.5, commits.length + 0.5] },
      y: { range: [0, top] },
    },
    axes: [
      {
        label: axis,
        labelSize: LABEL_HEIGHT,
        labelFont: font,
        font,
        stroke: colour('--ink-3'),
        grid: { show: false },
        ticks: { show: false },
        size: 22,
        incrs: [1, 2, 5, 10, 20, 50],
      },
      {
        font,
        size: (plot, values) => widthOf(plot, values, font),
        stroke: colour('--ink-3'),
        grid: { stroke: colour('--line'), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(formatMilliseconds),
      },
    ],
    series: [
      {},
      { paths: () => null, points: points(DOT, colour('--ink'), colour('--ink')) },
      { paths: () => null, points: points(LATER, colour('--warn'), colour('--surface')) },
      { stroke: colour('--ink'), width: 1.5, dash: [4, 4], points: { show: false } },
    ],
  };
  const of = (isLater: boolean): (number | null)[] =>
    commits.map(({ milliseconds, round }) => (round > 0 === isLater ? milliseconds : null));
  const places = commits.map((_, i) => i + 1);
  return new UPlot(options, [places, of(false), of(true), places.map(() => median)], box);
}
