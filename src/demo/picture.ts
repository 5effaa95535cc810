/**
 * What the stage shows at one position of a recording: every replica's own seal, the messages that travel, the marks of
 * the time plot. A pure function of (recording, position, cast), so that pause, step and replay need no other state.
 */
import type { Digest, MemberIndex, SealState } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { ASSUMED_FLIGHT_MS } from './limits.ts';
import { decidedAt, type RecordedEvent, type Recording } from './recording.ts';

const t = translator('demo');

export interface Cast {
  readonly n: number;
  readonly q: number;
  /** Short names in genesis order: `Alfa`. */
  readonly names: readonly string[];
}

/** Where a replica stands in this vote, for its badge and its sentence. */
export type PanePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'proposed' }
  | { readonly kind: 'heard' }
  | { readonly kind: 'pre-committed' }
  | { readonly kind: 'committed'; readonly commits: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'decided'; readonly first: boolean }
  | { readonly kind: 'double' };

export interface PanePicture {
  readonly seal: SealState;
  readonly phase: PanePhase;
  readonly commits: number;
  readonly preCommits: number;
  readonly proposer: boolean;
  readonly holdsEvidence: boolean;
}

export interface Packet {
  readonly id: string;
  readonly from: MemberIndex;
  readonly to: MemberIndex;
  /** Drawn as an outline (pre-commit) or filled (commit). */
  readonly hollow: boolean;
  /** 0 at the sender, 1 at the receiver. */
  readonly progress: number;
}

export interface Mark {
  readonly id: string;
  readonly at: number;
  readonly member: MemberIndex;
  readonly shape: 'proposed' | 'pre-commit' | 'commit' | 'double';
}

/** One author, one round, one kind of vote, two values: and who was told what. */
export interface DoubleVote {
  readonly member: MemberIndex;
  readonly at: number;
  readonly values: readonly { readonly digest: Digest; readonly to: readonly MemberIndex[] }[];
}

export interface Picture {
  readonly panes: readonly PanePicture[];
  readonly packets: readonly Packet[];
  readonly marks: readonly Mark[];
  readonly doubles: readonly DoubleVote[];
  /** Milliseconds since 1970, once shown; null before. */
  readonly decidedAt: number | null;
  /** Members whose commit made the quorum, at the replica that had it first. */
  readonly signers: readonly MemberIndex[];
  /** Most commits that any one replica holds. */
  readonly commits: number;
  readonly preCommits: number;
  readonly round: number;
}

/** `here[i]`: is member i linked to anyone now? Only colours the segments of those who have not signed. */
export function pictureAt(
  recording: Recording,
  position: number,
  cast: Cast,
  here: readonly boolean[],
): Picture {
  const past = recording.events.filter((event) => event.at <= position);
  const doubles = doubleVotes(past);
  const firstDecision = decidedAt(recording);
  const decided = firstDecision !== null && firstDecision <= position ? firstDecision : null;
  const panes = cast.names.map((_, index) => paneAt(past, index as MemberIndex, cast, here, doubles));
  const decider = past.find((event) => event.kind === 'decided');
  return {
    panes,
    packets: packetsAt(recording, position),
    marks: marksOf(past, doubles),
    doubles,
    decidedAt: decided,
    signers: decider ? signersAt(past, decider, cast) : [],
    commits: Math.max(0, ...panes.map((pane) => pane.commits)),
    preCommits: Math.max(0, ...panes.map((pane) => pane.preCommits)),
    round: past.reduce((round, event) => Math.max(round, event.round ?? 0), 0),
  };
}

/** Votes of one author that contradict each other, whoever heard them. */
export function doubleVotes(events: readonly RecordedEvent[]): readonly DoubleVote[] {
  const said = new Map<string, { member: MemberIndex; at: number; to: Map<Digest, MemberIndex[]> }>();
  for (const event of events) {
    // Evidence names both values, also where the second one was never counted as heard.
    const type = voteType(event) ?? (event.kind === 'evidence' ? 'pre-commit' : null);
    const digests =
      event.kind === 'evidence' ? accusedDigests(event) : event.digest === null ? [] : [event.digest];
    if (!type) continue;
    const id = `${event.member}|${type}|${event.round}`;
    const entry = said.get(id) ?? {
      member: event.member,
      at: event.at,
      to: new Map<Digest, MemberIndex[]>(),
    };
    for (const digest of digests) {
      const listeners = entry.to.get(digest) ?? [];
      if (!entry.to.has(digest) && entry.to.size === 1) entry.at = event.at;
      // What the author told a member is what that member heard first; the other value reached it through others.
      const heardBefore = [...entry.to.values()].some((heard) => heard.includes(event.observer));
      if (event.kind !== 'evidence' && event.observer !== event.member && !heardBefore)
        listeners.push(event.observer);
      entry.to.set(digest, listeners);
    }
    said.set(id, entry);
  }
  return [...said.values()]
    .filter((entry) => entry.to.size > 1)
    .map((entry) => ({
      member: entry.member,
      at: entry.at,
      values: [...entry.to].map(([digest, to]) => ({ digest, to })),
    }));
}

