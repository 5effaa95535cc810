/**
 * The mesh of links of one replica. Events change what is remembered (state.ts, slot.ts); `considerAll` of dialling.ts alone decides who is
 * dialled. It keeps these:
 *
 * - Of two members the lower index dials; the higher announces itself and waits. So two never dial each other. Devices dial (devices.ts).
 * - At most one attempt per member at a time, beside at most one link; few dials at once (dialling.ts).
 * - A link is reported only after both ends have proved their keys, and at most one per member (links.ts).
 * - In a network too large for a full mesh links are replaced now and then, and when they are of no use (rotation.ts).
 * - A refused, excluded or failed member is tried again after a growing, jittered wait; never in a loop.
 * - Applicants (applicants.ts) are apart: no slot, no link, connections and limits of their own; also on topics of earlier epochs (former.ts).
 */
import type { MemberIndex, Milliseconds } from '../../codec/brand.ts';
import {
  ANNOUNCE_MIN_MS,
  ANNOUNCE_MIN_MAX_MS,
  ANNOUNCE_MIN_MS_PER_MEMBER,
  ASLEEP_AFTER_MS,
  BEAT_MS,
  MAX_APPLICANTS,
  MAX_DELAY_MS,
  MAX_FORMER_APPLICANTS,
  MIN_LINKS,
  STALL_ROTATE_MAX_MS,
  WAKE_PROBE_MS,
} from '../limits.ts';
import type { CloseReason, IceServer, LinkId, PageEvent, Transport } from '../types.ts';
import { createAnnouncer } from './announcer.ts';
import { createApplicants } from './applicants.ts';
import { createChoice } from './choice.ts';
import { createDialling, type Dialling } from './dialling.ts';
import { createEnvelope } from './envelope.ts';
import { figuresOf } from './figures.ts';
import { createFormerTopics } from './former.ts';
import { gatherHints } from './hints.ts';
import { createIntroductions, inboxOf, type Introductions } from './introductions.ts';
import { createLinkHandlers } from './links.ts';
import type { MeshOptions } from './options.ts';
import { listenToPage } from './page-port.ts';
import { createRotation } from './rotation.ts';
import { createSignaling } from './signaling.ts';
import { everybody, createState, isPresent, isResting, isRunning, linkedMembers } from './state.ts';
import { createStatusReports } from './status.ts';
import { createIceSource } from './turn.ts';

export interface Mesh extends Transport {
  /** Replaces the signaling servers at once; servers on both lists keep their sockets. */
  setSignaling(urls: readonly string[]): void;
  /** Taken offline by `setOffline`. */
  isOffline(): boolean;
  /** Other members that have announced themselves, or called, within the last `within` milliseconds; believed no more than any announcement. */
  heardWithin(within: Milliseconds): number;
  /** For connections from now on. */
  setIceServers(servers: readonly IceServer[]): void;
  /** Demo and tests only: every message of every link waits this long each way, in order. At most MAX_DELAY_MS; 0 ends it. */
  setDelay(delay: Milliseconds): void;
  /**
   * Benchmarks only, which measure over topologies that they draw: links to these members alone, whatever their number, and replaces none; links to
   * others are closed. Members that are to be linked must both be told. null: it chooses again, as the product always does. Not for devices.
   */
  setNeighbours(members: ReadonlySet<MemberIndex> | null): void;
}

