/** Questions, answers and notices over links: what is lost, late, forged or from the wrong end. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Digest, InstanceId, MemberIndex } from '../../src/codec/brand.ts';
import { decodeDevice, NO_LOG } from '../../src/codec/device.ts';
import { ok } from '../../src/codec/result.ts';
import { MAX_NOTICES_PER_MEMBER, NOTICE_RENEWAL_MS, NOTICE_TTL_MS } from '../../src/l2/limits.ts';
import { decodeNotice } from '../../src/l2/notice.ts';
import type { SessionProposal, SessionView } from '../../src/l2/types.ts';
import type { CloseReason, Link, LinkId } from '../../src/net/types.ts';
import { MAX_ASKS_PER_LINK, MIRROR_PATIENCE_MS } from '../../src/worker/sessions/limits.ts';
import {
  createSessionNet,
  type SessionMessage,
  type SessionNet,
} from '../../src/worker/sessions/session-net.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { Cpu } from '../sim/world/cpu.ts';
import { ALPHA, BRAVO, genesisOf, NETWORK } from './counter.ts';
import { BRAVO_INDEX, certificateFor } from './pair.ts';
import { KEY, must, signAs, verify } from './world.ts';

const ALPHA_INDEX = 0 as MemberIndex;
type Name = 'alpha' | 'bravo' | 'terminal' | 'phone';
const KEYS: Record<Name, string> = {
  alpha: ALPHA.voteKey,
  bravo: BRAVO.voteKey,
  terminal: '7'.repeat(64),
  phone: '8'.repeat(64),
};

class Floor {
  readonly scheduler = createScheduler();
  readonly nets = new Map<Name, SessionNet>();
  readonly linked = new Set<string>();
  readonly closed: [Name, CloseReason][] = [];
  readonly proposed: SessionProposal[] = [];
  readonly sent: SessionMessage['type'][] = [];
  revoked = false;
  /** Null: nothing arrives. */
  deliver: (message: SessionMessage) => SessionMessage | null = (message) => message;

  constructor() {
    for (const name of Object.keys(KEYS) as Name[]) this.nets.set(name, this.#open(name));
    for (const pair of ['alpha bravo', 'bravo terminal', 'alpha terminal', 'bravo phone', 'terminal phone'])
      this.linked.add(pair);
  }

  links(of: Name): Link[] {
    return (Object.keys(KEYS) as Name[]).flatMap((other) => {
      if (!this.linked.has(`${of} ${other}`) && !this.linked.has(`${other} ${of}`)) return [];
      return [this.link(other)];
    });
  }

  link(to: Name): Link {
    const member = to === 'alpha' ? ALPHA_INDEX : BRAVO_INDEX;
    const device =
      to === 'terminal' || to === 'phone' ? must(decodeDevice(certificateFor(KEYS[to]))) : undefined;
    return {
      id: to as string as LinkId,
      member,
      logId: NO_LOG,
      instance: '0'.repeat(32) as InstanceId,
      openedAt: 0,
      ...(device && { device }),
    };
  }

  async pass(milliseconds: number): Promise<void> {
    const until = this.scheduler.now + milliseconds;
    this.scheduler.at(until, () => undefined);
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      if (!this.scheduler.next(until)) return;
    }
  }

  #open(name: Name): SessionNet {
    let count = 0;
    const isDevice = name === 'terminal' || name === 'phone';
    return createSessionNet({
      network: NETWORK,
      genesis: genesisOf(),
      member: name === 'alpha' ? ALPHA_INDEX : BRAVO_INDEX,
      device: isDevice ? must(decodeDevice(certificateFor(KEYS[name]))) : null,
      clock: new Cpu(this.scheduler, { skew: 0, rate: 1, slowness: 1 }),
      random: () => `${name.charCodeAt(0).toString(16)}${(++count).toString(16).padStart(30, '0')}`,
      sign: async (bytes) => signAs(KEYS[name], bytes),
      verifyEd25519: verify,
      deviceRevoked: () => this.revoked,
      links: () => this.links(name),
      send: (to, message) => {
        const given = this.deliver(message);
        this.sent.push(message.type);
        if (given)
          this.scheduler.at(this.scheduler.now + 5, () =>
            this.nets.get(to as string as Name)!.receive(this.link(name), given),
          );
        return true;
      },
      closeLink: (_link, reason) => this.closed.push([name, reason]),
      propose: async (proposals) => {
        this.proposed.push(...proposals);
        return proposals.map(() => ok({ digest: 'ab'.repeat(32) as Digest }));
      },
      changed: () => undefined,
    });
  }
}

