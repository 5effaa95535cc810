/** The audit report itself: everything on it is from the verifier's findings, so it says what an outsider's verifier would say. */
import type { ReactNode } from 'react';
import type { EvidenceReport, PackageRecord, SealState } from '../../worker/api.ts';
import { formatInstant, formatNumber } from '../format.ts';
import { currentLocale } from '../i18n/t.ts';
import { commas } from '../parts/names.ts';
import { Told } from '../parts/Told.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Sscc } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { requestWords, responseWords, serviceName } from '../step-words.ts';
import { VERDICTS } from '../verify/texts.ts';
import type { HeldBy } from './history-file.ts';
import { AuditTable } from './AuditTable.tsx';
import { AUDIT, LINE_COLUMNS, MEMBER_COLUMNS, roleWord, STEP_COLUMNS } from './audit-texts.ts';
import { titleOfSteps, VERDICT_WORDS } from './texts.ts';

type Version = EvidenceReport['versions'][number];

interface AuditReportProps {
  readonly report: EvidenceReport;
  readonly heldBy: HeldBy;
  /** Milliseconds since 1970, by this browser. */
  readonly madeAt: number;
  readonly madeBy: string | null;
}

export function AuditReport({ report, heldBy, madeAt, madeBy }: AuditReportProps): ReactNode {
  const { mark, head, tone } = VERDICTS[report.verdict];
  const { network, sscc } = report;
  const newest = report.versions.at(-1);
  const file = `${sscc ?? ''}.evidence.json`;
  return (
    // Ink on paper in every theme: it is a sheet of paper.
    <article className="audit" data-theme="light" aria-labelledby="audit-title" data-testid="audit-report">
      <header>
        <div>
          <h1 id="audit-title">{AUDIT.title}</h1>
          <p className="audit-sscc">
            {AUDIT.package} {sscc !== null && <Sscc value={sscc} />}
          </p>
          <p>
            {newest === undefined ? AUDIT.noVersion : AUDIT.versions(report.versions.length, newest.status)}{' '}
            {AUDIT.made(formatInstant(madeAt), madeBy)}
          </p>
        </div>
        {newest !== undefined && (
          <Seal
            seal={sealOf(newest, report)}
            members={sealMembers(newest, report)}
            size={160}
            drawnSize={112}
            version={newest.version}
          />
        )}
      </header>
      <div className={`notice ${tone} audit-verdict`}>
        <p>
          <b>
            <span aria-hidden="true">{mark}</span> {AUDIT.verdict(head)}
          </b>{' '}
          <Told text={report.summary} />
        </p>
      </div>
      {network !== null && (
        <section>
          <h2>{AUDIT.network}</h2>
          <p>
            {within(
              AUDIT.certifiedBy(network, SLOTS[0], SLOTS[1]),
              <bdi>{network.name}</bdi>,
              <code className="mono" dir="ltr">
                {network.id}
              </code>,
            )}
          </p>
          <AuditTable
            caption={AUDIT.members}
            columns={MEMBER_COLUMNS}
            rows={report.members.map(({ id, organisation, role, gln }) => [
              id,
              organisation,
              roleWord(role),
              gln,
            ])}
          />
        </section>
      )}
      <Sentences head={AUDIT.breaks} items={report.breaks.map(({ summary }) => summary)} />
      {newest !== undefined && <Contents record={newest.record as unknown as PackageRecord} />}
      <section>
        <h2>{AUDIT.life}</h2>
        <p>{AUDIT.times}</p>
        <ol className="audit-versions">
          {report.versions.map((version) => (
            <VersionEntry key={version.version} version={version} report={report} heldBy={heldBy} />
          ))}
        </ol>
      </section>
      {report.equivocators.length > 0 && (
        <ul className="notice bad">
          {report.equivocators.map((one) => (
            <li key={one.id}>{AUDIT.equivocated(one.organisation, one.version)}</li>
          ))}
        </ul>
      )}
      <Sentences head={AUDIT.proven} items={report.proven} />
      <Sentences head={AUDIT.notProven} items={report.notProven} />
      <section className="audit-again">
        <h2>{AUDIT.again}</h2>
        <p>{AUDIT.againText(file)}</p>
        <p>
          <code className="mono wrap-any" dir="ltr">
            npx countersign verify {file} --trust {network?.trusted ? network.id : 'NETWORK-ID'}
          </code>
        </p>
      </section>
    </article>
  );
}

