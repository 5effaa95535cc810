/** Starts the worker of the verification page and of audit reports; no network is opened by it. */
import { wrap } from 'comlink';
import type { Verifier } from '../ui/verify/VerifyPage.tsx';
import type { VerifyApi } from '../worker/api.ts';

export function startVerifier(): Verifier {
  const worker = new Worker(new URL('../worker/verify-worker.ts', import.meta.url), {
    type: 'module',
    name: 'countersign-verify',
  });
  const remote = wrap<VerifyApi>(worker);
  // A worker whose script did not arrive answers nothing: without this, a call would wait for ever.
  const lost = new Promise<never>((_, reject) => {
    const gone = (): void => reject(new Error('The verifier could not be loaded.'));
    worker.addEventListener('error', gone, { once: true });
  });
  lost.catch(() => undefined);
  return {
    ready: () => Promise.race([remote.ready(), lost]),
    verify: (file, trust, pin) => Promise.race([remote.verify(file, trust, pin), lost]),
  };
}