let floor: Floor;
beforeEach(() => {
  floor = new Floor();
});
const net = (name: Name): SessionNet => floor.nets.get(name)!;
const view = (over: Partial<SessionView> = {}): SessionView => ({
  id: 'a'.repeat(32), key: KEY, operator: 'dock 2', startedAt: 1, baseVersion: 1 as never, transactions: [], record: null,
  status: { state: 'local' }, rebases: 0, ...over,
}); // prettier-ignore
const echo = {
  handle: async (from: string, bytes: Uint8Array) =>
    new Uint8Array([...bytes, from === KEYS.terminal ? 1 : 2]),
} as never;
async function settled<T>(promise: Promise<T>, within = 60_000): Promise<T | 'open'> {
  let result: T | 'open' = 'open';
  void promise.then((value) => (result = value));
  await floor.pass(within);
  return result;
}

describe('questions between the devices of a member', () => {
  it('find their answers, and tell the other end’s proved key', async () => {
    net('phone').setHost(echo);
    expect(await settled(net('terminal').way.ask(KEYS.phone, new Uint8Array([9])))).toEqual(
      new Uint8Array([9, 1]),
    );
  });

  it('end without an answer when the link goes, when nothing comes in time, and when there is no link', async () => {
    net('phone').setHost(echo);
    floor.deliver = (message) => (message.type === 'session-answer' ? null : message);
    const late = net('terminal').way.ask(KEYS.phone, new Uint8Array([9]));
    expect(await settled(late, MIRROR_PATIENCE_MS - 100)).toBe('open');
    expect(await settled(late, 200)).toBeNull();
    const lost = net('terminal').way.ask(KEYS.phone, new Uint8Array([9]));
    net('terminal').unlinked('phone' as LinkId);
    expect(await settled(lost, 1)).toBeNull();
    expect(await settled(net('terminal').way.ask('f'.repeat(64), new Uint8Array([9])), 1)).toBeNull();
  });

  it('of a whole shift at once are all answered, no more at a time than the other end works on', async () => {
    let busy = 0;
    let most = 0;
    net('phone').setHost({
      handle: async (_from: string, bytes: Uint8Array) => {
        most = Math.max(most, ++busy);
        for (let i = 0; i < 5; i++) await Promise.resolve();
        busy--;
        return bytes;
      },
    } as never);
    const asked = Array.from({ length: 100 }, (_, i) =>
      net('terminal').way.ask(KEYS.phone, new Uint8Array([i])),
    );
    expect(await settled(Promise.all(asked))).toEqual(
      Array.from({ length: 100 }, (_, i) => new Uint8Array([i])),
    );
    expect(most).toBeLessThanOrEqual(MAX_ASKS_PER_LINK);
    // Those that wait end with the link.
    floor.deliver = () => null;
    const lost = Array.from({ length: 40 }, () => net('terminal').way.ask(KEYS.phone, new Uint8Array([9])));
    net('terminal').unlinked('phone' as LinkId);
    expect(await settled(Promise.all(lost), 1)).toEqual(Array.from({ length: 40 }, () => null));
  });

  it('of another member are not answered, nor is an answer taken from another end', async () => {
    net('bravo').setHost(echo);
    net('bravo').receive(floor.link('alpha'), {
      type: 'session-ask',
      nonce: '1'.repeat(32),
      about: 'mirror',
      bytes: new Uint8Array([1]),
    });
    await floor.pass(100);
    expect(floor.sent).toEqual([]);
    floor.deliver = (message) => {
      if (message.type === 'session-ask')
        net('terminal').receive(floor.link('alpha'), {
          type: 'session-answer',
          nonce: message.nonce,
          bytes: new Uint8Array([6, 6]),
        });
      return message.type === 'session-ask' ? null : message;
    };
    expect(await settled(net('terminal').way.ask(KEYS.phone, new Uint8Array([9])))).toBeNull();
  });

  it('hand finished sessions to the own member first, to another one when that is away, and nobody takes those of a revoked device', async () => {
    const proposal = {
      key: KEY,
      version: 2 as never,
      previous: 'cd'.repeat(32) as Digest,
      body: new Uint8Array([1, 2]),
    };
    expect(await settled(net('terminal').handOver([proposal]))).toMatchObject([{ ok: true }]);
    expect(floor.proposed).toHaveLength(1);
    floor.linked.delete('bravo terminal');
    expect(await settled(net('terminal').handOver([proposal]))).toMatchObject([{ ok: true }]);
    expect(floor.proposed).toHaveLength(2);
    floor.revoked = true;
    expect(await settled(net('terminal').handOver([proposal]))).toMatchObject([
      { ok: false, error: { type: 'device-revoked' } },
    ]);
    expect(floor.proposed).toHaveLength(2);
  });
});