function paneAt(
  past: readonly RecordedEvent[],
  observer: MemberIndex,
  cast: Cast,
  here: readonly boolean[],
  doubles: readonly DoubleVote[],
): PanePicture {
  const seen = past.filter((event) => event.observer === observer);
  const decided = seen.find((event) => event.kind === 'decided');
  const target = decided?.digest ?? leading(seen);
  const round = currentRound(seen, target);
  const marks: SealState['marks'][number][] = cast.names.map((_, i) => (here[i] ? 'heard' : 'empty'));
  const evidence = cast.names.map((_, i) =>
    seen.some((event) => event.kind === 'evidence' && event.member === i),
  );
  for (const event of seen) {
    const type = voteType(event);
    if (!type || event.digest === null) continue;
    const before = marks[event.member];
    if (event.digest !== target) {
      if (before !== 'commit' && before !== 'pre' && event.round === round) marks[event.member] = 'other';
    } else if (type === 'commit') marks[event.member] = 'commit';
    else if (before !== 'commit' && event.round === round) marks[event.member] = 'pre';
  }
  // The decision names its signers: a replica that learnt it from a certificate has heard no votes.
  for (const signer of decided ? namedSigners(decided) : []) if (signer < cast.n) marks[signer] = 'commit';
  const refusal = seen.findLast((event) => event.kind === 'refused');
  if (refusal && !['pre', 'commit'].includes(marks[observer]!)) marks[observer] = 'refused';
  const commits = marks.filter((mark) => mark === 'commit').length;
  const preCommits = marks.filter((mark) => mark === 'commit' || mark === 'pre').length;
  const began = seen.some((event) => voteType(event) !== null || event.kind === 'proposed');
  const proposer = past.some((event) => event.kind === 'proposed' && event.member === observer);
  return {
    seal: {
      n: cast.n,
      q: cast.q,
      marks,
      evidence,
      outcome: decided ? 'closed' : began ? 'voting' : 'none',
    },
    phase: phaseOf(seen, past, observer, marks, doubles, refusal),
    commits,
    preCommits,
    proposer,
    holdsEvidence: evidence.includes(true),
  };
}

function phaseOf(
  seen: readonly RecordedEvent[],
  past: readonly RecordedEvent[],
  observer: MemberIndex,
  marks: readonly SealState['marks'][number][],
  doubles: readonly DoubleVote[],
  refusal: RecordedEvent | undefined,
): PanePhase {
  if (doubles.some((double) => double.member === observer)) return { kind: 'double' };
  if (seen.some((event) => event.kind === 'decided')) {
    return { kind: 'decided', first: past.find((event) => event.kind === 'decided')?.observer === observer };
  }
  if (marks[observer] === 'commit') {
    return { kind: 'committed', commits: marks.filter((mark) => mark === 'commit').length };
  }
  if (marks[observer] === 'pre') return { kind: 'pre-committed' };
  if (refusal) return { kind: 'refused', why: refusal.detail ?? t('pane.breaksRule') };
  if (seen.some((event) => event.kind === 'proposed' && event.member === observer))
    return { kind: 'proposed' };
  return seen.length > 0 ? { kind: 'heard' } : { kind: 'idle' };
}

/** The value that this replica's newest votes are about: most votes in its highest round, first heard wins a tie. */
function leading(seen: readonly RecordedEvent[]): Digest | null {
  const commits = count(seen.filter((event) => voteType(event) === 'commit'));
  if (commits) return commits;
  const votes = seen.filter((event) => voteType(event) === 'pre-commit');
  const round = votes.reduce((highest, event) => Math.max(highest, event.round ?? 0), 0);
  return (
    count(votes.filter((event) => (event.round ?? 0) === round)) ??
    seen.find((event) => event.kind === 'proposed')?.digest ??
    null
  );
}

