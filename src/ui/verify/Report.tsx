/** The verifier's answer: the verdict, what follows from the file, and what does not. */
import type { ReactNode } from 'react';
import type { EvidenceReport } from '../../worker/api.ts';
import { Digest, Instant, Sscc } from '../parts/words.tsx';
import { VERDICTS, VERIFY } from './texts.ts';

export function Report({ report, file }: { report: EvidenceReport; file: string }): ReactNode {
  const { mark, head, tone } = VERDICTS[report.verdict];
  const { network } = report;
  return (
    <section className="sheet stack report" aria-labelledby="verdict" data-testid="evidence-report">
      <div className={`notice ${tone} verdict`}>
        <span className="verdict-mark" aria-hidden="true">
          {mark}
        </span>
        <div className="stack-tight">
          <h2 id="verdict" data-testid="verdict">
            {head}
          </h2>
          <p className="wrap-any">{report.summary}</p>
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
              {network.name}
              {network.trusted ? ', which you trust' : ', by its own words'}
              {network.demo && ' (a demo)'}
              <br />
              <span className="mono wrap-any">{network.id}</span>
            </dd>
          </>
        )}
      </dl>
      {report.versions.length > 0 && (
        <>
          <h3>{VERIFY.versions}</h3>
          <ol className="report-versions">
            {report.versions.map((version) => (
              <li key={version.version}>
                <b>
                  Version {version.version}: {version.status}
                </b>
                <span>
                  {version.session.organisation}, operator {version.session.operator},{' '}
                  <Instant at={version.session.claimedAt} /> <span className="muted">({VERIFY.claimed})</span>
                </span>
                <span className="muted">
                  Signed by {version.signers.map((signer) => signer.organisation).join(', ')}. Digest{' '}
                  <Digest hex={version.digest} />
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {report.proven.length > 0 && <Sentences head={VERIFY.proven} items={report.proven} />}
      <Sentences head={VERIFY.notProven} items={report.notProven} />
      <p className="row no-print">
        <button type="button" className="btn" onClick={() => window.print()}>
          {VERIFY.print}
        </button>
      </p>
      <p className="muted">
        {VERIFY.command}{' '}
        <code className="mono wrap-any">
          npx countersign verify {file} --trust {network?.trusted ? network.id : 'NETWORK-ID'}
        </code>
      </p>
    </section>
  );
}

function Sentences({ head, items }: { head: string; items: readonly string[] }): ReactNode {
  return (
    <div className="stack-tight">
      <h3>{head}</h3>
      <ul className="report-list">
        {items.map((item) => (
          <li key={item} className="wrap-any">
            {item}
          </li>
        ))}
      </ul>
    </div>
  );
}
