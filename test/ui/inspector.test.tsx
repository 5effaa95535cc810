/** What the inspector and the plot's sheet say in words, from an inspection alone. */
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Inspection, Key, NetworkState, Round, Version } from '../../src/worker/api.ts';
import { InspectionView } from '../../src/ui/inspector/Inspector.tsx';
import { routeWords } from '../../src/ui/inspector/texts.ts';
import { LatencySheet } from '../../src/ui/network/LatencySheet.tsx';
import { NETWORK } from '../../src/ui/network/texts.ts';
import { inspection as busy } from './preview/inspection.ts';

const KEY = 'package/040123450000001112' as Key;

/** One open vote, and nothing that has happened. */
const inspection: Inspection = { ...busy, links: [], trace: [], traceCount: 0, errors: [] };
const shown = (change: Partial<Inspection> = {}): string =>
  renderToStaticMarkup(
    <InspectionView inspection={{ ...inspection, ...change }} status="Live." />,
  ).replaceAll(/<[^>]+>/g, ' ');

describe('an inspection on the screen', () => {
  it('says the phase, the lock, and what each timer waits for', () => {
    const text = shown();
    expect(text).toContain('has committed, and waits for a quorum’s commits');
    expect(text).toContain('9f2c41d8, since round 1');
    expect(text).toContain('in 480 ms');
    expect(text).toContain('goes to the next round');
    expect(text).toContain('40 ms ago');
  });

  it('says of each member that was not heard why', () => {
    expect(shown()).toMatch(/Cargo.*linked, and silent.*Delta.*not linked/s);
  });

  it('shows a file in which members are numbers, and a diagnosis that is no word of ours', () => {
    const members = inspection.members.map((member) => ({ ...member, name: `#${member.index + 1}` }));
    const text = shown({ members });
    expect(text).toContain('Member 2');
    expect(text).toContain('constructor');
  });

  it('holds for a replica that has nothing', () => {
    expect(shown({ instances: [], instanceCount: 0, signaling: [] })).toContain(
      'No version is under vote here.',
    );
  });
});

describe('the path of a link', () => {
  it('is relayed when either side is, and direct otherwise', () => {
    expect(routeWords({ local: 'host', remote: 'relay', protocol: 'udp' })).toBe(
      'relayed (host to relay, udp)',
    );
    expect(routeWords({ local: 'prflx', remote: 'srflx', protocol: 'udp' })).toBe(
      'direct (prflx to srflx, udp)',
    );
  });
});

describe('the time to commit', () => {
  const commit = (milliseconds: number, round: number): NetworkState['latencies'][number] => ({
    key: KEY,
    version: milliseconds as Version,
    milliseconds,
    round: round as Round,
    at: milliseconds,
  });
  const sheet = (latencies: NetworkState['latencies']): string =>
    renderToStaticMarkup(<LatencySheet latencies={latencies} delays={{ w0: 300, twoMessages: 80 }} />);

  it('is said in words: median, 95th percentile, last, and how many needed more than round 0', () => {
    const times = Array.from({ length: 20 }, (_, i) => commit(10 * (i + 1), i >= 18 ? 1 : 0));
    const text = sheet(times);
    expect(text).toContain(
      'The last 20 commits: half within 100 ms, 95 of 100 within 190 ms; the last one took 10 ms.',
    );
    expect(text).toContain('2 of 20 needed more than round 0.');
    expect(text).toContain(NETWORK.latencyWhat);
    // By round: 18 in round 0, half within 90 ms; 2 in round 1.
    expect(text).toMatch(/round 0<\/td><td class="num">18<\/td><td class="num">90 ms/);
    expect(text).toMatch(/round 1<\/td><td class="num">2<\/td><td class="num">190 ms/);
  });

  it('hides the plot from screen readers, which have the words', () => {
    expect(sheet([commit(58, 0)])).toMatch(/class="latency-plot" aria-hidden="true"/);
    expect(sheet([commit(58, 0)])).toContain('One commit so far: 58 ms. It was decided in round 0.');
    expect(sheet([])).toContain(NETWORK.latencyNone);
  });
});
