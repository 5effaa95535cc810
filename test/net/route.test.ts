/** Which way a connection goes, out of what browsers call their statistics. */
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../src/net/page/route.ts';

const report = (entries: Record<string, object>): Map<string, object> => new Map(Object.entries(entries));
const candidates = {
  l: { type: 'local-candidate', candidateType: 'prflx', protocol: 'udp', address: '192.168.7.9', port: 4321 },
  r: { type: 'remote-candidate', candidateType: 'relay', protocol: 'udp', address: '2001:db8::1' },
  other: { type: 'local-candidate', candidateType: 'host', protocol: 'tcp' },
};
const pair = { type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r' };
const relayed = { local: 'prflx', remote: 'relay', protocol: 'udp' };

describe('the route of a connection', () => {
  it('is that of the pair that the transport names, not of another that once succeeded', () => {
    const old = { ...pair, localCandidateId: 'other', nominated: true, state: 'succeeded' };
    const transport = { type: 'transport', selectedCandidatePairId: 'p' };
    expect(routeOf(report({ ...candidates, old, p: pair, transport }))).toEqual(relayed);
  });

  it('is that of the marked pair where the transport names none', () => {
    expect(routeOf(report({ ...candidates, p: { ...pair, selected: true } }))).toEqual(relayed);
    expect(routeOf(report({ ...candidates, p: { ...pair, nominated: true, state: 'succeeded' } }))).toEqual(
      relayed,
    );
  });

  it('holds no address', () => {
    expect(JSON.stringify(routeOf(report({ ...candidates, p: { ...pair, selected: true } })))).not.toMatch(
      /\d/,
    );
  });

  it('is not made up while nothing is chosen, nor from words that the standard does not have', () => {
    expect(routeOf(report({ ...candidates, p: { ...pair, state: 'in-progress' } }))).toBeNull();
    const strange = { l: { candidateType: 'pigeon', protocol: 'rfc1149' }, p: { ...pair, selected: true } };
    expect(routeOf(report(strange))).toEqual({ local: 'unknown', remote: 'unknown', protocol: 'unknown' });
  });
});