function VersionEntry({
  version,
  report,
  heldBy,
}: {
  readonly version: Version;
  readonly report: EvidenceReport;
  readonly heldBy: HeldBy;
}): ReactNode {
  const { session, signers } = version;
  const held = heldBy.get(version.version);
  return (
    <li>
      <div className="audit-version">
        <Seal
          seal={sealOf(version, report)}
          members={sealMembers(version, report)}
          size={48}
          version={version.version}
          decorative
        />
        <div>
          <h3>
            {AUDIT.version(
              version.version,
              titleOfSteps(session.steps).toLocaleLowerCase(currentLocale()),
              version.status,
            )}
          </h3>
          <p>
            {within(
              AUDIT.session(
                session.organisation,
                session.operator,
                formatInstant(session.claimedAt),
                SLOTS[0],
                session.rulesVersion,
              ),
              <span className="mono" dir="ltr">
                {session.id}
              </span>,
            )}
          </p>
          <p>
            {AUDIT.signed(
              version.round,
              signers.length,
              version.epoch.n,
              commas(signers.map((signer) => signer.organisation)),
            )}{' '}
            {held !== undefined && AUDIT.holders(commas(held.map((one) => one.organisation)))}
          </p>
          <dl>
            <dt>{AUDIT.digest}</dt>
            <dd className="mono">
              <bdi dir="ltr">{version.digest}</bdi>
            </dd>
            <dt>{AUDIT.before}</dt>
            <dd className="mono">
              {version.previous === null ? AUDIT.first : <bdi dir="ltr">{version.previous}</bdi>}
            </dd>
          </dl>
        </div>
      </div>
      <AuditTable
        className="audit-steps"
        caption={AUDIT.steps(version.version)}
        columns={STEP_COLUMNS}
        rows={session.transactions.map((step) => [
          serviceName(step.path),
          requestWords({ method: step.method as never, path: step.path, body: step.request as never }),
          responseWords({ status: step.status, body: step.response as never }),
          claimedTime(step.request),
        ])}
      />
    </li>
  );
}

function Contents({ record }: { readonly record: PackageRecord }): ReactNode {
  const { content, keyId } = record.manifest;
  const judged = new Map(record.inspection?.lines.map((line) => [line.line, line]));
  return (
    <section>
      <h2>{AUDIT.contents}</h2>
      <p>
        {AUDIT.notice(
          { notice: content.asnId, issued: content.issuedAt, key: keyId },
          content.supplierGln,
          content.shipToGln,
          record.label?.courierName ?? null,
        )}
      </p>
      <AuditTable
        caption={AUDIT.contents}
        columns={LINE_COLUMNS}
        rows={content.lines.map((line, i) => {
          const found = judged.get(i);
          const defects = found?.defects.reduce((sum, defect) => sum + defect.count, 0) ?? 0;
          return [
            line.description === '' ? AUDIT.notDescribed : line.description,
            line.gtin,
            commas([line.lot, line.serial, line.expiry].filter((mark) => mark !== null)),
            formatNumber(line.quantity),
            found === undefined
              ? AUDIT.notChecked
              : AUDIT.quality(VERDICT_WORDS[found.verdict], defects, found.plan.sampleSize),
          ];
        })}
      />
    </section>
  );
}

function Sentences({ head, items }: { readonly head: string; readonly items: readonly string[] }): ReactNode {
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{head}</h2>
      <ul className="audit-list">
        {items.map((item) => (
          <li key={item}>
            <Told text={item} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The members of the epoch in which a version was certified. */
const membersOf = (version: Version, report: EvidenceReport): EvidenceReport['members'] =>
  report.epochs[version.epoch.number]?.members ?? report.members;

/** The members' marks of a certificate that holds. */
function sealOf(version: Version, report: EvidenceReport): SealState {
  const signed = new Set(version.signers.map((signer) => signer.id));
  const liars = new Set(report.equivocators.map((one) => one.id));
  const members = membersOf(version, report);
  return {
    n: members.length,
    q: version.epoch.quorum,
    marks: members.map((member) => (signed.has(member.id) ? 'commit' : 'empty')),
    evidence: members.map((member) => liars.has(member.id)),
    outcome: 'closed',
  };
}

const sealMembers = (version: Version, report: EvidenceReport): { name: string; initials: string }[] =>
  membersOf(version, report).map(({ name, organisation }) => ({
    name,
    initials: organisation
      .split(/\s+/)
      .map((word) => word.charAt(0).toUpperCase())
      .slice(0, 2)
      .join(''),
  }));

/** Every request of this application carries the time that its device claimed. */
function claimedTime(request: Version['session']['transactions'][number]['request']): string {
  const at = request !== null && typeof request === 'object' && 'at' in request ? request.at : null;
  return typeof at === 'number' ? new Date(at).toISOString().slice(0, 19).replace('T', ' ') : '';
}
