/** The verifier's answer: the verdict, what follows from the file, and what does not. */
import type { ReactNode } from 'react';
import type { EvidenceReport, NamedMember, VerifiedEpoch } from '../../worker/api.ts';
import { stateWord } from '../package/audit-texts.ts';
import { commas } from '../parts/names.ts';
import { Told } from '../parts/Told.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant, Sscc } from '../parts/words.tsx';
import { VERDICTS, VERIFY } from './texts.ts';
import { PrintButton } from '../parts/PrintButton.tsx';

export function Report({ report, file }: { report: EvidenceReport; file: string }): ReactNode {
  const { mark, head, tone } = VERDICTS[report.verdict];
  const { network } = report;
  const pin = report.epochs.find(({ number }) => number === report.pinned)?.digest;
  return (
    <section className="sheet stack report" aria-labelledby="verdict" data-testid="evidence-report">
      <div className={`notice ${tone} report-verdict`}>
        <span className="report-verdict-mark" aria-hidden="true">
          {mark}
        </span>
        <div className="stack-tight">
          <h2 id="verdict" data-testid="verdict">
            {head}
          </h2>
          <p className="wrap-any">
            <Told text={report.summary} />
          </p>
        </div>
      </div>
      <dl className="facts">
        <dt>{VERIFY.fileLabel}</dt>
        <dd className="wrap-any">{file}</dd>
        {report.sscc !== null && (
          <>
            <dt>{VERIFY.package}</dt>
            <dd>
              <Sscc value={report.sscc} />
            </dd>
          </>
        )}
        {network !== null && (
          <>
            <dt>{VERIFY.network}</dt>
            <dd>
              {within(VERIFY.networkName(network, SLOTS[0]), <bdi>{network.name}</bdi>)}
              <br />
              <bdi className="mono wrap-any" dir="ltr">
                {network.id}
              </bdi>
            </dd>
          </>
        )}
      </dl>
      {report.breaks.length > 0 && (
        <div className="notice warn stack-tight" data-testid="report-breaks">
          <h3>{VERIFY.breaks}</h3>
          {report.breaks.map((one) => (
            <p key={one.network} className="wrap-any">
              <Told text={one.summary} />
            </p>
          ))}
        </div>
      )}
      {report.epochs.length > 1 && <Epochs epochs={report.epochs} pinned={report.pinned} />}
      {report.versions.length > 0 && (
        <>
          <h3>{VERIFY.versions}</h3>
          <ol className="report-versions">
            {report.versions.map((version) => (
              <li key={version.version}>
                <b>{VERIFY.version(version.version, stateWord(version.status))}</b>
                <span>
                  {within(
                    VERIFY.session(
                      version.session.organisation,
                      version.session.operator,
                      SLOTS[0],
                      SLOTS[1],
                    ),
                    <Instant at={version.session.claimedAt} />,
                    <span className="muted">{VERIFY.claimed}</span>,
                  )}
                </span>
                <span className="muted">
                  {VERIFY.signedBy(
                    namesOf(version.signers),
                    version.signers.length,
                    version.epoch.n,
                    report.epochs.length > 1 ? version.epoch.number : null,
                  )}{' '}
                  {version.session.epoch < version.epoch.number && VERIFY.carried(version.session.epoch)}{' '}
                  {within(VERIFY.digest(SLOTS[0]), <Digest hex={version.digest} />)}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {report.proven.length > 0 && <Sentences head={VERIFY.proven} items={report.proven} />}
      <Sentences head={VERIFY.notProven} items={report.notProven} />
      <div className="row no-print">
        <PrintButton className="btn">{VERIFY.print}</PrintButton>
      </div>
      <p className="muted">
        {VERIFY.command}{' '}
        <code className="mono wrap-any" dir="ltr">
          npx countersign verify {file} --trust {network?.trusted ? network.id : 'NETWORK-ID'}
          {pin !== undefined && ` --epoch ${pin}`}
        </code>
      </p>
    </section>
  );
}

/** Who came and went, by epochs: there is no clock that all members share. */
function Epochs({ epochs, pinned }: { epochs: readonly VerifiedEpoch[]; pinned: number | null }): ReactNode {
  return (
    <div className="stack-tight" data-testid="report-epochs">
      <h3>{VERIFY.epochs}</h3>
      <p className="muted">{VERIFY.epochsHint}</p>
      <ol className="report-versions">
        {epochs.map((epoch) => (
          <li key={epoch.number}>
            <b>{VERIFY.epoch(epoch.number, epoch.members.length, epoch.number === pinned)}</b>
            <span>{beginning(epoch)}</span>
            {epoch.began !== null && (
              <span className="muted wrap-any">
                {VERIFY.approved(
                  epoch.began.approvedBy.length,
                  epochs[epoch.number - 1]!.members.length,
                  epoch.began.sealedBy.length,
                  epochs[epoch.number - 1]!.quorum,
                )}{' '}
                {epoch.began.reason !== '' && VERIFY.reason(epoch.began.reason)}
              </span>
            )}
            <bdi className="mono wrap-any" dir="ltr">
              {epoch.digest}
            </bdi>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** What it began with; of the genesis, who was there. */
function beginning({ began, broke, members }: VerifiedEpoch): string {
  if (broke !== null) return VERIFY.broke(namesOf(broke.survivors));
  return began === null ? namesOf(members) : changesOf(began);
}

function changesOf(began: NonNullable<VerifiedEpoch['began']>): string {
  const { from, to } = began.rulesVersion;
  const said = (
    [
      [began.joined, VERIFY.joined],
      [began.left, VERIFY.left],
      [began.newKeys, VERIFY.newKeys],
      [began.newLogs, VERIFY.newLogs],
    ] as const
  ).flatMap(([members, say]) => (members.length === 0 ? [] : [say(namesOf(members))]));
  if (from !== to) said.push(VERIFY.rules(from, to));
  return said.length === 0 ? VERIFY.unchanged : said.join(' ');
}

const namesOf = (members: readonly NamedMember[]): string =>
  commas(members.map(({ organisation }) => organisation));

function Sentences({ head, items }: { head: string; items: readonly string[] }): ReactNode {
  return (
    <div className="stack-tight">
      <h3>{head}</h3>
      <ul className="report-list">
        {items.map((item) => (
          <li key={item} className="wrap-any">
            <Told text={item} />
          </li>
        ))}
      </ul>
    </div>
  );
}
