/** When a connection does not open, the person is told a cause that fits what was seen. */
import { describe, expect, test } from 'vitest';
import {
  countCandidates,
  countIceError,
  diagnose,
  diagnoseServer,
  noFacts,
  UNKNOWN_SURROUNDINGS,
  type AttemptFacts,
} from '../../src/net/mesh/diagnosis.ts';
import type { SignalData } from '../../src/net/mesh/messages.ts';
import type { Diagnosis } from '../../src/net/types.ts';
import { createCluster, URL_ONE, URL_TWO } from './harness.ts';

const line = (address: string, type: string): string =>
  `candidate:1 1 udp 2113937151 ${address} 50000 typ ${type} generation 0`;
const candidate = (address: string, type: string): SignalData => ({
  type: 'candidate',
  candidate: { candidate: line(address, type), sdpMid: '0', sdpMLineIndex: 0 },
});
const HOST = candidate('192.168.1.5', 'host');
const NAMED = candidate('6f1c.local', 'host');
const REFLEXIVE = candidate('203.0.113.9', 'srflx');
const RELAY = candidate('198.51.100.1', 'relay');

function facts(
  local: readonly SignalData[],
  remote: readonly SignalData[],
  more: Partial<AttemptFacts> = {},
): AttemptFacts {
  const made = Object.assign(noFacts(), { answered: true }, more);
  for (const data of local) countCandidates(made.local, data);
  for (const data of remote) countCandidates(made.remote, data);
  return made;
}

const TURN = [{ urls: ['stun:s.test', 'turns:t.test'], username: 'a', credential: 'b' }];

describe('why a connection did not open', () => {
  const here = UNKNOWN_SURROUNDINGS;
  test.each<[string, Diagnosis | null, Diagnosis | null]>([
    ['the system has no network', diagnose(facts([HOST], [HOST]), { ...here, online: false }, []), 'offline'],
    ['no interface gave a candidate', diagnose(facts([], [HOST]), here, []), 'no-interface'],
    [
      'the other side never answered',
      diagnose(facts([HOST], [], { answered: false }), here, []),
      'no-answer',
    ],
    [
      'names that only the local network resolves, on both sides',
      diagnose(facts([NAMED], [NAMED]), here, []),
      'local-names-blocked',
    ],
    [
      'the same, and the browser wants to ask',
      diagnose(facts([NAMED], [NAMED]), { ...here, localNetwork: 'prompt' }, []),
      'local-network-permission',
    ],
    [
      'the browser was told no',
      diagnose(facts([HOST], [HOST]), { ...here, localNetwork: 'denied' }, []),
      'local-network-permission',
    ],
    ['two NATs and no relay', diagnose(facts([HOST, REFLEXIVE], [HOST, REFLEXIVE]), here, []), 'no-turn'],
    ['the relay says no', diagnose(facts([HOST], [HOST], { turnRefused: true }), here, TURN), 'turn-refused'],
    [
      'the relay says nothing',
      diagnose(facts([HOST], [HOST], { turnSilent: true }), here, TURN),
      'turn-unreachable',
    ],
    ['a relay is set and none came', diagnose(facts([HOST], [HOST]), here, TURN), 'turn-unreachable'],
    ['not even the relay helped', diagnose(facts([HOST, RELAY], [HOST]), here, TURN), 'blocked'],
    ['it was no matter of the network', diagnose(facts([HOST], [HOST], { connected: true }), here, []), null],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));

  test('candidates inside a description count, and what is no candidate does not', () => {
    const made = noFacts();
    countCandidates(made.local, {
      type: 'offer',
      sdp: `v=0\r\na=${line('10.0.0.1', 'host')}\r\na=${line('x.local', 'host')}\r\na=candidate:\r\na=end-of-candidates\r\n`,
    });
    countCandidates(made.local, candidate('', ''));
    expect(made.local).toEqual({ host: 1, named: 1, reflexive: 0, relay: 0 });
  });

  test('an error of a STUN server is not blamed on TURN', () => {
    const made = noFacts();
    countIceError(made, 'stun:s.test', 701);
    expect(made).toEqual(noFacts());
    countIceError(made, 'turn:t.test?transport=udp', 701);
    countIceError(made, 'turns:t.test', 401);
    expect([made.turnSilent, made.turnRefused]).toEqual([true, true]);
  });
});

