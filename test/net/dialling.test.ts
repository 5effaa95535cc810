/** How a mesh starts: few dials at once, nobody kept waiting by who does not answer, and no attempt ended while it gets on. */
import { describe, expect, test } from 'vitest';
import type { InstanceId, MemberIndex } from '../../src/codec/brand.ts';
import { toHex } from '../../src/codec/brand.ts';
import {
  ANSWER_TIMEOUT_MS,
  ATTEMPT_TIMEOUT_MS,
  DIAL_SLOT_MS,
  HASTEN_EVERY_MS,
  LATE_TIMER_MS,
  MAX_DIALS,
  MAX_SDP_LENGTH,
  SIGNAL_GATHER_MS,
} from '../../src/net/limits.ts';
import { createGathering } from '../../src/net/mesh/gathering.ts';
import {
  encodeMessage,
  parseMessage,
  type MeshMessage,
  type SignalData,
} from '../../src/net/mesh/messages.ts';
import { createAttempt } from '../../src/net/mesh/attempt.ts';
import type { PagePort } from '../../src/net/mesh/options.ts';
import {
  createCluster,
  createRandom,
  createTestClock,
  fakeSecret,
  type Cluster,
  type Observed,
} from './harness.ts';

const member = (i: number): MemberIndex => i as MemberIndex;

const dialsOf = ({ page }: Observed): number =>
  page.commands.filter((c) => c.type === 'open' && c.initiator).length;

/** Dials that are not links yet. */
const underWay = (node: Observed): number =>
  [...node.page.connections.values()].filter((c) => c.initiator && c.channel.readyState === 'connecting')
    .length;

async function say(cluster: Cluster, message: MeshMessage): Promise<void> {
  const secret = fakeSecret('join secret');
  const data = Buffer.from(await secret.encrypt(encodeMessage(message))).toString('base64');
  const text = JSON.stringify({ type: 'publish', topic: secret.topic, data });
  for (const socket of cluster.hub.sockets) socket.deliver(text);
}

let ids = 0;
const announcement = (from: number, instance: string, want: readonly number[]): MeshMessage => ({
  type: 'announce',
  id: (ids += 1).toString(16).padStart(16, '0'),
  from: member(from),
  instance: instance as InstanceId,
  want: want.map(member),
});

function messageOf(text: string): MeshMessage | null {
  const frame = JSON.parse(text) as { type: string; data?: string };
  if (frame.type !== 'publish' || !frame.data) return null;
  return parseMessage(new Uint8Array(Buffer.from(frame.data, 'base64').subarray('join secret'.length)), 1000);
}

/** What a member published, from the moment of the call on, as often as it is asked. */
function heard(cluster: Cluster): () => readonly MeshMessage[] {
  const from = cluster.hub.frames.length;
  return () => cluster.hub.frames.slice(from).flatMap((text) => messageOf(text) ?? []);
}

