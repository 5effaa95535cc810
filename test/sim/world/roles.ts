/**
 * Byzantine members: real replicas whose wire somebody else holds. A role changes, holds back or adds messages; it signs anything in its
 * own name and nothing rightly in another's. Up to f members, each with its own role, in one run.
 */
import {
  asDigest,
  asKey,
  asRound,
  asVersion,
  type Digest,
  type InstanceId,
  type Key,
  type MemberIndex,
} from '../../../src/codec/brand.ts';
import { encodeMessage, type PeerMessage } from '../../../src/codec/messages.ts';
import type { Vote, VoteBody } from '../../../src/codec/vote.ts';
import type { EpochKeys } from '../../../src/crypto/certificates.ts';
import { resumeBytes } from '../../../src/crypto/domains.ts';
import type { Link } from '../../../src/net/types.ts';
import type { Replica } from '../../../src/worker/replica/replica.ts';
import type { Random } from '../scheduler.ts';
import { readOnce } from './network.ts';

/** What a role may see and do. */
export interface Puppet {
  readonly self: MemberIndex;
  readonly epoch: EpochKeys;
  readonly random: Random;
  readonly now: number;
  readonly replica: Replica;
  readonly links: readonly Link[];
  readonly keys: readonly Key[];
  /** Signs anything in the own name. `badShare`: a COMMIT whose BLS share is wrong, under a right Ed25519 signature. */
  sign(vote: VoteBody, badShare?: boolean): Promise<Vote>;
  /** A value that may be voted for, or one that no honest member accepts. */
  value(key: Key, tag: string, valid?: boolean): { digest: Digest; bytes: Uint8Array };
  /** Puts a message on a link as it is. */
  put(link: Link, message: PeerMessage | Uint8Array): void;
  later(wait: number, task: () => void): void;
}

export interface Role {
  /** What really goes over the link instead; nothing when left out: as it is. */
  outgoing?(
    puppet: Puppet,
    link: Link,
    message: PeerMessage,
    bytes: Uint8Array,
  ): Promise<readonly PeerMessage[]>;
  incoming?(puppet: Puppet, link: Link, bytes: Uint8Array): void;
  /** Every 50 ms. */
  beat?(puppet: Puppet): Promise<void>;
}

export const roles: Readonly<Record<string, { readonly what: string; create(): Role }>> = {
  silent: {
    what: 'links up and never says anything',
    create: () => ({ outgoing: async () => [] }),
  },
  equivocator: {
    what: 'tells half of its neighbours one value and the rest another, in every round and both types',
    create: equivocator,
  },
  withholder: {
    what: 'keeps its votes and bytes to itself and reveals them late, to one neighbour at a time',
    create: withholder,
  },
  contrarian: {
    what: 'votes for a value of its own in every round, signs what it votes for only once, never commits with the others',
    create: contrarian,
  },
  splitter: {
    what: 'completes polkas and certificates for one neighbour only, at the last moment',
    create: splitter,
  },
  forger: {
    what: "sends bad signatures in others' names, bad shares under good signatures, certificates that nobody signed",
    create: forger,
  },
  paper: {
    what: "the paper's Byzantine member: bad signatures and bad shares first, then nothing",
    create: paper,
  },
  flooder: {
    what: 'opens keys without end, votes for values that do not exist and for invalid ones, asks for everything',
    create: flooder,
  },
  'sync-liar': {
    what: 'tells roots, nodes, heads and histories that are not so, and signs RESUME answers that omit, invent or tell of a twin',
    create: syncLiar,
  },
  replayer: {
    what: 'says again what was said long ago, its own words and everybody’s',
    create: replayer,
  },
  impersonator: {
    what: "speaks in others' names: its votes under their numbers, their signatures under other words, asks and answers of RESUME as if theirs",
    create: impersonator,
  },
  swallower: {
    what: "passes on everybody's votes for a while, so that others rely on it, and none for a while",
    create: swallower,
  },
  amnesiac: {
    what: 'goes back to an old copy of its disk now and then, and votes at once',
    create: () => ({}),
  },
  'false-neighbour': {
    what: 'says that it is linked to everybody, or to nobody, so that others suspect or do not forward',
    create: falseNeighbour,
  },
};

export const roleNames = Object.keys(roles);

