/**
 * How members find each other: announcements and the signals of connections, through signaling servers and, sealed as they are, through
 * links. Nothing that is said here is believed; it leads to a connection attempt at most.
 */
import { toHex, type InstanceId, type MemberIndex } from '../../codec/brand.ts';
import type { DeviceKey } from '../../codec/device.ts';
import {
  DEVICE_MEMBER_LINKS,
  DIAL_SLOT_MS,
  FULL_MESH_MAX,
  HASTEN_EVERY_MS,
  MAX_INBOX_UNANSWERED,
  MIN_LINKS,
  PROBE_TIMEOUT_MS,
  REFUSED_FIRST_MS,
  RELAY_HOPS,
} from '../limits.ts';
import type { Announcer } from './announcer.ts';
import type { DoorSide } from './applicants.ts';
import type { Choice } from './choice.ts';
import type { Connection, ConnectionHandlers } from './connection.ts';
import { dials, isSameParty, mayLink, wantedMembers, type Party } from './devices.ts';
import type { Dialling } from './dialling.ts';
import type { Envelope } from './envelope.ts';
import { encodeMessage, parseMessage, type MeshMessage } from './messages.ts';
import { createSeen } from './seen.ts';
import type { Signaling } from './signaling.ts';
import type { Slot } from './slot.ts';
import {
  hear,
  heardOf,
  isPresent,
  isResting,
  isRunning,
  linkedMembers,
  slotOf,
  type MeshState,
} from './state.ts';

export interface Introductions {
  /** Tells everybody that we are here and whom we miss; whether to go on telling is the announcer's to know. */
  announce(): 'missing' | 'findable' | 'complete';
  /** Sealed under the join secret; `from` is the link that it came through, null for a signaling server. */
  receive(sealed: Uint8Array, from: Connection | null, hops: number): void;
  /** What a connection tells of itself. */
  readonly handlers: Pick<ConnectionHandlers, 'onSignal' | 'onRelay'>;
}

export interface IntroductionsContext {
  readonly envelope: Envelope;
  readonly signaling: Signaling;
  readonly announcer: Announcer;
  /** Of this topic. */
  readonly applicants: DoorSide;
  readonly dialling: () => Dialling;
  readonly onStatus: () => void;
}

/**
 * Where a start of a member listens for what is for it alone. It says so in what it sends: a program of before does not, applicants have no such
 * topic, and a server that is full has none. What is for those goes to everybody.
 */
export const inboxOf = (topic: string, instance: InstanceId): string => `${topic}/${instance}`;

type MeshSignal = Extract<MeshMessage, { type: 'signal' }>;

