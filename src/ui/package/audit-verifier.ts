/**
 * The verifier of evidence files, in a worker of its own, for the audit report: what the paper says is what an outsider's verifier would
 * say of the same file. Started when the first report is asked for.
 */
import { wrap } from 'comlink';
import type { EvidenceReport, Result, TrustError, VerifyApi } from '../../worker/api.ts';

export type Verify = (file: Uint8Array, trust: string) => Promise<Result<EvidenceReport, TrustError>>;

let started: Promise<Verify> | null = null;

/** Rejects when the verifier can't be loaded; the next call tries again. */
export function auditVerifier(): Promise<Verify> {
  started ??= start().catch((error: unknown) => {
    started = null;
    throw error;
  });
  return started;
}

async function start(): Promise<Verify> {
  const worker = new Worker(new URL('../../worker/verify-worker.ts', import.meta.url), {
    type: 'module',
    name: 'countersign-audit',
  });
  const remote = wrap<VerifyApi>(worker);
  // A worker whose script did not arrive answers nothing: without this, a call would wait for ever.
  const lost = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => reject(new Error('The verifier could not be loaded.')), {
      once: true,
    });
  });
  lost.catch(() => undefined);
  await Promise.race([remote.ready(), lost]);
  return (file, trust) => Promise.race([remote.verify(file, trust), lost]);
}
