/** One thing to hand over, in every way that people hand things over: link, QR code, copy, file. */
import { useEffect, useId, useState, type ReactNode } from 'react';
import { Qr } from '../parts/Qr.tsx';
import { useCopy } from '../parts/use-copy.ts';
import { SHARE } from './door-texts.ts';

export interface ShareProps {
  readonly title: string;
  readonly link: string;
  readonly fileName: string;
  /** Default: the link as text. */
  readonly file?: Uint8Array | string;
  /** What the QR code shows, for a screen reader. */
  readonly qrLabel: string;
  readonly testId?: string;
}

export function Share({ title, link, fileName, file, qrLabel, testId }: ShareProps): ReactNode {
  const field = useId();
  const { said, copy } = useCopy(link);
  return (
    <div className="share" data-testid={testId}>
      <div className="share-words">
        <div className="field">
          <label htmlFor={field}>{title}</label>
          <textarea
            id={field}
            className="mono"
            dir="ltr"
            readOnly
            rows={4}
            value={link}
            onFocus={(event) => event.currentTarget.select()}
          />
        </div>
        <div className="row">
          <button type="button" className="btn" onClick={() => void copy()}>
            {SHARE.copy}
          </button>
          <Download name={fileName} data={file ?? link}>
            {SHARE.save}
          </Download>
          <span role="status" className="muted">
            {said}
          </span>
        </div>
      </div>
      <Qr text={link} label={qrLabel} size={200} />
    </div>
  );
}

/** A file made in the page; its address is given back when it is no longer shown. */
export function Download({
  name,
  data,
  children,
}: {
  name: string;
  data: Uint8Array | string;
  children: ReactNode;
}): ReactNode {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const part: BlobPart = typeof data === 'string' ? data : new Uint8Array(data);
    const made = URL.createObjectURL(new Blob([part], { type: 'application/octet-stream' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return (
    <a className="btn" download={name} href={url ?? '#'}>
      {children}
    </a>
  );
}