/** Other names that the command line takes. */
export const roleAliases: Readonly<Record<string, string>> = {
  'hidden-polka': 'splitter',
  'hidden-polka-splitter': 'splitter',
  'late-withholder': 'withholder',
  'stale-replayer': 'replayer',
  liar: 'sync-liar',
};

const isOwn = (puppet: Puppet, vote: Vote): boolean => vote.author === puppet.self;

function equivocator(): Role {
  return {
    async outgoing(puppet, link, message) {
      if (message.type !== 'votes' || link.member % 2 === 0) return [message];
      const values = [...message.values];
      const votes: Vote[] = [];
      for (const vote of message.votes) {
        if (!isOwn(puppet, vote)) {
          votes.push(vote);
          continue;
        }
        const other = puppet.value(
          vote.key,
          `other ${vote.version} ${vote.type === 'COMMIT' ? 'x' : vote.round}`,
        );
        const { key, version, round, type } = vote;
        votes.push(await puppet.sign({ key, version, round, type, digest: other.digest }));
        if (type === 'PRE-COMMIT') values.push(other.bytes);
      }
      return [{ ...message, votes, values: values.slice(0, 8) }];
    },
  };
}

function withholder(): Role {
  const held: { link: Link; message: PeerMessage }[] = [];
  return {
    async outgoing(puppet, link, message) {
      if (message.type === 'values' || message.type === 'certificates') return [];
      if (message.type !== 'votes') return [message];
      const own = message.votes.filter((v) => isOwn(puppet, v));
      if (own.length === 0) return [message];
      if (held.length < 500) held.push({ link, message: { ...message, votes: own } });
      const rest = message.votes.filter((v) => !isOwn(puppet, v));
      return rest.length > 0 ? [{ ...message, votes: rest, values: [] }] : [];
    },
    async beat(puppet) {
      if (held.length === 0 || !puppet.random.chance(10)) return;
      const at = puppet.random.below(held.length);
      const [one] = held.splice(at, 1);
      puppet.put(one!.link, one!.message);
    },
  };
}

function contrarian(): Role {
  return {
    async outgoing(puppet, _link, message) {
      if (message.type !== 'votes') return [message];
      const votes: Vote[] = [];
      const values = [...message.values];
      for (const vote of message.votes) {
        if (!isOwn(puppet, vote)) votes.push(vote);
        else if (vote.type === 'PRE-COMMIT') {
          const own = puppet.value(vote.key, `contrary ${vote.version}`);
          const { key, version, round, type } = vote;
          votes.push(await puppet.sign({ key, version, round, type, digest: own.digest }));
          values.push(own.bytes);
        }
      }
      return [{ ...message, votes, values: values.slice(0, 8) }];
    },
  };
}

function splitter(): Role {
  return {
    async outgoing(puppet, link, message) {
      if (message.type !== 'votes') return [message];
      const own = message.votes.filter((v) => isOwn(puppet, v));
      if (own.length === 0) return [message];
      const [first] = own;
      const chosen = puppet.links[(first!.version + first!.round) % Math.max(1, puppet.links.length)];
      if (chosen?.id === link.id) {
        const wait = puppet.random.below(2) * puppet.replica.core.config.w0;
        puppet.later(wait, () => puppet.put(link, { ...message, votes: own }));
      }
      const rest = message.votes.filter((v) => !isOwn(puppet, v));
      return rest.length > 0 ? [{ ...message, votes: rest }] : [];
    },
  };
}

