/** Packages for the workflows: the example notice first, then its lines again under new SSCCs, signed here with the example key. */
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkDigit, NOTICES, type Notice } from '../e2e/data.ts';
import type { Manifest } from '../src/worker/api.ts';

const PAYLOAD_TYPE = 'application/vnd.countersign.asn+json';
const KEY_ID = 'alfa-2026';
const KEY_FILE = new URL('../examples/data/alfa-2026.example-only.private.pem', import.meta.url);
/** Extension digit and company prefix of the example supplier; nine digits of serial follow. */
const SSCC_PREFIX = '04012345';
/** Serials of generated packages; the example notice counts from 0. */
const FIRST_SERIAL = 900_000_000;

/** `count` notices with distinct SSCCs. */
export function packages(count: number): readonly Notice[] {
  const key = createPrivateKey(readFileSync(KEY_FILE));
  return Array.from(
    { length: count },
    (_, i) => NOTICES[i] ?? reissued(NOTICES[i % NOTICES.length]!, i, key),
  );
}

function reissued(model: Notice, i: number, key: KeyObject): Notice {
  const digits = `${SSCC_PREFIX}${FIRST_SERIAL + i}`;
  const sscc = digits + checkDigit(digits);
  const { payload } = JSON.parse(model.envelope) as { payload: string };
  const manifest = JSON.parse(Buffer.from(payload, 'base64').toString()) as Manifest;
  const bytes = Buffer.from(JSON.stringify({ ...manifest, sscc, asnId: `BENCH-${i}` }));
  const envelope = {
    payloadType: PAYLOAD_TYPE,
    payload: bytes.toString('base64'),
    signatures: [{ keyid: KEY_ID, sig: sign(null, preAuthentication(bytes), key).toString('base64') }],
  };
  return { envelope: JSON.stringify(envelope), sscc, lines: model.lines };
}

/** DSSE protocol, "Signature Definition": what is signed instead of the payload itself. */
function preAuthentication(payload: Buffer): Buffer {
  const type = Buffer.from(PAYLOAD_TYPE);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}
