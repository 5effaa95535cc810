/** `/packages/<sscc>?view=audit`: the report that an auditor files, made by verifying the evidence in this browser. */
import { useEffect, useState, type ReactNode } from 'react';
import type { EvidenceReport } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { Problem } from '../doors/DoorFrame.tsx';
import { AuditReport } from './AuditReport.tsx';
import { auditVerifier } from './audit-verifier.ts';
import { historyFile, historyFileName, type HeldBy } from './history-file.ts';
import { AUDIT, PACKAGE } from './texts.ts';
import '../styles/audit.css';

interface AuditPageProps {
  readonly sscc: string;
  readonly heldBy: HeldBy;
  /** Changes when another version was certified: then the report is made anew. */
  readonly version: number;
  readonly onBack: () => void;
}

type Made =
  | { readonly state: 'making' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'made';
      readonly report: EvidenceReport;
      readonly evidence: Uint8Array;
      readonly at: number;
    };

export function AuditPage({ sscc, heldBy, version, onBack }: AuditPageProps): ReactNode {
  const { network, members } = useNetwork();
  const made = useReport(sscc, version, network.id);
  const [said, setSaid] = useState('');
  const save = (bytes: Uint8Array, name: string): void => {
    downloadBytes(bytes, name, 'application/json');
    setSaid(PACKAGE.exported(name));
  };
  return (
    <div className="stack audit-page">
      <div className="row no-print">
        <button type="button" className="btn" onClick={onBack}>
          {AUDIT.back}
        </button>
        {made.state === 'made' && (
          <>
            <button type="button" className="btn main" onClick={() => window.print()}>
              {AUDIT.print}
            </button>
            <button
              type="button"
              className="btn"
              onClick={() => save(historyFile(made.report, heldBy), historyFileName(sscc))}
            >
              {AUDIT.json}
            </button>
            <button
              type="button"
              className="btn"
              onClick={() => save(made.evidence, `${sscc}.evidence.json`)}
            >
              {AUDIT.evidence}
            </button>
          </>
        )}
        <p role="status" className="muted wrap-any">
          {made.state === 'making' ? AUDIT.making : said}
        </p>
      </div>
      <Problem message={made.state === 'failed' ? made.message : null} />
      {made.state === 'made' && (
        <AuditReport
          report={made.report}
          heldBy={heldBy}
          madeAt={made.at}
          madeBy={members.find((member) => member.self)?.organisation ?? null}
        />
      )}
    </div>
  );
}

/** Trusts the network that this replica is open on, whatever the file says. */
function useReport(sscc: string, version: number, network: string): Made {
  const api = useApi();
  const [made, setMade] = useState<Made>({ state: 'making' });
  useEffect(() => {
    let wanted = true;
    const make = async (): Promise<Made> => {
      const evidence = await api.evidence(sscc);
      if (!evidence.ok) return { state: 'failed', message: evidence.error.message };
      const verify = await auditVerifier();
      const report = await verify(evidence.value, network);
      if (!report.ok) return { state: 'failed', message: report.error.message };
      return { state: 'made', report: report.value, evidence: evidence.value, at: Date.now() };
    };
    void make()
      .catch((): Made => ({ state: 'failed', message: AUDIT.failed }))
      .then((next) => wanted && setMade(next));
    return () => {
      wanted = false;
    };
  }, [api, sscc, version, network]);
  return made;
}
