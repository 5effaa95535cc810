import type { ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { formatMilliseconds, plural, shortSscc, ssccOfKey } from '../format.ts';
import { MAX_PLOTTED } from '../limits.ts';
import { niceCeiling, quantile } from './latency.ts';
import { NETWORK } from './texts.ts';

const WIDTH = 600;
const HEIGHT = 160;
const LEFT = 58;
const BOTTOM = 24;
const TOP = 10;

/** Proposal to durable decision, oldest to newest, for this replica's own proposals. */
export function LatencySheet({ latencies, delays }: Pick<NetworkState, 'latencies' | 'delays'>): ReactNode {
  const recent = latencies.slice(0, MAX_PLOTTED).reverse();
  const values = recent.map((l) => l.milliseconds);
  const middle = quantile(values, 0.5);
  const slow = quantile(values, 0.99);
  if (middle === null || slow === null) {
    return (
      <section className="sheet" aria-labelledby="latency-heading">
        <h2 id="latency-heading">{NETWORK.latency}</h2>
        <p className="muted">{NETWORK.latencyNone}</p>
        <Delays delays={delays} />
      </section>
    );
  }
  const top = niceCeiling(Math.max(...values));
  const x = (i: number): number => LEFT + ((i + 0.5) * (WIDTH - LEFT)) / recent.length;
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const said = `Last ${plural(recent.length, 'commit', 'commits')}: half within ${formatMilliseconds(middle)}, 99 of 100 within ${formatMilliseconds(slow)}.`;
  return (
    <section className="sheet" aria-labelledby="latency-heading">
      <h2 id="latency-heading">{NETWORK.latency}</h2>
      <p>{said}</p>
      <svg className="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
        {[0, top / 2, top].map((line) => (
          <g key={line}>
            <path className="plot-rule" d={`M${LEFT} ${y(line)}H${WIDTH}`} />
            <text x={LEFT - 8} y={y(line) + 4} textAnchor="end">
              {formatMilliseconds(line)}
            </text>
          </g>
        ))}
        <path className="plot-middle" d={`M${LEFT} ${y(middle)}H${WIDTH}`} />
        {values.map((value, i) => (
          <circle key={i} className="plot-dot" cx={x(i)} cy={y(value)} r={3.5} />
        ))}
        <text x={LEFT} y={HEIGHT - 6}>
          oldest
        </text>
        <text x={WIDTH} y={HEIGHT - 6} textAnchor="end">
          newest
        </text>
      </svg>
      <details>
        <summary>As a table</summary>
        <div
          className="scroll-x latency-table"
          tabIndex={0}
          role="region"
          aria-label="Commits with their times"
        >
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Package</th>
                <th scope="col">Version</th>
                <th scope="col" className="num">
                  Time
                </th>
              </tr>
            </thead>
            <tbody>
              {latencies.slice(0, MAX_PLOTTED).map((l, i) => (
                <tr key={i}>
                  <td>{shortSscc(ssccOfKey(l.key) ?? l.key)}</td>
                  <td>v{l.version}</td>
                  <td className="num">{formatMilliseconds(l.milliseconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
      <Delays delays={delays} />
    </section>
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
