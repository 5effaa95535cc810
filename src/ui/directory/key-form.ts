/** The form of a new key, parsed once; each mistake is a sentence. */
import type { NewDirectoryKey, Result } from '../../worker/api.ts';
import { KEY_FORM } from './texts.ts';

export interface KeyForm {
  readonly keyId: string;
  readonly publicKey: string;
  /** Days as a date field has them: `2026-03-11`. */
  readonly from: string;
  readonly until: string;
}

/** Seconds that a key may be valid, 800 days: the rule of the directory. */
const MAX_KEY_SECONDS = 800 * 86_400;

/** A year from today, which is what most keys get. */
export function emptyKey(now: number): KeyForm {
  return { keyId: '', publicKey: '', from: dayOf(now), until: dayOf(now + 365 * 86_400_000) };
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** First second of the first day and last second of the last, UTC: the same everywhere. */
export function periodOf(
  form: Pick<KeyForm, 'from' | 'until'>,
): Result<{ validFrom: number; validUntil: number }> {
  const validFrom = Date.parse(`${form.from}T00:00:00Z`) / 1000;
  const validUntil = Date.parse(`${form.until}T23:59:59Z`) / 1000;
  if (Number.isNaN(validFrom) || Number.isNaN(validUntil)) return wrong(KEY_FORM.days);
  if (validUntil <= validFrom) return wrong(KEY_FORM.order);
  if (validUntil - validFrom > MAX_KEY_SECONDS) return wrong(KEY_FORM.tooLong);
  return { ok: true, value: { validFrom, validUntil } };
}

export function keyOf(form: KeyForm): Result<NewDirectoryKey> {
  const period = periodOf(form);
  if (!period.ok) return period;
  const keyId = form.keyId.trim();
  if (keyId === '' || keyId.length > 80) return wrong(KEY_FORM.keyId);
  const publicKey = form.publicKey.replaceAll(/\s/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(publicKey)) return wrong(KEY_FORM.publicKey);
  return { ok: true, value: { keyId, publicKey, ...period.value } };
}

/** 64 bytes, as hex or base64. */
export function signatureOf(text: string): Result<Uint8Array> {
  const bare = text.replaceAll(/\s/g, '');
  if (/^[0-9a-f]{128}$/i.test(bare))
    return { ok: true, value: Uint8Array.from(bare.match(/../g)!, (byte) => parseInt(byte, 16)) };
  try {
    const bytes = Uint8Array.from(atob(bare.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    if (bytes.length === 64) return { ok: true, value: bytes };
  } catch {
    // Falls through to the one sentence for every damage.
  }
  return wrong(KEY_FORM.signature);
}

const wrong = (message: string): { ok: false; error: { type: string; message: string } } => ({
  ok: false,
  error: { type: 'key-form', message },
});
