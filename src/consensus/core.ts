/**
 * `step(state, event, now)`: the only way in. `step` takes ownership of the state it is given and hands it back changed: nobody else may
 * keep a reference. It reads no clock, draws no random number, does no input or output.
 */
import {
  asRound,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type Version,
} from '../codec/brand.ts';
import {
  accusedOf,
  isBadShare,
  isOfReports,
  locksName,
  type Equivocation,
  type Evidence,
  type Vote,
} from '../codec/vote.ts';
import { hasPolkaFrom, isInWindow, isNewest, isOwnOnRecord, noteNewest } from './forget.ts';
import { newInstance, roundOf } from './instance.ts';
import { MAX_UNSTARTED_PER_AUTHOR, MAX_VALUES_PER_AUTHOR } from './limits.ts';
import type { InstanceLogLike } from './log.ts';
import { quorum } from './membership.ts';
import { adopt, maySign, run } from './rules.ts';
import type { CertifiedHead, CoreConfig, CoreEffect, CoreEvent, CoreState, Instance } from './types.ts';

export interface Step {
  readonly state: CoreState;
  readonly effects: readonly CoreEffect[];
}

export function newCore(config: CoreConfig): CoreState {
  return {
    config,
    instances: new Map(),
    certified: new Map(),
    unstarted: new Map(),
    evidence: new Map(),
    suspected: new Set(),
    mayVote: false,
    closed: false,
    w0: config.w0,
  };
}

export function step(state: CoreState, event: CoreEvent, now: Milliseconds): Step {
  const effects: CoreEffect[] = [];
  switch (event.type) {
    case 'propose':
      propose(state, event, now, effects);
      break;
    case 'received':
      receive(state, event.votes, event.from, effects);
      break;
    case 'checked':
      take(state, event.votes, now, effects);
      break;
    case 'signed':
      ownVote(state, event.vote, now, effects);
      break;
    case 'value':
      classify(state, event, now, effects);
      break;
    case 'head-bytes':
      headBytes(state, event.key, event.digest, now, effects);
      break;
    case 'certified':
      takeCertificate(state, event, effects);
      break;
    case 'evidence':
      addEvidence(state, event.evidence, effects);
      for (const key of state.instances.keys()) run(state, key, now, effects);
      break;
    case 'suspected':
      state.suspected = event.members;
      for (const key of state.instances.keys()) run(state, key, now, effects);
      break;
    case 'may-vote':
      state.mayVote = event.mayVote;
      for (const key of state.instances.keys()) run(state, key, now, effects);
      break;
    case 'w0':
      state.w0 = event.w0;
      break;
    case 'close':
      state.closed = true;
      break;
    case 'tick': {
      const instance = state.instances.get(event.key);
      if (instance) instance.armed = null;
      run(state, event.key, now, effects);
      break;
    }
  }
  return { state, effects };
}

/** Puts a certified head back after a start. */
export function restoreHead(state: CoreState, key: Key, head: CertifiedHead): void {
  state.certified.set(key, head);
}

/**
 * Puts an open version back after a start: e = now, sat unset, all else as it was. The effects ask for the values.
 * A log of a version that the certified head has passed is ignored.
 */
export function restoreInstance(
  state: CoreState,
  log: InstanceLogLike,
  now: Milliseconds,
): readonly CoreEffect[] {
  const head = state.certified.get(log.key);
  if (log.version !== (head?.version ?? 0) + 1) return [];
  const instance = newInstance(
    state.config,
    log.key,
    log.version,
    head?.digest ?? null,
    head?.bytesKnown ?? true,
    null,
  );
  state.instances.set(log.key, instance);
  instance.round = asRound(log.round);
  instance.enteredAt = now;
  instance.w0 = instance.firstW0 = state.w0;
  if (log.round >= 0) roundOf(instance, log.round);
  for (const vote of log.ownVotes) {
    instance.ownVotes.push(vote);
    (vote.type === 'COMMIT' ? instance.ownCommits : instance.ownPreCommits).set(vote.round, vote.digest);
    insert(instance, vote);
  }
  for (const vote of log.previousRound) insert(instance, vote);
  takePolkas(state, log.previousRound);
  if (log.lock) {
    instance.lock = { digest: log.lock.digest, round: log.lock.round };
    roundOf(instance, log.lock.round).polka = { digest: log.lock.digest, votes: log.lock.polka };
    for (const vote of log.lock.polka) insert(instance, vote);
  }
  const effects: CoreEffect[] = [];
  askForValues(instance, effects);
  run(state, log.key, now, effects);
  return effects;
}

function propose(
  state: CoreState,
  { key, version, digest }: { key: Key; version: Version; digest: Digest },
  now: Milliseconds,
  effects: CoreEffect[],
): void {
  const instance = openInstance(state, key, null, effects);
  if (!instance || instance.version !== version) return;
  instance.values.set(digest, 'valid');
  // START: a proposal counts while r <= 0 and unvoted.
  if (instance.round <= 0 && !instance.ownPreCommits.has(0)) instance.proposal = digest;
  run(state, key, now, effects);
}

