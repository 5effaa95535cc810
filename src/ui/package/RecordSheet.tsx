import type { ReactNode } from 'react';
import type { MemberView, NetworkState, PackageDetail, PackageRecord } from '../../worker/api.ts';
import { formatNumber } from '../format.ts';
import { Photos } from '../parts/Photos.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Instant } from '../parts/words.tsx';
import { PACKAGE, SHEET, VERDICT_WORDS } from './texts.ts';

interface RecordProps {
  readonly record: PackageRecord;
  readonly sampling: PackageDetail['sampling'];
  readonly members: readonly MemberView[];
  readonly suppliers: NetworkState['supplierKeys'];
}

export function RecordSheet({ record, sampling, members, suppliers }: RecordProps): ReactNode {
  const { content, keyId, announcedAt } = record.manifest;
  const byGln = (gln: string): string => members.find((m) => m.gln === gln)?.organisation ?? SHEET.notMember;
  // By the record itself, where it says: a supplier may have left the network since.
  const told = record.supplierCheck?.supplier ?? record.manifest.supplier;
  const supplier = suppliers.find((s) => s.keyId === keyId)?.name ?? told ?? byGln(content.supplierGln);
  const verdicts = new Map(record.inspection?.lines.map((line) => [line.line, line]));
  return (
    <section className="sheet" aria-labelledby="record-heading">
      <h2 id="record-heading">{PACKAGE.record}</h2>
      <dl className="parties">
        <div>
          <dt>{SHEET.supplier}</dt>
          <dd>
            {supplier}
            <small>{SHEET.gln(content.supplierGln)}</small>
          </dd>
        </div>
        <div>
          <dt>{SHEET.shipTo}</dt>
          <dd>
            {byGln(content.shipToGln)}
            <small>{SHEET.gln(content.shipToGln)}</small>
          </dd>
        </div>
        <div>
          <dt>{SHEET.notice}</dt>
          <dd>
            {content.asnId}
            <small>{within(SHEET.noticeSigned(keyId, SLOTS[0]), <Instant at={announcedAt} />)}</small>
          </dd>
        </div>
        <div>
          <dt>{SHEET.courier}</dt>
          <dd>
            {record.label?.courierName ?? SHEET.noCourier}
            {record.label !== null && (
              <small>{within(SHEET.labelled(SLOTS[0]), <Instant at={record.label.at} />)}</small>
            )}
          </dd>
        </div>
      </dl>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={SHEET.contents}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{SHEET.contents}</th>
              <th scope="col" className="wide-only">
                GTIN
              </th>
              <th scope="col" className="num">
                {SHEET.pieces}
              </th>
              <th scope="col">{SHEET.quality}</th>
            </tr>
          </thead>
          <tbody>
            {content.lines.map((line, i) => {
              const inspected = verdicts.get(i);
              const plan = inspected?.plan ?? sampling[i];
              const defects = inspected?.defects.reduce((sum, d) => sum + d.count, 0) ?? 0;
              return (
                <tr key={i}>
                  <td>
                    {line.description}
                    <small className="narrow-only">{line.gtin}</small>
                    <small>{SHEET.lot(line.lot, line.expiry)}</small>
                  </td>
                  <td className="wide-only">{line.gtin}</td>
                  <td className="num">{formatNumber(line.quantity)}</td>
                  <td>
                    {inspected === undefined ? (
                      <span className="muted">{SHEET.notChecked}</span>
                    ) : (
                      <b
                        className={
                          inspected.verdict === 'accept'
                            ? 'good'
                            : inspected.verdict === 'quarantine'
                              ? 'warn'
                              : 'bad'
                        }
                      >
                        {VERDICT_WORDS[inspected.verdict]}
                      </b>
                    )}
                    {plan !== undefined && (
                      <small>
                        {inspected === undefined
                          ? SHEET.toLookAt(plan.sampleSize)
                          : SHEET.defects(defects, plan.sampleSize)}
                      </small>
                    )}
                    <Photos digests={inspected?.photos ?? []} of={SHEET.line(i + 1)} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
