/**
 * The session layer of one replica: the buffer, what it says to other devices and members, and the sessions that it runs along for them.
 * A member proposes what is finished; a device hands it to its member, or to any other while that is away.
 */
import { equalBytes, type Digest, type Key, type MemberIndex, type NetworkId } from '../../codec/brand.ts';
import { encodeDevice, type DeviceCertificate, type DeviceKey } from '../../codec/device.ts';
import type { Genesis, MemberEntry } from '../../codec/genesis.ts';
import { fail, ok, type Failure, type Result } from '../../codec/result.ts';
import { decodeValue } from '../../codec/value.ts';
import { deviceBytes } from '../../crypto/device.ts';
import { sessionBytes, valueBytes } from '../../crypto/domains.ts';
import type { Signer } from '../../crypto/types.ts';
import { createMirrorHost, isMirrorRecord, type MirrorHost } from '../../l2/mirror-host.ts';
import { createSessionBuffer, type SessionBuffer } from '../../l2/session-buffer.ts';
import type { SettlementOptions } from '../../l2/settlement.ts';
import type { L2Ports, ServiceRegistry, SessionProposal, SessionView, Verdict } from '../../l2/types.ts';
import { validateValue, type ProposedValue } from '../../l2/validate.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { CertifiedEntry, StoredSession } from '../../store/types.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { entryAt } from '../entry-at.ts';
import { MAX_PROPOSE_RETRY_MS, PROPOSE_RETRY_MS } from '../kv/limits.ts';
import type { Replica } from '../replica/replica.ts';
import type { Held, SessionMessage } from '../replica/types.ts';
import { HAND_OVER_RETRY_MS, HAND_OVER_SOON_MS, MAX_HAND_OVER_RETRY_MS, SESSION_SWEEP_MS } from './limits.ts';
import { createSessionNet, type SessionNet } from './session-net.ts';
import { hasVotedFor, isUnderWay } from './withdrawn.ts';

export interface SessionLayerOptions {
  readonly replica: Replica;
  readonly network: NetworkId;
  readonly genesis: Genesis;
  /** The own member; of a device: whose it is. */
  readonly place: MemberIndex;
  readonly device: DeviceCertificate | null;
  /** Of the member, or of the device. */
  readonly signer: Pick<Signer, 'signEd25519'>;
  /** By which values are judged. */
  readonly registry: ServiceRegistry;
  /** By which sessions run here; left out: the same. A lying replica of a demo has another. */
  readonly runs?: ServiceRegistry | undefined;
  readonly clock: Clock;
  /** As `held` of the replica; waits for bytes that are on their way. */
  certified(key: Key): Promise<Held | null>;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  randomHex(bytes: number): string;
  /** By the directory as it is certified here. */
  deviceRevoked(member: MemberIndex, device: DeviceKey): boolean;
  /** `session`: the one that has changed, when it is one of this device. */
  changed(session?: SessionView): void;
  /** A bug, to be shown to a developer. */
  failed(error: unknown): void;
}

export interface SessionLayer {
  readonly sessions: SessionBuffer;
  readonly host: MirrorHost;
  readonly net: SessionNet;
  /** `valid` of docs/protocol.md for the values of sessions. */
  validate(proposed: ProposedValue): Promise<Verdict>;
  /** What the replica tells (ReplicaListener). */
  decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void;
  refused(key: Key, digest: Digest, rule: string, message: string): void;
  /** This replica votes now. */
  mayVote(): void;
  receive(link: Link, message: SessionMessage): void;
  linked(link: Link): void;
  unlinked(link: LinkId): void;
  /** Once, after the replica has started: what the disk held. */
  resume(stored: readonly StoredSession[]): Promise<void>;
  stop(): void;
}

