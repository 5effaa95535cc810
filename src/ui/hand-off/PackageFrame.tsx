import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { PackageDetail } from '../../worker/api.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Sscc } from '../parts/words.tsx';
import { usePackageDetail } from '../use-package.ts';
import { HAND_OFF } from './texts.ts';
import '../styles/hand-off.css';

interface Props {
  readonly title: string;
  readonly sscc: string;
  readonly children: (detail: PackageDetail) => ReactNode;
}

/** A page that does something to one package: its head, and what stands there until the certified record is read. */
export function PackageFrame({ title, sscc, children }: Props): ReactNode {
  const detail = usePackageDetail(sscc);
  return (
    <div className="hand-page">
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <p>
            {within(
              HAND_OFF.packageIs(SLOTS[0]),
              <Link href={`/packages/${sscc}`}>
                <Sscc value={sscc} />
              </Link>,
            )}
          </p>
        </div>
      </div>
      {detail === 'reading' ? (
        <p role="status">{HAND_OFF.readingRecord}</p>
      ) : detail === null ? (
        <p className="notice warn">{HAND_OFF.unknown}</p>
      ) : (
        children(detail)
      )}
    </div>
  );
}
