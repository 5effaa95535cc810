/** One package in the list. It is drawn again only when something that it shows has changed. */
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { PackageSummary } from '../../worker/api.ts';
import { Instant, Sscc } from '../parts/words.tsx';
import { Seal, type SealMember } from '../seal/Seal.tsx';
import { PACKAGES, STATUS_TONE, STATUS_WORDS } from './texts.ts';

interface PackageRowProps {
  /** Undefined: it has not come yet. */
  readonly row: PackageSummary | undefined;
  readonly index: number;
  readonly members: readonly SealMember[];
  /** Whose session is open on it; null: nobody's that is known of. */
  readonly working: string | null;
  /** Tab leads here. */
  readonly stop: boolean;
}

export const PackageRow = memo(function PackageRow({
  row,
  index,
  members,
  working,
  stop,
}: PackageRowProps): ReactNode {
  const tabIndex = stop ? 0 : -1;
  if (row === undefined) {
    return (
      <p className="package-row quiet" data-index={index} tabIndex={tabIndex}>
        {PACKAGES.rowReading}
      </p>
    );
  }
  const { version, voting } = row;
  return (
    <Link className="package-row" href={`/packages/${row.sscc}`} data-index={index} tabIndex={tabIndex}>
      <Seal seal={row.seal} members={members} size={48} version={version} decorative />
      <span className="package-name">
        <Sscc value={row.sscc} />
        <small className="package-notice">{PACKAGES.notice(row.asnId, row.supplier)}</small>
      </span>
      <span className="package-goods">
        <small className="package-lot">
          {row.lots.length === 0 ? PACKAGES.noLot : PACKAGES.lots(row.lots)}
        </small>
        <small className="package-courier">
          {working === null ? (row.courier ?? PACKAGES.noCourier) : <b>{PACKAGES.working(working)}</b>}
        </small>
      </span>
      <span className={voting === null ? 'package-state' : 'package-state voting'}>
        <b className={STATUS_TONE[row.status]}>{STATUS_WORDS[row.status]}</b>
        <small className="package-version">
          {voting === null
            ? PACKAGES.version(version)
            : PACKAGES.voting(version, voting.commits, voting.needed)}
        </small>{' '}
        <small className="package-time">
          <Instant at={row.updatedAt} listed />
        </small>
      </span>
    </Link>
  );
});
