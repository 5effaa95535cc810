/**
 * The rules that act, each arm with its rule's name. `settle` applies them until none does.
 *
 * Kept at every return:
 * - once CLOSE was done the core signs for `network/opening` only, and its locks change no more;
 * - one report for each R, and what it says never changes;
 * - nothing is signed in an epoch whose entry does not name this replica's log.
 */
import {
  isNetworkKey,
  type Digest,
  type Key,
  type MemberIndex,
  type Milliseconds,
} from '../../codec/brand.ts';
import {
  CHANGE_KEY,
  OPENING_KEY,
  type Approval,
  type Change,
  type Countersignature,
  type Opening,
  type Report,
  type ReportedLock,
  type SignerGroup,
} from '../../codec/epochs.ts';
import type { Vote } from '../../codec/vote.ts';
import { newCore, step } from '../core.ts';
import { MAX_DRAFTS, MAX_REPORTS_PER_AUTHOR } from '../limits.ts';
import { quorum } from '../membership.ts';
import type { CoreState } from '../types.ts';
import {
  carriedInto,
  coreConfigOf,
  endingVersion,
  epochOf,
  leadsOverBreak,
  newestEpoch,
  placeOf,
  restoreNetworkHeads,
} from './chain.ts';
import type { Epoch, EpochsEffect, EpochsState } from './types.ts';
import { checkDraft, joiningOf, lockName } from './values.ts';

export function settle(state: EpochsState, now: Milliseconds, effects: EpochsEffect[]): void {
  while (
    close(state, now, effects) ||
    readChange(state, effects) ||
    report(state, effects) ||
    open(state, effects) ||
    change(state, effects) ||
    follow(state, effects) ||
    begin(state, effects)
  );
}

/** APPROVE: the key signs, whatever its log: approvals contradict nothing, so a member that lost its log approves its own return. */
export function approve(state: EpochsState, digest: Digest, effects: EpochsEffect[]): void {
  const draft = state.drafts.get(digest);
  const { self } = state.config;
  if (!draft || !self || state.phase !== 'open' || state.left || leadsOverBreak(state)) return;
  const epoch = state.chain[state.at]!;
  const author = epoch.members.findIndex((m) => m.voteKey === self.voteKey);
  const fields = { epoch: epoch.digest, change: digest };
  if (author >= 0)
    effects.push({
      type: 'sign-approval',
      approval: { kind: 'approve', ...fields, author: author as MemberIndex },
    });
  const next = joiningOf(epoch, draft.change).find((i) => {
    const entry = draft.change.members[i]!;
    return entry.voteKey === self.voteKey && entry.logId === self.logId;
  });
  if (next !== undefined)
    effects.push({ type: 'sign-approval', approval: { kind: 'join', ...fields, author: next } });
}

export function takeDraft(state: EpochsState, change: Change, digest: Digest): void {
  if (state.drafts.has(digest) || !checkDraft(state.chain.slice(0, state.at + 1), change).ok) return;
  if (state.drafts.size >= MAX_DRAFTS) {
    const own = state.config.self?.voteKey;
    const author = state.chain[state.at]!.members.findIndex((m) => m.voteKey === own) as MemberIndex;
    // One with more than f approvals has an honest one: whoever makes up changes cannot push it out. The oldest of those with the fewest goes.
    const f = state.core.config.n - quorum(state.core.config.n);
    const [idle] = [...state.drafts.values()]
      .filter(({ approvals }) => !approvals.has(author) && approvals.size <= f)
      .sort((a, b) => a.approvals.size - b.approvals.size);
    if (!idle) return;
    state.drafts.delete(idle.digest);
  }
  state.drafts.set(digest, { change, digest, approvals: new Map(), joins: new Map() });
}