export function createMesh(options: MeshOptions): Mesh {
  const { self, clock, random } = options;
  const state = createState(options);
  const { isDevice, full, others, links, connections } = state;
  const choice = createChoice(state);
  const envelope = createEnvelope(options.signalingSecret);
  const rotation = createRotation<LinkId>(random, clock.now());
  const ice = createIceSource(options.iceServers, `member-${self.member}`, clock.wall?.bind(clock));
  let ownUrls = options.signalingUrls;
  let hinted: readonly string[] = options.hintedUrls ?? [];
  let beatTimer: unknown = null;
  let beatDue: Milliseconds = 0;
  let hurriedAt: Milliseconds = -Infinity;
  let leavePage: (() => void) | null = null;

  const applicants = createApplicants(options, {
    iceServers: () => ice.current(),
    workerChannel: () => state.workerChannel,
    onChannelLost: () => (state.workerChannel = false),
    onStatus: () => status.changed(),
  });
  const former = createFormerTopics(options, {
    side: applicants.side(MAX_FORMER_APPLICANTS),
    isRunning: () => isRunning(state),
    publish: (sealed, topic) => signaling.publish(sealed, topic),
  });
  const signaling = createSignaling({
    topic: options.signalingSecret.topic,
    inbox: inboxOf(options.signalingSecret.topic, self.instance),
    formerTopics: former.topics,
    clock,
    random,
    createSocket: options.createSocket,
    onSealed(sealed, topic) {
      if (former.topics.includes(topic)) former.receive(sealed, topic);
      else introductions.receive(sealed, null, 0);
    },
    onOpen: () => announcer.afresh(),
    onStatus: () => status.changed(),
    surroundings: () => state.surroundings,
  });
  const status = createStatusReports(state, signaling, () => applicants.proved());
  const announcer = createAnnouncer(
    clock,
    random,
    announce,
    full
      ? ANNOUNCE_MIN_MS
      : Math.min(ANNOUNCE_MIN_MAX_MS, options.members.length * ANNOUNCE_MIN_MS_PER_MEMBER),
  );
  function announce(): ReturnType<Introductions['announce']> | null {
    if (!isRunning(state)) return 'complete';
    // What is said before it is known whether our inbox is heard would send everybody's answers to all.
    if (!signaling.isReady && links.size === 0) return null;
    return introductions.announce();
  }

  const introductions: Introductions = createIntroductions(state, choice, {
    envelope,
    signaling,
    announcer,
    applicants: applicants.side(MAX_APPLICANTS),
    dialling: () => dialling,
    onStatus: () => status.changed(),
  });
  const dialling: Dialling = createDialling(state, choice, {
    iceServers: () => ice.current(),
    onAttempt: () => status.changed(),
    handlers: {
      ...introductions.handlers,
      ...createLinkHandlers(state, choice, {
        rotation,
        ownUrls: () => ownUrls,
        onHints: useHints,
        onStatus: () => status.changed(),
        onPlace: () => dialling.considerAll(),
        onMissing: () => announcer.afresh(),
      }),
      onRtt: () => status.drifted(),
    },
  });

  // ---- replacing links ----

  /** Looks at everything that time changes, also while nothing happens. */
  function beat(): void {
    const now = clock.now();
    if (now - beatDue >= ASLEEP_AFTER_MS) wake();
    ice.refresh();
    endRevoked();
    if (state.dictated !== null) {
      dialling.considerAll();
    } else if (full) {
      // Nothing to replace: all are linked, or tried. What waits for its next attempt is tried now.
      const overdue = rotation.stalled(now) && now - hurriedAt >= STALL_ROTATE_MAX_MS;
      if (overdue && others.some(choice.isMissing)) hurry();
    } else {
      replaceLinks(now);
      dialling.considerAll();
    }
    armBeat();
  }

  function replaceLinks(now: Milliseconds): void {
    const spare = others.filter(
      (slot) =>
        slot.link === null &&
        isPresent(state, slot) &&
        !isResting(state, slot) &&
        !state.refused.has(slot.member),
    ).length;
    // While links are missing nothing is given up for a better one, unless what is there is of no use.
    const mayReplace = linkedMembers(state).length >= MIN_LINKS || rotation.stalled(now);
    for (const id of rotation.due(now, mayReplace ? spare : 0)) {
      const entry = links.get(id);
      if (entry === undefined) continue;
      choice.keep((slot) => slot.member !== entry.link.member);
      entry.connection.end('rotated', true);
    }
  }

  /** The directory has changed: links of devices that it revoked are over. */
  function endRevoked(): void {
    for (const { link, connection } of [...links.values()])
      if (link.device && options.deviceRevoked?.(link.member, link.device.device) === true)
        connection.end('device-revoked', true);
  }

  function armBeat(): void {
    beatDue = clock.now() + BEAT_MS;
    // Offline before the start and online after it: one beat, not two.
    if (beatTimer !== null) clock.clearTimeout(beatTimer);
    beatTimer = clock.setTimeout(beat, BEAT_MS);
  }

  /** The machine slept, the page was frozen, or the network is another: what looks open may be dead, and is asked. */
  function wake(): void {
    if (!isRunning(state)) return;
    signaling.check();
    for (const { connection } of [...links.values()])
      connection.framing?.probe(WAKE_PROBE_MS, (alive) => {
        if (!alive && !connection.ended) connection.end('timeout', true);
      });
    hurry();
  }

  /** The person looks, or the line is back: what waits for its next attempt is tried now. */
  function hurry(): void {
    if (!isRunning(state)) return;
    hurriedAt = clock.now();
    signaling.kick();
    for (const slot of everybody(state)) if (slot.refusals === 0) slot.retryAt = clock.now();
    announcer.afresh();
    dialling.considerAll();
  }

  function useHints(): void {
    const hints = gatherHints(
      ownUrls,
      others.map(({ member, hints: urls }) => ({ member, urls })),
      hinted,
    );
    signaling.setUrls(ownUrls, hints);
    const urls = hints.map((hint) => hint.url);
    if (urls.join(' ') === hinted.join(' ')) return;
    hinted = urls;
    options.onHints?.(urls);
  }

  // ---- the page ----

  function onPageEvent(event: PageEvent): void {
    if (event.type === 'visibility') {
      options.onVisibility?.(event.hidden);
      if (!event.hidden) wake();
    } else if (event.type === 'network') {
      state.surroundings = { ...state.surroundings, online: event.online };
      if (event.online) wake();
      status.changed();
    } else if (event.type === 'surroundings') {
      const { secure, localNetwork } = event;
      state.surroundings = { ...state.surroundings, secure, localNetwork };
      status.changed();
    } else {
      connections.get(event.peer)?.onPageEvent(event);
      if (event.type === 'ice-error' || event.type === 'route') status.changed();
      applicants.onPageEvent(event);
    }
  }

  function endAll(reason: CloseReason): void {
    for (const slot of everybody(state)) {
      if (slot.retryTimer !== null) clock.clearTimeout(slot.retryTimer);
      slot.retryTimer = null;
      slot.attempt?.end(reason, true);
      slot.link?.connection.end(reason, true);
      slot.presence = null;
      slot.failures = slot.refusals = slot.retryAt = 0;
      slot.restUntil = slot.hastenedAt = -Infinity;
      slot.lastEnding = null;
      slot.diagnosis = null;
    }
    if (beatTimer !== null) clock.clearTimeout(beatTimer);
    beatTimer = null;
    dialling.stop();
    applicants.endAll(reason);
    announcer.stop();
    signaling.setDown(true);
  }

  return {
    start(given) {
      state.handlers = given;
      leavePage = listenToPage(options.pagePort, onPageEvent);
      useHints();
      signaling.setDown(state.offline);
      announcer.afresh();
      armBeat();
    },
    send(id, bytes, asked) {
      // A device votes on nothing, and nobody takes a message in that lane from it.
      const priority = isDevice ? 'bulk' : asked;
      const entry = links.get(id);
      const framing = entry?.connection.framing;
      if (!entry || !framing) return false;
      if (state.delay === 0) {
        let sent = true;
        entry.outgoing.push(() => (sent = framing.send(bytes, priority)));
        return sent;
      }
      entry.outgoing.push(() => framing.send(bytes, priority));
      return true;
    },
    close(id, reason) {
      links.get(id)?.connection.end(reason, true);
    },
    refuse(members) {
      state.refused = new Set(members);
      for (const slot of everybody(state)) {
        if (!state.refused.has(slot.member)) continue;
        slot.attempt?.end('equivocation', true);
        slot.link?.connection.end('equivocation', true);
      }
      if (isRunning(state)) dialling.considerAll();
      status.changed();
    },
    setOffline(next) {
      if (next === state.offline || state.stopped) return;
      state.offline = next;
      if (next) {
        endAll('offline');
      } else {
        signaling.setDown(state.handlers === null);
        announcer.afresh();
        if (state.handlers !== null) armBeat();
      }
      status.changed();
    },
    isOffline: () => state.offline,
    heardWithin: (within) =>
      others.filter(({ presence }) => presence !== null && clock.now() - presence.heardAt <= within).length,
    useful: (id) => rotation.useful(id, clock.now()),
    waiting: (forMs) => rotation.waiting(forMs, clock.now()),
    figures: () => [...links.values()].map(figuresOf),
    stop() {
      if (state.stopped) return;
      state.stopped = true;
      endAll('shutdown');
      leavePage?.();
      status.stop();
      state.handlers = null;
    },
    setSignaling(urls) {
      // Settings are saved whole: neighbours need no word of what is as it was, and take few.
      const isNew = urls.join(' ') !== ownUrls.join(' ');
      ownUrls = urls;
      useHints();
      if (!isNew) return;
      for (const { connection } of links.values()) connection.framing?.hint(urls);
    },
    setIceServers: (servers) => ice.set(servers),
    setDelay(next) {
      state.delay = Math.min(MAX_DELAY_MS, Math.max(0, next));
    },
    setNeighbours(members) {
      state.dictated = members;
      for (const slot of others) {
        if (members !== null && !members.has(slot.member)) {
          slot.attempt?.end('rotated', true);
          slot.link?.connection.end('rotated', true);
        }
        // What kept the two apart before is no reason now.
        slot.failures = slot.refusals = 0;
        slot.restUntil = -Infinity;
        slot.retryAt = clock.now();
      }
      if (!isRunning(state)) return;
      announcer.afresh();
      dialling.considerAll();
    },
  };
}
