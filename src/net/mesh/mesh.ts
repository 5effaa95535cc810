/**
 * The mesh of links of one replica. Events change a slot's memory; `consider` alone decides whether a member is dialled. It keeps these:
 *
 * - Of two members the lower index dials; the higher announces itself and waits. So two never dial each other. Devices dial (devices.ts).
 * - At most one attempt per member at a time, beside at most one link.
 * - A link is reported only after both ends have proved their keys, and at most one per member.
 * - In a network too large for a full mesh links are replaced now and then, and when they are of no use (rotation.ts).
 * - A refused, excluded or failed member is tried again after a growing, jittered wait; never in a loop.
 * - Applicants (applicants.ts) are apart: no slot, no link, connections and limits of their own.
 */
import { toHex, type InstanceId, type MemberIndex, type Milliseconds } from '../../codec/brand.ts';
import {
  ASLEEP_AFTER_MS,
  BEAT_MS,
  DEVICE_MEMBER_LINKS,
  MAX_DIALS,
  FULL_MESH_MAX,
  MAX_DELAYED_MESSAGES,
  MAX_DELAY_MS,
  MIN_LINKS,
  PRESENCE_TTL_MS,
  PROBE_TIMEOUT_MS,
  RELAY_HOPS,
  STALL_ROTATE_MAX_MS,
  STATUS_INTERVAL_MS,
  WAKE_PROBE_MS,
} from '../limits.ts';
import type {
  CloseReason,
  IceServer,
  Link,
  LinkId,
  PageEvent,
  Transport,
  TransportHandlers,
  TransportStatus,
} from '../types.ts';
import { createAnnouncer } from './announcer.ts';
import { createApplicants } from './applicants.ts';
import { createConnection, type Connection, type ConnectionHandlers } from './connection.ts';
import {
  chooseMembers,
  createDevices,
  dials,
  isSameParty,
  mayLink,
  wantedMembers,
  type Party,
} from './devices.ts';
import { diagnose, UNKNOWN_SURROUNDINGS, type Surroundings } from './diagnosis.ts';
import { createEnvelope } from './envelope.ts';
import type { Identity } from './handshake.ts';
import { gatherHints } from './hints.ts';
import { encodeMessage, parseMessage, type MeshMessage } from './messages.ts';
import { chooseNeighbours, hasRoomFor, isFullMesh } from './neighbours.ts';
import type { Ending, MeshOptions } from './options.ts';
import { createDelayLine } from './pace.ts';
import { listenToPage } from './page-port.ts';
import { createRotation } from './rotation.ts';
import { createSeen } from './seen.ts';
import { createSignaling } from './signaling.ts';
import { createSlot, recordEnding, statusOf, type Established, type Slot } from './slot.ts';
import { createIceSource } from './turn.ts';

export interface Mesh extends Transport {
  /** Replaces the signaling servers at once; servers on both lists keep their sockets. */
  setSignaling(urls: readonly string[]): void;
  /** For connections from now on. */
  setIceServers(servers: readonly IceServer[]): void;
  /** Demo and tests only: every message of every link waits this long each way, in order. At most MAX_DELAY_MS; 0 ends it. */
  setDelay(delay: Milliseconds): void;
}

type MeshSignal = Extract<MeshMessage, { type: 'signal' }>;

