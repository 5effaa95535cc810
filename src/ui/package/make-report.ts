/** What the audit report is made of: this replica's evidence file, and what an outsider's verifier says of the very same bytes. */
import type { EvidenceReport } from '../../worker/api.ts';
import type { UiClient } from '../client.ts';
import { AUDIT } from './texts.ts';
import { errorText } from '../errors.ts';

export type Made =
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'made';
      readonly report: EvidenceReport;
      readonly evidence: Uint8Array;
      /** Milliseconds since 1970. */
      readonly at: number;
    };

/** `network`: the id that is trusted, that of the network this replica is open on, whatever the file says. */
export async function makeReport(
  client: Pick<UiClient, 'verifier'> & { readonly api: Pick<UiClient['api'], 'evidence'> },
  sscc: string,
  network: string,
): Promise<Made> {
  try {
    const evidence = await client.api.evidence(sscc);
    if (!evidence.ok) return { state: 'failed', message: errorText(evidence.error) };
    const verifier = await client.verifier();
    const report = await verifier.verify(evidence.value, network);
    if (!report.ok) return { state: 'failed', message: errorText(report.error) };
    return { state: 'made', report: report.value, evidence: evidence.value, at: Date.now() };
  } catch {
    return { state: 'failed', message: AUDIT.failed };
  }
}
