/** What a package's label says, whoever draws it: the page, and the file for a label printer. */
import type { CertificateView, LabelContent, MemberView, PackageRecord } from '../../worker/api.ts';

/** `courierName`: the courier in question, before the label step. `certificate`: the one that the label names. */
export function labelWords(
  record: PackageRecord,
  members: readonly MemberView[],
  certificate: CertificateView | null,
  courierName?: string,
): LabelContent {
  const { label, manifest } = record;
  const { supplierGln, shipToGln, asnId } = manifest.content;
  const organisation = (gln: string): string =>
    members.find((member) => member.gln === gln)?.organisation ?? `GLN ${gln}`;
  // Who made the label may have left the network since: then by the members who signed it, or by its id.
  const known = [...members, ...(certificate?.seal.past?.members ?? [])];
  // `member/operator`; a label that leaves the house names no person.
  const labeller = label?.by.split('/')[0];
  const labelledBy = labeller && (known.find((one) => one.id === labeller)?.organisation ?? labeller);
  const self = members.find((member) => member.self)?.organisation;
  return {
    sscc: record.sscc,
    shipFrom: labelledBy ?? self ?? organisation(supplierGln),
    shipTo: organisation(shipToGln),
    courier: label?.courierName ?? courierName ?? '',
    reference: asnId,
  };
}
