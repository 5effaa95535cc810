/** Entry of the verification page's worker: the same verifier as the command's. It stores nothing and talks to nobody. */
import { expose } from 'comlink';
import { createVerifier } from '../cli/verify.ts';
import { ok } from '../codec/result.ts';
import { parsePin, parseTrust } from '../domain/supply/evidence.ts';
import type { VerifyApi } from './api.ts';

// Loaded at once: the page may be offline by the time somebody chooses a file.
const loading = createVerifier();
loading.catch(() => undefined);

expose({
  async ready() {
    await loading;
  },
  async verify(file, trust, pin = '') {
    const trusted = parseTrust(trust);
    if (!trusted.ok) return trusted;
    const pinned = parsePin(pin);
    if (!pinned.ok) return pinned;
    const verify = await loading;
    return ok(await verify(file, trusted.value, pinned.value));
  },
} satisfies VerifyApi);
