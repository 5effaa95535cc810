/** The 4 × 6 inch logistic label with its GS1-128, black on white in every theme. GS1 General Specifications 5.4 and 6. */
import { lazy, Suspense, type ReactNode } from 'react';
import type { CertificateView, PackageRecord } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { shortDigest, ssccGroups } from '../format.ts';
import { Seal } from '../seal/Seal.tsx';
import '../styles/label.css';

export interface ShippingLabelProps {
  readonly record: PackageRecord;
  /** Before the label step, the courier in question; afterwards the record's. */
  readonly courierName?: string;
  /** The certificate that the label names; null before there is one. */
  readonly certificate: CertificateView | null;
}

export function ShippingLabel({ record, courierName, certificate }: ShippingLabelProps): ReactNode {
  const { members, q, n } = useNetwork();
  const organisation = (gln: string): string =>
    members.find((m) => m.gln === gln)?.organisation ?? `GLN ${gln}`;
  // Who made the label may have left the network since: then by the members who signed it, or by its id.
  const known = [...members, ...(certificate?.seal.past?.members ?? [])];
  const { label } = record;
  const labelledBy = label && (known.find((m) => m.id === label.by)?.organisation ?? label.by);
  const self = members.find((m) => m.self)?.organisation;
  const { content } = record.manifest;
  const groups = ssccGroups(record.sscc);
  return (
    <div className="label one-black" data-testid="shipping-label">
      <div className="label-two">
        <p>
          <small>From</small>
          <b>{labelledBy ?? self ?? organisation(content.supplierGln)}</b>
        </p>
        <p>
          <small>To</small>
          <b>{organisation(content.shipToGln)}</b>
        </p>
      </div>
      <div className="label-two">
        <p>
          <small>Courier</small>
          <b>{record.label?.courierName ?? courierName ?? ''}</b>
        </p>
        <p>
          <small>Notice</small>
          <b>{content.asnId}</b>
        </p>
      </div>
      <div className="label-signed">
        {certificate === null ? (
          <p>
            {q} of {n} members must sign this record before the package leaves.
          </p>
        ) : (
          <>
            <Seal seal={certificate.seal} members={members} size={48} decorative />
            <p>
              Version {certificate.version} of this record was signed by {certificate.signers.length} of{' '}
              {certificate.seal.n} members. Record digest {shortDigest(certificate.digest)}.
            </p>
          </>
        )}
      </div>
      <div className="label-code">
        <small>SSCC</small>
        <p className="label-digits">
          {groups === null
            ? record.sscc
            : `${groups[0]} ${groups[1]} ${record.sscc.slice(8, 17)} ${record.sscc.slice(17)}`}
        </p>
        <Suspense fallback={<div className="label-bars" />}>
          <Bars sscc={record.sscc} />
        </Suspense>
        <p className="label-ai">(00) {record.sscc}</p>
      </div>
    </div>
  );
}

/** The barcode writer is large and seldom needed: it is fetched with the first label. */
const Bars = lazy(() => import('./Bars.tsx'));
