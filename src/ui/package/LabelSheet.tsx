/** The package's label, and what to do with it: print it from the browser, or save it for a label printer. */
import { useState, type ReactNode } from 'react';
import type { CertificateView, LabelDpi, PackageRecord } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { errorText, langOf } from '../errors.ts';
import { labelWords } from '../parts/label-words.ts';
import { PrintButton } from '../parts/PrintButton.tsx';
import { ShippingLabel } from '../parts/ShippingLabel.tsx';
import { labelFile } from './evidence-file.ts';
import { PACKAGE, ZPL } from './texts.ts';

/** Of the print heads that there are for labels of this size. */
const RESOLUTIONS: readonly LabelDpi[] = [203, 300];

interface LabelSheetProps {
  readonly record: PackageRecord;
  readonly certificate: CertificateView | null;
}

export function LabelSheet({ record, certificate }: LabelSheetProps): ReactNode {
  return (
    <section className="sheet" aria-labelledby="label-heading">
      <h2 id="label-heading">{PACKAGE.label}</h2>
      {record.label === null ? (
        <p className="muted">{PACKAGE.noLabel}</p>
      ) : (
        <>
          <ShippingLabel record={record} certificate={certificate} />
          <LabelActions record={record} certificate={certificate} />
        </>
      )}
    </section>
  );
}

function LabelActions({ record, certificate }: LabelSheetProps): ReactNode {
  const api = useApi();
  const { members } = useNetwork();
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const save = async (dpi: LabelDpi): Promise<void> => {
    setSaid(null);
    const file = await labelFile(api, labelWords(record, members, certificate), dpi);
    if (!file.ok) return setSaid({ text: errorText(file.error), bad: true });
    downloadBytes(file.value.bytes, file.value.name, file.value.type);
    setSaid({ text: ZPL.saved(file.value.name), bad: false });
  };
  return (
    <div className="label-do no-print">
      <PrintButton className="btn main">{PACKAGE.print}</PrintButton>
      {RESOLUTIONS.map((dpi) => (
        <button key={dpi} type="button" className="btn" onClick={() => void save(dpi)}>
          {ZPL.save(dpi)}
        </button>
      ))}
      <p role="status" className={said?.bad ? 'notice bad' : 'muted wrap-any'} lang={langOf(said?.text)}>
        {said?.text}
      </p>
    </div>
  );
}