function forger(): Role {
  return {
    async outgoing(puppet, _link, message) {
      if (message.type !== 'votes') return [message];
      const votes: Vote[] = [];
      for (const vote of message.votes) {
        if (!isOwn(puppet, vote) || vote.type !== 'COMMIT') votes.push(vote);
        else votes.push(await puppet.sign(vote, true));
      }
      return [{ ...message, votes }];
    },
    async beat(puppet) {
      if (!puppet.random.chance(20) || puppet.links.length === 0) return;
      const link = puppet.random.pick(puppet.links);
      const key = puppet.random.pick(puppet.keys);
      const version = puppet.replica.openVersion(key);
      const { epoch, n, quorum } = puppet.epoch;
      const digest = puppet.value(key, `forged ${version}`).digest;
      const author = puppet.random.below(n) as MemberIndex;
      const commit = puppet.random.chance(50);
      const round = asRound(puppet.random.below(3));
      const forged: Vote = {
        epoch,
        key,
        version,
        round,
        type: commit ? 'COMMIT' : 'PRE-COMMIT',
        digest,
        author,
        signature: noise(puppet.random, 64),
        ...(commit && { share: noise(puppet.random, 48) }),
      };
      if (puppet.random.chance(60)) puppet.put(link, { type: 'votes', epoch, votes: [forged], values: [] });
      else if (puppet.random.chance(50)) {
        const signers = new Uint8Array(Math.ceil(n / 8));
        for (let i = 0; i < quorum; i++) signers[i >> 3]! |= 1 << (i & 7);
        const groups = [{ form: 'aggregate' as const, signers, signature: noise(puppet.random, 48) }];
        const certificate = { epoch, key, version, round, digest, groups };
        puppet.put(link, { type: 'certificates', certificates: [certificate] });
      } else {
        const second = { ...forged, digest: puppet.value(key, `framed ${version}`).digest };
        puppet.put(link, { type: 'evidence', items: [{ first: forged, second }] });
      }
    },
  };
}

/** The script of the paper's measurements: a forger until some transactions are through, silent after that. */
function paper(): Role {
  const loud = forger();
  const LOUD_MS = 5000;
  return {
    outgoing: async (puppet, link, message, bytes) =>
      puppet.now < LOUD_MS ? loud.outgoing!(puppet, link, message, bytes) : [],
    async beat(puppet) {
      if (puppet.now < LOUD_MS) await loud.beat!(puppet);
    },
  };
}

/** More than an honest member lets one author hold open. */
const MAX_FLOODED_KEYS = 700;

function flooder(): Role {
  let opened = 0;
  /** In rounds ahead, for values without bytes. Never two in one place: an equivocator is cut off, and floods no more. */
  const ahead = (puppet: Puppet): VoteBody => {
    const key = puppet.random.pick(puppet.keys);
    const version = puppet.replica.openVersion(key);
    const round = asRound(1 + puppet.random.below(9));
    const type = puppet.random.chance(50) ? 'PRE-COMMIT' : 'COMMIT';
    return {
      key,
      version,
      round,
      type,
      digest: puppet.value(key, `ahead ${version} ${round} ${type}`).digest,
    };
  };
  return {
    async beat(puppet) {
      if (puppet.links.length === 0 || opened > MAX_FLOODED_KEYS || !puppet.random.chance(40)) return;
      const link = puppet.random.pick(puppet.links);
      const { epoch } = puppet.epoch;
      const votes: Vote[] = [];
      const values: Uint8Array[] = [];
      for (let i = 0; i < 16; i++) {
        const own = asKey(`flood/${puppet.self}/${opened}`);
        const junk = puppet.value(own, 'junk', false);
        const body: VoteBody = puppet.random.chance(70)
          ? {
              key: asKey(`flood/${puppet.self}/${opened++}`),
              version: asVersion(1),
              round: asRound(0),
              type: 'PRE-COMMIT',
              digest: i % 2 === 0 ? junk.digest : asDigest(puppet.random.hex(64)),
            }
          : ahead(puppet);
        votes.push(await puppet.sign(body));
        if (body.digest === junk.digest) values.push(junk.bytes);
      }
      const key = puppet.keys[0]!;
      const version = puppet.replica.openVersion(key);
      const bad = puppet.value(key, `invalid ${version}`, false);
      votes.push(
        await puppet.sign({ key, version, round: asRound(0), type: 'PRE-COMMIT', digest: bad.digest }),
      );
      puppet.put(link, {
        type: 'votes',
        epoch,
        votes,
        values: [...values, bad.bytes, noise(puppet.random, 200)],
      });
      if (puppet.random.chance(20)) {
        const digests = Array.from({ length: 100 }, () => asDigest(puppet.random.hex(64)));
        puppet.put(link, { type: 'want-values', digests });
        const prefixes = Array.from({ length: 100 }, () => puppet.random.hex(2));
        puppet.put(link, { type: 'want-nodes', tree: 'main', prefixes });
      }
    },
  };
}