/** MERGE, first half: what is neither known nor within the limits is dropped before anyone pays for its signature. */
function receive(state: CoreState, votes: readonly Vote[], from: string, effects: CoreEffect[]): void {
  const wanted: Vote[] = [];
  let behind: Set<Key> | null = null;
  let ahead: Set<Key> | null = null;
  const isWithinReach = reachOf(state, votes);
  for (const vote of votes) {
    if (vote.epoch !== state.config.epoch || vote.author >= state.config.n) continue;
    const open = (state.certified.get(vote.key)?.version ?? 0) + 1;
    if (vote.version > open) (behind ??= new Set()).add(vote.key);
    else if (vote.version < open) (ahead ??= new Set()).add(vote.key);
    else if (isWithinReach(vote) && !isKnown(state, vote)) wanted.push(vote);
  }
  for (const key of behind ?? []) effects.push({ type: 'behind', key, from });
  for (const key of ahead ?? []) effects.push({ type: 'ahead', key, from });
  if (wanted.length > 0) effects.push({ type: 'check', votes: wanted, from });
}

function isKnown(state: CoreState, vote: Vote): boolean {
  const instance = state.instances.get(vote.key);
  const round = instance?.rounds.get(vote.round);
  const table = vote.type === 'COMMIT' ? round?.commits : round?.preCommits;
  if (table?.get(vote.digest)?.has(vote.author)) return true;
  return (
    vote.author === state.config.self &&
    instance !== undefined &&
    instance.ownVotes.some((own) => sameVote(own, vote))
  );
}

/**
 * Whether a vote is of a round whose votes are kept, or part of a jump proof, a polka or a certificate in the same message, or its author's
 * newest. The message is counted once: asked vote by vote, one full of far rounds would cost the square of its length before any
 * signature is checked.
 */
function reachOf(state: CoreState, together: readonly Vote[]): (vote: Vote) => boolean {
  const q = quorum(state.config.n);
  // Any q voters prove a later round; a round that was left matters by a polka, and that is for one value.
  const group = ({ type, version, round, digest, key }: Vote): string =>
    `${type} ${version} ${round} ${type === 'COMMIT' || round < (state.instances.get(key)?.round ?? -1) ? digest : ''} ${key}`;
  let authors: Map<string, Set<MemberIndex>> | null = null;
  const count = (): Map<string, Set<MemberIndex>> => {
    const counted = new Map<string, Set<MemberIndex>>();
    for (const vote of together) {
      if (vote.epoch !== state.config.epoch || vote.author >= state.config.n) continue;
      const name = group(vote);
      const found = counted.get(name) ?? new Set(heldWith(state, vote));
      counted.set(name, found.add(vote.author));
    }
    return counted;
  };
  return (vote) => {
    const instance = state.instances.get(vote.key);
    if (instance ? isInWindow(instance, vote.round) : vote.round === 0) return true;
    if (instance && vote.round < instance.round) {
      if (vote.author === state.config.self || isNewest(instance, vote)) return true;
      if (vote.type === 'PRE-COMMIT' && hasPolkaFrom(instance, vote.digest, vote.round)) return false;
    }
    // Not even with a vote of every other author in the message: most messages need no counting.
    if (heldSize(state, vote) + together.length < q) return false;
    authors ??= count();
    return (authors.get(group(vote))?.size ?? 0) >= q;
  };
}

/** Authors of the same vote in a round that was left: some of its votes may be kept, so that the message alone is no quorum. */
function heldWith(state: CoreState, vote: Vote): Iterable<MemberIndex> {
  return heldIn(state, vote)?.keys() ?? [];
}

function heldSize(state: CoreState, vote: Vote): number {
  return heldIn(state, vote)?.size ?? 0;
}

function heldIn(
  state: CoreState,
  { key, version, round, type, digest }: Vote,
): ReadonlyMap<MemberIndex, Vote> | undefined {
  const instance = state.instances.get(key);
  if (!instance || instance.version !== version || round >= instance.round) return undefined;
  const held = instance.rounds.get(round);
  return (type === 'COMMIT' ? held?.commits : held?.preCommits)?.get(digest);
}

