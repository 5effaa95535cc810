/** The audit report itself: everything on it is from the verifier's findings, so it says what an outsider's verifier would say. */
import type { ReactNode } from 'react';
import type { EvidenceReport, PackageRecord, SealState } from '../../worker/api.ts';
import { formatInstant, formatNumber } from '../format.ts';
import { Sscc } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { requestWords, responseWords, serviceName } from '../step-words.ts';
import { VERDICTS } from '../verify/texts.ts';
import type { HeldBy } from './history-file.ts';
import { AuditTable } from './AuditTable.tsx';
import { AUDIT, titleOfSteps, VERDICT_WORDS } from './texts.ts';

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
            {newest === undefined
              ? 'No version could be checked.'
              : `${report.versions.length === 1 ? 'One version' : `${report.versions.length} versions`}, now ${newest.status}.`}{' '}
            Made {formatInstant(madeAt)}
            {madeBy === null ? '' : ` at ${madeBy}`}.
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
            <span aria-hidden="true">{mark}</span> {head}.
          </b>{' '}
          {report.summary}
        </p>
      </div>
      {network !== null && (
        <section>
          <h2>{AUDIT.network}</h2>
          <p>
            {network.name}
            {network.demo && ' (a demo)'}, network id <code className="mono">{network.id}</code>. A version is
            certified by {network.quorum} of {network.members} members.
          </p>
          <AuditTable
            caption={AUDIT.members}
            columns={MEMBER_COLUMNS}
            rows={report.members.map(({ id, organisation, role, gln }) => [id, organisation, role, gln])}
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
            <li key={one.id}>
              {one.organisation} signed two different values in one round of version {one.version}.
            </li>
          ))}
        </ul>
      )}
      <Sentences head={AUDIT.proven} items={report.proven} />
      <Sentences head={AUDIT.notProven} items={report.notProven} />
      <section className="audit-again">
        <h2>{AUDIT.again}</h2>
        <p>{AUDIT.againText(file)}</p>
        <p>
          <code className="mono wrap-any">
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
            Version {version.version}: {titleOfSteps(session.steps).toLowerCase()}. Then {version.status}.
          </h3>
          <p>
            {session.organisation}, operator {session.operator}, {formatInstant(session.claimedAt)}. Session{' '}
            <span className="mono">{session.id}</span>, rules version {session.rulesVersion}.
          </p>
          <p>
            Signed in round {version.round} by {signers.length} of {version.epoch.n}:{' '}
            {signers.map((signer) => signer.organisation).join(', ')}.{' '}
            {held !== undefined && AUDIT.holders(held.map((one) => one.organisation).join(', '))}
          </p>
          <dl>
            <dt>Digest</dt>
            <dd className="mono">{version.digest}</dd>
            <dt>Before it</dt>
            <dd className="mono">{version.previous ?? 'none: the first version'}</dd>
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
        Notice {content.asnId}, issued {content.issuedAt}, signed with key {keyId}; from GLN{' '}
        {content.supplierGln} to GLN {content.shipToGln}
        {record.label !== null && <>; courier {record.label.courierName}</>}.
      </p>
      <AuditTable
        caption={AUDIT.contents}
        columns={LINE_COLUMNS}
        rows={content.lines.map((line, i) => {
          const found = judged.get(i);
          const defects = found?.defects.reduce((sum, defect) => sum + defect.count, 0) ?? 0;
          return [
            line.description === '' ? 'not described' : line.description,
            line.gtin,
            [line.lot, line.serial, line.expiry].filter((mark) => mark !== null).join(', '),
            formatNumber(line.quantity),
            found === undefined
              ? 'not checked'
              : `${VERDICT_WORDS[found.verdict]}, ${defects} defects in ${found.plan.sampleSize}`,
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
          <li key={item}>{item}</li>
        ))}
      </ul>
    </section>
  );
}

const MEMBER_COLUMNS = [
  { head: 'Member' },
  { head: 'Organisation' },
  { head: 'Role' },
  { head: 'GLN', kind: 'mono' },
] as const;
const STEP_COLUMNS = [
  { head: 'Step' },
  { head: 'Asked' },
  { head: 'Answered' },
  { head: 'At, UTC', kind: 'nowrap' },
] as const;
const LINE_COLUMNS = [
  { head: 'Product' },
  { head: 'GTIN', kind: 'mono' },
  { head: 'Lot, serial, expiry' },
  { head: 'Pieces', kind: 'num' },
  { head: 'Quality' },
] as const;

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
