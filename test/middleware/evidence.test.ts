/** What convicts a member leaves the middleware as the same file that the supply chain gives, and that the command reads. */
import { beforeAll, describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import type { Evidence } from '../../src/codec/vote.ts';
import { createVerifier } from '../../src/cli/verify.ts';
import { parseTrust } from '../../src/domain/supply/evidence.ts';
import { epochKeysOf } from '../../src/crypto/epochs.ts';
import { misbehaviours } from '../../src/worker/kv/evidence.ts';
import { makeChain, type ChainMaker } from '../epochs/make-chain.ts';

let chain: ChainMaker;
beforeAll(async () => {
  chain = await makeChain();
});

/** A replica in the last epoch that holds this against members of it and of earlier ones. */
const heldIn = (now: readonly [number, Evidence][], past: readonly Evidence[]) => {
  const replica = {
    options: { epoch: epochKeysOf(chain.newest) },
    convicted: new Map(now),
    pastEvidence: past,
  };
  return misbehaviours(
    replica as unknown as Parameters<typeof misbehaviours>[0],
    { epochs: chain.epochs, links: chain.links },
    chain.genesisBytes,
  );
};

describe('evidence', () => {
  it('names member and epoch, and the command finds the member guilty by the file alone', async () => {
    const place = { key: asKey('points/1'), version: 4 };
    const [now, past] = await Promise.all([
      chain.contradiction(3, 1, place),
      chain.contradiction(0, 3, place),
    ]);
    const files = heldIn([[1, now]], [past]);
    const ids = [chain.epochs[0]!.members[3]!.id, chain.epochs[3]!.members[1]!.id];
    expect(files.map(({ member, epoch, fileName }) => ({ member, epoch, fileName }))).toEqual([
      { member: ids[0], epoch: 0, fileName: `${ids[0]}.misbehaviour.json` },
      { member: ids[1], epoch: 3, fileName: `${ids[1]}.misbehaviour.json` },
    ]);
    const verify = await createVerifier();
    const trust = parseTrust(chain.network);
    if (!trust.ok) throw new Error(trust.error.message);
    for (const { file } of files) {
      const report = await verify(file, trust.value);
      expect(report).toMatchObject({ verdict: 'valid', network: { trusted: true } });
      expect(report.summary).toContain(
        'signed two different values as its PRE-COMMIT in round 0 of version 4 of points/1',
      );
    }
    const elsewhere = parseTrust('a'.repeat(64));
    if (elsewhere.ok) expect((await verify(files[0]!.file, elsewhere.value)).verdict).not.toBe('valid');
  });

  it('of an epoch that is not known here is told when it is', async () => {
    const strange = await makeChain();
    const past = await strange.contradiction(0, 0, { key: asKey('points/1'), version: 1 });
    expect(heldIn([], [past])).toEqual([]);
  });
});