export function takeApproval(state: EpochsState, approval: Approval, effects: EpochsEffect[]): void {
  const draft = state.drafts.get(approval.change);
  // APPROVE: it names its epoch, so none counts in another.
  if (!draft || approval.epoch !== state.chain[state.at]!.digest) return;
  const table = approval.kind === 'approve' ? draft.approvals : draft.joins;
  if (table.has(approval.author)) return;
  table.set(approval.author, approval);
  effects.push({ type: 'keep-approval', approval });
}

export function takeOwnReport(state: EpochsState, signed: Report, effects: EpochsEffect[]): void {
  state.reporting = null;
  const epoch = state.chain[state.at]!;
  if (signed.epoch !== epoch.digest || !state.mayVote || state.ownReports.has(signed.root)) return;
  state.ownReports.set(signed.root, signed);
  keep(state, signed);
  effects.push({ type: 'keep-report', report: signed });
}

export function takeReport(state: EpochsState, told: Report, from: string, effects: EpochsEffect[]): void {
  const epoch = state.chain[state.at]!;
  if (told.epoch !== epoch.digest) {
    const other = epochOf(state, told.epoch);
    if (!other) effects.push({ type: 'need-links', above: newestEpoch(state).number, from });
    else if (other.number < newestEpoch(state).number)
      effects.push({ type: 'tell-links', epoch: told.epoch, to: from });
    return;
  }
  const isOwn = told.author === placeOf(epoch, state.config.self);
  // Of the own ones all are remembered: more may have been signed than are kept of one author.
  const known = isOwn ? state.ownReports.get(told.root) : state.reports.get(told.author)?.get(told.root);
  if (isOwn && !(known && sameLocks(known, told))) {
    // RESUME: never taken into the log, and nothing new is signed beside it.
    state.mayVote = false;
    state.core.mayVote = false;
    effects.push({ type: 'unknown-own-report', report: told });
    return;
  }
  if (known) {
    if (!sameLocks(known, told) && known.change === told.change)
      effects.push({ type: 'report-evidence', first: known, second: told });
    return;
  }
  keep(state, told);
}

function keep(state: EpochsState, one: Report): void {
  const of = state.reports.get(one.author) ?? new Map<Digest, Report>();
  state.reports.set(one.author, of);
  if (of.size >= MAX_REPORTS_PER_AUTHOR) of.delete(of.keys().next().value!);
  of.set(one.root, one);
}

function close(state: EpochsState, now: Milliseconds, effects: EpochsEffect[]): boolean {
  // CLOSE — in the write that decides network/change.
  if (state.phase !== 'open' || !state.sealed) return false;
  state.phase = state.left ? 'closed' : 'closing';
  step(state.core, { type: 'close' }, now);
  // LEAVE: its mark says more, and stays.
  if (state.left) return true;
  const { digest: epoch } = state.chain[state.at]!;
  effects.push({ type: 'mark', mark: { state: 'closed', epoch, by: state.sealed.value } });
  return true;
}

function readChange(state: EpochsState, effects: EpochsEffect[]): boolean {
  if (!state.sealed || state.sealed.digest !== null || state.asked.change) return false;
  state.asked.change = true;
  effects.push({ type: 'read-change', value: state.sealed.value });
  return true;
}

function report(state: EpochsState, effects: EpochsEffect[]): boolean {
  // REPORT — after "closed" is on disk; again when R changes.
  const epoch = state.chain[state.at]!;
  const change = state.sealed?.digest ?? null;
  if (state.phase !== 'closed' || change === null || !votes(state) || newestEpoch(state) !== epoch)
    return false;
  const { root } = state;
  if (root === null) {
    if (!effects.some((effect) => effect.type === 'need-root')) effects.push({ type: 'need-root' });
    return false;
  }
  if (state.ownReports.has(root) || state.reporting === root) return false;
  const found = undecidedLocks(state.core);
  state.reporting = root;
  effects.push({
    type: 'sign-report',
    report: { epoch: epoch.digest, change, root, locks: found.map(({ lock }) => lock) },
    polkas: found.flatMap(({ polka }) => polka),
  });
  return true;
}