function count(votes: readonly RecordedEvent[]): Digest | null {
  const tally = new Map<Digest, number>();
  for (const vote of votes)
    if (vote.digest !== null) tally.set(vote.digest, (tally.get(vote.digest) ?? 0) + 1);
  let best: Digest | null = null;
  for (const [digest, n] of tally) if (best === null || n > tally.get(best)!) best = digest;
  return best;
}

function currentRound(seen: readonly RecordedEvent[], target: Digest | null): number {
  return seen.reduce(
    (round, event) =>
      event.digest === target && voteType(event) ? Math.max(round, event.round ?? 0) : round,
    0,
  );
}

function signersAt(
  past: readonly RecordedEvent[],
  decision: RecordedEvent,
  cast: Cast,
): readonly MemberIndex[] {
  const named = namedSigners(decision);
  if (named.length > 0) return named.filter((member) => member < cast.n);
  const signed = new Set<MemberIndex>();
  for (const event of past) {
    if (event.at > decision.at || event.observer !== decision.observer || voteType(event) !== 'commit')
      continue;
    if (decision.digest !== null && event.digest !== decision.digest) continue;
    signed.add(event.member);
  }
  return [...signed].sort((a, b) => a - b).slice(0, cast.n);
}

function packetsAt(recording: Recording, position: number): readonly Packet[] {
  const packets: Packet[] = [];
  for (const event of recording.events) {
    const type = voteType(event);
    if (!type || event.observer === event.member || event.at <= position) continue;
    const sent = sentAt(recording.events, event, type);
    if (position < sent) continue;
    packets.push({
      id: `${event.observer}|${event.member}|${type}|${event.round}|${event.digest}`,
      from: event.member,
      to: event.observer,
      hollow: type === 'pre-commit',
      progress: (position - sent) / (event.at - sent),
    });
  }
  return packets;
}

/** When the author made the vote that was heard; a vote whose making was not traced is assumed to be just before. */
function sentAt(
  events: readonly RecordedEvent[],
  heard: RecordedEvent,
  type: 'pre-commit' | 'commit',
): number {
  const made = events.find(
    (event) =>
      event.kind === type &&
      event.observer === heard.member &&
      event.round === heard.round &&
      event.digest === heard.digest &&
      event.at < heard.at,
  );
  return made ? made.at : heard.at - ASSUMED_FLIGHT_MS;
}

function marksOf(past: readonly RecordedEvent[], doubles: readonly DoubleVote[]): readonly Mark[] {
  const marks: Mark[] = [];
  for (const event of past) {
    if (event.observer !== event.member) continue;
    if (event.kind !== 'proposed' && event.kind !== 'pre-commit' && event.kind !== 'commit') continue;
    const lied = doubles.some((double) => double.member === event.member);
    if (lied && event.kind === 'pre-commit') continue;
    marks.push({
      id: `${event.kind}|${event.member}|${event.round}|${event.digest}`,
      at: event.at,
      member: event.member,
      shape: event.kind,
    });
  }
  for (const double of doubles) {
    marks.push({
      id: `double|${double.member}|${double.at}`,
      at: double.at,
      member: double.member,
      shape: 'double',
    });
  }
  return marks.sort((a, b) => a.at - b.at);
}

/** The detail of a decision is its certificate's signers: member indexes, one space between them. */
export function namedSigners(decision: RecordedEvent): readonly MemberIndex[] {
  if (!/^\d{1,3}( \d{1,3})*$/.test(decision.detail ?? '')) return [];
  return decision.detail!.split(' ').map((index) => Number(index) as MemberIndex);
}

/** The detail of evidence is the two digests that its author signed. */
function accusedDigests(event: RecordedEvent): readonly Digest[] {
  const digests = (event.detail ?? '').split(' ').filter((word) => /^[0-9a-f]{64}$/.test(word));
  return digests as Digest[];
}

function voteType(event: RecordedEvent): 'pre-commit' | 'commit' | null {
  if (event.kind === 'pre-commit' || event.kind === 'heard-pre-commit') return 'pre-commit';
  if (event.kind === 'commit' || event.kind === 'heard-commit') return 'commit';
  return null;
}
