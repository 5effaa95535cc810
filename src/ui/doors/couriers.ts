/** The directory's couriers: those who are members, and those added by hand. */
import type { CourierEntry } from '../../worker/api.ts';
import type { Collected } from './create-memory.ts';
import type { CollectedMember } from './use-collected.ts';

/** Members with the role courier, and those that were added by hand. */
export function allCouriers(
  collected: Collected,
  members: readonly CollectedMember[],
): readonly CourierEntry[] {
  const fromMembers = members
    .filter((member) => member.entry.role === 'courier')
    .map(({ entry }) => ({ id: entry.id as string, name: entry.organisation, gln: entry.gln }));
  const taken = new Set(fromMembers.map((courier) => courier.id));
  return [...fromMembers, ...collected.couriers.filter((courier) => !taken.has(courier.id))];
}
