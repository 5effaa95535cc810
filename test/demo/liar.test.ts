import { describe, expect, it } from 'vitest';
import type { Digest, EpochDigest, MemberIndex } from '../../src/codec/brand.ts';
import type { Vote, VoteBody } from '../../src/codec/vote.ts';
import { createLiar } from '../../src/demo/liar.ts';
import type { ServiceRegistry } from '../../src/l2/types.ts';
import type { DeviationTools } from '../../src/worker/deviation.ts';
import { A, B, C, D, KEY, X, Y } from './fake.ts';

type Link = ReturnType<DeviationTools['links']>[number];
const link = (member: MemberIndex): Link => ({ id: `l${member}`, member }) as unknown as Link;
const LINKS = [link(A), link(B), link(D)];
const vote = (author: MemberIndex, change: Partial<VoteBody> = {}): Vote =>
  ({
    key: KEY,
    version: 2,
    round: 0,
    type: 'PRE-COMMIT',
    digest: X,
    epoch: 'e' as EpochDigest,
    author,
    signature: new Uint8Array(64),
    ...change,
  }) as Vote;

function tools(): DeviationTools & { signed: number } {
  return {
    signed: 0,
    sign(body) {
      this.signed += 1;
      return Promise.resolve(vote(C, body));
    },
    links: () => LINKS,
    otherDigest: () => Y,
  };
}

async function told(
  liar: ReturnType<typeof createLiar>,
  votes: readonly Vote[],
  by: DeviationTools,
): Promise<Digest[][]> {
  const out: Digest[][] = [];
  for (const to of LINKS) {
    const sent = await liar.outgoing(to, { type: 'votes', epoch: 'e' as EpochDigest, votes, values: [] }, by);
    out.push(sent.flatMap((message) => (message.type === 'votes' ? message.votes.map((v) => v.digest) : [])));
  }
  return out;
}

describe('lying replica', () => {
  it('tells some members one value and the others another, once per slot', async () => {
    const liar = createLiar();
    const by = tools();
    liar.setLying(true);
    const first = await told(liar, [vote(C)], by);
    expect(new Set(first.flat())).toEqual(new Set([X, Y]));
    expect(await told(liar, [vote(C)], by)).toEqual(first);
    expect(by.signed).toBe(1);
  });

  it('leaves a quorum of honest members who heard the true value', async () => {
    const liar = createLiar();
    liar.setLying(true);
    expect((await told(liar, [vote(C)], tools())).filter((digests) => digests[0] === X)).toHaveLength(2);
  });

  it('does not touch what others signed, nor its own commits', async () => {
    const liar = createLiar();
    liar.setLying(true);
    const by = tools();
    const votes = [vote(A), vote(B, { type: 'COMMIT' }), vote(C, { type: 'COMMIT' })];
    expect((await told(liar, votes, by)).flat().every((digest) => digest === X)).toBe(true);
  });

  it('is honest until it is told to lie', async () => {
    const by = tools();
    expect((await told(createLiar(), [vote(C)], by)).flat()).toEqual([X, X, X]);
    expect(by.signed).toBe(0);
  });

  it('reports responses that its handlers did not give, in its own sessions only while it lies', async () => {
    const honest: ServiceRegistry = {
      rulesVersions: [1],
      find: () => ({
        method: 'POST',
        path: '/scan',
        roles: [],
        since: 1,
        summary: '',
        handler: (record) => Promise.resolve({ record, response: { status: 200, body: { fits: true } } }),
      }),
      list: () => [],
      keyProblem: () => null,
      incomplete: () => null,
    };
    const liar = createLiar();
    const run = async () =>
      (
        await liar
          .registry(honest)
          .find(1, 'POST', '/scan')!
          .handler(null, {} as never, {} as never)
      ).response.body;
    expect(await run()).toEqual({ fits: true });
    liar.setLying(true);
    expect(await run()).not.toEqual({ fits: true });
  });
});
