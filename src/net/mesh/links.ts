/** From connections to links: who has proved itself is let in or refused, and every end is taken into account. */
import type { LogId } from '../../codec/brand.ts';
import type { CloseReason, Link, LinkId } from '../types.ts';
import { MAX_DELAYED_MESSAGES, MAX_INBOX_UNANSWERED, PROBE_TIMEOUT_MS } from '../limits.ts';
import type { Choice } from './choice.ts';
import type { Connection, ConnectionHandlers } from './connection.ts';
import { diagnose } from './diagnosis.ts';
import type { Identity } from './handshake.ts';
import type { Ending } from './options.ts';
import { createDelayLine } from './pace.ts';
import type { Rotation } from './rotation.ts';
import { recordEnding, type Established, type Slot } from './slot.ts';
import { hear, isRunning, slotOf, type MeshState } from './state.ts';

/** What a connection tells of itself. */
export type LinkHandlers = Pick<
  ConnectionHandlers,
  'onIdentity' | 'onLink' | 'onMessage' | 'onHints' | 'onChannelLost' | 'onEnd'
>;

export interface LinksContext {
  readonly rotation: Rotation<LinkId>;
  /** The addresses that a new neighbour is told. */
  readonly ownUrls: () => readonly string[];
  readonly onHints: () => void;
  readonly onStatus: () => void;
  /** An attempt has become a link, or something has ended: somebody else may have a turn. */
  readonly onPlace: () => void;
  /** A link is gone that should be there. */
  readonly onMissing: () => void;
}

export function createLinkHandlers(state: MeshState, choice: Choice, context: LinksContext): LinkHandlers {
  const { options, links, isDevice } = state;
  const { self, clock, random } = options;
  const { rotation } = context;

  /** The other end has proved who it is. One link per member and device: a live one is not given up, a dead one is. */
  function admit(connection: Connection, identity: Identity): void {
    const slot = slotOf(state, connection.spec);
    if (!isRunning(state) || slot === undefined || slot.attempt !== connection)
      return connection.end('duplicate-link', true);
    if (state.refused.has(identity.member)) return connection.end('equivocation', true);
    const current = slot.link;
    if (current === null) return choice.hasRoom(slot) ? connection.accept() : connection.end('no-room', true);
    // The same start dials again only after it lost its end of the old link: the new one takes its place.
    if (current.link.instance === identity.instance) return connection.accept();
    // Keys that were taken to another device: the one whose log is on the member list is the member, whoever of the two was here first.
    if (isNamed(slot, identity.logId) && !isNamed(slot, current.link.logId)) return connection.accept();
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

  /** The epoch names this log for the member itself; of a device's link none is. */
  const isNamed = ({ member, device }: Slot, logId: LogId): boolean =>
    device === null && options.members[member]?.logId === logId;

  function linked(connection: Connection, identity: Identity): void {
    const slot = slotOf(state, connection.spec);
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
    const line = () => createDelayLine(clock, () => state.delay, MAX_DELAYED_MESSAGES);
    const entry: Established = { link, connection, outgoing: line(), incoming: line() };
    slot.link = entry;
    slot.lastEnding = null;
    slot.diagnosis = null;
    links.set(link.id, entry);
    // Devices come and go as they like; a device's own member is never exchanged for another.
    if (slot.device === null && slot.member !== self.member) rotation.opened(link.id, clock.now());
    connection.framing?.hint(context.ownUrls());
    const { instance } = identity;
    if (slot.presence?.instance !== instance)
      hear(state, slot, { instance, wantsUs: false, relayed: false, inbox: false });
    context.onStatus();
    state.handlers?.onLink(link);
    if (connection.spec.initiator) context.onPlace();
  }

  function unlink(slot: Slot, entry: Established, reason: CloseReason): void {
    slot.link = null;
    slot.bytesSent += entry.connection.framing?.bytesSent ?? 0;
    slot.bytesReceived += entry.connection.framing?.bytesReceived ?? 0;
    links.delete(entry.link.id);
    rotation.closed(entry.link.id);
    entry.outgoing.clear();
    entry.incoming.clear();
    context.onStatus();
    state.handlers?.onUnlink(entry.link, reason);
  }

  function ended(connection: Connection, ending: Ending): void {
    state.connections.delete(connection.spec.peer);
    const slot = slotOf(state, connection.spec);
    if (slot === undefined) return;
    const entry = slot.link?.connection === connection ? slot.link : null;
    if (entry === null && slot.attempt !== connection) return;
    if (slot.attempt === connection) slot.attempt = null;
    const livedMs = entry === null ? null : clock.now() - entry.link.openedAt;
    recordEnding(slot, ending, livedMs, clock.now(), random);
    if (connection.spec.initiator && connection.spec.instance === slot.presence?.instance) {
      // Once it is known that nobody answers there, it stays so for this start.
      if (connection.facts.answered && slot.unanswered < MAX_INBOX_UNANSWERED) slot.unanswered = 0;
      else if (!connection.facts.answered && ending.reason === 'timeout') slot.unanswered += 1;
    }
    if (entry === null && (ending.reason === 'timeout' || ending.reason === 'transport-failed'))
      slot.diagnosis = diagnose(connection.facts, state.surroundings, connection.spec.iceServers);
    if (entry !== null) unlink(slot, entry, ending.reason);
    if (ending.told && slot.device === null && ending.twin !== undefined && ending.twin !== self.instance)
      options.onTwin?.(ending.twin, slot.member);
    context.onStatus();
    if (!isRunning(state)) return;
    context.onPlace();
    // A device that has lost its link calls again.
    if (entry !== null && (isDevice || slot.device === null)) context.onMissing();
  }

  return {
    onIdentity: admit,
    onLink: linked,
    onMessage(connection, bytes) {
      const entry = slotOf(state, connection.spec)?.link;
      if (entry?.connection !== connection) return;
      entry.incoming.push(() => {
        if (links.has(entry.link.id)) state.handlers?.onMessage(entry.link, bytes);
      });
    },
    onHints(connection, urls) {
      const slot = slotOf(state, connection.spec);
      // A device uses what its member uses, or what a person typed into it: no address that others need.
      if (slot?.link?.connection !== connection || slot.device !== null) return;
      slot.hints = urls;
      context.onHints();
    },
    onChannelLost() {
      state.workerChannel = false;
    },
    onEnd: ended,
  };
}