function syncLiar(): Role {
  return {
    async outgoing(puppet, _link, message) {
      const { random } = puppet;
      switch (message.type) {
        case 'roots':
          return [{ ...message, certified: random.hex(64), open: random.hex(64) }];
        case 'nodes': {
          const leaves = puppet.keys.map((key) => ({
            key,
            version: asVersion(1 + random.below(9)),
            digest: asDigest(random.hex(64)),
            open: random.hex(64),
          }));
          const children = Array.from({ length: 16 }, () => ({
            certified: random.hex(64),
            open: random.hex(64),
          }));
          const prefix = random.chance(50) ? '' : random.hex(2);
          return [
            {
              ...message,
              nodes: [
                random.chance(50) ? { prefix, kind: 'leaves', leaves } : { prefix, kind: 'inner', children },
              ],
            },
          ];
        }
        case 'values':
          return [{ ...message, values: [noise(random, 100), noise(random, 1)] }];
        case 'certificates':
          return random.chance(50) ? [] : [message];
        case 'history':
          return [{ ...message, entries: message.entries.map((e) => ({ ...e, value: noise(random, 60) })) }];
        case 'resume-answer':
          // Others' answers cannot be changed: whoever gets a wrong signature closes the link.
          return message.answerer === puppet.self ? [await falseAnswer(puppet, message)] : [message];
        case 'refusal':
          return [message];
        default:
          return [message];
      }
    },
    async beat(puppet) {
      if (!puppet.random.chance(5) || puppet.links.length === 0) return;
      const link = puppet.random.pick(puppet.links);
      const key = puppet.random.pick(puppet.keys);
      const head = puppet.replica.heads.get(key);
      puppet.put(link, {
        type: 'refusal',
        key,
        version: asVersion((head?.version ?? 0) + 1),
        digest: asDigest(puppet.random.hex(64)),
        rule: 'invented',
        message: 'no',
      });
    },
  };
}

type ResumeAnswer = Extract<PeerMessage, { type: 'resume-answer' }>;

/** Signed rightly, so that it counts as this member's answer; another one to every neighbour and every time. */
async function falseAnswer(puppet: Puppet, answer: ResumeAnswer): Promise<ResumeAnswer> {
  const { random, epoch } = puppet;
  const lie = { ...answer, ...(await lieOf(puppet, answer)), signature: new Uint8Array(0) };
  const { hash, signer } = puppet.replica.options;
  const bytes = resumeBytes(lie.type, epoch.network, epoch.epoch, hash(encodeMessage(lie)));
  return { ...lie, signature: random.chance(95) ? await signer.signEd25519(bytes) : noise(random, 64) };
}

async function lieOf(
  puppet: Puppet,
  { asker, votes, certificates }: ResumeAnswer,
): Promise<Partial<ResumeAnswer>> {
  const { random, epoch } = puppet;
  const key = random.pick(puppet.keys);
  const place = { key, version: asVersion(1 + random.below(9)), round: asRound(random.below(3)) };
  const digest = puppet.value(key, `never voted for by ${asker}`).digest;
  switch (random.below(6)) {
    // It has never heard of the asker.
    case 0:
      return { complete: true, twin: null, votes: [], certificates: [] };
    // Every second vote is left out, every certificate.
    case 1:
      return { complete: true, twin: null, votes: votes.filter((_, i) => i % 2 === 1), certificates: [] };
    case 2:
      return { twin: random.hex(32) as InstanceId };
    // There is always more than fits.
    case 3:
      return { complete: false, twin: null };
    // A vote that the asker never cast, and a certificate with its bit.
    case 4: {
      const type = random.chance(50) ? 'COMMIT' : 'PRE-COMMIT';
      const own = await puppet.sign({ ...place, type, digest });
      return { complete: true, twin: null, votes: [...votes, { ...own, author: asker }] };
    }
    default: {
      const signers = new Uint8Array(Math.ceil(epoch.n / 8)).fill(0xff);
      if (epoch.n % 8 > 0) signers[signers.length - 1] = (1 << (epoch.n % 8)) - 1;
      const groups = [{ form: 'aggregate' as const, signers, signature: noise(random, 48) }];
      const invented = { ...place, epoch: epoch.epoch, digest, groups };
      return { complete: true, twin: null, certificates: [...certificates, invented] };
    }
  }
}