export function createIntroductions(
  state: MeshState,
  choice: Choice,
  context: IntroductionsContext,
): Introductions {
  const { options, me, isDevice, full, others, slots, devices, links, connections } = state;
  const { self, clock, random } = options;
  const memberCount = options.members.length;
  const { envelope } = context;
  const seen = createSeen();
  /** What we say of ourselves in each message to members. */
  const sender = (
    inboxes = true,
  ): { from: MemberIndex; device?: DeviceKey; instance: InstanceId; inbox?: true } => ({
    from: me.member,
    ...(me.device === null ? {} : { device: me.device }),
    instance: self.instance,
    ...(inboxes && context.signaling.hearsInbox ? { inbox: true } : {}),
  });

  // ---- out ----

  /** `relay`: also through links, because the addressee is known to listen there. `inbox`: of one alone, where it is heard. */
  function publish(message: MeshMessage, relay: boolean, inbox?: string): void {
    envelope.seal(encodeMessage(message), (sealed) => {
      if (!isRunning(state)) return;
      const published = context.signaling.publish(sealed, undefined, inbox);
      if (published && !relay) return;
      seen.add(message.id);
      for (const { connection } of links.values()) connection.framing?.relay(RELAY_HOPS, sealed);
    });
  }

  /** To applicants: through servers only, because they have no links. */
  function publishApart(message: MeshMessage): void {
    envelope.seal(encodeMessage(message), (sealed) => {
      if (isRunning(state)) context.signaling.publish(sealed);
    });
  }

  function announce(): 'missing' | 'findable' | 'complete' {
    // Who did not answer since the last announcement may be full: in a large network somebody else is asked.
    if (!full) choice.keep((slot) => slot.link !== null || slot.attempt !== null);
    context.dialling().considerAll();
    const want = isDevice ? wantedByDevice() : others.filter(choice.isMissing).map((slot) => slot.member);
    publish(
      {
        type: 'announce',
        id: toHex(random(8)),
        ...sender(),
        want: want.slice(0, FULL_MESH_MAX),
      },
      false,
    );
    // A full mesh that is complete is silent; a large one stays findable.
    if (full || isDevice || state.dictated !== null) return want.length === 0 ? 'complete' : 'missing';
    return linkedMembers(state).length >= MIN_LINKS && want.length === 0 ? 'findable' : 'missing';
  }

  function wantedByDevice(): readonly MemberIndex[] {
    const enough = linkedMembers(state).length >= Math.min(DEVICE_MEMBER_LINKS, memberCount);
    if (enough && slots[self.member]?.link != null) return [];
    const unlinked = others.filter((slot) => slot.link === null && !state.refused.has(slot.member));
    return wantedMembers(
      self.member,
      unlinked.map((slot) => slot.member),
      random,
    );
  }

  // ---- in ----

  function take(plain: Uint8Array, from: Connection | null, hops: number, sealed: Uint8Array): void {
    const message = parseMessage(plain, memberCount);
    // Our own come back from every server, and round a ring of links.
    if (message === null || message.instance === self.instance) return;
    if (!isRunning(state) || message.type === 'welcome') return;
    if (message.type === 'apply' || message.from === null) {
      // Never through a link, and remembered apart: applicants take no room from the members' messages.
      if (from === null && message.type !== 'announce') context.applicants.receive(message, publishApart);
      return;
    }
    if (!seen.add(message.id)) return;
    if (from !== null && hops > 0) passOn(message, from, hops - 1, sealed);
    const sender: Party = { member: message.from, device: message.device ?? null };
    if (!mayLink(me, sender) || state.refused.has(sender.member)) return;
    if (message.type === 'announce') {
      const wantsUs = !isDevice && message.want.includes(self.member);
      if (!isDevice && sender.device !== null) onDevice(sender, wantsUs);
      else onAnnounce(heardOf(state, sender), message, wantsUs, from !== null);
    } else if (message.to === self.instance) onSignal(sender, message, from !== null);
  }

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

  /** A device looks for members: it calls once it knows that we are here. */
  function onDevice(sender: Party, wantsUs: boolean): void {
    if (wantsUs && slotOf(state, sender)?.link == null && devices.answers()) context.announcer.afresh();
  }

  function onAnnounce(
    slot: Slot | undefined,
    { instance, inbox }: Pick<MeshMessage & { type: 'announce' }, 'instance' | 'inbox'>,
    wantsUs: boolean,
    relayed: boolean,
  ): void {
    if (slot === undefined) return;
    const known = slot.presence?.instance === instance && isPresent(state, slot);
    hear(state, slot, { instance, wantsUs, relayed, inbox: inbox === true });
    const current = slot.link;
    if (current?.link.instance !== instance) dropStale(slot, instance, !known);
    if (!known && current?.link.instance !== instance) {
      // Just started: it does not know that we are here, and what failed with its predecessor need not fail now.
      slot.failures = 0;
      // What it was refused for it may do again: no sooner than after a first refusal.
      const wait = slot.refusals === 0 ? 0 : REFUSED_FIRST_MS;
      slot.retryAt = Math.min(slot.retryAt, clock.now() + wait);
      // A device calls the members that it hears of; only another device may have to hear of it first.
      if (!isDevice || slot.device !== null) context.announcer.afresh();
    }
    if (current === null && wantsUs) hasten(slot);
    if (current?.link.instance === instance && wantsUs && !slot.probing) {
      // It lost its end of this link; ours is likely dead. If it is not, the announcement was old.
      slot.probing = true;
      current.connection.framing?.probe(PROBE_TIMEOUT_MS, (alive) => {
        slot.probing = false;
        if (!alive && slot.link === current) current.connection.end('timeout', true);
      });
    }
    context.dialling().considerAll();
    context.onStatus();
  }

  /**
   * A dial to an earlier start of the member that comes no further is in the way of the next one. Who loses a link dials at once, and the page that was
   * loaded again announces itself only then: what the earlier one has not answered it will not. But two starts at once may announce themselves in turn,
   * and each has to have its time. A dial to this start stays, though it be slow: on a busy network offers and answers take long, and trying again
   * makes them later still.
   */
  function dropStale(slot: Slot, instance: InstanceId, isNew: boolean): void {
    const { attempt } = slot;
    if (attempt === null || !attempt.spec.initiator || attempt.spec.instance === instance) return;
    const now = clock.now();
    const isOver = isNew && !attempt.facts.answered && now - slot.droppedAt >= HASTEN_EVERY_MS;
    if (!isOver && now - attempt.progressAt < DIAL_SLOT_MS) return;
    slot.droppedAt = now;
    attempt.end('timeout', true);
  }

  /** It slept, or its line was cut, and it is back: what failed meanwhile is no reason to wait. */
  function hasten(slot: Slot): void {
    const now = clock.now();
    if (slot.refusals > 0 || isResting(state, slot) || now - slot.hastenedAt < HASTEN_EVERY_MS) return;
    if (slot.retryAt <= now) return;
    slot.hastenedAt = now;
    slot.retryAt = now;
  }

  function onSignal(
    sender: Party,
    { instance, inbox, peer, data }: Pick<MeshSignal, 'instance' | 'inbox' | 'peer' | 'data'>,
    relayed: boolean,
  ): void {
    const existing = connections.get(peer);
    if (existing !== undefined) {
      if (isSameParty(existing.spec, sender) && existing.spec.instance === instance) existing.signal(data);
      return;
    }
    // Only one of the two offers. Its newest offer counts: it makes one at a time, so the earlier one is over.
    if (data.type !== 'offer' || dials(me, sender)) return;
    if (sender.device !== null && !devices.takesOffer(slotOf(state, sender))) return;
    const slot = heardOf(state, sender);
    if (slot === undefined) return;
    if (slot.link === null && !choice.hasRoom(slot)) return;
    if (isResting(state, slot) && !choice.chosen(slot)) return;
    const previous = slot.attempt;
    slot.attempt = null;
    previous?.end('duplicate-link', false);
    hear(state, slot, { instance, wantsUs: true, relayed, inbox: inbox === true });
    context
      .dialling()
      .answer(slot, peer, instance, inbox === true)
      .signal(data);
  }

  return {
    announce,
    receive: (sealed, from, hops) => envelope.open(sealed, (plain) => take(plain, from, hops, sealed)),
    handlers: {
      onSignal(connection, data) {
        const { instance, peer, initiator } = connection.spec;
        const slot = slotOf(state, connection.spec);
        const presence = slot?.presence;
        const mayUse = (slot?.unanswered ?? 0) < MAX_INBOX_UNANSWERED;
        const message: MeshMessage = {
          type: 'signal',
          id: toHex(random(8)),
          ...sender(!initiator || mayUse),
          to: instance,
          peer,
          data,
        };
        // What is for one member alone costs the others nothing. An answer goes where its offer said.
        const isHeard = initiator
          ? mayUse && presence?.instance === instance && presence.inbox
          : connection.spec.inbox;
        const inbox = isHeard ? inboxOf(options.signalingSecret.topic, instance) : undefined;
        publish(message, presence?.relayed === true, inbox);
      },
      onRelay(connection, hops, sealed) {
        // The frame's bytes are a view of a buffer that is ours; a copy lets the buffer go.
        const copy = sealed.slice();
        envelope.open(copy, (plain) => take(plain, connection, hops, copy));
      },
    },
  };
}