function open(state: EpochsState, effects: EpochsEffect[]): boolean {
  // OPEN — q reports with this C and one R.
  const epoch = state.chain[state.at]!;
  const change = state.sealed?.digest ?? null;
  if (state.phase !== 'closed' || change === null || state.offered !== null || !votes(state)) return false;
  if (hasHead(state, epoch, OPENING_KEY)) return false;
  const found = agreeingReports(state, change);
  if (!found) return false;
  state.offered = found[0]!.root;
  const previous = state.core.certified.get(OPENING_KEY)?.digest ?? null;
  const value = { key: OPENING_KEY, opening: openingOf(found) } as const;
  effects.push({ type: 'offer', version: endingVersion(epoch), previous, value });
  return true;
}

function change(state: EpochsState, effects: EpochsEffect[]): boolean {
  // CHANGE — q approvals, and all who are added have signed that they join.
  const epoch = state.chain[state.at]!;
  if (state.phase !== 'open' || state.offeredChange !== null || !votes(state)) return false;
  if (newestEpoch(state) !== epoch || hasHead(state, epoch, CHANGE_KEY)) return false;
  for (const { change: next, digest, approvals, joins } of state.drafts.values()) {
    if (approvals.size < quorum(epoch.members.length)) continue;
    const joining = joiningOf(epoch, next);
    if (!joining.every((i) => joins.has(i))) continue;
    state.offeredChange = digest;
    const previous = state.core.certified.get(CHANGE_KEY)?.digest ?? null;
    const value = {
      change: next,
      approvals: signers(approvals.values()),
      joins: signers(joining.map((i) => joins.get(i)!)),
    };
    effects.push({
      type: 'offer',
      version: endingVersion(epoch),
      previous,
      value: { key: CHANGE_KEY, change: value },
    });
    return true;
  }
  return false;
}

/** Asks for what BEGIN needs: the link, then the leaves of its R. */
function follow(state: EpochsState, effects: EpochsEffect[]): boolean {
  const newest = newestEpoch(state);
  if (newest.number === state.at) {
    // BEGIN needs both certificates; the opening's may have come first.
    if (!hasHead(state, newest, OPENING_KEY) || !hasHead(state, newest, CHANGE_KEY)) return false;
    if (state.asked.linksAbove >= state.at) return false;
    state.asked.linksAbove = state.at;
    effects.push({ type: 'need-links', above: state.at, from: null });
    return true;
  }
  const { root } = newest.began!;
  if (state.leaves?.root === root || state.asked.leaves === root) return false;
  state.asked.leaves = root;
  effects.push({ type: 'need-leaves', root });
  return true;
}

/**
 * BEGIN — with the chain, R's leaves, and a state with every key at R's version or later. Epochs between are skipped by whoever slept: R of the
 * newest holds theirs, and what they carried is in `locks`.
 */
function begin(state: EpochsState, effects: EpochsEffect[]): boolean {
  const epoch = newestEpoch(state);
  if (epoch.number === state.at || state.leaves?.root !== epoch.began!.root) return false;
  const { certified } = state.core;
  const { leaves } = state.leaves;
  for (const { key, version } of leaves.values())
    if ((certified.get(key)?.version ?? 0) < version) return false;
  for (const { key, armed } of state.core.instances.values())
    if (armed !== null) effects.push({ type: 'timer', key, at: null });
  const { w0 } = state.core;
  // CARRIED
  const carried = carriedInto(state.locks, leaves);
  state.locks.clear();
  for (const one of carried.values()) state.locks.set(one.key, one);
  state.carried = carried;
  state.at = epoch.number;
  // All instances start afresh.
  state.core = newCore({ ...coreConfigOf(state.config, epoch), w0 });
  for (const [key, head] of certified) if (!isNetworkKey(key)) state.core.certified.set(key, head);
  restoreNetworkHeads(state);
  state.core.mayVote = state.mayVote;
  state.phase = 'open';
  state.left = false;
  state.sealed = null;
  state.root = null;
  state.reporting = null;
  state.offered = null;
  state.offeredChange = null;
  state.asked.change = false;
  for (const table of [state.drafts, state.ownReports, state.reports]) table.clear();
  const { openingValue: by } = epoch.began!;
  effects.push({
    type: 'begin',
    mark: { state: 'begun', epoch: epoch.digest, by },
    epoch,
    carried: [...carried.values()],
  });
  for (const one of carried.values())
    if ((certified.get(one.key)?.version ?? 0) < one.version) effects.push({ type: 'carry', carried: one });
  return true;
}

