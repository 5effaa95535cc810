/**
 * `stepEpochs(state, event, now)`: the way in for a replica whose members may change. Votes, values and timers go on to the core of the epoch
 * that is begun; what ends it is in arms.ts. As with the core, the state is owned and handed back changed.
 */
import { isNetworkKey, type Digest, type EpochDigest, type Milliseconds } from '../../codec/brand.ts';
import type { StateLeaf } from '../../codec/epoch-messages.ts';
import { CHANGE_KEY, type Report } from '../../codec/epochs.ts';
import type { Certificate, Vote } from '../../codec/vote.ts';
import { newCore, step } from '../core.ts';
import type { CoreEvent } from '../types.ts';
import { approve, settle, takeApproval, takeDraft, takeOwnReport, takeReport } from './arms.ts';
import {
  carriedInto,
  coreConfigOf,
  endingVersion,
  epochAfter,
  epochOf,
  foldLocks,
  leadsOverBreak,
  newestEpoch,
  numberAfter,
  placeOf,
  restoreNetworkHeads,
} from './chain.ts';
import type {
  Carried,
  CheckedLink,
  Epoch,
  EpochsConfig,
  EpochsEffect,
  EpochsEvent,
  EpochsState,
  SealedChange,
} from './types.ts';

export interface EpochsStep {
  readonly state: EpochsState;
  readonly effects: readonly EpochsEffect[];
}

/** What a restart finds on disk. */
export interface SavedEpochs {
  /** From epoch 0 to the one that is begun. */
  readonly chain: readonly Epoch[];
  /** As BEGIN wrote it. */
  readonly carried: readonly Carried[];
  readonly leaves: readonly StateLeaf[];
  /** Value of `network/change` for which the mark "closed" stands. */
  readonly closedBy: Digest | null;
  readonly ownReports: readonly Report[];
  /** The mark "left" stands. */
  readonly left?: boolean;
}

export function newEpochs(config: EpochsConfig): EpochsState {
  return restoreEpochs(config, {
    chain: [config.first],
    carried: [],
    leaves: [],
    closedBy: null,
    ownReports: [],
  });
}

/**
 * The state after a start. Heads and logs of the epoch go into `state.core` as always (`restoreHead`, `restoreInstance`). Links that are on
 * disk beyond the epoch that is begun are given again as events.
 */
export function restoreEpochs(config: EpochsConfig, saved: SavedEpochs): EpochsState {
  const chain = [...saved.chain];
  const epoch = chain.at(-1)!;
  const sealed: SealedChange | null =
    saved.closedBy === null ? null : { value: saved.closedBy, digest: null };
  const state: EpochsState = {
    config,
    chain,
    at: epoch.number,
    core: newCore(coreConfigOf(config, epoch)),
    phase: sealed ? 'closed' : 'open',
    left: saved.left ?? false,
    sealed,
    drafts: new Map(),
    root: null,
    ownReports: new Map(saved.ownReports.map((report) => [report.root, report])),
    reporting: null,
    reports: new Map(),
    offered: null,
    offeredChange: null,
    leaves: epoch.began && {
      root: epoch.began.root,
      leaves: new Map(saved.leaves.map((leaf) => [leaf.key, leaf])),
    },
    locks: new Map(saved.carried.map((carried) => [carried.key, carried])),
    carried: new Map(saved.carried.map((carried) => [carried.key, carried])),
    mayVote: false,
    asked: { change: false, linksAbove: -1, leaves: null },
  };
  if (sealed) step(state.core, { type: 'close' }, 0);
  restoreNetworkHeads(state);
  const place = placeOf(epoch, config.self);
  if (place !== null)
    state.reports.set(place, new Map(saved.ownReports.map((report) => [report.root, report])));
  return state;
}

export function stepEpochs(state: EpochsState, event: EpochsEvent, now: Milliseconds): EpochsStep {
  const effects: EpochsEffect[] = [];
  switch (event.type) {
    case 'core':
      forCore(state, event.event, now, effects);
      break;
    case 'approve':
      approve(state, event.change, effects);
      break;
    case 'draft':
      takeDraft(state, event.change, event.digest);
      break;
    case 'approval':
      takeApproval(state, event.approval, effects);
      break;
    case 'change-read':
      if (state.sealed?.value === event.value) state.sealed = { value: event.value, digest: event.digest };
      break;
    case 'closed-durable':
      if (state.phase === 'closing') state.phase = 'closed';
      break;
    case 'root':
      state.root = event.root;
      break;
    case 'report-signed':
      takeOwnReport(state, event.report, effects);
      break;
    case 'report':
      takeReport(state, event.report, event.from, effects);
      break;
    case 'link':
    case 'break':
      takeLink(state, event);
      break;
    case 'leave':
      state.left = true;
      state.mayVote = false;
      runCore(state, { type: 'may-vote', mayVote: false }, now, effects);
      break;
    case 'leaves':
      if (event.root === newestEpoch(state).began?.root)
        state.leaves = { root: event.root, leaves: new Map(event.leaves.map((leaf) => [leaf.key, leaf])) };
      break;
    case 'certificate':
      takeCertificate(state, event.certificate, event.bytesKnown, now, effects);
      break;
    case 'may-vote':
      state.mayVote = event.mayVote && !state.left;
      runCore(state, { type: 'may-vote', mayVote: state.mayVote }, now, effects);
      break;
  }
  settle(state, now, effects);
  return { state, effects };
}

