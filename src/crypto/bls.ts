/** The BLS backend of this platform. Each library is loaded only when it is the one that is used. */
import type { Bls } from './types.ts';

/** mcl-wasm; where wasm cannot run (a policy that forbids it, a hardened browser), @noble/curves with the same outputs. */
export async function createBls(): Promise<Bls> {
  try {
    const { createMclBls } = await import('./bls-mcl.ts');
    const bls = await createMclBls();
    if (passesSelfTest(bls)) return bls;
  } catch {
    // Falls through: the other backend needs nothing of the platform.
  }
  const { createNobleBls } = await import('./bls-noble.ts');
  return createNobleBls();
}

/** One signature by a fixed key: a wasm build that computes wrongly must not sign a vote. */
function passesSelfTest(bls: Bls): boolean {
  const key = bls.secretKeyFrom(new Uint8Array(48).fill(7));
  const message = new Uint8Array([1, 2, 3]);
  const publicKey = bls.publicKey(key);
  const signature = bls.sign(key, message);
  return (
    bls.verify(publicKey, message, signature) && !bls.verify(publicKey, new Uint8Array([1, 2]), signature)
  );
}