export function createMesh(options: MeshOptions): Mesh {
  const { self, clock, random } = options;
  const me: Party = { member: self.member, device: self.device?.device ?? null };
  const isDevice = me.device !== null;
  const memberCount = options.members.length;
  /** Members link to as many as possible; a device never does. */
  const full = isFullMesh(memberCount) && !isDevice;
  const slots: readonly Slot[] = options.members.map((_, index) => createSlot(index as MemberIndex));
  const others = slots.filter((slot) => !isSameParty(slot, me));
  const devices = createDevices(me, clock);
  const links = new Map<LinkId, Established>();
  const connections = new Map<string, Connection>();
  const seen = createSeen();
  const envelope = createEnvelope(options.signalingSecret);
  let handlers: TransportHandlers | null = null;
  let offline = false;
  let stopped = false;
  let refused: ReadonlySet<MemberIndex> = new Set();
  /** Our own choice; in a full mesh everybody. */
  let targets: ReadonlySet<MemberIndex> = new Set();
  let ownUrls = options.signalingUrls;
  let hinted: readonly string[] = options.hintedUrls ?? [];
  let surroundings: Surroundings = UNKNOWN_SURROUNDINGS;
  let beatTimer: unknown = null;
  let beatDue: Milliseconds = 0;
  let hurriedAt: Milliseconds = -Infinity;
  const rotation = createRotation<LinkId>(random, clock.now());
  const ice = createIceSource(options.iceServers, `member-${self.member}`, clock.wall?.bind(clock));
  let workerChannel = true;
  let delay: Milliseconds = 0;
  let statusTimer: unknown = null;
  let leavePage: (() => void) | null = null;

  const signaling = createSignaling({
    topic: options.signalingSecret.topic,
    clock,
    random,
    createSocket: options.createSocket,
    onSealed: (sealed) => envelope.open(sealed, (plain) => receive(plain, null, 0, sealed)),
    onOpen: () => announcer.afresh(),
    onStatus: statusChanged,
    surroundings: () => surroundings,
  });

  const announcer = createAnnouncer(clock, random, () => (running() ? announce() : 'complete'));
  const running = (): boolean => handlers !== null && !stopped && !offline;

  const applicants = createApplicants(options, {
    iceServers: () => ice.current(),
    workerChannel: () => workerChannel,
    onChannelLost: () => (workerChannel = false),
    // Through servers only: an applicant has no links.
    publish: (message) =>
      envelope.seal(encodeMessage(message), (sealed) => {
        if (running()) signaling.publish(sealed);
      }),
  });

  // ---- whom to dial ----

  /** Chooses anew whom we want, from whom we have heard lately. */
  function chooseTargets(): void {
    const now = clock.now();
    const known = others.filter(
      (slot) =>
        !refused.has(slot.member) &&
        (slot.link !== null || (isPresent(slot) && (full || slot.retryAt <= now || isResting(slot)))),
    );
    const rested = known.filter((slot) => full || slot.link !== null || !isResting(slot));
    // With nobody else left, who was replaced lately is better than nobody.
    const fresh =
      linkedMembers().length < (isDevice ? DEVICE_MEMBER_LINKS : MIN_LINKS) &&
      rested.every((slot) => slot.link !== null)
        ? known
        : rested;
    if (isDevice) {
      const candidates = fresh.map((slot) => slot.member);
      targets = chooseMembers({ own: self.member, candidates, kept: targets, random });
      return;
    }
    targets = chooseNeighbours({
      members: memberCount,
      candidates: fresh.map((slot) => slot.member),
      linked: new Set(others.filter((slot) => slot.link !== null).map((slot) => slot.member)),
      kept: targets,
      random,
    });
  }

  const isPresent = (slot: Slot): boolean =>
    slot.presence !== null && clock.now() - slot.presence.heardAt < PRESENCE_TTL_MS;
  const isResting = (slot: Slot): boolean => slot.restUntil > clock.now();
  const linkedMembers = (): Slot[] => others.filter((slot) => slot.link !== null);
  function hasRoom(slot: Slot): boolean {
    if (slot.device !== null) return devices.hasRoom(slot);
    // Only its own calls bring a device to a member.
    if (isDevice) return true;
    const linked = linkedMembers();
    const ownLinked = linked.filter(({ member }) => targets.has(member)).length;
    return hasRoomFor(memberCount, linked.length, ownLinked, targets.has(slot.member));
  }
  function wants(slot: Slot): boolean {
    if (slot.device !== null) return slot.link !== null || hasRoom(slot);
    if (targets.has(slot.member)) return true;
    return !isDevice && slot.presence?.wantsUs === true && !isResting(slot) && hasRoom(slot);
  }
  const isMissing = (slot: Slot): boolean =>
    slot.link === null && !refused.has(slot.member) && (full || targets.has(slot.member));

  /** The one place that decides to dial. */
  function consider(slot: Slot): void {
    const { presence } = slot;
    if (!running() || !dials(me, slot) || refused.has(slot.member)) return;
    if (slot.attempt !== null || presence === null || !isPresent(slot) || !wants(slot)) return;
    if (slot.link?.link.instance === presence.instance) return;
    if (!full && dialing() >= MAX_DIALS) return;
    const wait = slot.retryAt - clock.now();
    if (wait > 0) {
      slot.retryTimer ??= clock.setTimeout(() => {
        slot.retryTimer = null;
        consider(slot);
      }, wait);
      return;
    }
    open(slot, toHex(random(16)), presence.instance, true);
  }

  function considerAll(): void {
    chooseTargets();
    for (const slot of everybody()) consider(slot);
  }

  const everybody = (): readonly Slot[] => [...others, ...devices.all()];
  const dialing = (): number => others.filter((slot) => slot.attempt?.spec.initiator === true).length;

  function open(slot: Slot, peer: string, instance: InstanceId, initiator: boolean): Connection {
    const connection = createConnection(
      options,
      {
        peer,
        member: slot.member,
        device: slot.device,
        instance,
        initiator,
        iceServers: ice.current(),
        workerChannel,
      },
      connectionHandlers,
    );
    slot.attempt = connection;
    connections.set(peer, connection);
    statusChanged();
    return connection;
  }

  // ---- connections ----

  const connectionHandlers: ConnectionHandlers = {
    onSignal(connection, data) {
      const { instance, peer } = connection.spec;
      const message: MeshMessage = {
        type: 'signal',
        id: toHex(random(8)),
        from: me.member,
        ...(me.device !== null && { device: me.device }),
        instance: self.instance,
        to: instance,
        peer,
        data,
      };
      publish(message, slotOf(connection.spec)?.presence?.relayed === true);
    },
    onIdentity: admit,
    onLink: linked,
    onMessage(connection, bytes) {
      const entry = slotOf(connection.spec)?.link;
      if (entry?.connection !== connection) return;
      entry.incoming.push(() => {
        if (links.has(entry.link.id)) handlers?.onMessage(entry.link, bytes);
      });
    },
    onRelay(connection, hops, sealed) {
      // The frame's bytes are a view of a buffer that is ours; a copy lets the buffer go.
      const copy = sealed.slice();
      envelope.open(copy, (plain) => receive(plain, connection, hops, copy));
    },
    onHints(connection, urls) {
      const slot = slotOf(connection.spec);
      // A device uses what its member uses, or what a person typed into it: no address that others need.
      if (slot?.link?.connection !== connection || slot.device !== null) return;
      slot.hints = urls;
      useHints();
    },
    onRtt: statusChanged,
    onChannelLost() {
      workerChannel = false;
    },
    onEnd: ended,
  };

  /** The other end has proved who it is. One link per member and device: a live one is not given up, a dead one is. */
  function admit(connection: Connection, identity: Identity): void {
    const slot = slotOf(connection.spec);
    if (!running() || slot === undefined || slot.attempt !== connection)
      return connection.end('duplicate-link', true);
    if (refused.has(identity.member)) return connection.end('equivocation', true);
    const current = slot.link;
    if (current === null) return hasRoom(slot) ? connection.accept() : connection.end('no-room', true);
    // The same start dials again only after it lost its end of the old link: the new one takes its place.
    if (current.link.instance === identity.instance) return connection.accept();
    current.connection.framing?.probe(PROBE_TIMEOUT_MS, (alive) => {
      if (connection.ended) return;
      if (alive && slot.link === current) {
        const isTwin = slot.device === null && current.link.logId === identity.logId;
        const twin = isTwin ? current.link.instance : undefined;
        return connection.end('duplicate-link', true, twin);
      }
      if (slot.link === current) current.connection.end('timeout', true);
      connection.accept();
    });
  }

  function linked(connection: Connection, identity: Identity): void {
    const slot = slotOf(connection.spec);
    if (slot === undefined || slot.attempt !== connection) return connection.end('duplicate-link', true);
    slot.attempt = null;
    const old = slot.link;
    if (old !== null) {
      unlink(slot, old, 'duplicate-link');
      old.connection.end('duplicate-link', true);
    }
    const link: Link = {
      id: connection.spec.peer as LinkId,
      member: identity.member,
      ...(identity.device && { device: identity.device }),
      logId: identity.logId,
      instance: identity.instance,
      openedAt: clock.now(),
    };
    const entry: Established = {
      link,
      connection,
      outgoing: createDelayLine(clock, () => delay, MAX_DELAYED_MESSAGES),
      incoming: createDelayLine(clock, () => delay, MAX_DELAYED_MESSAGES),
    };
    slot.link = entry;
    slot.lastEnding = null;
    slot.diagnosis = null;
    links.set(link.id, entry);
    // Devices come and go as they like; a device's own member is never exchanged for another.
    if (slot.device === null && slot.member !== self.member) rotation.opened(link.id, clock.now());
    connection.framing?.hint(ownUrls);
    if (slot.presence?.instance !== identity.instance) {
      slot.presence = { instance: identity.instance, heardAt: clock.now(), wantsUs: false, relayed: false };
    }
    statusChanged();
    handlers?.onLink(link);
    // A dial is over: whoever waited for its end is next.
    if (!full && connection.spec.initiator) considerAll();
  }

  function unlink(slot: Slot, entry: Established, reason: CloseReason): void {
    slot.link = null;
    slot.bytesSent += entry.connection.framing?.bytesSent ?? 0;
    slot.bytesReceived += entry.connection.framing?.bytesReceived ?? 0;
    links.delete(entry.link.id);
    rotation.closed(entry.link.id);
    entry.outgoing.clear();
    entry.incoming.clear();
    statusChanged();
    handlers?.onUnlink(entry.link, reason);
  }

  function ended(connection: Connection, ending: Ending): void {
    connections.delete(connection.spec.peer);
    const slot = slotOf(connection.spec);
    if (slot === undefined) return;
    const entry = slot.link?.connection === connection ? slot.link : null;
    if (entry === null && slot.attempt !== connection) return;
    if (slot.attempt === connection) slot.attempt = null;
    recordEnding(
      slot,
      ending,
      entry === null ? null : clock.now() - entry.link.openedAt,
      clock.now(),
      random,
    );
    if (entry === null && (ending.reason === 'timeout' || ending.reason === 'transport-failed'))
      slot.diagnosis = diagnose(connection.facts, surroundings, connection.spec.iceServers);
    if (entry !== null) unlink(slot, entry, ending.reason);
    if (ending.told && slot.device === null && ending.twin !== undefined && ending.twin !== self.instance)
      options.onTwin?.(ending.twin, slot.member);
    statusChanged();
    if (!running()) return;
    considerAll();
    // A device that has lost its link calls again.
    if (entry !== null && (isDevice || slot.device === null)) announcer.afresh();
  }

  // ---- replacing links ----

  /** Looks at everything that time changes, also while nothing happens. */
  function beat(): void {
    const now = clock.now();
    if (now - beatDue >= ASLEEP_AFTER_MS) wake();
    ice.refresh();
    endRevoked();
    if (full) {
      // Nothing to replace: all are linked, or tried. What waits for its next attempt is tried now.
      if (rotation.stalled(now) && now - hurriedAt >= STALL_ROTATE_MAX_MS && others.some(isMissing)) hurry();
    } else {
      const spare = others.filter(
        (slot) => slot.link === null && isPresent(slot) && !isResting(slot) && !refused.has(slot.member),
      ).length;
      // While links are missing nothing is given up for a better one, unless what is there is of no use.
      const mayReplace = linkedMembers().length >= MIN_LINKS || rotation.stalled(now);
      for (const id of rotation.due(now, mayReplace ? spare : 0)) {
        const entry = links.get(id);
        if (entry === undefined) continue;
        targets = new Set([...targets].filter((member) => member !== entry.link.member));
        entry.connection.end('rotated', true);
      }
      considerAll();
    }
    armBeat();
  }

  /** The directory has changed: links of devices that it revoked are over. */
  function endRevoked(): void {
    for (const { link, connection } of [...links.values()])
      if (link.device && options.deviceRevoked?.(link.member, link.device.device) === true)
        connection.end('device-revoked', true);
  }

  function armBeat(): void {
    beatDue = clock.now() + BEAT_MS;
    beatTimer = clock.setTimeout(beat, BEAT_MS);
  }

  /** The machine slept, the page was frozen, or the network is another: what looks open may be dead, and is asked. */
  function wake(): void {
    if (!running()) return;
    signaling.check();
    for (const { connection } of [...links.values()])
      connection.framing?.probe(WAKE_PROBE_MS, (alive) => {
        if (!alive && !connection.ended) connection.end('timeout', true);
      });
    hurry();
  }

  // ---- signaling ----

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

  /** `relay`: also through links, because the addressee is known to listen there. */
  function publish(message: MeshMessage, relay: boolean): void {
    envelope.seal(encodeMessage(message), (sealed) => {
      if (!running()) return;
      const published = signaling.publish(sealed);
      if (published && !relay) return;
      seen.add(message.id);
      for (const { connection } of links.values()) connection.framing?.relay(RELAY_HOPS, sealed);
    });
  }

  function receive(plain: Uint8Array, from: Connection | null, hops: number, sealed: Uint8Array): void {
    const message = parseMessage(plain, memberCount);
    // Our own come back from every server, and round a ring of links.
    if (message === null || message.instance === self.instance || !running() || message.type === 'welcome')
      return;
    if (message.type === 'apply' || message.from === null) {
      // Never through a link, and remembered apart: applicants take no room from the members' messages.
      if (from === null && message.type !== 'announce') applicants.receive(message);
      return;
    }
    if (!seen.add(message.id)) return;
    if (from !== null && hops > 0) passOn(message, from, hops - 1, sealed);
    const sender: Party = { member: message.from, device: message.device ?? null };
    if (!mayLink(me, sender) || refused.has(sender.member)) return;
    if (message.type === 'announce') {
      const wantsUs = !isDevice && message.want.includes(self.member);
      if (!isDevice && sender.device !== null) onDevice(sender, wantsUs);
      else onAnnounce(heardOf(sender), message.instance, wantsUs, from !== null);
    } else if (message.to === self.instance) onSignal(sender, message, from !== null);
  }

  /** A device looks for members: it calls once it knows that we are here. */
  function onDevice(sender: Party, wantsUs: boolean): void {
    if (wantsUs && slotOf(sender)?.link == null && devices.answers()) announcer.afresh();
  }

  const heardOf = ({ member, device }: Party): Slot | undefined =>
    device === null ? slots[member] : (devices.heard(member, device) ?? undefined);

  function passOn(
    message: Extract<MeshMessage, { type: 'announce' | 'signal' }>,
    from: Connection,
    hops: number,
    sealed: Uint8Array,
  ): void {
    const to = message.type === 'signal' ? message.to : null;
    if (to === self.instance || isDevice) return;
    const neighbours = [...links.values()].filter((entry) => entry.connection !== from);
    const direct = neighbours.filter((entry) => entry.link.instance === to);
    // Devices pass nothing on: they need to hear who is there, and what is for them.
    const ways = to === null ? neighbours : neighbours.filter(({ link }) => link.device === undefined);
    for (const { connection } of direct.length > 0 ? direct : ways) connection.framing?.relay(hops, sealed);
  }

  function onAnnounce(
    slot: Slot | undefined,
    instance: InstanceId,
    wantsUs: boolean,
    relayed: boolean,
  ): void {
    if (slot === undefined) return;
    const known = slot.presence?.instance === instance && isPresent(slot);
    slot.presence = { instance, heardAt: clock.now(), wantsUs, relayed };
    const current = slot.link;
    if (!known && current?.link.instance !== instance) {
      // Just started: it does not know that we are here, and what failed with its predecessor need not fail now.
      slot.failures = 0;
      if (slot.refusals === 0) slot.retryAt = Math.min(slot.retryAt, clock.now());
      // A device calls the members that it hears of; only another device may have to hear of it first.
      if (!isDevice || slot.device !== null) announcer.afresh();
    }
    if (current?.link.instance === instance && wantsUs && !slot.probing) {
      // It lost its end of this link; ours is likely dead. If it is not, the announcement was old.
      slot.probing = true;
      current.connection.framing?.probe(PROBE_TIMEOUT_MS, (alive) => {
        slot.probing = false;
        if (!alive && slot.link === current) current.connection.end('timeout', true);
      });
    }
    considerAll();
    statusChanged();
  }

  function onSignal(
    sender: Party,
    { instance, peer, data }: Pick<MeshSignal, 'instance' | 'peer' | 'data'>,
    relayed: boolean,
  ): void {
    const existing = connections.get(peer);
    if (existing !== undefined) {
      if (isSameParty(existing.spec, sender) && existing.spec.instance === instance) existing.signal(data);
      return;
    }
    // Only one of the two offers. Its newest offer counts: it makes one at a time, so the earlier one is over.
    if (data.type !== 'offer' || dials(me, sender)) return;
    if (sender.device !== null && !devices.takesOffer(slotOf(sender))) return;
    const slot = heardOf(sender);
    if (slot === undefined) return;
    if (slot.link === null && !hasRoom(slot)) return;
    if (isResting(slot) && (slot.device !== null || !targets.has(slot.member))) return;
    const previous = slot.attempt;
    slot.attempt = null;
    previous?.end('duplicate-link', false);
    slot.presence = { instance, heardAt: clock.now(), wantsUs: true, relayed };
    open(slot, peer, instance, false).signal(data);
  }

  /** Tells everybody that we are here and whom we miss. */
  function announce(): 'missing' | 'findable' | 'complete' {
    // Who did not answer since the last announcement may be full: in a large network somebody else is asked.
    if (!full)
      targets = new Set([...targets].filter((m) => slots[m]?.link != null || slots[m]?.attempt != null));
    considerAll();
    const want = isDevice ? wantedByDevice() : others.filter(isMissing).map((slot) => slot.member);
    publish(
      {
        type: 'announce',
        id: toHex(random(8)),
        from: me.member,
        ...(me.device !== null && { device: me.device }),
        instance: self.instance,
        want: want.slice(0, FULL_MESH_MAX),
      },
      false,
    );
    // A full mesh that is complete is silent; a large one stays findable.
    if (full || isDevice) return want.length === 0 ? 'complete' : 'missing';
    return linkedMembers().length >= MIN_LINKS && want.length === 0 ? 'findable' : 'missing';
  }

  function wantedByDevice(): readonly MemberIndex[] {
    const linked = linkedMembers();
    if (linked.length >= Math.min(DEVICE_MEMBER_LINKS, memberCount) && slots[self.member]?.link != null)
      return [];
    const unlinked = others.filter((slot) => slot.link === null && !refused.has(slot.member));
    return wantedMembers(
      self.member,
      unlinked.map((slot) => slot.member),
      random,
    );
  }

  // ---- the page ----

  function onPageEvent(event: PageEvent): void {
    if (event.type === 'visibility') {
      options.onVisibility?.(event.hidden);
      if (!event.hidden) wake();
    } else if (event.type === 'network') {
      surroundings = { ...surroundings, online: event.online };
      if (event.online) wake();
      statusChanged();
    } else if (event.type === 'surroundings') {
      surroundings = { ...surroundings, secure: event.secure, localNetwork: event.localNetwork };
      statusChanged();
    } else {
      connections.get(event.peer)?.onPageEvent(event);
      if (event.type === 'ice-error') statusChanged();
      applicants.onPageEvent(event);
    }
  }

  /** The person looks, or the line is back: what waits for its next attempt is tried now. */
  function hurry(): void {
    if (!running()) return;
    hurriedAt = clock.now();
    signaling.kick();
    for (const slot of everybody()) if (slot.refusals === 0) slot.retryAt = clock.now();
    announcer.afresh();
    considerAll();
  }

  // ---- status ----

  function statusChanged(): void {
    if (handlers === null || statusTimer !== null || stopped) return;
    statusTimer = clock.setTimeout(() => {
      statusTimer = null;
      handlers?.onStatus(status());
    }, STATUS_INTERVAL_MS);
  }

  function status(): TransportStatus {
    const servers = signaling.statuses();
    const introduced =
      links.size > 0 || servers.some(({ state }) => state === 'open' || state === 'connecting');
    const { online } = surroundings;
    return {
      signaling: servers,
      peers: others.map((slot) =>
        statusOf(slot, { refused: refused.has(slot.member), offline, online, introduced }),
      ),
      devices: [...links.values()].flatMap(({ link: { member, device }, connection }) => {
        const rtt = connection.framing?.rtt;
        if (device === undefined) return [];
        return [
          { member, device: device.device, name: device.name, ...(rtt !== undefined && { rttMs: rtt }) },
        ];
      }),
    };
  }

  const slotOf = ({ member, device }: Party): Slot | undefined => {
    const slot = device === null ? slots[member] : devices.get(device);
    return slot?.member === member ? slot : undefined;
  };

  function endAll(reason: CloseReason): void {
    for (const slot of everybody()) {
      if (slot.retryTimer !== null) clock.clearTimeout(slot.retryTimer);
      slot.retryTimer = null;
      slot.attempt?.end(reason, true);
      slot.link?.connection.end(reason, true);
      slot.presence = null;
      slot.failures = slot.refusals = slot.retryAt = 0;
      slot.restUntil = -Infinity;
      slot.lastEnding = null;
      slot.diagnosis = null;
    }
    if (beatTimer !== null) clock.clearTimeout(beatTimer);
    beatTimer = null;
    applicants.endAll(reason);
    announcer.stop();
    signaling.setDown(true);
  }

  return {
    start(given) {
      handlers = given;
      leavePage = listenToPage(options.pagePort, onPageEvent);
      useHints();
      signaling.setDown(offline);
      announcer.afresh();
      armBeat();
    },
    send(id, bytes, asked) {
      // A device votes on nothing, and nobody takes a message in that lane from it.
      const priority = isDevice ? 'bulk' : asked;
      const entry = links.get(id);
      const framing = entry?.connection.framing;
      if (!entry || !framing) return false;
      if (delay === 0) {
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
      refused = new Set(members);
      for (const slot of everybody()) {
        if (!refused.has(slot.member)) continue;
        slot.attempt?.end('equivocation', true);
        slot.link?.connection.end('equivocation', true);
      }
      if (running()) considerAll();
      statusChanged();
    },
    setOffline(next) {
      if (next === offline || stopped) return;
      offline = next;
      if (offline) {
        endAll('offline');
      } else {
        signaling.setDown(handlers === null);
        announcer.afresh();
        if (handlers !== null) armBeat();
      }
      statusChanged();
    },
    useful: (id) => rotation.useful(id, clock.now()),
    waiting: (forMs) => rotation.waiting(forMs, clock.now()),
    stop() {
      if (stopped) return;
      stopped = true;
      endAll('shutdown');
      leavePage?.();
      if (statusTimer !== null) clock.clearTimeout(statusTimer);
      handlers = null;
    },
    setSignaling(urls) {
      ownUrls = urls;
      useHints();
      for (const { connection } of links.values()) connection.framing?.hint(urls);
    },
    setIceServers: (servers) => ice.set(servers),
    setDelay(next) {
      delay = Math.min(MAX_DELAY_MS, Math.max(0, next));
    },
  };
}
