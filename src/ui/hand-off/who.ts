/** Whose step it is, so that a page offers only what the members would sign. The service registry decides all the same. */
import type { CourierEntry, MemberView, PackageRecord } from '../../worker/api.ts';

/** Member id of a `by` in the record: `<member>/<operator>`. */
export const memberIn = (by: string): string => by.slice(0, Math.max(0, by.indexOf('/')));

/** The warehouse that has the package: the one that inspected it last. */
export const holderOf = (record: PackageRecord): string | null =>
  record.inspection === null ? null : memberIn(record.inspection.by);

/** Who holds a line back: whoever put it aside after the inspection, else whoever inspected it. */
export const lineHolderOf = (record: PackageRecord, line: number): string | null =>
  record.holds?.find((one) => one.line === line)?.member ?? holderOf(record);

/** The couriers that a member signs for. */
export const ownCouriers = (
  member: Pick<MemberView, 'role' | 'gln'> | null,
  couriers: readonly CourierEntry[],
): readonly CourierEntry[] =>
  member?.role === 'courier' ? couriers.filter((one) => one.gln === member.gln) : [];

export type PackageTask = 'hand-over' | 'delivery' | 'lines';

/** What a member can do with a package beside its inspection, the most likely first. */
export function tasksFor(
  record: PackageRecord,
  member: Pick<MemberView, 'id' | 'role' | 'gln'> | null,
): readonly PackageTask[] {
  if (member === null) return [];
  const { status, handOff, inspection } = record;
  const tasks: PackageTask[] = [];
  const holds = member.role === 'warehouse' && holderOf(record) === member.id;
  if (holds && (status === 'labelled' || status === 'released')) tasks.push('hand-over');
  if (
    status === 'in-transit' &&
    handOff !== undefined &&
    (member.role === 'courier' ? member.gln === handOff.courierGln : memberIn(handOff.by) === member.id)
  )
    tasks.push('delivery');
  const left = status === 'in-transit' || status === 'delivered' || status === 'undelivered';
  if (!left && inspection !== null) {
    const supplier = member.role === 'supplier' && record.manifest.content.supplierGln === member.gln;
    const ownHeld = inspection.lines.some(
      (line) => line.verdict === 'quarantine' && lineHolderOf(record, line.line) === member.id,
    );
    const canHold = (holds || supplier) && inspection.lines.some((line) => line.verdict === 'accept');
    if (ownHeld || canHold) tasks.push('lines');
  }
  return tasks;
}
