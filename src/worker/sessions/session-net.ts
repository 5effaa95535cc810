/**
 * What the sessions of one device say to other devices and members, over the replica's links: operations to a mirror, finished sessions to a
 * member, notices to everybody. Questions and answers find each other by a random number; a lost link or a late answer is no answer.
 *
 * | Message | From | To |
 * |---|---|---|
 * | session-ask, mirror | a device of a member, or the member | another device of it, or the member |
 * | session-ask, hand-over | a device | any member |
 * | session-answer | whoever was asked | |
 * | notice | anybody | every neighbour, once |
 */
import type { MemberIndex, Milliseconds, NetworkId } from '../../codec/brand.ts';
import { encodeDevice, type DeviceCertificate, type DeviceKey } from '../../codec/device.ts';
import type { Genesis } from '../../codec/genesis.ts';
import type { Failure, Result } from '../../codec/result.ts';
import type { Digest } from '../../codec/brand.ts';
import { deviceBytes } from '../../crypto/device.ts';
import { handOverTo, takeHandOver } from '../../l2/handover.ts';
import { MAX_NOTICES_PER_MEMBER, NOTICE_RENEWAL_MS } from '../../l2/limits.ts';
import type { MirrorHost } from '../../l2/mirror-host.ts';
import type { MirrorWay } from '../../l2/mirror-holder.ts';
import {
  createNoticeBoard,
  decodeNotice,
  encodeNotice,
  noticeBytes,
  type NoticeBoard,
} from '../../l2/notice.ts';
import type { SessionProposal, SessionView } from '../../l2/types.ts';
import type { CloseReason, Link, LinkId } from '../../net/types.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import type { SessionMessage } from '../replica/types.ts';
import { HANDOVER_PATIENCE_MS, MAX_ASKS_PER_LINK, MAX_OPEN_ASKS, MIRROR_PATIENCE_MS } from './limits.ts';

export type { SessionMessage } from '../replica/types.ts';

export interface SessionNetOptions {
  readonly network: NetworkId;
  readonly genesis: Genesis;
  /** Own member: the one that this is, or whose device it is. Null: neither, then nothing is asked or signed. */
  readonly member: MemberIndex | null;
  readonly device: DeviceCertificate | null;
  readonly clock: Clock;
  random(bytes: number): string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  readonly deviceRevoked?: ((member: MemberIndex, device: DeviceKey) => boolean) | undefined;
  /** To members and devices. */
  links(): readonly Link[];
  send(link: LinkId, message: SessionMessage): boolean;
  closeLink(link: LinkId, reason: CloseReason): void;
  /** Of a member's own replica. */
  propose(proposals: readonly SessionProposal[]): Promise<Result<{ digest: Digest }, Failure>[]>;
  /** What a person sees has changed. */
  changed(): void;
}

export interface SessionNet {
  /** For `SessionBufferOptions.mirrors`. */
  readonly way: MirrorWay;
  /** For a device's `L2Ports.proposeBatch`. */
  readonly handOver: (
    proposals: readonly SessionProposal[],
  ) => Promise<Result<{ digest: Digest }, Failure>[]>;
  readonly board: NoticeBoard;
  /** Once the host is there: it needs the buffer, which needs `way`. */
  setHost(host: MirrorHost): void;
  receive(link: Link, message: SessionMessage): void;
  /** A new neighbour, or one that was away, hears what is open here. */
  linked(link: Link): void;
  unlinked(link: LinkId): void;
  /** From `L2Ports.changed`: tells the others of sessions that open and end. */
  sessionChanged(session: SessionView): void;
  stop(): void;
}