describe('notices', () => {
  it('reach everybody once over several hops, are renewed, and end with the session', async () => {
    net('phone').sessionChanged(view());
    await floor.pass(100);
    for (const name of ['alpha', 'bravo', 'terminal'] as const)
      expect(net(name).board.on(KEY, floor.scheduler.now)).toMatchObject([
        { operator: 'dock 2', member: BRAVO_INDEX },
      ]);
    expect(floor.sent.length).toBeLessThanOrEqual(2 * floor.linked.size);
    await floor.pass(NOTICE_TTL_MS + NOTICE_RENEWAL_MS);
    expect(net('alpha').board.on(KEY, floor.scheduler.now)).toHaveLength(1);
    net('phone').sessionChanged(view({ status: { state: 'voting' } }));
    await floor.pass(100);
    expect(net('alpha').board.on(KEY, floor.scheduler.now)).toEqual([]);
    const before = floor.sent.length;
    await floor.pass(NOTICE_TTL_MS);
    expect(floor.sent.length).toBe(before);
  });

  it('are told at start and end only, not at every step', async () => {
    for (let i = 0; i < 9; i++) net('bravo').sessionChanged(view({ rebases: i }));
    await floor.pass(50);
    const told = floor.sent.length;
    net('bravo').sessionChanged(view({ rebases: 10 }));
    await floor.pass(50);
    expect(floor.sent.length).toBe(told);
  });

  it('of a whole shift stay under the limit of a member', async () => {
    for (let i = 0; i < MAX_NOTICES_PER_MEMBER + 30; i++)
      net('bravo').sessionChanged(view({ id: i.toString(16).padStart(32, '0') }));
    await floor.pass(100);
    expect(net('alpha').board.list(floor.scheduler.now)).toHaveLength(MAX_NOTICES_PER_MEMBER);
  });

  it('that are malformed or forged cost the link', async () => {
    let seen: Uint8Array | null = null;
    floor.deliver = (message) => {
      if (message.type === 'notice') seen = message.bytes;
      return null;
    };
    net('bravo').sessionChanged(view());
    await floor.pass(20);
    expect(decodeNotice(seen!).ok).toBe(true);
    const forged = seen!.slice();
    forged[forged.length - 1]! ^= 1;
    net('alpha').receive(floor.link('bravo'), { type: 'notice', bytes: forged });
    net('alpha').receive(floor.link('bravo'), { type: 'notice', bytes: new Uint8Array([1]) });
    await floor.pass(20);
    expect(floor.closed.map(([name, reason]) => `${name} ${reason}`).sort()).toEqual([
      'alpha bad-signature',
      'alpha malformed-message',
    ]);
    expect(net('alpha').board.list(floor.scheduler.now)).toEqual([]);
  });
});
