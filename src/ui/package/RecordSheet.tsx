import type { ReactNode } from 'react';
import type { MemberView, NetworkState, PackageDetail, PackageRecord } from '../../worker/api.ts';
import { formatNumber } from '../format.ts';
import { Photos } from '../parts/Photos.tsx';
import { Instant } from '../parts/words.tsx';
import { PACKAGE, VERDICT_WORDS } from './texts.ts';

interface RecordProps {
  readonly record: PackageRecord;
  readonly sampling: PackageDetail['sampling'];
  readonly members: readonly MemberView[];
  readonly suppliers: NetworkState['supplierKeys'];
}

export function RecordSheet({ record, sampling, members, suppliers }: RecordProps): ReactNode {
  const { content, keyId, announcedAt } = record.manifest;
  const byGln = (gln: string): string => members.find((m) => m.gln === gln)?.organisation ?? 'not a member';
  // By the record itself, where it says: a supplier may have left the network since.
  const told = record.supplierCheck?.supplier ?? record.manifest.supplier;
  const supplier = suppliers.find((s) => s.keyId === keyId)?.name ?? told ?? byGln(content.supplierGln);
  const verdicts = new Map(record.inspection?.lines.map((line) => [line.line, line]));
  return (
    <section className="sheet" aria-labelledby="record-heading">
      <h2 id="record-heading">{PACKAGE.record}</h2>
      <dl className="parties">
        <div>
          <dt>Supplier</dt>
          <dd>
            {supplier}
            <small>GLN {content.supplierGln}</small>
          </dd>
        </div>
        <div>
          <dt>Ship to</dt>
          <dd>
            {byGln(content.shipToGln)}
            <small>GLN {content.shipToGln}</small>
          </dd>
        </div>
        <div>
          <dt>Notice</dt>
          <dd>
            {content.asnId}
            <small>
              Signed with key {keyId}, announced <Instant at={announcedAt} />
            </small>
          </dd>
        </div>
        <div>
          <dt>Courier</dt>
          <dd>
            {record.label?.courierName ?? 'none yet'}
            {record.label !== null && (
              <small>
                Labelled <Instant at={record.label.at} />
              </small>
            )}
          </dd>
        </div>
      </dl>
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Contents">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Contents</th>
              <th scope="col" className="wide-only">
                GTIN
              </th>
              <th scope="col" className="num">
                Pieces
              </th>
              <th scope="col">Quality</th>
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
                    <small>
                      {line.lot === null ? 'no lot' : `Lot ${line.lot}`}
                      {line.expiry !== null && `, expires ${line.expiry}`}
                    </small>
                  </td>
                  <td className="wide-only">{line.gtin}</td>
                  <td className="num">{formatNumber(line.quantity)}</td>
                  <td>
                    {inspected === undefined ? (
                      <span className="muted">Not checked</span>
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
                          ? `${plan.sampleSize} to look at`
                          : `${defects} defects in ${plan.sampleSize}`}
                      </small>
                    )}
                    <Photos digests={inspected?.photos ?? []} of={`Line ${i + 1}`} />
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