/** The locks of versions that are open, as a report tells them, each with its polka's votes; ascending by key. */
export function undecidedLocks(
  core: CoreState,
): { readonly lock: ReportedLock; readonly polka: readonly Vote[] }[] {
  const found: { lock: ReportedLock; polka: readonly Vote[] }[] = [];
  for (const { key, version, lock, rounds } of core.instances.values()) {
    const polka = lock && rounds.get(lock.round)?.polka;
    if (!lock || !polka || isNetworkKey(key)) continue;
    found.push({ lock: { key, version, digest: lock.digest, round: lock.round }, polka: polka.votes });
  }
  return found.sort((a, b) => (a.lock.key < b.lock.key ? -1 : 1));
}

/** The opening that these reports make: equal ones as one, and each lock's polka once. */
export function openingOf(reports: readonly Report[]): Opening {
  const { change, root } = reports[0]!;
  const statements = new Map<string, { locks: readonly ReportedLock[]; by: Report[] }>();
  const polkas = new Map<string, Vote[]>();
  for (const one of reports) {
    const name = one.locks.map(lockName).join('\n');
    const statement = statements.get(name) ?? { locks: one.locks, by: [] };
    statements.set(name, statement);
    statement.by.push(one);
    for (const lock of one.locks) {
      if (polkas.has(lockName(lock))) continue;
      polkas.set(
        lockName(lock),
        one.polkas.filter((vote) => vote.type === 'PRE-COMMIT' && lockName(vote) === lockName(lock)),
      );
    }
  }
  return {
    change,
    root,
    statements: [...statements.values()].map(({ locks, by }) => ({ locks, groups: signers(by) })),
    polkas: [...polkas.values()].flat(),
  };
}

/** Reports of q members with one R: the state held here first, else that of most members. */
function agreeingReports(state: EpochsState, change: Digest): Report[] | null {
  const byRoot = new Map<Digest, Report[]>();
  for (const of of state.reports.values()) {
    for (const one of of.values()) {
      if (one.change !== change) continue;
      const found = byRoot.get(one.root) ?? [];
      byRoot.set(one.root, found);
      found.push(one);
    }
  }
  const q = quorum(state.core.config.n);
  const complete = [...byRoot].filter(([, found]) => found.length >= q);
  const own = complete.find(([root]) => root === state.root);
  return (own ?? complete.sort(([, a], [, b]) => b.length - a.length)[0])?.[1] ?? null;
}

/** A member of the epoch that is begun, with the log that its entry names, after RESUME. */
function votes(state: EpochsState): boolean {
  return state.mayVote && state.core.config.self !== null;
}

function hasHead(state: EpochsState, epoch: Epoch, key: Key): boolean {
  return (state.core.certified.get(key)?.version ?? 0) >= endingVersion(epoch);
}

function signers(of: Iterable<Countersignature>): SignerGroup[] {
  const found = [...of].map(({ author, signature, share }) => ({ author, signature, share }));
  return found.length === 0 ? [] : [{ form: 'votes', votes: found.sort((a, b) => a.author - b.author) }];
}

/** One statement, whoever signed it. */
export function sameLocks(a: Report, b: Report): boolean {
  return a.change === b.change && a.locks.map(lockName).join('\n') === b.locks.map(lockName).join('\n');
}
