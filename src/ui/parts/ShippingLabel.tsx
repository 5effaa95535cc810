/** The 4 × 6 inch logistic label with its GS1-128, black on white in every theme. GS1 General Specifications 5.4 and 6. */
import { lazy, Suspense, type ReactNode } from 'react';
import type { CertificateView, PackageRecord } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { shortDigest, ssccGroups } from '../format.ts';
import { Seal } from '../seal/Seal.tsx';
import { labelWords } from './label-words.ts';
import { CODES, LABEL } from './texts.ts';
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
  const words = labelWords(record, members, certificate, courierName);
  const groups = ssccGroups(record.sscc);
  return (
    <div className="label one-black" data-testid="shipping-label">
      <div className="label-two">
        <p>
          <small>{LABEL.from}</small>
          <b>{words.shipFrom}</b>
        </p>
        <p>
          <small>{LABEL.to}</small>
          <b>{words.shipTo}</b>
        </p>
      </div>
      <div className="label-two">
        <p>
          <small>{LABEL.courier}</small>
          <b>{words.courier}</b>
        </p>
        <p>
          <small>{LABEL.notice}</small>
          <b>{words.reference}</b>
        </p>
      </div>
      <div className="label-signed">
        {certificate === null ? (
          <p>{LABEL.unsigned(q, n)}</p>
        ) : (
          <>
            <Seal seal={certificate.seal} members={members} size={48} decorative />
            <p>
              {LABEL.signed(
                certificate.version,
                certificate.signers.length,
                certificate.seal.n,
                shortDigest(certificate.digest),
              )}
            </p>
          </>
        )}
      </div>
      <div className="label-code">
        <small>SSCC</small>
        <p className="label-digits" dir="ltr">
          {groups === null
            ? record.sscc
            : `${groups[0]} ${groups[1]} ${record.sscc.slice(8, 17)} ${record.sscc.slice(17)}`}
        </p>
        <Suspense fallback={<div className="label-bars" />}>
          <Bars sscc={record.sscc} />
        </Suspense>
        <p className="label-ai" dir="ltr">
          (00) {record.sscc}
        </p>
      </div>
    </div>
  );
}

/** The barcode writer is large and seldom needed: it is fetched with the first label. Without it the rest of the page goes on. */
const Bars = lazy(() => import('./Bars.tsx').catch(() => ({ default: NoBars })));

const NoBars = (): ReactNode => <p role="alert">{CODES.barsMissing}</p>;