/** MERGE, second half: checked votes are counted, evidence found, then the rules run to a fixpoint. */
function take(state: CoreState, votes: readonly Vote[], now: Milliseconds, effects: CoreEffect[]): void {
  const touched = new Set<Key>();
  const isWithinReach = reachOf(state, votes);
  for (const vote of votes) {
    if (vote.epoch !== state.config.epoch) continue;
    // Asked again: a jump proof whose other signatures were forged is none.
    if (!isWithinReach(vote)) continue;
    const instance = openInstance(state, vote.key, vote.author, effects);
    if (!instance || instance.version !== vote.version) continue;
    if (
      vote.author === state.config.self &&
      isOwnOnRecord(instance.round, vote.round) &&
      !instance.ownVotes.some((own) => sameVote(own, vote))
    ) {
      // RESUME: never merged into the log, and nothing new is signed beside it.
      state.mayVote = false;
      effects.push({ type: 'unknown-own-vote', vote });
    }
    findEvidence(state, instance, vote, effects);
    if (insert(instance, vote)) {
      touched.add(vote.key);
      effects.push({ type: 'heard', vote });
    }
  }
  for (const key of takePolkas(state, votes)) touched.add(key);
  for (const key of touched) {
    const instance = state.instances.get(key);
    if (instance) askForValues(instance, effects);
    run(state, key, now, effects);
  }
}

/**
 * polka is checked standalone: q votes make one even where the limit per author dropped some of them, whether they came together or
 * some were known before. Gives the keys that have a new polka.
 */
function takePolkas(state: CoreState, votes: readonly Vote[]): Set<Key> {
  const q = quorum(state.config.n);
  const groups = new Map<string, Map<MemberIndex, Vote>>();
  for (const vote of votes) {
    const instance = state.instances.get(vote.key);
    const round = instance?.rounds.get(vote.round);
    if (vote.type !== 'PRE-COMMIT' || vote.epoch !== state.config.epoch || instance?.version !== vote.version)
      continue;
    if (!round || round.polka) continue;
    // Not even if each vote of the message were for this value.
    if ((round.preCommits.get(vote.digest)?.size ?? 0) + votes.length < q) continue;
    const name = `${vote.round} ${vote.digest} ${vote.key}`;
    const group = groups.get(name) ?? new Map<MemberIndex, Vote>(round.preCommits.get(vote.digest));
    groups.set(name, group.set(vote.author, vote));
  }
  const found = new Set<Key>();
  for (const group of groups.values()) {
    if (group.size < q) continue;
    const [first] = group.values();
    const round = roundOf(state.instances.get(first!.key)!, first!.round);
    round.polka ??= { digest: first!.digest, votes: [...group.values()].slice(0, q) };
    found.add(first!.key);
  }
  return found;
}

function ownVote(state: CoreState, vote: Vote, now: Milliseconds, effects: CoreEffect[]): void {
  const instance = state.instances.get(vote.key);
  // A certificate overtook the signature: the version is closed, the vote is not needed and never leaves.
  if (!instance || instance.version !== vote.version) return;
  // RESUME: a vote that the log lacks came while this one was being signed. CLOSE: so did the end of the epoch. It stays decided and
  // never leaves.
  if (!maySign(state, vote.key)) return;
  instance.ownVotes.push(vote);
  insert(instance, vote);
  effects.push({ type: 'persist', key: vote.key }, { type: 'push', vote });
  run(state, vote.key, now, effects);
}

function classify(
  state: CoreState,
  event: { key: Key; version: Version; digest: Digest; status: 'missing' | 'checking' | 'valid' | 'invalid' },
  now: Milliseconds,
  effects: CoreEffect[],
): void {
  const instance = state.instances.get(event.key);
  if (!instance || instance.version !== event.version) return;
  const known = instance.values.get(event.digest);
  // A verdict is deterministic and final; what could not be finished may be tried again.
  if (known === 'valid' || known === 'invalid') return;
  instance.values.set(event.digest, event.status);
  run(state, event.key, now, effects);
}

function headBytes(
  state: CoreState,
  key: Key,
  digest: Digest,
  now: Milliseconds,
  effects: CoreEffect[],
): void {
  const head = state.certified.get(key);
  if (!head || head.digest !== digest || head.bytesKnown) return;
  state.certified.set(key, { ...head, bytesKnown: true });
  const instance = state.instances.get(key);
  if (!instance) return;
  instance.previousKnown = true;
  askForValues(instance, effects, true);
  run(state, key, now, effects);
}

function takeCertificate(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'certified' }>,
  effects: CoreEffect[],
): void {
  // DECIDE: a higher version with a valid QC replaces mine.
  const { key, version, digest } = event.certificate;
  const head = state.certified.get(key);
  if (head && head.version >= version) return;
  const instance = state.instances.get(key);
  const isOpen = instance !== undefined && instance.version === version;
  const status = isOpen ? instance.values.get(digest) : undefined;
  const bytesKnown = event.bytesKnown || (status !== undefined && status !== 'missing');
  adopt(state, event.certificate, bytesKnown, isOpen ? instance.previous : undefined, effects);
}

