/** Entries of the directory on their way into requests, on whole replicas. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asKey, type Digest, type Key } from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import { directoryKey, keyProofBytes } from '../../src/domain/supply/directory.ts';
import { DIRECTORY_SERVICES, SERVICES, type CertifiedUse } from '../../src/domain/supply/types.ts';
import type { Clock } from '../../src/worker/clock.ts';
import { DirectoryIndex } from '../../src/worker/directory.ts';
import { HEAD_BYTES_PATIENCE_MS } from '../../src/worker/limits.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { newSigner, SSCC, T0 } from '../domain/support.ts';
import { until } from './cluster.ts';
import { BRAVO, CARGO, must, post, Workplace } from './workplace.ts';

const COURIER = 'pedal-post';
const KEY = directoryKey('courier', COURIER);
const REQUEST = post(SERVICES.label, { courierId: COURIER, at: T0 });

let work: Workplace;
beforeEach(async () => {
  work = await Workplace.create();
});
afterEach(() => work.stop());

/** Bravo enters the courier, or gives it another key; resolves when it is under vote. */
async function change(keyId: string, path: string, over: Record<string, CborValue>): Promise<void> {
  const signer = await newSigner({ keyId });
  const seconds = T0 / 1000;
  const fields = { keyId, publicKey: signer.entry.publicKey, validFrom: seconds, validUntil: seconds + 9999 };
  const { network } = work.cluster.epoch;
  const proof = await signer.sign(keyProofBytes(network, 'courier', COURIER, fields));
  const { sessions } = work.at(BRAVO).layer;
  const request = post(path, { ...over, key: { ...fields, proof }, at: T0 });
  must(await sessions.commit(must(await sessions.start(KEY, 'office', request)).id));
}

const carried = ({ body }: typeof REQUEST): CertifiedUse | undefined =>
  (body as { readonly courier?: CertifiedUse }).courier;

/** What waits for bytes reads the time by this clock: it is over as soon as there is nothing else to do, or stands still. */
function indexBy(replica: Replica, runs: boolean): { readonly index: DirectoryIndex; readonly clock: Clock } {
  let time = 0;
  const clock: Clock = {
    ...replica.options.clock,
    now: () => time,
    setTimeout: (run, delay) => {
      if (runs) time += delay;
      return setImmediate(run);
    },
  };
  const seen = {
    heads: replica.heads,
    held: (key: Key) => replica.held(key),
    valueOf: (digest: Digest) => replica.valueOf(digest),
    options: { ...replica.options, clock },
  };
  return { index: new DirectoryIndex(seen as unknown as Replica, work.genesis), clock };
}

it('an entry of which a newer version is certified and not here yet is waited for, and never left out', async () => {
  await change('office', DIRECTORY_SERVICES.add, { name: 'Pedal Post', gln: '9521144000004' });
  await work.decided(KEY, 1);
  const { replica } = work.at(CARGO).node;
  const { index: impatient, clock } = indexBy(replica, true);
  const { index: patient } = indexBy(replica, false);
  await Promise.all([impatient.load(), patient.load()]);
  const digestBy = async (directory: DirectoryIndex): Promise<string | undefined> => {
    const complete = await directory.attach(asKey(`package/${SSCC}`), REQUEST);
    const use = complete.ok ? carried(complete.value) : undefined;
    return use && replica.options.hash(use.value);
  };
  const first = replica.heads.get(KEY)!.digest;
  expect(await digestBy(patient)).toBe(first);

  work.cluster.hub.filter = (_from, to, bytes) => {
    const message = decodeMessage(bytes);
    return to !== CARGO || !message.ok || !['votes', 'values'].includes(message.value.type);
  };
  await change('phone', DIRECTORY_SERVICES.rotate, { ends: null });
  await until('its certificate', () => replica.heads.get(KEY)?.version === 2);
  const newest = replica.heads.get(KEY)!;
  expect(newest.previous).toBeUndefined();
  // The page goes on to list the courier.
  expect(impatient.list()).toHaveLength(1);
  const late = await impatient.attach(asKey(`package/${SSCC}`), REQUEST);
  expect(late).toMatchObject({ ok: false, error: { type: 'key-unknown' } });
  expect(!late.ok && late.error.message).toContain('has not arrived yet');
  expect(clock.now()).toBeGreaterThan(HEAD_BYTES_PATIENCE_MS);

  const awaited = digestBy(patient);
  work.cluster.hub.filter = () => true;
  expect(await awaited).toBe(newest.digest);
});
