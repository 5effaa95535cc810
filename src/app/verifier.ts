/** Starts the worker of the verification page; no network is opened by it. */
import { wrap } from 'comlink';
import type { Verifier } from '../ui/verify/VerifyPage.tsx';
import type { VerifyApi } from '../worker/api.ts';

export function startVerifier(): Verifier {
  const worker = new Worker(new URL('../worker/verify-worker.ts', import.meta.url), {
    type: 'module',
    name: 'countersign-verify',
  });
  const remote = wrap<VerifyApi>(worker);
  return {
    ready: () =>
      new Promise((resolve, reject) => {
        worker.addEventListener('error', () => reject(new Error('The verifier could not be loaded.')), {
          once: true,
        });
        remote.ready().then(resolve, reject);
      }),
    verify: (file, trust) => remote.verify(file, trust),
  };
}
