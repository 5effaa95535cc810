/**
 * A network whose members change, with real keys: every change is approved, joined, reported, opened and certified as the protocol asks. It holds
 * all secrets, so it also signs what no honest member would. `makeChain` gives one through three changes: one joins, one leaves, one has new keys.
 */
import { openingOf } from '../../src/consensus/epochs/arms.ts';
import {
  asMemberId,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
  type Key,
  type NetworkId,
} from '../../src/codec/brand.ts';
import {
  CHANGE_KEY,
  encodeChangeValue,
  encodeOpening,
  OPENING_KEY,
  isBreakLink,
  type BreakLink,
  type Change,
  type ChangeLink,
  type ChangeValue,
  type EpochLink,
  type Opening,
  type Report,
  type ReportedLock,
} from '../../src/codec/epochs.ts';
import {
  encodeContinuation,
  encodeGenesis,
  type Continuation,
  type Genesis,
  type MemberEntry,
} from '../../src/codec/genesis.ts';
import {
  membersBitmap,
  type Certificate,
  type Equivocation,
  type Vote,
  type VoteBody,
} from '../../src/codec/vote.ts';
import { epochAfter, genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import { continuationOf } from '../../src/consensus/epochs/continuation.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import { joiningOf } from '../../src/consensus/epochs/values.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import {
  approvalBytes,
  changeDigest,
  commitBytes,
  continuationId,
  continueBytes,
  reportBytes,
  valueBytes,
  voteBytes,
} from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { countersign } from '../../src/crypto/epochs.ts';
import { networkIdOf, possessionOf } from '../../src/crypto/genesis.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { createSigner, generateSecretKeys, newLogId, randomHex } from '../../src/crypto/keys.ts';
import type { Bls, Ed25519, Hash, SecretKeys, Signer } from '../../src/crypto/types.ts';

export type Profile = Pick<MemberEntry, 'id' | 'name' | 'organisation' | 'role' | 'gln'>;

/** A member with the keys of one entry. New keys make another one. */
export interface Person {
  readonly entry: MemberEntry;
  readonly secret: SecretKeys;
  readonly signer: Signer;
}

export interface ChangeOptions {
  readonly reason?: string;
  readonly rulesVersion?: number;
  /** Undecided locks that the reporter in place 0 tells, each with its polka. */
  readonly locks?: readonly ReportedLock[];
  /** Places in the epoch that ends; a quorum of the first ones when left out. */
  readonly approvers?: readonly number[];
  readonly reporters?: readonly number[];
  readonly signers?: readonly number[];
}

export interface BreakOptions {
  readonly name?: string;
  readonly root?: Digest;
  /** What a liar makes of it before it is signed. */
  readonly change?: (genesis: Continuation) => Continuation;
  /** Places in the epoch that is left, of those whose signatures stand in the places of the new list. */
  readonly signers?: readonly number[];
}

export const PROFILES: readonly Profile[] = [
  { id: 'alfa', name: 'Alfa', organisation: 'Alfa Components', role: 'supplier', gln: '4012345000115' },
  { id: 'bravo', name: 'Bravo', organisation: 'Bravo Logistics', role: 'warehouse', gln: '9521141000014' },
  { id: 'cargo', name: 'Cargo', organisation: 'Cargo Nord', role: 'warehouse', gln: '9521142000013' },
  { id: 'delta', name: 'Delta', organisation: 'Delta Express', role: 'courier', gln: '9521143000012' },
].map((one) => ({ ...one, id: asMemberId(one.id), role: one.role as MemberEntry['role'] }));
export const ECHO: Profile = {
  id: asMemberId('echo'),
  name: 'Echo',
  organisation: 'Echo Storage',
  role: 'warehouse',
  gln: '4012345000009',
};
const ROOT = '5'.repeat(64) as Digest;

export class ChainMaker {
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  readonly hash: Hash;
  readonly network: NetworkId;
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  /** Grow with every change. `people[e][i]` has place i in epoch e; `links[e]` leads from e to e + 1. */
  readonly epochs: Epoch[] = [];
  readonly people: (readonly Person[])[] = [];
  readonly links: EpochLink[] = [];

  private constructor(
    tools: { bls: Bls; ed25519: Ed25519; hash: Hash },
    genesis: Genesis,
    people: readonly Person[],
  ) {
    this.bls = tools.bls;
    this.ed25519 = tools.ed25519;
    this.hash = tools.hash;
    this.genesis = genesis;
    this.genesisBytes = encodeGenesis(genesis);
    this.network = networkIdOf(genesis, tools.hash);
    this.epochs.push(genesisEpoch(this.network, genesis));
    this.people.push(people);
  }

  static async create(
    options: {
      readonly name?: string;
      readonly profiles?: readonly Profile[];
      readonly directory?: Genesis['directory'];
    } = {},
  ): Promise<ChainMaker> {
    const [bls, ed25519, hash] = await Promise.all([createMclBls(), createEd25519(), createHash()]);
    const draftNonce = randomHex(16);
    const people = await Promise.all(
      (options.profiles ?? PROFILES).map((profile) => personOf(profile, null, draftNonce, bls)),
    );
    const genesis: Genesis = {
      format: 'countersign-genesis-1',
      name: options.name ?? 'Test',
      rulesVersion: 1,
      draftNonce,
      demo: false,
      members: people.map((person) => person.entry),
      directory: options.directory ?? { supplierKeys: [], couriers: [] },
    };
    return new ChainMaker({ bls, ed25519, hash }, genesis, people);
  }

  get newest(): Epoch {
    return this.epochs.at(-1)!;
  }

  /** A link that was made by `change`. */
  changeLink(at: number): ChangeLink {
    const link = this.links[at];
    if (!link || isBreakLink(link)) throw new Error(`There is no change of members at ${at}.`);
    return link;
  }

  /** With new keys and a new log, and a proof of possession for the newest network. */
  person(profile: Profile): Promise<Person> {
    return personOf(profile, this.newest.network, this.genesis.draftNonce, this.bls);
  }

  /** Ends the newest epoch; `next` are the members of the one that begins. */
  async change(next: readonly Person[], options: ChangeOptions = {}): Promise<Epoch> {
    const made = await this.linkTo(next, options);
    this.links.push(made.link);
    this.people.push(next);
    this.epochs.push(made.epoch);
    return made.epoch;
  }

  /** The same without taking it in: a second history. */
  async linkTo(
    next: readonly Person[],
    options: ChangeOptions = {},
  ): Promise<{ readonly link: ChangeLink; readonly epoch: Epoch }> {
    const epoch = this.newest;
    const all = quorumPlaces(epoch);
    const change: Change = {
      format: 'countersign-change-1',
      epoch: epoch.number + 1,
      members: next.map((person) => person.entry),
      rulesVersion: options.rulesVersion ?? epoch.rulesVersion,
      joinSecret: randomHex(32),
      reason: options.reason ?? '',
    };
    const digest = changeDigest(this.hash, change);
    const value = await this.#changeValue(change, next, options.approvers ?? all);
    const reports = await Promise.all(
      (options.reporters ?? all).map((i, at) =>
        this.#report(i, digest, at === 0 ? (options.locks ?? []) : []),
      ),
    );
    const opening: Opening = openingOf(reports);
    const changeBytes = valueBytes(epoch.began?.changeValue ?? null, encodeChangeValue(value));
    const openingBytes = valueBytes(epoch.began?.openingValue ?? null, encodeOpening(opening));
    const [changeValue, openingValue] = [this.hash(changeBytes), this.hash(openingBytes)];
    const signers = options.signers ?? all;
    const certify = (key: Key, of: Digest): Promise<Certificate> =>
      this.certify(epoch.number, { key, version: epoch.number + 1, digest: of }, { signers });
    const link: ChangeLink = {
      change: changeBytes,
      changeCertificate: await certify(CHANGE_KEY, changeValue),
      opening: openingBytes,
      openingCertificate: await certify(OPENING_KEY, openingValue),
    };
    const began = { type: 'link' as const, change, changeDigest: digest, changeValue, opening, openingValue };
    return { link, epoch: epochAfter(epoch, began) };
  }

  /** The members in these places of the newest epoch go on without the others. */
  async breakOff(places: readonly number[], options: BreakOptions = {}): Promise<Epoch> {
    const made = await this.breakTo(places, options);
    const people = this.people.at(-1)!;
    this.links.push(made.link);
    this.people.push(places.map((place) => people[place]!));
    this.epochs.push(made.epoch);
    return made.epoch;
  }

  /** The same without taking it in. */
  async breakTo(
    places: readonly number[],
    { name = 'Test goes on', root = ROOT, change = (one) => one, signers = places }: BreakOptions = {},
  ): Promise<{ readonly link: BreakLink; readonly epoch: Epoch; readonly genesis: Continuation }> {
    const epoch = this.newest;
    const people = this.people.at(-1)!;
    const ids = places.map((place) => epoch.members[place]!.id);
    const genesis = change(continuationOf(epoch, { name, root, joinSecret: randomHex(32) }, ids)!);
    const network = continuationId(genesis, this.hash);
    const bytes = continueBytes(epoch.network, epoch.digest, network);
    const signatures = await Promise.all(signers.map((place) => people[place]!.signer.signEd25519(bytes)));
    const link = { genesis: encodeContinuation(genesis), signatures };
    return { link, epoch: epochAfter(epoch, { type: 'break', genesis, network }), genesis };
  }

  /** A certificate of any value, by these members of the epoch; `people`: others who sign in their places. */
  async certify(
    epoch: number,
    body: { readonly key: Key; readonly version: number; readonly digest: Digest; readonly round?: number },
    options: {
      readonly signers?: readonly number[];
      readonly people?: readonly Person[];
      readonly form?: 'aggregate' | 'votes';
    } = {},
  ): Promise<Certificate> {
    const of = this.epochs[epoch]!;
    const { signers = quorumPlaces(of), people = this.people[epoch]!, form = 'aggregate' } = options;
    const vote = voteOf('COMMIT', body);
    const bytes = voteBytes(of.network, of.digest, vote);
    const votes = await Promise.all(
      signers.map(async (author) => ({
        author: asMemberIndex(author),
        ...(await countersign(people[author]!.signer, bytes)),
      })),
    );
    const { key, version, round, digest } = vote;
    const base = { epoch: of.digest, key, version, round, digest };
    if (form === 'votes') return { ...base, groups: [{ form, votes }] };
    const signature = this.bls.aggregate(votes.map((one) => one.share))!;
    const bitmap = membersBitmap(
      votes.map((one) => one.author),
      of.members.length,
    );
    return { ...base, groups: [{ form, signers: bitmap, signature }] };
  }

  async vote(epoch: number, author: number, type: VoteBody['type'], body: LooseBody): Promise<Vote> {
    const of = this.epochs[epoch]!;
    const { signer } = this.people[epoch]![author]!;
    const vote = voteOf(type, body);
    const bytes = voteBytes(of.network, of.digest, vote);
    const base = { ...vote, epoch: of.digest, author: asMemberIndex(author) };
    if (type === 'PRE-COMMIT') return { ...base, signature: await signer.signEd25519(bytes) };
    const share = signer.signShare(bytes);
    return { ...base, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
  }

  /** Two PRE-COMMITs of one member for different digests. */
  async contradiction(
    epoch: number,
    author: number,
    body: { readonly key: Key; readonly version: number },
  ): Promise<Equivocation> {
    const [first, second] = await Promise.all(
      ['a', 'b'].map((digit) =>
        this.vote(epoch, author, 'PRE-COMMIT', { ...body, digest: digit.repeat(64) as Digest }),
      ),
    );
    return { first: first!, second: second! };
  }

  async #changeValue(
    change: Change,
    next: readonly Person[],
    approvers: readonly number[],
  ): Promise<ChangeValue> {
    const epoch = this.newest;
    const digest = changeDigest(this.hash, change);
    const signed = async (kind: 'approve' | 'join', places: readonly number[], by: readonly Person[]) => {
      const bytes = approvalBytes(kind, epoch.network, epoch.digest, digest);
      const votes = await Promise.all(
        places.map(async (i) => ({
          author: asMemberIndex(i),
          ...(await countersign(by[i]!.signer, bytes)),
        })),
      );
      return votes.length === 0 ? [] : [{ form: 'votes' as const, votes }];
    };
    return {
      change,
      approvals: await signed('approve', approvers, this.people[epoch.number]!),
      joins: await signed('join', joiningOf(epoch, change), next),
    };
  }

  async #report(author: number, change: Digest, locks: readonly ReportedLock[]): Promise<Report> {
    const epoch = this.newest;
    const body = { epoch: epoch.digest, change, root: ROOT, locks };
    const { signer } = this.people[epoch.number]![author]!;
    const signed = await countersign(signer, reportBytes(epoch.network, body));
    const polkas = await Promise.all(
      locks.flatMap((lock) => quorumPlaces(epoch).map((i) => this.vote(epoch.number, i, 'PRE-COMMIT', lock))),
    );
    return { ...body, ...signed, author: asMemberIndex(author), polkas };
  }
}