export function createSessionLayer(options: SessionLayerOptions): SessionLayer {
  const { replica, network, genesis, place, device, signer, clock } = options;
  const { hash } = replica.options;
  const member: MemberEntry = genesis.members[place]!;
  let stopped = false;
  const timers = new Set<TimerHandle>();

  const net: SessionNet = createSessionNet({
    network,
    genesis,
    member: place,
    device,
    clock,
    random: (bytes) => options.randomHex(bytes),
    sign: (bytes) => signer.signEd25519(bytes),
    verifyEd25519: (key, message, signature) => options.verifyEd25519(key, message, signature),
    deviceRevoked: (of, key) => options.deviceRevoked(of, key),
    links: () => [...replica.links.values(), ...replica.devices.values()],
    send: (link, message) => replica.send(link, message, 'bulk'),
    closeLink: (link, reason) => replica.closeLink(link, reason),
    propose: (proposals) => take(proposals),
    changed: () => options.changed(),
  });

  /** Of a device. It may be handed over again: what this member has voted for, or holds as decided, is in good hands. */
  const take = async (
    proposals: readonly SessionProposal[],
  ): Promise<Result<{ digest: Digest }, Failure>[]> => {
    const results = await replica.proposeBatch(proposals);
    return Promise.all(
      results.map(async (result, i) => {
        if (result.ok) return result;
        const { key, version, previous, body } = proposals[i]!;
        const digest = hash(valueBytes(previous, body));
        const { type } = result.error;
        const isHere =
          (type === 'already-voted' && hasVotedFor(replica, key, digest)) ||
          (type === 'version-passed' && (await entryAt(replica, key, version))?.digest === digest);
        return isHere ? ok({ digest }) : result;
      }),
    );
  };

  /** Of a device. What its member has revoked nobody takes any more: a person is told, instead of waiting for ever. */
  const handOver = async (
    proposals: readonly SessionProposal[],
  ): Promise<Result<{ digest: Digest }, Failure>[]> => {
    const results = await net.handOver(proposals);
    if (device === null || !options.deviceRevoked(place, device.device)) return results;
    for (const [i, { key, previous, body }] of proposals.entries())
      if (!results[i]!.ok)
        sessions.refused(key, hash(valueBytes(previous, body)), REVOKED.message, REVOKED.type);
    return results.map((result) => (result.ok ? result : fail(REVOKED)));
  };

  /** Own proposals that are being judged, and whether the check found against them. */
  const judging = new Map<Key, { readonly body: Uint8Array; isInvalid: boolean }>();

  /** Of a member. One whose check did not finish, or could not read what it needs, has no vote anywhere: it is proposed again. */
  const propose = async (
    proposals: readonly SessionProposal[],
  ): Promise<Result<{ digest: Digest }, Failure>[]> => {
    const judged = proposals.map(({ key, body }) => {
      const own = { body, isInvalid: false };
      judging.set(key, own);
      return own;
    });
    try {
      const results = await replica.proposeBatch(proposals);
      const isOpen = results.some(
        (result, i) => !result.ok && result.error.type === 'not-valid' && !judged[i]!.isInvalid,
      );
      if (isOpen) retryLater();
      return results;
    } finally {
      for (const [i, { key }] of proposals.entries()) if (judging.get(key) === judged[i]) judging.delete(key);
    }
  };

  let retryWait = PROPOSE_RETRY_MS;
  let isRetrying = false;
  /** Ever more rarely until something is decided, for as long as it takes: a store may not be read for a while, and a phone may be busy. */
  const retryLater = (): void => {
    if (isRetrying || stopped) return;
    isRetrying = true;
    after(retryWait, () => {
      isRetrying = false;
      sessions.retry();
    });
    retryWait = Math.min(2 * retryWait, MAX_PROPOSE_RETRY_MS);
  };

  const proposeOrHandOver = (
    proposals: readonly SessionProposal[],
  ): Promise<Result<{ digest: Digest }, Failure>[]> =>
    device === null ? propose(proposals) : handOver(proposals);

  const ports: L2Ports = {
    network,
    genesis,
    member,
    device: device ? { key: device.device, certificate: encodeDevice(device) } : undefined,
    certified: async (key) => {
      const held = await options.certified(key);
      return held && { version: held.entry.version, digest: held.entry.digest, body: held.body };
    },
    propose: async (key, version, previous, body) =>
      (await proposeOrHandOver([{ key, version, previous, body }]))[0]!,
    proposeBatch: (proposals) => proposeOrHandOver(proposals),
    sign: (bytes) => signer.signEd25519(bytes),
    hash,
    verifyEd25519: (key, message, signature) => options.verifyEd25519(key, message, signature),
    saveSession: (id, bytes) => {
      replica.outbox.session({ id, bytes });
      return durable(replica);
    },
    dropSession: (id) => {
      replica.outbox.dropSession(id);
      return durable(replica);
    },
    wallClock: () => Math.trunc(clock.wall()),
    randomId: () => options.randomHex(16),
    changed: (session) => {
      if (stopped) return;
      net.sessionChanged(session);
      options.changed(session);
    },
  };

  const settlement: SettlementOptions = {
    ports,
    registry: options.runs ?? options.registry,
    sessionBytes,
    valueDigest: (previous, body) => hash(valueBytes(previous, body)),
    decidedDigest: async (key, version) => (await entryAt(replica, key, version))?.digest ?? null,
    decidedBody: async (key, version) => {
      const entry = await entryAt(replica, key, version);
      const bytes = entry && (await replica.valueOf(entry.digest));
      return (bytes && decodeValue(bytes)?.body) ?? null;
    },
  };
  const sessions = createSessionBuffer({
    ...settlement,
    mirrors: net.way,
    failed: (error) => options.failed(error),
  });
  const host = createMirrorHost({
    ...settlement,
    buffer: sessions,
    tell: (to, message) => void net.way.ask(to, message),
    changed: () => options.changed(),
  });

  const rules = {
    network,
    genesis,
    registry: options.registry,
    sessionBytes,
    deviceBytes,
    hash,
    verifyEd25519: (key: string, message: Uint8Array, signature: Uint8Array) =>
      options.verifyEd25519(key, message, signature),
  };

  const after = (wait: number, run: () => void): TimerHandle => {
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      if (!stopped) run();
    }, wait);
    timers.add(timer);
    return timer;
  };
  const cancel = (timer: TimerHandle): void => {
    timers.delete(timer);
    clock.clearTimeout(timer);
  };
  const guard = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => {
      if (!stopped) options.failed(error);
    });

  const sweep = (): void => {
    guard(sessions.expire());
    guard(host.expire());
    after(SESSION_SWEEP_MS, sweep);
  };
  after(SESSION_SWEEP_MS, sweep);

  /** Of a device: the next time that what waits is handed over. */
  let handingOver: TimerHandle | null = null;
  const handOverIn = (wait: number, next: number): void => {
    if (handingOver !== null) cancel(handingOver);
    handingOver = after(wait, () => {
      sessions.retry();
      handOverIn(next, Math.min(2 * next, MAX_HAND_OVER_RETRY_MS));
    });
  };
  if (device !== null) handOverIn(HAND_OVER_RETRY_MS, HAND_OVER_RETRY_MS);

  return {
    sessions,
    host,
    net,
    async validate(proposed) {
      const { key, body } = proposed;
      const verdict = await validateValue(
        {
          ...rules,
          deviceWithdrawn: (of, key) =>
            options.deviceRevoked(of, key) &&
            (proposed.body === null ||
              !isUnderWay(replica, proposed.key, hash(valueBytes(proposed.previousDigest, proposed.body)))),
        },
        proposed,
      );
      const own = judging.get(key);
      if (own && body && verdict.verdict === 'invalid' && equalBytes(own.body, body)) own.isInvalid = true;
      return verdict;
    },
    decided(entry, body) {
      retryWait = PROPOSE_RETRY_MS;
      // Without its bytes the version cannot be built on yet: told again when they are here.
      if (body === undefined) return;
      sessions.decided(entry.key, entry.version, entry.digest);
      guard(host.decided(entry.key));
    },
    refused: (key, digest, rule, message) => sessions.refused(key, digest, message, rule),
    mayVote: () => sessions.retry(),
    receive: (link, message) => net.receive(link, message),
    linked(link) {
      net.linked(link);
      // Somebody is there who may take what is finished.
      if (device !== null && !link.device) handOverIn(HAND_OVER_SOON_MS, HAND_OVER_RETRY_MS);
    },
    unlinked: (link) => net.unlinked(link),
    async resume(stored) {
      await sessions.resume(stored.filter(({ id }) => !isMirrorRecord(id)));
      await host.resume(stored.filter(({ id }) => isMirrorRecord(id)));
      // Before, an operation would find a session that is on the disk missing.
      if (!stopped) net.setHost(host);
    },
    stop() {
      stopped = true;
      net.stop();
      for (const timer of timers) clock.clearTimeout(timer);
      timers.clear();
    },
  };
}

const REVOKED = {
  type: 'device-revoked',
  message: 'This device has been revoked by its member, so nobody proposes its sessions. Use another device.',
} as const;

async function durable(replica: Replica): Promise<Result<undefined>> {
  if (await replica.outbox.durable()) return ok(undefined);
  return fail({
    type: 'store-failed',
    message: 'This replica has stopped; what was just done was not saved. Reload the page.',
  });
}