export function createSessionNet(options: SessionNetOptions): SessionNet {
  const { clock, genesis, network } = options;
  const asks = new Map<string, { readonly link: LinkId; answer(bytes: Uint8Array | null): void }>();
  /** Own questions that wait for their turn: the other end works on MAX_ASKS_PER_LINK at once. */
  let queue: { readonly link: LinkId; start(): void; drop(): void }[] = [];
  const working = new Map<LinkId, number>();
  /** Open sessions of this device, for renewal, each with its newest notice. */
  const open = new Map<string, { session: SessionView; told: Uint8Array | null }>();
  let host: MirrorHost | null = null;
  let renewal: TimerHandle | null = null;
  let lastAt = 0;
  let handedOver = 0;
  let stopped = false;

  const board = createNoticeBoard({
    network,
    genesis,
    self: options.member,
    deviceBytes,
    deviceRevoked: options.deviceRevoked,
    verifyEd25519: (key, message, signature) => options.verifyEd25519(key, message, signature),
    wallClock: () => clock.wall(),
  });

  const keyOf = (link: Link): string | undefined =>
    link.device?.device ?? genesis.members[link.member]?.voteKey;
  const isSibling = (link: Link): boolean => options.member !== null && link.member === options.member;

  // ---- asking ----

  const ask = (
    link: Link | undefined,
    about: 'mirror' | 'hand-over',
    bytes: Uint8Array,
    patience: Milliseconds,
  ): Promise<Uint8Array | null> => {
    if (!link || stopped || asks.size + queue.length >= MAX_OPEN_ASKS) return Promise.resolve(null);
    return new Promise((resolve) => {
      const start = (): void => {
        const nonce = options.random(16);
        const timer = clock.setTimeout(() => answer(null), patience);
        const answer = (given: Uint8Array | null): void => {
          if (!asks.delete(nonce)) return;
          clock.clearTimeout(timer);
          resolve(given);
          startNext(link.id);
        };
        asks.set(nonce, { link: link.id, answer });
        if (!options.send(link.id, { type: 'session-ask', nonce, about, bytes })) answer(null);
      };
      if (underWay(link.id) < MAX_ASKS_PER_LINK) start();
      else queue.push({ link: link.id, start, drop: () => resolve(null) });
    });
  };

  const underWay = (link: LinkId): number => {
    let count = 0;
    for (const asked of asks.values()) if (asked.link === link) count++;
    return count;
  };

  const startNext = (link: LinkId): void => {
    const place = queue.findIndex((one) => one.link === link);
    if (place < 0 || stopped) return;
    const [next] = queue.splice(place, 1);
    next!.start();
  };

  /** Of one link, or of all: nobody answers any more. */
  const endAsks = (of: (link: LinkId) => boolean): void => {
    const dropped = queue.filter(({ link }) => of(link));
    queue = queue.filter(({ link }) => !of(link));
    for (const one of dropped) one.drop();
    for (const asked of [...asks.values()]) if (of(asked.link)) asked.answer(null);
  };

  const way: MirrorWay = {
    ask: (device, message) => {
      const link = options.links().find((one) => isSibling(one) && keyOf(one) === device);
      return ask(link, 'mirror', message, MIRROR_PATIENCE_MS);
    },
    deviceBytes,
  };

  const handOver = handOverTo({
    members: () => {
      const members = options.links().filter((link) => !link.device);
      const others = members.filter((link) => !isSibling(link));
      // Who took a session and did nothing with it is not the first to be asked again.
      const from = others.length === 0 ? 0 : handedOver++ % others.length;
      const inTurn = [...others.slice(from), ...others.slice(0, from)];
      return [...members.filter(isSibling), ...inTurn].map((link) => link.id);
    },
    ask: (id, message) => {
      const link = options.links().find((one) => one.id === id);
      return ask(link, 'hand-over', message, HANDOVER_PATIENCE_MS);
    },
  });

  // ---- being asked ----

  const work = async (link: Link, message: SessionMessage & { type: 'session-ask' }): Promise<void> => {
    // A value whose bytes have not arrived cannot be judged yet: no answer, and the other end asks again.
    const answer = await answerTo(link, message).catch(() => null);
    if (answer && !stopped)
      options.send(link.id, { type: 'session-answer', nonce: message.nonce, bytes: answer });
  };

  const answerTo = async (
    link: Link,
    { about, bytes }: SessionMessage & { type: 'session-ask' },
  ): Promise<Uint8Array | null> => {
    if (about === 'mirror') {
      const from = keyOf(link);
      return isSibling(link) && host && from ? host.handle(from, bytes) : null;
    }
    // Only a member can propose, and only devices need it to.
    if (!link.device || options.device !== null) return null;
    const revoked = options.deviceRevoked?.(link.member, link.device.device) === true;
    return takeHandOver(bytes, { revoked, propose: (proposals) => options.propose(proposals) });
  };

  const takeAsk = (link: Link, message: SessionMessage & { type: 'session-ask' }): void => {
    const busy = working.get(link.id) ?? 0;
    if (busy >= MAX_ASKS_PER_LINK) return;
    working.set(link.id, busy + 1);
    void work(link, message).finally(() => {
      const left = (working.get(link.id) ?? 1) - 1;
      if (left > 0) working.set(link.id, left);
      else working.delete(link.id);
    });
  };

  // ---- notices ----

  const takeNotice = async (link: Link, bytes: Uint8Array): Promise<void> => {
    const notice = decodeNotice(bytes);
    if (!notice.ok) return options.closeLink(link.id, 'malformed-message');
    const verdict = await board.take(notice.value, clock.now());
    if (stopped) return;
    // A neighbour passes on only what it has checked; a device that was revoked in between is no lie of its.
    if (verdict === 'forged') return options.closeLink(link.id, 'bad-signature');
    if (verdict !== 'news') return;
    for (const other of options.links())
      if (other.id !== link.id) options.send(other.id, { type: 'notice', bytes });
    options.changed();
  };

  const tell = async (session: SessionView, isOpen: boolean): Promise<void> => {
    if (options.member === null) return;
    const { key, id, operator, startedAt } = session;
    // Greater each time, also when two come in one millisecond or the clock is set back.
    const at = (lastAt = Math.max(lastAt + 1, Math.trunc(clock.wall())));
    const body = { member: options.member, key, session: id, operator, since: startedAt, open: isOpen, at };
    const signature = await options.sign(noticeBytes(network, body));
    if (stopped) return;
    const device = options.device && encodeDevice(options.device);
    const bytes = encodeNotice({ ...body, device, signature });
    const known = open.get(id);
    if (known && isOpen) known.told = bytes;
    for (const link of options.links()) options.send(link.id, { type: 'notice', bytes });
  };

  const renew = (): void => {
    renewal = null;
    if (stopped || open.size === 0) return;
    for (const { session } of open.values()) void tell(session, true);
    renewal = clock.setTimeout(renew, NOTICE_RENEWAL_MS);
  };

  return {
    way,
    handOver,
    board,
    setHost: (given) => void (host = given),
    receive: (link, message) => {
      if (stopped) return;
      if (message.type === 'notice') void takeNotice(link, message.bytes);
      else if (message.type === 'session-ask') takeAsk(link, message);
      else {
        const asked = asks.get(message.nonce);
        // Only from where it was asked.
        if (asked?.link === link.id) asked.answer(message.bytes);
      }
    },
    linked: (link) => {
      if (stopped) return;
      for (const { told } of open.values()) if (told) options.send(link.id, { type: 'notice', bytes: told });
    },
    unlinked: (link) => {
      endAsks((one) => one === link);
    },
    sessionChanged: (session) => {
      const isOpen = session.status.state === 'local' || session.status.state === 'conflict';
      const known = open.has(session.id);
      if (isOpen) {
        // A shift that was offline opens many: the first ones are enough of a warning.
        if (!known && open.size >= MAX_NOTICES_PER_MEMBER) return;
        open.set(session.id, { session, told: open.get(session.id)?.told ?? null });
      } else if (!open.delete(session.id)) return;
      if (isOpen !== known) void tell(session, isOpen);
      if (isOpen) renewal ??= clock.setTimeout(renew, NOTICE_RENEWAL_MS);
    },
    stop: () => {
      stopped = true;
      if (renewal !== null) clock.clearTimeout(renewal);
      endAsks(() => true);
    },
  };
}
