/** One replica's machine of epochs, and links, votes and reports to give it. Signatures are right by agreement. */
import {
  asDigest,
  asKey,
  asMemberId,
  asMemberIndex,
  asNetworkId,
  asRound,
  asVersion,
  type Digest,
  type Key,
  type LogId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import type { StateLeaf } from '../../src/codec/epoch-messages.ts';
import {
  CHANGE_KEY,
  OPENING_KEY,
  type Change,
  type Report,
  type ReportedLock,
} from '../../src/codec/epochs.ts';
import type { MemberEntry, Genesis } from '../../src/codec/genesis.ts';
import type { Certificate, Vote } from '../../src/codec/vote.ts';
import { openingOf } from '../../src/consensus/epochs/arms.ts';
import { genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import type { CheckedLink } from '../../src/consensus/epochs/follow.ts';
import { newEpochs, stepEpochs } from '../../src/consensus/epochs/machine.ts';
import type {
  Epoch,
  EpochsConfig,
  EpochsEffect,
  EpochsEvent,
  EpochsState,
} from '../../src/consensus/epochs/types.ts';
import { hash } from './harness.ts';

export const NETWORK = asNetworkId('1'.repeat(64));
export const PACKAGE = asKey('package/a');
const hexOf = (n: number, length: number): string => n.toString(16).padStart(length, '0');

export const entry = (i: number, log = i): MemberEntry => ({
  id: asMemberId(`m-${i}`),
  name: `Member ${i}`,
  organisation: `Organisation ${i}`,
  role: 'warehouse',
  gln: '4012345000009',
  voteKey: hexOf(i, 64) as VoteKey,
  certificateKey: hexOf(i, 192) as MemberEntry['certificateKey'],
  logId: hexOf(log, 32) as LogId,
  proofOfPossession: 'a'.repeat(96),
});
export const digestOf = (letter: string): Digest => asDigest(letter.repeat(64));
export const first = (n = 4): Epoch => genesisEpoch(NETWORK, genesisOf(n));
export const genesisOf = (n: number): Genesis => ({
  format: 'countersign-genesis-1',
  name: 'Test',
  rulesVersion: 1,
  draftNonce: 'a'.repeat(32),
  demo: false,
  members: Array.from({ length: n }, (_, i) => entry(i + 1)),
  directory: { supplierKeys: [], couriers: [] },
});

export const changeTo = (members: readonly MemberEntry[], epoch = 1, part: Partial<Change> = {}): Change => ({
  format: 'countersign-change-1',
  epoch,
  members,
  rulesVersion: 1,
  joinSecret: 'c'.repeat(64),
  reason: 'a test',
  ...part,
});

export const signed = (author: number) => ({
  author: asMemberIndex(author),
  signature: new Uint8Array(64),
  share: new Uint8Array(48),
});

export function certificate(epoch: Epoch, key: Key, version: number, digest: Digest, round = 0): Certificate {
  const votes = [0, 1, 2].map(signed);
  return {
    epoch: epoch.digest,
    key,
    version: asVersion(version),
    round: asRound(round),
    digest,
    groups: [{ form: 'votes', votes }],
  };
}

export function vote(
  epoch: Epoch,
  author: number,
  key: Key,
  version: number,
  type: Vote['type'],
  letter: string,
  round = 0,
): Vote {
  const { signature, share } = signed(author);
  return {
    ...{
      epoch: epoch.digest,
      author: asMemberIndex(author),
      key,
      version: asVersion(version),
      type,
      signature,
    },
    ...{ round: asRound(round), digest: digestOf(letter) },
    ...(type === 'COMMIT' ? { share } : {}),
  };
}

export const lockOn = (letter: string, round: number, version = 1, key = PACKAGE): ReportedLock => ({
  key,
  version: asVersion(version),
  digest: digestOf(letter),
  round: asRound(round),
});

export function report(
  epoch: Epoch,
  author: number,
  root: Digest,
  locks: readonly ReportedLock[] = [],
  change = digestOf('c'),
): Report {
  const polkas = locks.flatMap((lock) =>
    [0, 1, 2].map((voter): Vote => ({
      ...lock,
      ...signed(voter),
      share: undefined as never,
      type: 'PRE-COMMIT',
      epoch: epoch.digest,
    })),
  );
  for (const one of polkas) delete (one as { share?: unknown }).share;
  return { epoch: epoch.digest, change, root, locks, ...signed(author), polkas };
}

export const leaf = (letter: string, version: number, key = PACKAGE): StateLeaf => ({
  key,
  version: asVersion(version),
  digest: digestOf(letter),
});

/** A link that follows `epoch`, with reports of these locks, and R by its letter. */
export function linkAfter(
  epoch: Epoch,
  members: readonly MemberEntry[],
  root: string,
  ...locks: (readonly ReportedLock[])[]
): CheckedLink {
  const reports = [0, 1, 2].map((author) => report(epoch, author, digestOf(root), locks[author] ?? []));
  return {
    type: 'link',
    change: changeTo(members, epoch.number + 1),
    changeDigest: digestOf('c'),
    changeValue: asDigest(`${'d'.repeat(63)}${epoch.number}`),
    opening: openingOf(reports),
    openingValue: asDigest(`${'0'.repeat(63)}${epoch.number + 1}`),
  };
}

export type Machine = ReturnType<typeof createMachine>;

/** The replica of entry(self) with log `log`; `valid`: letters of values that its application finds valid. */
export function createMachine(options: { self?: number; log?: number; epoch?: Epoch; valid?: string } = {}) {
  const { self = 1, log = self, epoch = first(), valid = 'abxyz' } = options;
  const config: EpochsConfig = {
    network: NETWORK,
    first: epoch,
    self: { voteKey: entry(self).voteKey, logId: entry(self, log).logId },
    w0: 100,
    hash,
  };
  const state: EpochsState = newEpochs(config);
  const effects: EpochsEffect[] = [];
  const votes: Vote[] = [];
  const machine = {
    state,
    effects,
    votes,
    /** Answers `need-root` with this. */
    root: digestOf('1'),
    signs: true,
    now: 0,
    get epoch(): Epoch {
      return state.chain[state.at]!;
    },
    send(event: EpochsEvent): EpochsEffect[] {
      const found = stepEpochs(state, event, machine.now).effects;
      effects.push(...found);
      return [...found, ...found.flatMap(answer)];
    },
    core(event: Extract<EpochsEvent, { type: 'core' }>['event']): EpochsEffect[] {
      return machine.send({ type: 'core', event });
    },
    propose(letter: string, version = 1, key = PACKAGE): EpochsEffect[] {
      return machine.core({ type: 'propose', key, version: asVersion(version), digest: digestOf(letter) });
    },
    take(...taken: Vote[]): EpochsEffect[] {
      return machine.core({ type: 'checked', votes: taken });
    },
    /** QC(C) is shown, and its mark becomes durable. */
    close(): EpochsEffect[] {
      const version = machine.epoch.number + 1;
      const found = machine.send({
        type: 'certificate',
        certificate: certificate(machine.epoch, CHANGE_KEY, version, digestOf('d')),
        bytesKnown: true,
      });
      machine.send({ type: 'change-read', value: digestOf('d'), digest: digestOf('c') });
      return found;
    },
    durable: () => machine.send({ type: 'closed-durable' }),
    certified: (epochOf: Epoch, letter: string, version = 1, key = PACKAGE) =>
      machine.send({
        type: 'certificate',
        certificate: certificate(epochOf, key, version, digestOf(letter)),
        bytesKnown: true,
      }),
    leaves: (root: string, ...found: StateLeaf[]) =>
      machine.send({ type: 'leaves', root: digestOf(root), leaves: found }),
    all<T extends EpochsEffect['type']>(type: T): Extract<EpochsEffect, { type: T }>[] {
      return effects.filter((effect) => effect.type === type) as Extract<EpochsEffect, { type: T }>[];
    },
  };
  function answer(effect: EpochsEffect): EpochsEffect[] {
    switch (effect.type) {
      case 'check':
        return machine.take(...effect.votes);
      case 'sign':
        if (!machine.signs) return [];
        return machine.core({
          type: 'signed',
          vote: {
            ...effect.vote,
            epoch: machine.epoch.digest,
            author: state.core.config.self!,
            signature: new Uint8Array(64),
            ...(effect.vote.type === 'COMMIT' ? { share: new Uint8Array(48) } : {}),
          },
        });
      case 'push':
        votes.push(effect.vote);
        return [];
      case 'need-value': {
        const { key, version, digest } = effect;
        const status = valid.includes(digest[0]!) ? 'valid' : 'invalid';
        return machine.core({ type: 'value', key, version, digest, status });
      }
      case 'need-root':
        return machine.send({ type: 'root', root: machine.root });
      case 'sign-report': {
        const { report: body, polkas } = effect;
        return machine.send({
          type: 'report-signed',
          report: { ...body, ...signed(state.core.config.self!), polkas },
        });
      }
      case 'sign-approval':
        return machine.send({
          type: 'approval',
          approval: { ...effect.approval, ...signed(effect.approval.author) },
        });
      default:
        return [];
    }
  }
  machine.send({ type: 'may-vote', mayVote: true });
  return machine;
}

export { CHANGE_KEY, OPENING_KEY };
