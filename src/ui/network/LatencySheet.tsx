import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { formatMilliseconds, formatNumber, shortSscc, ssccOfKey } from '../format.ts';
import { MAX_PLOTTED } from '../limits.ts';
import { Instant } from '../parts/words.tsx';
import { quantile } from './latency.ts';
import type { PlotData } from './latency-plot.ts';
import { NETWORK } from './texts.ts';

type Latencies = NetworkState['latencies'];

/** Proposal to durable decision, for this replica's own proposals: in words, as a plot, and as tables. */
export function LatencySheet({ latencies, delays }: Pick<NetworkState, 'latencies' | 'delays'>): ReactNode {
  const recent = latencies.slice(0, MAX_PLOTTED);
  return (
    <section className="sheet stack" aria-labelledby="latency-heading" data-testid="latency">
      <h2 id="latency-heading">{NETWORK.latency}</h2>
      {recent.length === 0 ? <p className="muted">{NETWORK.latencyNone}</p> : <Told recent={recent} />}
      <p className="muted">{NETWORK.latencyWhat}</p>
      <Delays delays={delays} />
    </section>
  );
}

function Told({ recent }: { recent: Latencies }): ReactNode {
  const values = recent.map((one) => one.milliseconds);
  const later = recent.filter(({ round }) => round > 0).length;
  const said = wordsOf(values);
  return (
    <>
      <p data-testid="latency-words">
        {said} {roundsOf(recent, later)}
      </p>
      <Plot recent={recent} />
      <Legend later={later} />
      <ByRound recent={recent} />
      <p className="muted">{NETWORK.latencyRounds}</p>
      <details>
        <summary>{NETWORK.latencyTable}</summary>
        <Every recent={recent} />
      </details>
    </>
  );
}

function roundsOf(recent: Latencies, later: number): string {
  if (recent.length === 1) return NETWORK.latencyOneIn(formatNumber(recent[0]!.round));
  if (later === 0) return NETWORK.latencyAllFirst;
  return NETWORK.latencyLater(formatNumber(later), formatNumber(recent.length));
}

/** Newest first. */
function wordsOf(values: readonly number[]): string {
  const last = formatMilliseconds(values[0]!);
  if (values.length === 1) return NETWORK.latencyOne(last);
  const time = (share: number): string => formatMilliseconds(quantile(values, share)!);
  return NETWORK.latencySaid(formatNumber(values.length), time(0.5), time(0.95), last);
}

/** uPlot is loaded when there is something to draw. The words above say what it shows. */
function Plot({ recent }: { recent: Latencies }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<'loading' | 'drawn' | 'failed'>('loading');
  // The state of a network comes many times a second, and mostly with the same commits.
  const newest = recent.map(({ at }) => at).join();
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- `newest` stands for `recent`.
  const data = useMemo(() => plotOf(recent), [newest]);
  useEffect(() => {
    let leave: (() => void) | null = null;
    let wanted = true;
    import('./latency-plot.ts').then(
      ({ drawLatency }) => {
        if (!wanted || box.current === null) return;
        leave = drawLatency(box.current, data);
        setState('drawn');
      },
      () => wanted && setState('failed'),
    );
    return () => {
      wanted = false;
      leave?.();
    };
  }, [data]);
  return (
    <>
      <div
        ref={box}
        className="latency-plot"
        aria-hidden="true"
        data-testid="latency-plot"
        data-state={state}
      />
      {state === 'failed' && <p className="muted">{NETWORK.latencyNoPlot}</p>}
    </>
  );
}

const plotOf = (recent: Latencies): PlotData => ({
  commits: recent.map(({ milliseconds, round }) => ({ milliseconds, round })).reverse(),
  median: quantile(
    recent.map((one) => one.milliseconds),
    0.5,
  )!,
  axis: NETWORK.latencyAxis,
});

/** For the eyes: the words and the tables say the same. */
function Legend({ later }: { later: number }): ReactNode {
  return (
    <ul className="latency-legend" aria-hidden="true">
      <li>
        <span className="latency-dot" />
        {NETWORK.legendFirst}
      </li>
      {later > 0 && (
        <li>
          <span className="latency-dot later" />
          {NETWORK.legendLater}
        </li>
      )}
      <li>
        <span className="latency-line" />
        {NETWORK.legendMedian}
      </li>
    </ul>
  );
}

function ByRound({ recent }: { recent: Latencies }): ReactNode {
  const rounds = [...new Set(recent.map(({ round }) => round))].sort((a, b) => a - b);
  const c = NETWORK.latencyColumns;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={NETWORK.latencyByRound}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{c.round}</th>
            <th scope="col" className="num">
              {c.count}
            </th>
            <th scope="col" className="num">
              {c.median}
            </th>
            <th scope="col" className="num">
              {c.slow}
            </th>
          </tr>
        </thead>
        <tbody>
          {rounds.map((round) => {
            const values = recent.filter((one) => one.round === round).map((one) => one.milliseconds);
            return (
              <tr key={round}>
                <td>{NETWORK.latencyRound(formatNumber(round))}</td>
                <td className="num">{formatNumber(values.length)}</td>
                <td className="num">{formatMilliseconds(quantile(values, 0.5)!)}</td>
                <td className="num">{formatMilliseconds(quantile(values, 0.95)!)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Every({ recent }: { recent: Latencies }): ReactNode {
  const c = NETWORK.latencyColumns;
  return (
    <div className="scroll-x latency-table" tabIndex={0} role="group" aria-label={NETWORK.latencyTableLabel}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{c.package}</th>
            <th scope="col">{c.version}</th>
            <th scope="col">{c.round}</th>
            <th scope="col">{c.when}</th>
            <th scope="col" className="num">
              {c.time}
            </th>
          </tr>
        </thead>
        <tbody>
          {recent.map(({ key, version, round, at, milliseconds }) => (
            <tr key={`${key} ${version}`}>
              <td>
                <bdi dir="ltr">{shortSscc(ssccOfKey(key) ?? key)}</bdi>
              </td>
              <td>{NETWORK.latencyVersion(formatNumber(version))}</td>
              <td>{NETWORK.latencyRound(formatNumber(round))}</td>
              <td>
                <Instant at={at} short />
              </td>
              <td className="num">{formatMilliseconds(milliseconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** For whoever wonders why a round takes as long as it does. */
function Delays({ delays }: Pick<NetworkState, 'delays'>): ReactNode {
  if (delays === undefined) return null;
  const { w0, twoMessages } = delays;
  return (
    <p className="muted" data-testid="w0">
      {twoMessages === null
        ? NETWORK.delaysUnknown(formatMilliseconds(w0))
        : NETWORK.delays(formatMilliseconds(w0), formatMilliseconds(twoMessages))}
    </p>
  );
}