function forCore(state: EpochsState, event: CoreEvent, now: Milliseconds, effects: EpochsEffect[]): void {
  // Beyond a break no votes of the epoch that was left decide anything: what R lacks was not certified.
  if (leadsOverBreak(state) && event.type !== 'certified') return;
  // LEAVE: a signature that was under way does not leave either.
  if (state.left && (event.type === 'propose' || event.type === 'signed')) return;
  switch (event.type) {
    case 'received':
      runCore(state, { ...event, votes: ofThisEpoch(state, event.votes, event.from, effects) }, now, effects);
      break;
    case 'certified':
      takeCertificate(state, event.certificate, event.bytesKnown, now, effects);
      break;
    case 'propose': {
      // CARRIED: nothing else is valid in that version.
      const carried = state.carried.get(event.key);
      if (carried?.version === event.version && carried.digest !== event.digest) break;
      runCore(state, event, now, effects);
      break;
    }
    case 'value': {
      // CARRIED: valid without being run again, whatever the rules version; the others are not, however well they look.
      const carried = state.carried.get(event.key);
      if (carried?.version !== event.version) runCore(state, event, now, effects);
      else if (event.digest !== carried.digest) runCore(state, { ...event, status: 'invalid' }, now, effects);
      else if (event.status !== 'missing') runCore(state, { ...event, status: 'valid' }, now, effects);
      break;
    }
    default:
      runCore(state, event, now, effects);
  }
}

/** The core's effects go out as they are; what ends the epoch, and what only the machine knows, is seen on the way. */
function runCore(state: EpochsState, event: CoreEvent, now: Milliseconds, effects: EpochsEffect[]): void {
  const again: CoreEvent[] = [];
  for (const effect of step(state.core, event, now).effects) {
    if (effect.type === 'need-value') {
      const { key, version, digest } = effect;
      const carried = state.carried.get(key);
      if (carried?.version === version && carried.digest !== digest) {
        again.push({ type: 'value', key, version, digest, status: 'invalid' });
        continue;
      }
    }
    effects.push(effect);
    if (effect.type === 'decide') decided(state, effect.certificate);
    // RESUME: whoever finds a vote that its log lacks observes from here on, in later epochs too until one names another log.
    if (effect.type === 'unknown-own-vote') state.mayVote = false;
  }
  for (const next of again) runCore(state, next, now, effects);
}

function decided(state: EpochsState, { key, version, digest }: Certificate): void {
  if (!isNetworkKey(key)) state.root = null;
  if (key === CHANGE_KEY && version === endingVersion(state.chain[state.at]!))
    state.sealed ??= { value: digest, digest: null };
}

/** MERGE: votes act within their epoch. Who is in an earlier one is told the links; who is in one that is not known here is asked for them. */
function ofThisEpoch(
  state: EpochsState,
  votes: readonly Vote[],
  from: string,
  effects: EpochsEffect[],
): readonly Vote[] {
  const { digest } = state.chain[state.at]!;
  if (votes.every((vote) => vote.epoch === digest)) return votes;
  const own = votes.filter((vote) => vote.epoch === digest);
  for (const epoch of new Set(votes.map((vote) => vote.epoch))) foreign(state, epoch, from, effects);
  return own;
}

function foreign(state: EpochsState, digest: EpochDigest, from: string, effects: EpochsEffect[]): void {
  const epoch = epochOf(state, digest);
  if (!epoch) effects.push({ type: 'need-links', above: newestEpoch(state).number, from });
  else if (epoch.number < newestEpoch(state).number)
    effects.push({ type: 'tell-links', epoch: digest, to: from });
}

/** A link was checked against the newest epoch: here its members are known from now on, and the locks that it may carry. */
function takeLink(state: EpochsState, link: CheckedLink): void {
  const newest = newestEpoch(state);
  if (numberAfter(link) !== newest.number + 1) return;
  state.chain.push(epochAfter(newest, link));
  if (link.type === 'link') foldLocks(state.locks, link.opening);
  else {
    // Fewer than a quorum went on: what their locks say of the past proves nothing, and who could have had the bytes may be gone.
    state.locks.clear();
    // R may be the one that the epoch here began with. Its leaves are wanted anew: the state is compared with them first.
    state.leaves = null;
    state.asked.leaves = null;
  }
}

/**
 * OLD: a certificate of the newest epoch decides. One of an earlier epoch decides only what R of the newest holds or what is carried into it: who
 * has left may have lost its keys since.
 */
function takeCertificate(
  state: EpochsState,
  certificate: Certificate,
  bytesKnown: boolean,
  now: Milliseconds,
  effects: EpochsEffect[],
): void {
  const { key, version, digest } = certificate;
  const epoch = epochOf(state, certificate.epoch);
  if (!epoch) {
    effects.push({ type: 'need-links', above: newestEpoch(state).number, from: null });
    return;
  }
  const newest = newestEpoch(state);
  const adopt = (): void => runCore(state, { type: 'certified', certificate, bytesKnown }, now, effects);
  if (isNetworkKey(key)) {
    // What ended an epoch that was left is in the chain.
    if (epoch === newest && epoch.number === state.at) adopt();
    return;
  }
  if ((state.core.certified.get(key)?.version ?? 0) >= version) return;
  if (epoch === newest) return adopt();
  if (state.leaves?.root !== newest.began!.root) {
    effects.push({ type: 'need-leaves', root: newest.began!.root });
    return;
  }
  // OLD
  const { leaves } = state.leaves;
  const leaf = leaves.get(key);
  const carried = carriedInto(state.locks, leaves).get(key);
  const holds = [leaf, carried].some((known) => known?.version === version && known.digest === digest);
  if (holds) adopt();
  else effects.push({ type: 'old-refused', certificate });
}
