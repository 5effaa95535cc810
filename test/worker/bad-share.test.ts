/** A COMMIT whose Ed25519 signature is right and whose BLS share is not: it counts, and it convicts. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asRound, asVersion, type Digest, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import { certificateSigners, isBadShare, type Vote } from '../../src/codec/vote.ts';
import { checkCertificate } from '../../src/crypto/certificates.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import type { Signer } from '../../src/crypto/types.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster?.stop());

const voters = (nodes: readonly Node[]): Promise<void> =>
  until('every replica may vote', () => nodes.every((n) => n.standing.kind === 'voter'));

/** From here on the member's shares are over something else; its Ed25519 signatures cover them, as they should. */
function spoilShares(index: number): void {
  const member = cluster.members[index]!;
  const signer: Signer = member.signer;
  Object.assign(member, {
    signer: {
      voteKey: signer.voteKey,
      certificateKey: signer.certificateKey,
      signEd25519: (message: Uint8Array) => signer.signEd25519(message),
      signShare: () => signer.signShare(body('something else')),
    } satisfies Signer,
  });
}

const commitOf = async (author: number, share: (bytes: Uint8Array) => Uint8Array): Promise<Vote> => {
  const { signer } = cluster.members[author]!;
  const vote = {
    key: KEY,
    version: asVersion(7),
    round: asRound(0),
    type: 'COMMIT' as const,
    digest: 'ab'.repeat(32) as Digest,
  };
  const bytes = voteBytes(cluster.epoch.network, cluster.epoch.epoch, vote);
  const made = share(bytes);
  const signature = await signer.signEd25519(commitBytes(bytes, made));
  return { ...vote, epoch: cluster.epoch.epoch, author: author as MemberIndex, share: made, signature };
};

describe('a member whose shares are bad', () => {
  it('is convicted everywhere, counts in the quorum, and stays convicted over a restart', async () => {
    cluster = await Cluster.create(4);
    spoilShares(3);
    // Without the fourth there is no quorum but with the liar.
    const nodes = await Promise.all([0, 1, 3].map((i) => cluster.start(i)));
    await voters(nodes);
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('a decision', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    const honest = nodes.slice(0, 2);
    await until('evidence', () => honest.every((n) => n.replica.core.evidence.has(3 as MemberIndex)));
    for (const node of honest) {
      const evidence = node.replica.core.evidence.get(3 as MemberIndex)!;
      expect(isBadShare(evidence) && evidence.vote.author).toBe(3);
      expect([...node.replica.core.evidence.keys()]).toEqual([3]);
    }
    await until('closed links', () => honest.every((n) => n.replica.linksOf(3 as MemberIndex).length === 0));
    const { certificate } = honest[0]!.replica.heads.get(KEY)!;
    await until('a mixed certificate', () =>
      honest[0]!.replica.heads.get(KEY)!.certificate.groups.some((group) => group.form === 'aggregate'),
    );
    expect(certificateSigners(certificate)).toEqual([0, 1, 3]);
    const { bls, ed25519 } = honest[0]!.replica.options;
    const mixed = honest[0]!.replica.heads.get(KEY)!.certificate;
    expect(certificateSigners(mixed)).toEqual([0, 1, 3]);
    expect(await checkCertificate(mixed, cluster.epoch, { bls, ed25519 })).toBe(true);

    await honest[0]!.replica.outbox.durable();
    cluster.kill(0);
    const again = await cluster.start(0);
    expect(again.replica.core.evidence.has(3 as MemberIndex)).toBe(true);
    // One who was not there is told, and checks it for itself.
    const late = await cluster.start(2);
    await until('links', () => late.replica.links.size >= 2);
    await again.replica
      .propose(KEY, asVersion(2), headOf(again, KEY)!.digest, body('second'))
      .catch(() => null);
    await until('version 2', () => headOf(late, KEY)?.version === 2);
  });

  it('evidence with a share that is good costs the accuser its link, and convicts nobody', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const { signer } = cluster.members[1]!;
    const good = await commitOf(1, (bytes) => signer.signShare(bytes));
    const message = encodeMessage({ type: 'evidence', items: [{ kind: 'bad-share', vote: good }] });
    expect(decodeMessage(message).ok).toBe(true);
    for (const link of nodes[3]!.replica.linksOf(0 as MemberIndex))
      nodes[3]!.transport.send(link.id, message);
    await until('the link to end', () =>
      nodes[0]!.transport.closings.some(({ member, reason }) => member === 3 && reason === 'bad-signature'),
    );
    expect(nodes[0]!.replica.core.evidence.size).toBe(0);
  });

  it('evidence that is shown to one reaches all', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const { signer } = cluster.members[1]!;
    const bad = await commitOf(1, () => signer.signShare(body('no vote')));
    const message = encodeMessage({ type: 'evidence', items: [{ kind: 'bad-share', vote: bad }] });
    for (const link of nodes[3]!.replica.linksOf(0 as MemberIndex))
      nodes[3]!.transport.send(link.id, message);
    const others = [nodes[0]!, nodes[2]!, nodes[3]!];
    await until('evidence', () => others.every((n) => n.replica.core.evidence.has(1 as MemberIndex)));
    await until('closed links', () => others.every((n) => n.replica.linksOf(1 as MemberIndex).length === 0));
  });
});
