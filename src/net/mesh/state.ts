/** What the parts of one mesh share: who belongs to it, what is open to whom, and whether it runs. */
import type { MemberIndex, Milliseconds } from '../../codec/brand.ts';
import { PRESENCE_TTL_MS } from '../limits.ts';
import type { LinkId, TransportHandlers } from '../types.ts';
import type { Connection } from './connection.ts';
import { createDevices, isSameParty, type Devices, type Party } from './devices.ts';
import { UNKNOWN_SURROUNDINGS, type Surroundings } from './diagnosis.ts';
import { isFullMesh } from './neighbours.ts';
import type { MeshOptions } from './options.ts';
import { createSlot, type Established, type Slot } from './slot.ts';

export interface MeshState {
  readonly options: MeshOptions;
  readonly me: Party;
  readonly isDevice: boolean;
  /** Members link to as many as possible; a device never does. */
  readonly full: boolean;
  /** By member index, our own included. */
  readonly slots: readonly Slot[];
  /** Members that may be linked: all but ourselves; a device's own member is among them. */
  readonly others: readonly Slot[];
  readonly devices: Devices;
  readonly links: Map<LinkId, Established>;
  /** Links and attempts, by the connection's name. */
  readonly connections: Map<string, Connection>;
  /** Null before the start and after the end. */
  handlers: TransportHandlers | null;
  offline: boolean;
  stopped: boolean;
  refused: ReadonlySet<MemberIndex>;
  /** The only members that it links to, as a benchmark says; null: it chooses. */
  dictated: ReadonlySet<MemberIndex> | null;
  surroundings: Surroundings;
  /** False once this browser has been seen to lose transferred channels. */
  workerChannel: boolean;
  /** That a demo adds to every message. */
  delay: Milliseconds;
}

export function createState(options: MeshOptions): MeshState {
  const { self, clock } = options;
  const me: Party = { member: self.member, device: self.device?.device ?? null };
  const slots = options.members.map((_, index) => createSlot(index as MemberIndex));
  return {
    options,
    me,
    isDevice: me.device !== null,
    full: isFullMesh(options.members.length) && me.device === null,
    slots,
    others: slots.filter((slot) => !isSameParty(slot, me)),
    devices: createDevices(me, clock),
    links: new Map(),
    connections: new Map(),
    handlers: null,
    offline: false,
    stopped: false,
    refused: new Set(),
    dictated: null,
    surroundings: UNKNOWN_SURROUNDINGS,
    workerChannel: true,
    delay: 0,
  };
}

export const isRunning = ({ handlers, stopped, offline }: MeshState): boolean =>
  handlers !== null && !stopped && !offline;

export const everybody = ({ others, devices }: MeshState): readonly Slot[] => [...others, ...devices.all()];

export const linkedMembers = ({ others }: MeshState): Slot[] => others.filter((slot) => slot.link !== null);

/** It announced itself, or was linked, not long ago. */
export const isPresent = ({ options }: MeshState, slot: Slot): boolean =>
  slot.presence !== null && options.clock.now() - slot.presence.heardAt < PRESENCE_TTL_MS;

/** Replaced or full: others have their turn. */
export const isResting = ({ options }: MeshState, slot: Slot): boolean =>
  slot.restUntil > options.clock.now();

/** Of a member, or of a device that has been heard of. */
export function slotOf({ slots, devices }: MeshState, { member, device }: Party): Slot | undefined {
  const slot = device === null ? slots[member] : devices.get(device);
  return slot?.member === member ? slot : undefined;
}

/** The same; a device that is heard of for the first time gets a slot where there is room. */
export const heardOf = ({ slots, devices }: MeshState, { member, device }: Party): Slot | undefined =>
  device === null ? slots[member] : (devices.heard(member, device) ?? undefined);

/** Takes note that somebody is there, as it says itself. */
export function hear(
  { options }: MeshState,
  slot: Slot,
  told: Omit<NonNullable<Slot['presence']>, 'heardAt'>,
): void {
  if (slot.presence?.instance !== told.instance) slot.unanswered = 0;
  slot.presence = { ...told, heardAt: options.clock.now() };
}