describe('the start of a full mesh', () => {
  test('thirteen members that start at once never have more dials under way than they can finish, and all are linked', async () => {
    const cluster = createCluster(13, { start: false });
    // An answer takes 300 ms, so that dials overlap.
    let most = 0;
    for (let i = 0; i < 13; i++) {
      const node = cluster.add(i);
      const post = node.page.postMessage.bind(node.page);
      node.page.postMessage = (command) => {
        if (command.type !== 'signal') return post(command);
        cluster.clock.setTimeout(() => post(command), 300);
      };
      cluster.nodes.push(node);
    }
    await cluster.clock.until(() => {
      most = Math.max(most, ...cluster.nodes.map(underWay));
      return cluster.linked();
    }, 'all linked');
    expect(most).toBe(MAX_DIALS);
    for (const node of cluster.nodes) expect(node.doubleLinks).toBe(0);
    // Nothing was tried in vain.
    expect(cluster.nodes.map(dialsOf)).toEqual(cluster.nodes.map((_, i) => 12 - i));
  });

  test('a member that answers many at once is not held back by its own dials', async () => {
    const n = 9;
    const cluster = createCluster(n, { start: false });
    const last = cluster.add(n - 2);
    cluster.nodes[n - 2] = last;
    // The only one that it dials itself never answers.
    await cluster.clock.advance(500);
    await say(cluster, announcement(n - 1, 'ee'.repeat(16), [n - 2]));
    await cluster.clock.advance(100);
    expect(underWay(last)).toBe(1);
    for (let i = 0; i < n - 2; i++) cluster.nodes[i] = cluster.add(i);
    await cluster.clock.until(() => last.links.size === n - 2, 'all who dial it are linked', DIAL_SLOT_MS);
  });

  test('ghosts that announce themselves and never answer keep nobody waiting for longer than their place', async () => {
    const cluster = createCluster(8, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    await cluster.clock.advance(300);
    for (const ghost of [1, 2, 3]) await say(cluster, announcement(ghost, `0${ghost}`.repeat(16), [0]));
    await cluster.clock.advance(300);
    expect(underWay(zero)).toBe(3);
    for (const i of [4, 5, 6, 7]) cluster.nodes[i] = cluster.add(i);
    const honest = (): boolean => [4, 5, 6, 7].every((i) => zero.links.has(member(i)));
    await cluster.clock.until(honest, 'the living linked', DIAL_SLOT_MS + 500);
    // When the ghosts were given up they went to the back: who comes now is dialled before them.
    expect(dialsOf(zero)).toBe(7);
  });

  test('of those who wait, one that has failed comes after those who have not', async () => {
    const cluster = createCluster(9, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    const published = heard(cluster);
    await cluster.clock.advance(300);
    for (const i of [1, 2, 3]) await say(cluster, announcement(i, `0${i}`.repeat(16), [0]));
    // These three take the places; while they do, the first three fail, and all the others wait.
    await cluster.clock.advance(ANSWER_TIMEOUT_MS - 500);
    for (const i of [4, 5, 6, 7, 8]) await say(cluster, announcement(i, `0${i}`.repeat(16), [0]));
    await cluster.clock.advance(DIAL_SLOT_MS + 1_000);
    const offered = published().flatMap((m) =>
      m.type === 'signal' && m.data.type === 'offer' ? [Number.parseInt(m.to.slice(0, 2), 16)] : [],
    );
    expect(offered.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(offered.length).toBeGreaterThan(8);
  });

  test('an attempt that gets on slowly is not ended, nor begun again', async () => {
    const cluster = createCluster(2, { start: false });
    // Each description takes six seconds from the page to the other end, and the answer as long: twelve in all.
    for (const i of [0, 1]) {
      const node = cluster.add(i);
      const { emit } = node.page;
      node.page.emit = (event) => {
        if (event.type === 'signal' || event.type === 'gathered') {
          cluster.clock.setTimeout(() => emit(event), i === 0 ? 6_000 : 7_000);
        } else emit(event);
      };
      cluster.nodes.push(node);
    }
    await cluster.clock.until(() => cluster.linked(), 'linked', ATTEMPT_TIMEOUT_MS);
    expect(dialsOf(cluster.nodes[0]!)).toBe(1);
  });

  test('on a network where an answer takes longer than the first attempt waits, a later attempt waits long enough', async () => {
    const cluster = createCluster(2, { start: false });
    const slow = ANSWER_TIMEOUT_MS * 1.5;
    for (const i of [0, 1]) {
      const node = cluster.add(i);
      const { emit } = node.page;
      node.page.emit = (event) => {
        const isAnswer = i === 1 && (event.type === 'signal' || event.type === 'gathered');
        if (isAnswer) cluster.clock.setTimeout(() => emit(event), slow);
        else emit(event);
      };
      cluster.nodes.push(node);
    }
    await cluster.clock.until(() => cluster.linked(), 'linked', 4 * slow);
    expect(dialsOf(cluster.nodes[0]!)).toBe(2);
  });
});

describe('a large mesh', () => {
  test('dials its own choice before liars who only ask and never answer', async () => {
    const n = 40;
    const cluster = createCluster(n, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    const published = heard(cluster);
    await cluster.clock.advance(300);
    // Thirty who ask, all within the same instant; nobody answers.
    for (let i = 1; i <= 30; i++)
      await say(cluster, announcement(i, i.toString(16).padStart(2, '0').repeat(16), [0]));
    await cluster.clock.advance(5 * DIAL_SLOT_MS);
    let wanted: readonly number[] = [];
    let offers = 0;
    for (const message of published()) {
      if (message.type === 'announce') wanted = message.want;
      if (message.type !== 'signal' || message.data.type !== 'offer') continue;
      offers += 1;
      // The first who asked were dialled while nobody else was known; from then on the own choice comes first.
      if (offers <= MAX_DIALS || offers > 2 * MAX_DIALS) continue;
      expect(wanted).toContain(Number.parseInt(message.to.slice(0, 2), 16));
    }
    expect(offers).toBeGreaterThanOrEqual(2 * MAX_DIALS);
  });
});

describe('a member that was away', () => {
  /** Member 0 dials member 1, who is there and does not answer until `back`. */
  async function apart(): Promise<{ cluster: Cluster; zero: Observed; one: Observed; back(): void }> {
    const cluster = createCluster(2, { start: false });
    cluster.net.blocked = true;
    const zero = cluster.add(0);
    const one = cluster.add(1);
    cluster.nodes.push(zero, one);
    await cluster.clock.until(() => zero.status?.peers[0]?.state === 'unreachable', 'many failures', 300_000);
    return { cluster, zero, one, back: () => (cluster.net.blocked = false) };
  }

  const instanceOf = (node: Observed): string => {
    for (const text of node.sockets.flatMap((socket) => socket.sent)) {
      const message = messageOf(text);
      if (message?.type === 'announce') return message.instance;
    }
    throw new Error('has not announced itself');
  };

  test('is dialled as soon as it asks, not after the wait that grew while it slept', async () => {
    const { cluster, zero, one, back } = await apart();
    await cluster.clock.until(() => underWay(zero) === 0, 'between two attempts', 100_000);
    await cluster.clock.advance(HASTEN_EVERY_MS);
    await cluster.clock.until(() => underWay(zero) === 0, 'between two attempts', 100_000);
    back();
    await say(cluster, announcement(1, instanceOf(one), [0]));
    await cluster.clock.until(() => cluster.linked(), 'linked', 200);
  });

  test('and that asks without end is not dialled without end', async () => {
    const cluster = createCluster(2, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    // Whoever holds the invitation can say this, and breaks every connection at once.
    const { postMessage } = zero.page;
    zero.page.postMessage = (command) => {
      if (command.type !== 'open') return postMessage(command);
      zero.page.commands.push(command);
      zero.page.emit({ type: 'closed', peer: command.peer, detail: 'refused' });
    };
    await cluster.clock.advance(300);
    for (let i = 0; i < 600; i++) {
      await say(cluster, announcement(1, '01'.repeat(16), [0]));
      await cluster.clock.advance(100);
    }
    expect(dialsOf(zero)).toBeGreaterThan(5);
    expect(dialsOf(zero)).toBeLessThanOrEqual(60_000 / HASTEN_EVERY_MS + 8);
  });

  test('and started anew is dialled at once, and not its earlier start to the end', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0));
    await cluster.clock.advance(300);
    await say(cluster, announcement(1, '01'.repeat(16), [0]));
    await cluster.clock.advance(500);
    expect(underWay(cluster.nodes[0]!)).toBe(1);
    cluster.nodes.push(cluster.add(1));
    await cluster.clock.until(() => cluster.linked(), 'linked', 1_000);
  });

  test('and has two starts that take turns is given time for each', async () => {
    const cluster = createCluster(2, { start: false });
    const zero = cluster.add(0);
    await cluster.clock.advance(300);
    for (let turn = 0; turn < 2 * HASTEN_EVERY_MS; turn += 200) {
      await say(cluster, announcement(1, (turn % 400 === 0 ? '01' : '02').repeat(16), [0]));
      await cluster.clock.advance(200);
    }
    expect(dialsOf(zero)).toBeGreaterThan(1);
    expect(dialsOf(zero)).toBeLessThanOrEqual(2 * ((2 * HASTEN_EVERY_MS) / DIAL_SLOT_MS));
  });

  test('and started anew is dialled though its earlier start is still being dialled', async () => {
    const cluster = createCluster(2, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    await cluster.clock.advance(300);
    await say(cluster, announcement(1, '01'.repeat(16), [0]));
    await cluster.clock.advance(DIAL_SLOT_MS + 100);
    expect(underWay(zero)).toBe(1);
    cluster.nodes.push(cluster.add(1));
    await cluster.clock.until(() => cluster.linked(), 'linked to the new start', 1_000);
  });

  test('and started anew right after it was dialled is dialled within seconds, not when that dial is given up', async () => {
    const cluster = createCluster(2, { start: false });
    const zero = cluster.add(0);
    cluster.nodes.push(zero);
    await cluster.clock.advance(300);
    await say(cluster, announcement(1, '01'.repeat(16), [0]));
    await cluster.clock.advance(500);
    expect(underWay(zero)).toBe(1);
    const one = cluster.add(1);
    cluster.nodes.push(one);
    await cluster.clock.advance(DIAL_SLOT_MS);
    await say(cluster, announcement(1, instanceOf(one), [0]));
    await cluster.clock.until(() => cluster.linked(), 'linked to the new start', 1_000);
  });
});

describe('the candidates of a description', () => {
  const SDP = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n';
  const offer: SignalData = { type: 'offer', sdp: SDP };
  const candidate = (text: string): SignalData => ({
    type: 'candidate',
    candidate: { candidate: text, sdpMid: '0', sdpMLineIndex: 0 },
  });

  function gathering() {
    const clock = createTestClock();
    const sent: SignalData[] = [];
    return { clock, sent, ...createGathering(clock, (data) => void sent.push(data)) };
  }

  test('that are found at once leave in it, as one message', () => {
    const { sent, add, complete } = gathering();
    add(offer);
    add(candidate('candidate:1 1 udp 1 192.0.2.1 9 typ host'));
    add(candidate('candidate:2 1 udp 1 192.0.2.2 9 typ host'));
    add(candidate(''));
    expect(sent).toEqual([]);
    complete();
    const lines =
      'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=candidate:2 1 udp 1 192.0.2.2 9 typ host\r\n';
    expect(sent).toEqual([{ type: 'offer', sdp: SDP + lines }]);
  });

  test('that come late follow one by one, and the description does not wait for them', async () => {
    const { clock, sent, add } = gathering();
    add(offer);
    await clock.advance(SIGNAL_GATHER_MS);
    expect(sent).toEqual([offer]);
    add(candidate('candidate:late'));
    expect(sent).toEqual([offer, candidate('candidate:late')]);
  });

  test('that do not fit into it, or would add lines of their own, do not change it', () => {
    for (const odd of [
      `candidate:${'x'.repeat(MAX_SDP_LENGTH)}`,
      'candidate:1\r\na=fingerprint:sha-256 00',
    ]) {
      const { sent, add } = gathering();
      add(offer);
      add(candidate(odd));
      expect(sent).toEqual([offer, candidate(odd)]);
    }
    const media = { type: 'offer', sdp: `${SDP}m=audio 9 x 0\r\n` } as const;
    const { sent, add } = gathering();
    add(media);
    add(candidate('candidate:1'));
    expect(sent).toEqual([media, candidate('candidate:1')]);
  });

  test('leave no timer behind when the attempt has ended', async () => {
    const { clock, sent, add, stop } = gathering();
    add(offer);
    stop();
    expect(clock.pending).toBe(0);
    await clock.advance(SIGNAL_GATHER_MS);
    expect(sent).toEqual([]);
  });
});

describe('a worker that was busy', () => {
  function late(): { run: () => void; now: { at: number }; ends: string[]; answer: () => void } {
    const now = { at: 0 };
    const timers = new Map<number, { readonly due: number; readonly run: () => void }>();
    let serial = 0;
    const ends: string[] = [];
    const page: PagePort = { postMessage: () => undefined, onmessage: null };
    const clock = {
      now: () => now.at,
      setTimeout(run: () => void, delay: number) {
        timers.set((serial += 1), { due: now.at + delay, run });
        return serial;
      },
      clearTimeout: (handle: unknown) => void timers.delete(handle as number),
    };
    const attempt = createAttempt(
      { clock, pagePort: page },
      { peer: toHex(createRandom(1)(16)), initiator: true, iceServers: [], workerChannel: true },
      {
        onSignal: () => undefined,
        onConnected: () => undefined,
        onChannelLost: () => undefined,
        onEnd: ({ reason }) => void ends.push(reason),
        onOpen: () => undefined,
        onHandshakeFrame: () => undefined,
        onMessage: () => undefined,
        onRelay: () => undefined,
        onHints: () => undefined,
        onRtt: () => undefined,
      },
    );
    const run = (): void => {
      for (const [handle, timer] of [...timers]) {
        if (timer.due > now.at || !timers.delete(handle)) continue;
        timer.run();
      }
    };
    return { run, now, ends, answer: () => attempt.signal({ type: 'answer', sdp: 'v=0' }) };
  }

  test('reads what arrived meanwhile before it gives an attempt up', () => {
    const { run, now, ends, answer } = late();
    now.at = ATTEMPT_TIMEOUT_MS + LATE_TIMER_MS;
    run();
    expect(ends).toEqual([]);
    answer();
    now.at += LATE_TIMER_MS;
    run();
    expect(ends).toEqual([]);
  });

  test('gives it up when nothing did', () => {
    const { run, now, ends } = late();
    now.at = ATTEMPT_TIMEOUT_MS + LATE_TIMER_MS;
    run();
    now.at += LATE_TIMER_MS;
    run();
    expect(ends).toEqual(['timeout']);
  });
});