function findEvidence(state: CoreState, instance: Instance, vote: Vote, effects: CoreEffect[]): void {
  const round = instance.rounds.get(vote.round);
  const table = vote.type === 'COMMIT' ? round?.commits : round?.preCommits;
  if (!table || state.evidence.has(vote.author)) return;
  for (const [digest, votes] of table) {
    const other = votes.get(vote.author);
    if (other && digest !== vote.digest) {
      addEvidence(state, { first: other, second: vote }, effects);
      return;
    }
  }
}

/** Kept once per author; it removes the author from `winner` and never lowers a quorum count. */
function addEvidence(state: CoreState, evidence: Evidence, effects: CoreEffect[]): void {
  const { epoch, author } = accusedOf(evidence);
  if (!proves(evidence) || epoch !== state.config.epoch || state.evidence.has(author)) return;
  state.evidence.set(author, evidence);
  effects.push({ type: 'evidence', member: author, evidence });
}

function proves(evidence: Evidence): boolean {
  if (isBadShare(evidence)) return evidence.vote.type === 'COMMIT';
  if (!isOfReports(evidence)) return contradicts(evidence);
  const [first, second] = evidence.statements;
  return locksName(first.locks) !== locksName(second.locks);
}

function contradicts({ first, second }: Equivocation): boolean {
  return (
    second.epoch === first.epoch &&
    first.author === second.author &&
    first.key === second.key &&
    first.version === second.version &&
    first.round === second.round &&
    first.type === second.type &&
    first.digest !== second.digest
  );
}

/** Counts a vote; false when it was known or the author's two places in the round are taken. */
function insert(instance: Instance, vote: Vote): boolean {
  const round = roundOf(instance, vote.round);
  const table = vote.type === 'COMMIT' ? round.commits : round.preCommits;
  let places = 0;
  for (const [digest, votes] of table) {
    if (!votes.has(vote.author)) continue;
    if (digest === vote.digest) return false;
    places++;
  }
  if (places >= MAX_VALUES_PER_AUTHOR) return false;
  const votes = table.get(vote.digest) ?? new Map<MemberIndex, Vote>();
  table.set(vote.digest, votes.set(vote.author, vote));
  noteNewest(instance, vote);
  return true;
}

/** The open instance of a key; null when the author holds too many open that nobody found valid, and none can be forgotten. */
function openInstance(
  state: CoreState,
  key: Key,
  openedBy: MemberIndex | null,
  effects: CoreEffect[],
): Instance | null {
  const found = state.instances.get(key);
  if (found) return found;
  if (openedBy !== null && !makeRoom(state, openedBy, effects)) return null;
  const head = state.certified.get(key);
  const version = asVersion((head?.version ?? 0) + 1);
  const instance = newInstance(
    state.config,
    key,
    version,
    head?.digest ?? null,
    head?.bytesKnown ?? true,
    openedBy,
  );
  state.instances.set(key, instance);
  if (openedBy !== null) state.unstarted.get(openedBy)!.add(key);
  return instance;
}

/** Forgets the author's oldest unstarted instance that nobody else has voted in, when it has too many. */
function makeRoom(state: CoreState, author: MemberIndex, effects: CoreEffect[]): boolean {
  const held = state.unstarted.get(author) ?? new Set<Key>();
  state.unstarted.set(author, held);
  for (const key of held) {
    if (held.size < MAX_UNSTARTED_PER_AUTHOR) break;
    const instance = state.instances.get(key);
    if (instance?.openedBy !== author || instance.round >= 0) {
      held.delete(key);
    } else if (isAuthorAlone(instance, author)) {
      held.delete(key);
      state.instances.delete(key);
      effects.push({ type: 'forgotten', key });
    }
  }
  return held.size < MAX_UNSTARTED_PER_AUTHOR;
}

function isAuthorAlone(instance: Instance, author: MemberIndex): boolean {
  if (instance.proposal !== null || instance.ownVotes.length > 0) return false;
  for (const { preCommits, commits } of instance.rounds.values()) {
    for (const table of [preCommits, commits]) {
      for (const votes of table.values())
        for (const voter of votes.keys()) if (voter !== author) return false;
    }
  }
  return true;
}

/** Asks for every voted value that is not classified; `again`: also for those handed out before. */
function askForValues(instance: Instance, effects: CoreEffect[], again = false): void {
  if (!instance.previousKnown) return;
  const { key, version } = instance;
  for (const { preCommits, polka } of instance.rounds.values()) {
    for (const digest of polka ? new Set([...preCommits.keys(), polka.digest]) : preCommits.keys()) {
      const status = instance.values.get(digest);
      if (status !== undefined && !(again && (status === 'missing' || status === 'checking'))) continue;
      instance.values.set(digest, 'missing');
      effects.push({ type: 'need-value', key, version, digest });
    }
  }
}

function sameVote(a: Vote, b: Vote): boolean {
  return a.round === b.round && a.type === b.type && a.digest === b.digest && a.version === b.version;
}
