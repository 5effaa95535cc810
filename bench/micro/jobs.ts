/** What is measured in the worker of a browser: the app's own code, at the sizes that the simulator charges for. */
import {
  asDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  toHex,
  type EpochDigest,
  type NetworkId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { membersBitmap, type Certificate, type Vote } from '../../src/codec/vote.ts';
import { createMerkleTree, EMPTY, type MerkleTree } from '../../src/crdt/merkle.ts';
import { createBls } from '../../src/crypto/bls.ts';
import {
  aggregateCertificate,
  checkCertificates,
  checkShare,
  checkVote,
  type EpochKeys,
} from '../../src/crypto/certificates.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { createSigner, generateSecretKeys, randomBytes } from '../../src/crypto/keys.ts';
import type { Hash } from '../../src/crypto/types.ts';
import type { Job } from './sample.ts';

/** Members of the epoch of which the shares are: a quorum of 4, of 22 and of 100. */
const SHARES = [4, 16, 67];
const MEMBERS = 100;
const TREES = [1_000, 10_000, 100_000];
const VOTES = [1, 16, 100];
const VALUES = [1024, 16 * 1024, 446 * 1024];
const MANY_CERTIFICATES = 32;
const PARALLEL = 64;

export async function jobs(): Promise<Job[]> {
  const [bls, ed25519, hash] = await Promise.all([createBls(), createEd25519(), createHash()]);
  const network = toHex(randomBytes(32)) as NetworkId;
  const epoch = network as string as EpochDigest;
  const signers = await Promise.all(
    Array.from({ length: MEMBERS }, () => createSigner(generateSecretKeys(), bls)),
  );
  const keys: EpochKeys = {
    network,
    epoch,
    n: MEMBERS,
    quorum: 67,
    voteKeys: signers.map((signer) => signer.voteKey as VoteKey),
    certificateKeys: signers.map((signer) => fromHexBytes(signer.certificateKey)),
  };
  const key = asKey('package/040123450000001112');
  const digest = hash(new Uint8Array([1]));
  const body = (version: number) =>
    ({ key, version: asVersion(version), round: asRound(0), type: 'COMMIT', digest }) as const;
  const commit = async (author: number, version = 1): Promise<Vote> => {
    const bytes = voteBytes(network, epoch, body(version));
    const share = signers[author]!.signShare(bytes);
    const signature = await signers[author]!.signEd25519(commitBytes(bytes, share));
    return { ...body(version), epoch, author: asMemberIndex(author), share, signature };
  };
  const votes = await Promise.all(signers.map((_, i) => commit(i)));
  const message = voteBytes(network, epoch, body(1));
  const shares = votes.map((vote) => vote.share!);
  const many = Array.from({ length: MANY_CERTIFICATES }, (_, i) => certificateOf(i + 1));

  function certificateOf(version: number): Certificate {
    const bytes = voteBytes(network, epoch, body(version));
    const members = signers.slice(0, keys.quorum);
    const signature = bls.aggregate(members.map((signer) => signer.signShare(bytes)))!;
    const bitmap = membersBitmap(
      members.map((_, i) => asMemberIndex(i)),
      MEMBERS,
    );
    const { type: _type, ...rest } = body(version);
    return { ...rest, epoch, groups: [{ form: 'aggregate', signers: bitmap, signature }] };
  }

  const loop = (one: () => unknown) => (times: number) => {
    for (let i = 0; i < times; i++) one();
  };
  const oneByOne = (one: () => Promise<unknown>) => async (times: number) => {
    for (let i = 0; i < times; i++) await one();
  };
  const together = (one: (i: number) => Promise<unknown>) => async (times: number) => {
    for (let i = 0; i < times; i++) await Promise.all(Array.from({ length: PARALLEL }, (_, j) => one(j)));
  };
  const expectTrue = (holds: boolean): void => {
    if (!holds) throw new Error('What was measured does not verify.');
  };

  return [
    { name: 'Ed25519 sign, one by one', run: oneByOne(() => signers[0]!.signEd25519(message)) },
    {
      name: `Ed25519 sign, ${PARALLEL} at once`,
      each: PARALLEL,
      run: together(() => signers[0]!.signEd25519(message)),
    },
    {
      name: 'Ed25519 vote check, one by one',
      run: oneByOne(async () => expectTrue(await checkVote(votes[0]!, keys, ed25519))),
    },
    {
      name: `Ed25519 vote check, ${PARALLEL} at once`,
      each: PARALLEL,
      run: together(async (i) => expectTrue(await checkVote(votes[i]!, keys, ed25519))),
    },
    { name: 'BLS sign a share', run: loop(() => signers[0]!.signShare(message)) },
    { name: 'BLS check a share', run: loop(() => expectTrue(checkShare(votes[0]!, keys, bls))) },
    ...SHARES.flatMap((n): Job[] => {
      const signature = bls.aggregate(shares.slice(0, n))!;
      const voted: Certificate = {
        ...many[0]!,
        groups: [
          {
            form: 'votes',
            votes: votes
              .slice(0, n)
              .map((v) => ({ author: v.author, signature: v.signature, share: v.share! })),
          },
        ],
      };
      return [
        { name: `BLS aggregate ${n} shares`, run: loop(() => bls.aggregate(shares.slice(0, n))) },
        {
          name: `BLS check an aggregate of ${n}`,
          run: loop(() =>
            expectTrue(bls.verifyAggregate(keys.certificateKeys.slice(0, n), message, signature)),
          ),
        },
        {
          name: `make a certificate of ${n} votes`,
          run: loop(() => expectTrue(aggregateCertificate(voted, keys, bls).badShares.length === 0)),
        },
      ];
    }),
    {
      name: 'check a certificate of 67',
      run: oneByOne(async () =>
        expectTrue((await checkCertificates([many[0]!], keys, { bls, ed25519 }))[0]!),
      ),
    },
    {
      name: `check ${MANY_CERTIFICATES} certificates of 67 at once, each`,
      each: MANY_CERTIFICATES,
      run: oneByOne(async () =>
        expectTrue(!(await checkCertificates(many, keys, { bls, ed25519 })).includes(false)),
      ),
    },
    ...VALUES.map((size): Job => {
      const bytes = new Uint8Array(size).fill(7);
      return { name: `digest of a value of ${size / 1024} KiB`, run: loop(() => hash(bytes)) };
    }),
    ...VOTES.flatMap((n): Job[] => {
      const told: PeerMessage = { type: 'votes', epoch, votes: votes.slice(0, n), values: [] };
      const bytes = encodeMessage(told);
      return [
        { name: `encode ${n} votes (${bytes.length} bytes)`, run: loop(() => encodeMessage(told)) },
        { name: `decode ${n} votes`, run: loop(() => expectTrue(decodeMessage(bytes).ok)) },
      ];
    }),
    ...TREES.map((size): Job => {
      const tree = treeOf(hash, size);
      let version = 1;
      return {
        name: `tree of ${size} keys: one update and the root`,
        run: loop(() => {
          version++;
          tree.setCertified(keyAt((version * 7919) % size), asVersion(version), digestAt(version));
          return tree.root();
        }),
      };
    }),
    ...TREES.map((size): Job => ({
      name: `tree of ${size} keys: load and root`,
      once: true,
      run: () => void treeOf(hash, size),
    })),
    { name: 'strictly durable IndexedDB write of 2 KiB', run: oneByOne(await strictWrites()) },
  ];
}

const keyAt = (i: number) => asKey(`package/${String(i).padStart(18, '0')}`);
const digestAt = (i: number) => asDigest(i.toString(16).padStart(64, '0'));

function treeOf(hash: Hash, size: number): MerkleTree {
  const tree = createMerkleTree(hash, () => EMPTY);
  for (let i = 0; i < size; i++) tree.setCertified(keyAt(i), asVersion(1), digestAt(i + 1));
  tree.root();
  return tree;
}

function fromHexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** One transaction each, as the store writes. */
async function strictWrites(): Promise<() => Promise<void>> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('micro', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('bytes');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
  const bytes = randomBytes(2048);
  let serial = 0;
  return () =>
    new Promise((resolve, reject) => {
      const write = database.transaction('bytes', 'readwrite', { durability: 'strict' });
      write.objectStore('bytes').put(bytes, serial++ % 500);
      write.oncomplete = () => resolve();
      write.onabort = () => reject(write.error!);
    });
}
