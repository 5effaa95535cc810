/** Whom this replica wants to be linked with: in a full mesh everybody, else its own choice and those who ask while there is room. */
import type { MemberIndex } from '../../codec/brand.ts';
import { DEVICE_MEMBER_LINKS, MIN_LINKS } from '../limits.ts';
import { chooseMembers } from './devices.ts';
import { chooseNeighbours, hasRoomFor } from './neighbours.ts';
import type { Slot } from './slot.ts';
import { isPresent, isResting, linkedMembers, type MeshState } from './state.ts';

export interface Choice {
  /** Chooses anew whom we want, from whom we have heard lately. */
  choose(): void;
  /** Of our own choice. */
  chosen(slot: Slot): boolean;
  /** Gives up those of the choice for whom `keep` is false. */
  keep(keep: (slot: Slot) => boolean): void;
  /** One more link to this party fits. */
  hasRoom(slot: Slot): boolean;
  /** It is to be linked: chosen, or it asks and there is room. */
  wants(slot: Slot): boolean;
  /** It should be linked and is not. */
  isMissing(slot: Slot): boolean;
}

export function createChoice(state: MeshState): Choice {
  const { options, me, isDevice, full, others, slots, devices } = state;
  const { clock, random } = options;
  const memberCount = options.members.length;
  let targets: ReadonlySet<MemberIndex> = new Set();

  function candidates(): readonly MemberIndex[] {
    const now = clock.now();
    const known = others.filter(
      (slot) =>
        !state.refused.has(slot.member) &&
        (slot.link !== null ||
          (isPresent(state, slot) && (full || slot.retryAt <= now || isResting(state, slot)))),
    );
    const rested = known.filter((slot) => full || slot.link !== null || !isResting(state, slot));
    // With nobody else left, who was replaced lately is better than nobody.
    const lonely =
      linkedMembers(state).length < (isDevice ? DEVICE_MEMBER_LINKS : MIN_LINKS) &&
      rested.every((slot) => slot.link !== null);
    return (lonely ? known : rested).map((slot) => slot.member);
  }

  function hasRoom(slot: Slot): boolean {
    if (slot.device !== null) return devices.hasRoom(slot);
    // Only its own calls bring a device to a member.
    if (isDevice) return true;
    if (state.dictated !== null) return state.dictated.has(slot.member);
    const linked = linkedMembers(state);
    const ownLinked = linked.filter(({ member }) => targets.has(member)).length;
    return hasRoomFor(memberCount, linked.length, ownLinked, targets.has(slot.member));
  }

  return {
    choose() {
      targets = isDevice
        ? chooseMembers({ own: me.member, candidates: candidates(), kept: targets, random })
        : (state.dictated ??
          chooseNeighbours({
            members: memberCount,
            candidates: candidates(),
            linked: new Set(linkedMembers(state).map((slot) => slot.member)),
            kept: targets,
            random,
          }));
    },
    chosen: (slot) => slot.device === null && targets.has(slot.member),
    keep(keep) {
      targets = new Set(
        [...targets].filter((member) => {
          const slot = slots[member];
          return slot !== undefined && keep(slot);
        }),
      );
    },
    hasRoom,
    wants(slot) {
      if (slot.device !== null) return slot.link !== null || hasRoom(slot);
      if (targets.has(slot.member)) return true;
      return !isDevice && slot.presence?.wantsUs === true && !isResting(state, slot) && hasRoom(slot);
    },
    isMissing: (slot) =>
      slot.link === null &&
      !state.refused.has(slot.member) &&
      ((full && state.dictated === null) || targets.has(slot.member)),
  };
}