describe('why a signaling server does not serve', () => {
  const https = { ...UNKNOWN_SURROUNDINGS, secure: true };
  test.each<[string, Diagnosis, Diagnosis]>([
    [
      'a ws:// server from an https page',
      diagnoseServer('ws://signal.test/', https, true),
      'insecure-signaling',
    ],
    [
      'the same, when the browser made the socket and closed it',
      diagnoseServer('ws://signal.test/', https, false),
      'insecure-signaling',
    ],
    [
      'ws:// to this machine is allowed',
      diagnoseServer('ws://localhost:8080/signal', https, false),
      'server-unreachable',
    ],
    ['no WebSocket address', diagnoseServer('http://signal.test', https, true), 'malformed-address'],
    ['no address at all', diagnoseServer('signal', https, true), 'malformed-address'],
    [
      'the system is offline',
      diagnoseServer('wss://signal.test', { ...https, online: false }, false),
      'offline',
    ],
    [
      'a server in the local network, and the browser was told no',
      diagnoseServer('wss://192.168.1.9/', { ...https, localNetwork: 'denied' }, false),
      'local-network-permission',
    ],
    [
      'a server that is down',
      diagnoseServer('wss://signal.test', { ...https, localNetwork: 'denied' }, false),
      'server-unreachable',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('what a person reads', () => {
  test('of a member with whom no direct way opens: that a TURN server is missing', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.net.blocked = true;
    for (const i of [0, 1]) {
      const node = cluster.add(i);
      cluster.nodes.push(node);
      const { emit } = node.page;
      // The fake page gathers no candidates of its own.
      node.page.emit = (event) => {
        emit(event);
        if (event.type === 'signal') emit({ type: 'signal', peer: event.peer, data: HOST });
      };
    }
    const node = cluster.nodes[0];
    if (node === undefined) throw new Error('no node');
    await cluster.clock.until(() => node.status?.peers[0]?.state === 'unreachable', 'unreachable', 300_000);
    expect(node.status?.peers[0]?.diagnosis).toBe('no-turn');
    expect(cluster.nodes[1]?.status?.peers[0]?.diagnosis).toBe('no-turn');
    cluster.net.blocked = false;
    await cluster.clock.until(() => cluster.linked(), 'linked', 60_000);
    await cluster.clock.advance(200);
    expect(node.status?.peers[0]?.diagnosis).toBeUndefined();
  });

  test('with every server gone and no link: that nobody can introduce', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.hub.dead.add(URL_ONE);
    const node = cluster.add(0);
    await cluster.clock.advance(1_500);
    expect(node.status?.peers[0]?.diagnosis).toBe('no-introduction');
    expect(node.status?.signaling[0]).toMatchObject({
      state: 'waiting',
      diagnosis: 'server-unreachable',
      source: 'own',
    });
    node.page.emit({ type: 'network', online: false });
    await cluster.clock.advance(1_500);
    expect(node.status?.peers[0]?.diagnosis).toBe('offline');
  });

  test('of an https page with a ws:// server: that the browser forbids it', async () => {
    const cluster = createCluster(1, { start: false });
    const node = cluster.add(0, {
      signalingUrls: [URL_TWO],
      createSocket: () => {
        throw new DOMException('mixed content', 'SecurityError');
      },
    });
    node.page.emit({ type: 'surroundings', secure: true, localNetwork: 'unknown' });
    await cluster.clock.advance(200);
    expect(node.status?.signaling[0]).toMatchObject({ state: 'failed', diagnosis: 'insecure-signaling' });
  });
});