/** Epochs 0 to 3: Echo joins four, Delta leaves, Bravo has new keys. */
export async function makeChain(
  options: Parameters<typeof ChainMaker.create>[0] = {},
  /** Locks that are reported when epoch 2 ends. */
  locks: (chain: ChainMaker) => Promise<readonly ReportedLock[]> = () => Promise.resolve([]),
): Promise<ChainMaker> {
  const chain = await ChainMaker.create(options);
  const [alfa, bravo, cargo, delta] = chain.people[0] as [Person, Person, Person, Person];
  const echo = await chain.person(ECHO);
  await chain.change([alfa, bravo, cargo, delta, echo], { reason: 'Echo wants to join' });
  await chain.change([alfa, bravo, cargo, echo], { reason: 'Delta gives up' });
  const renewed = await chain.person(bravo.entry);
  await chain.change([alfa, renewed, cargo, echo], {
    reason: 'Bravo lost its keys',
    locks: await locks(chain),
  });
  return chain;
}

type LooseBody = {
  readonly key: Key;
  readonly version: number;
  readonly digest: Digest;
  readonly round?: number;
};

function voteOf(type: VoteBody['type'], { key, version, digest, round = 0 }: LooseBody): VoteBody {
  return { key, version: asVersion(version), round: asRound(round), type, digest };
}

const quorumPlaces = ({ members: { length: n } }: Epoch): number[] =>
  Array.from({ length: n - Math.floor((n - 1) / 3) }, (_, i) => i);

async function personOf(
  profile: Profile,
  network: NetworkId | null,
  nonce: string,
  bls: Bls,
): Promise<Person> {
  const secret = generateSecretKeys();
  const signer = await createSigner(secret, bls);
  const { voteKey, certificateKey } = signer;
  const fields = { network, certificateKey, voteKey, logId: newLogId(), nonce };
  const { id, name, organisation, role, gln } = profile;
  const proofOfPossession = possessionOf(fields, secret.certificateSecret, bls);
  return {
    secret,
    signer,
    entry: {
      id,
      name,
      organisation,
      role,
      gln,
      voteKey,
      certificateKey,
      logId: fields.logId,
      proofOfPossession,
    },
  };
}
