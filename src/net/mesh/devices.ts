/**
 * Devices in the mesh: terminals and phones that members have certified. A device is a leaf. It dials a few members, its own among them, and
 * links to the other devices of its member; it passes no signaling on, and takes no place that is a member's. What is told here before a
 * handshake anybody with the invitation can say, so all of it is bounded, apart from the members' slots.
 *
 * | Between | Who dials |
 * |---|---|
 * | member and member | the lower index |
 * | device and member | the device |
 * | two devices of one member | the lower key |
 */
import type { MemberIndex } from '../../codec/brand.ts';
import type { DeviceKey } from '../../codec/device.ts';
import {
  DEVICE_MEMBER_LINKS,
  DEVICE_OFFER_BURST,
  DEVICE_OFFERS_PER_SECOND,
  DEVICE_WANTS,
  MAX_DEVICE_ATTEMPTS,
  MAX_DEVICE_LINKS,
  MAX_DEVICES_HEARD,
  MAX_DEVICES_PER_MEMBER,
  MIN_OWN_DEVICE_LINKS,
} from '../limits.ts';
import type { Clock } from './options.ts';
import { createTokenBucket, uniform, type Random } from './pace.ts';
import { createSlot, type Slot } from './slot.ts';

/** An end of a link, before or after it has proved that it is. */
export interface Party {
  readonly member: MemberIndex;
  /** Null: the member itself. */
  readonly device: DeviceKey | null;
}

export const isSameParty = (a: Party, b: Party): boolean => a.member === b.member && a.device === b.device;

/** Whether `self` calls `other`, or waits for its call. */
export function dials(self: Party, other: Party): boolean {
  if (self.device === null) return other.device === null && self.member < other.member;
  return other.device === null || self.device < other.device;
}

/** Whether the two may be linked at all. */
export function mayLink(self: Party, other: Party): boolean {
  if (isSameParty(self, other)) return false;
  return self.device === null || other.device === null || self.member === other.member;
}

export interface Devices {
  get(device: DeviceKey): Slot | undefined;
  /** The slot of a device that says it is there; null when too many are, and all of them in use. */
  heard(member: MemberIndex, device: DeviceKey): Slot | null;
  all(): Slot[];
  hasRoom(slot: Slot): boolean;
  /** Whether a connection may be opened because this device asks for one. */
  takesOffer(slot: Slot | undefined): boolean;
  /** Whether to answer the announcement of a device with one's own. */
  answers(): boolean;
}

export function createDevices(self: Party, clock: Pick<Clock, 'now' | 'clearTimeout'>): Devices {
  const slots = new Map<DeviceKey, Slot>();
  const offers = createTokenBucket(clock, DEVICE_OFFER_BURST, DEVICE_OFFERS_PER_SECOND);
  const answers = createTokenBucket(clock, DEVICE_OFFER_BURST, DEVICE_OFFERS_PER_SECOND);

  const linked = (of: (slot: Slot) => boolean): number => {
    let count = 0;
    for (const slot of slots.values()) if (slot.link !== null && of(slot)) count += 1;
    return count;
  };

  /** The one that was heard of first and is of no use now. */
  function makeRoom(): boolean {
    for (const [device, slot] of slots) {
      if (slot.link !== null || slot.attempt !== null) continue;
      if (slot.retryTimer !== null) clock.clearTimeout(slot.retryTimer);
      return slots.delete(device);
    }
    return false;
  }

  return {
    get: (device) => slots.get(device),
    heard(member, device) {
      const known = slots.get(device);
      if (known !== undefined) {
        if (known.member === member) return known;
        // One of the two who claim it lies; the one that is linked has proved it.
        if (known.link !== null || known.attempt !== null) return null;
        slots.delete(device);
      }
      if (slots.size >= MAX_DEVICES_HEARD && !makeRoom()) return null;
      const slot = createSlot(member, device);
      slots.set(device, slot);
      return slot;
    },
    all: () => [...slots.values()],
    hasRoom({ member }) {
      const ofMember = linked((slot) => slot.member === member);
      if (ofMember >= MAX_DEVICES_PER_MEMBER) return false;
      const own = linked((slot) => slot.member === self.member);
      const kept = member === self.member ? 0 : Math.max(0, MIN_OWN_DEVICE_LINKS - own);
      return linked(() => true) < MAX_DEVICE_LINKS - kept;
    },
    takesOffer(slot) {
      let underWay = 0;
      for (const { attempt } of slots.values()) if (attempt !== null) underWay += 1;
      if (underWay >= MAX_DEVICE_ATTEMPTS && (slot?.attempt ?? null) === null) return false;
      return offers.take();
    },
    answers: () => answers.take(),
  };
}

/** The members that a device links to: its own while that is there, those it has, and random others. */
export function chooseMembers(input: {
  readonly own: MemberIndex;
  readonly candidates: readonly MemberIndex[];
  readonly kept: ReadonlySet<MemberIndex>;
  readonly random: Random;
}): ReadonlySet<MemberIndex> {
  const { own, candidates, kept, random } = input;
  const chosen = new Set(candidates.filter((member) => member === own));
  for (const member of candidates)
    if (kept.has(member) && chosen.size < DEVICE_MEMBER_LINKS) chosen.add(member);
  fill(chosen, candidates, DEVICE_MEMBER_LINKS, random);
  return chosen;
}

/** Whom a device asks to show themselves: its own member, and random others of whom nobody may be there. */
export function wantedMembers(
  own: MemberIndex,
  unlinked: readonly MemberIndex[],
  random: Random,
): readonly MemberIndex[] {
  const wanted = new Set(unlinked.filter((member) => member === own));
  fill(wanted, unlinked, DEVICE_WANTS, random);
  return [...wanted];
}

function fill(chosen: Set<MemberIndex>, from: readonly MemberIndex[], size: number, random: Random): void {
  const pool = from.filter((member) => !chosen.has(member));
  while (chosen.size < size && pool.length > 0) {
    const [member] = pool.splice(Math.floor(uniform(random) * pool.length), 1);
    if (member !== undefined) chosen.add(member);
  }
}
