/** The worker of page.ts. */
import { fromHex } from '../../../src/codec/brand.ts';
import { decodeOwn } from '../../../src/codec/cbor.ts';
import { answers, takeAway, type Machine, type Recording } from '../determinism-run.ts';

export type WorkerAnswer =
  { readonly ok: true; readonly digests: readonly string[] } | { readonly ok: false; readonly error: string };

interface Scope {
  onmessage: ((event: MessageEvent<{ recording: string; machine: Machine }>) => void) | null;
  postMessage(answer: WorkerAnswer): void;
}

const scope = self as unknown as Scope;

scope.onmessage = ({ data }) => {
  run(data.recording, data.machine).then(
    (digests) => scope.postMessage({ ok: true, digests }),
    (error: unknown) => scope.postMessage({ ok: false, error: String((error as Error).stack ?? error) }),
  );
};

async function run(recording: string, machine: Machine): Promise<readonly string[]> {
  const decoded = decodeOwn(fromHex(recording), 64 * 1024 * 1024);
  if (!decoded.ok) throw new Error(decoded.error.message);
  takeAway(machine.now);
  return answers(decoded.value as unknown as Recording, machine);
}