function replayer(): Role {
  const kept: Uint8Array[] = [];
  const keep = (random: Random, bytes: Uint8Array): void => {
    if (kept.length < 400) kept.push(bytes);
    else if (random.chance(5)) kept[random.below(kept.length)] = bytes;
  };
  return {
    async outgoing(puppet, _link, message, bytes) {
      keep(puppet.random, bytes);
      return [message];
    },
    incoming(puppet, _link, bytes) {
      keep(puppet.random, bytes);
    },
    async beat(puppet) {
      if (kept.length === 0 || puppet.links.length === 0 || !puppet.random.chance(40)) return;
      puppet.put(puppet.random.pick(puppet.links), puppet.random.pick(kept));
    },
  };
}

/** Messages of others that an impersonator works with. */
const MAX_OVERHEARD = 60;

function impersonator(): Role {
  const votes: Vote[] = [];
  const resume: Extract<PeerMessage, { type: 'resume-ask' | 'resume-answer' }>[] = [];
  const another = (puppet: Puppet): MemberIndex => {
    const index = puppet.random.below(puppet.epoch.n - 1);
    return (index >= puppet.self ? index + 1 : index) as MemberIndex;
  };
  return {
    incoming(puppet, _link, bytes) {
      const message = readOnce(bytes);
      if (!message.ok) return;
      const { value } = message;
      if (value.type === 'votes')
        for (const vote of value.votes.slice(0, 4)) if (!isOwn(puppet, vote)) votes.push(vote);
      if (value.type === 'resume-ask' || value.type === 'resume-answer') resume.push(value);
      if (votes.length > MAX_OVERHEARD) votes.splice(puppet.random.below(votes.length), 4);
      if (resume.length > MAX_OVERHEARD) resume.splice(puppet.random.below(resume.length), 4);
    },
    async beat(puppet) {
      const { random } = puppet;
      if (puppet.links.length === 0 || !random.chance(15)) return;
      const link = random.pick(puppet.links);
      const { epoch } = puppet.epoch;
      const author = another(puppet);
      const key = random.pick(puppet.keys);
      const digest = puppet.value(key, `as ${author}`).digest;
      const place = { key, version: puppet.replica.openVersion(key), round: asRound(random.below(2)) };
      switch (random.below(5)) {
        // An own signature under another's number.
        case 0: {
          const type = random.chance(50) ? 'COMMIT' : 'PRE-COMMIT';
          const own = await puppet.sign({ ...place, type, digest });
          puppet.put(link, { type: 'votes', epoch, votes: [{ ...own, author }], values: [] });
          break;
        }
        // Another's signature under other words.
        case 1: {
          if (votes.length === 0) return;
          const theirs = {
            ...random.pick(votes),
            ...(random.chance(50) ? { digest } : { round: asRound(7) }),
          };
          const { batch: _left, ...alone } = theirs;
          puppet.put(link, { type: 'votes', epoch, votes: [alone], values: [] });
          break;
        }
        // Another's vote under this member's number: evidence against the author if anyone believed it.
        case 2: {
          if (votes.length === 0) return;
          const first = random.pick(votes);
          const second = { ...first, digest };
          puppet.put(link, { type: 'evidence', items: [{ first, second }] });
          break;
        }
        // RESUME: an ask as if another had started again, an answer as if another had answered, a twin that nobody has.
        default: {
          if (resume.length === 0) return;
          const heard = random.pick(resume);
          if (heard.type === 'resume-ask')
            puppet.put(link, { ...heard, asker: author, nonce: random.hex(heard.nonce.length) });
          else puppet.put(link, { ...heard, answerer: author, twin: random.hex(32) as InstanceId });
        }
      }
    },
  };
}

/** Milliseconds of each of its two moods. */
const MOOD_MS = 700;

function swallower(): Role {
  return {
    async outgoing(puppet, _link, message) {
      if (message.type !== 'votes' || Math.floor(puppet.now / MOOD_MS) % 2 === 0) return [message];
      const own = message.votes.filter((vote) => isOwn(puppet, vote));
      return own.length > 0 ? [{ ...message, votes: own }] : [];
    },
  };
}

function falseNeighbour(): Role {
  return {
    async outgoing(puppet, link, message) {
      if (message.type !== 'neighbours') return [message];
      const members = new Uint8Array(Math.ceil(puppet.epoch.n / 8));
      if (link.member % 2 === 0) for (let i = 0; i < puppet.epoch.n; i++) members[i >> 3]! |= 1 << (i & 7);
      return [{ ...message, members }];
    },
  };
}

function noise(random: Random, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = random.below(256);
  return out;
}
