/** `/packages/<sscc>?view=audit`: the report that an auditor files, made by verifying the evidence in this browser. */
import { useEffect, useState, type ReactNode } from 'react';
import { useClient, useNetwork } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { networkOfEpoch } from '../members/break-words.ts';
import { Problem } from '../doors/DoorFrame.tsx';
import { AuditReport } from './AuditReport.tsx';
import { historyFile, historyFileName, type HeldBy } from './history-file.ts';
import { makeReport, type Made } from './make-report.ts';
import { AUDIT, PACKAGE } from './texts.ts';
import '../styles/audit.css';
import { PrintButton } from '../parts/PrintButton.tsx';

interface AuditPageProps {
  readonly sscc: string;
  readonly heldBy: HeldBy;
  /** Changes when another version was certified: then the report is made anew. */
  readonly version: number;
  /** Number of the epoch in which that was certified. */
  readonly epoch: number;
  readonly onBack: () => void;
}

export function AuditPage({ sscc, heldBy, version, epoch, onBack }: AuditPageProps): ReactNode {
  const { network, members, epoch: now } = useNetwork();
  // A record from before a break is a record of the network of then.
  const made = useReport(sscc, version, networkOfEpoch(epoch, now.breaks, network.id));
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
            <PrintButton className="btn main">{AUDIT.print}</PrintButton>
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
      {made.state !== 'made' && <h1>{AUDIT.title}</h1>}
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

function useReport(sscc: string, version: number, network: string): Made | { readonly state: 'making' } {
  const client = useClient();
  const [made, setMade] = useState<Made | { readonly state: 'making' }>({ state: 'making' });
  useEffect(() => {
    let wanted = true;
    void makeReport(client, sscc, network).then((next) => wanted && setMade(next));
    return () => {
      wanted = false;
    };
  }, [client, sscc, version, network]);
  return made;
}
