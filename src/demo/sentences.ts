/** The recording in words: the log, the headline, each pane's sentence. Pure; nothing here reads a clock or a state. */
import type { InstanceView, MemberIndex } from '../worker/api.ts';
import { duration } from './axis.ts';
import {
  doubleVotes,
  namedSigners,
  type Cast,
  type DoubleVote,
  type PanePicture,
  type Picture,
} from './picture.ts';
import { decidedAt, startOf, type RecordedEvent, type Recording } from './recording.ts';

export type Segment = string | { readonly strong: string } | { readonly digest: string };

export interface LogLine {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Since the recording began: `36 ms`. */
  readonly time: string;
  readonly tone: 'plain' | 'now' | 'good' | 'bad';
  readonly text: readonly Segment[];
}

export interface Headline {
  readonly title: string;
  readonly detail: string;
}

/** Newest first: what had happened by `position`. */
export function logAt(recording: Recording, position: number, cast: Cast): readonly LogLine[] {
  const start = startOf(recording);
  const past = recording.events.filter((event) => event.at <= position);
  const lines: LogLine[] = [];
  const add = (event: RecordedEvent, id: string, tone: LogLine['tone'], text: readonly Segment[]): void => {
    if (!lines.some((line) => line.id === id)) {
      lines.push({ id, at: event.at, time: duration(event.at - start), tone, text });
    }
  };
  const proposers = new Set<MemberIndex>();
  const tally = new Map<string, Set<MemberIndex>>();
  const found = new Set<MemberIndex>();
  let decided = false;
  past.forEach((event, index) => {
    const who = { strong: nameOf(cast, event.member) };
    const own = event.observer === event.member;
    switch (event.kind) {
      case 'proposed':
        proposers.add(event.member);
        add(event, `proposed|${event.member}|${event.digest}`, 'plain', [
          who,
          ` proposed version ${recording.version}.`,
        ]);
        return;
      case 'pre-commit': {
        if (!own) return;
        const votes = counted(tally, event);
        const done = proposers.has(event.member)
          ? ` pre-committed its own value in round ${event.round ?? 0}.`
          : (event.round ?? 0) === 0
            ? ' ran the steps again, got the same responses and pre-committed.'
            : ` pre-committed in round ${event.round}.`;
        const enough = votes === cast.q ? ` That makes ${votes} of ${cast.n}, so members may commit.` : '';
        add(event, `pre|${event.member}|${event.round}|${event.digest}`, 'plain', [who, done + enough]);
        return;
      }
      case 'commit': {
        if (!own) return;
        const votes = counted(tally, event);
        const ofQ = votes <= cast.q ? `${votes} of ${cast.q}` : `${votes} signed, ${cast.q} were needed`;
        add(event, `commit|${event.member}|${event.round}|${event.digest}`, 'plain', [
          who,
          ` committed round ${event.round ?? 0}: ${ofQ}.`,
        ]);
        return;
      }
      case 'heard-pre-commit':
      case 'heard-commit': {
        const doubles = doubleVotes(past.slice(0, index + 1)).filter(
          (double) => double.member === event.member,
        );
        for (const double of doubles) {
          add(event, `told|${double.member}`, 'plain', [who, ...toldWhat(double, cast)]);
        }
        return;
      }
      case 'round':
        // Round 0 is where every vote begins.
        if ((event.round ?? 0) === 0) return;
        add(event, `round|${event.member}|${event.round}`, 'plain', [
          who,
          ` moved to round ${event.round ?? 0}${event.detail ? `: ${sentence(event.detail)}` : '.'}`,
        ]);
        return;
      case 'refused':
        add(event, `refused|${event.member}|${event.digest}|${event.detail}`, 'bad', [
          who,
          ` will not sign${event.detail ? `: ${sentence(event.detail)}` : ' this value.'}`,
        ]);
        return;
      case 'evidence': {
        // Its author learns of it too, but does not find itself out.
        if (found.has(event.member) || event.observer === event.member) return;
        found.add(event.member);
        const double = doubleVotes(past).find((entry) => entry.member === event.member);
        add(event, `found|${event.member}`, 'bad', foundOut(event, double, past, cast));
        return;
      }
      case 'decided': {
        if (!decided) {
          decided = true;
          const signed = past.filter(
            (other) =>
              other.at <= event.at &&
              other.observer === event.observer &&
              (other.kind === 'commit' || other.kind === 'heard-commit') &&
              (event.digest === null || other.digest === event.digest),
          );
          const named = namedSigners(event);
          const members = named.length > 0 ? named : unique(signed.map((other) => other.member));
          const names = members.map((member) => nameOf(cast, member));
          add(event, 'quorum', 'good', [
            {
              strong: `Quorum ${cast.q} of ${cast.n}: committed v${recording.version} in ${duration(event.at - start)}.`,
            },
            names.length > 0 ? ` Signed by ${list(names)}.` : '',
          ]);
        } else {
          add(event, `decided|${event.observer}`, 'plain', [
            { strong: nameOf(cast, event.observer) },
            ' holds the proof too.',
          ]);
        }
        return;
      }
    }
  });
  return lines.sort((a, b) => b.at - a.at || lines.indexOf(b) - lines.indexOf(a));
}

/** The last event in words, and what it means. `waiting`: what a live replica says is missing, once playback has caught up. */
export function headlineAt(
  recording: Recording,
  position: number,
  picture: Picture,
  cast: Cast,
  waiting: string | null,
): Headline {
  const thing = `package ${lastFour(recording.key)}`;
  const liars = unique(picture.doubles.map((double) => double.member));
  const found = liars.filter((member) => picture.panes.some((pane) => pane.seal.evidence[member]));
  const decision = decidedAt(recording);
  if (picture.decidedAt !== null && decision !== null) {
    const signers = picture.signers.map((member) => nameOf(cast, member));
    if (found.length > 0) {
      return {
        title: `${list(found.map((member) => nameOf(cast, member)))} lied and was found out. The package committed anyway.`,
        detail: `Two different values signed in one round. ${words(cast.n - found.length)} honest members of ${words(cast.n).toLowerCase()} are enough.`,
      };
    }
    const rest = cast.names.filter(
      (_, i) => !picture.signers.includes(i as MemberIndex) && !hasCommitted(picture, i),
    );
    return {
      title: `Quorum ${cast.q} of ${cast.n}: committed v${recording.version} in ${duration(decision - startOf(recording))}`,
      detail: `${list(signers)} signed ${thing}.${rest.length > 0 ? ` ${list(rest)} will hear of it and ${rest.length > 1 ? 'need' : 'needs'} to do nothing.` : ''}`,
    };
  }
  const proposer = recording.events.find((event) => event.kind === 'proposed' && event.at <= position);
  const refusals = recording.events.filter((event) => event.kind === 'refused' && event.at <= position);
  if (proposer && refusals.length > 0 && found.includes(proposer.member)) {
    return {
      title: `${nameOf(cast, proposer.member)} lied and was found out. Nobody signed its session.`,
      detail: sentence(refusals[refusals.length - 1]!.detail ?? 'Its responses are not what the others get'),
    };
  }
  if (waiting) {
    const title =
      picture.commits > 0
        ? `Waiting: ${Math.min(picture.commits, cast.q)} of ${cast.q} commits`
        : `Waiting: ${Math.min(picture.preCommits, cast.q)} of ${cast.q} pre-commits`;
    return { title, detail: waiting };
  }
  if (found.length > 0) {
    return {
      title: `Found out: ${list(found.map((member) => nameOf(cast, member)))} signed two different values`,
      detail: 'The two signatures are the evidence. Everyone who holds them closes the link.',
    };
  }
  if (refusals.length > 0 && picture.commits === 0) {
    const last = refusals[refusals.length - 1]!;
    const names = unique(refusals.map((event) => event.observer)).map((member) => nameOf(cast, member));
    return {
      title: `${list(names)} will not sign ${thing}`,
      detail: last.detail ? sentence(last.detail) : 'The responses differ from what they got themselves.',
    };
  }
  if (picture.commits > 0) {
    const missing = cast.names.filter((_, i) => !hasCommitted(picture, i));
    const needed = cast.q - picture.commits;
    return {
      title: `Voting: ${Math.min(picture.commits, cast.q)} of ${cast.q} commits`,
      detail:
        needed <= 0
          ? 'Enough commits are on their way: the ring closes where they meet.'
          : `${words(needed)} more ${needed > 1 ? 'commits close' : 'commit closes'} the ring: ${anyOf(missing)}.`,
    };
  }
  if (picture.preCommits > 1) {
    return {
      title: `Voting: ${Math.min(picture.preCommits, cast.q)} of ${cast.q} pre-commits`,
      detail: `Each runs the steps of ${thing} again and compares every response before it signs.`,
    };
  }
  return {
    title: proposer
      ? `${nameOf(cast, proposer.member)} proposed version ${recording.version}`
      : `A vote on ${thing} began`,
    detail: `The others run the steps of ${thing} again; ${cast.q} of ${cast.n} must sign.`,
  };
}

/** Badge words and the one sentence of a pane, from the picture alone. */
export function paneWords(
  pane: PanePicture,
  self: MemberIndex,
  recording: Recording,
  cast: Cast,
): { readonly badge: PaneBadge; readonly sentence: string } {
  const voting: PaneBadge = { kind: 'voting', commits: pane.commits, needed: cast.q };
  const accused = cast.names.filter((_, i) => pane.seal.evidence[i] && i !== self);
  switch (pane.phase.kind) {
    case 'double':
      return {
        badge: { kind: 'double' },
        sentence: 'Signed two different values. Whoever holds both signatures closes its link.',
      };
    case 'decided': {
      const badge: PaneBadge = { kind: 'committed', version: recording.version };
      if (accused.length > 0)
        return { badge, sentence: `Holds the evidence against ${list(accused)}. Closed its link.` };
      if (pane.proposer) return { badge, sentence: 'Its session is on the record.' };
      if (pane.phase.first) return { badge, sentence: 'The ring closed here first.' };
      return { badge, sentence: 'Holds the record and its certificate.' };
    }
    case 'committed':
      return {
        badge: voting,
        sentence: pane.proposer
          ? `The session is its own: proposed version ${recording.version}, then committed.`
          : 'Got the same responses. Committed.',
      };
    case 'pre-committed':
      return {
        badge: voting,
        sentence: pane.proposer
          ? `Proposed version ${recording.version} and pre-committed it.`
          : 'Got the same responses and pre-committed. Each signature is stored before it is sent.',
      };
    case 'refused':
      return { badge: { kind: 'refused' }, sentence: `Will not sign: ${sentence(pane.phase.why)}` };
    case 'proposed':
      return { badge: voting, sentence: `Proposed version ${recording.version}.` };
    case 'heard':
      return { badge: voting, sentence: 'Has heard of the vote and runs the steps again.' };
    case 'idle':
      return { badge: { kind: 'idle' }, sentence: 'Has not heard of this vote yet.' };
  }
}

export type PaneBadge =
  | { readonly kind: 'idle' }
  | { readonly kind: 'voting'; readonly commits: number; readonly needed: number }
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'double' };

/** Whose votes are missing and why, from a live replica's view; null when nothing is known to be missing. */
export function waitingFor(instance: InstanceView | undefined, cast: Cast): string | null {
  if (!instance || instance.missing.length === 0) return null;
  const by = (why: InstanceView['missing'][number]['why']): string[] =>
    instance.missing.filter((entry) => entry.why === why).map((entry) => nameOf(cast, entry.member));
  const parts: string[] = [];
  const say = (names: readonly string[], one: string, many: string): void => {
    if (names.length > 0) parts.push(`${list(names)} ${names.length > 1 ? many : one}`);
  };
  const away = by('away');
  const unwilling = by('refused').length + by('other-value').length;
  /** Members that must come back before anything can be signed. */
  const back = cast.q - (cast.n - away.length - unwilling);
  say(away, 'is away', 'are away');
  // While too few are here, the others rightly wait: naming them would accuse them.
  if (back <= 0 || away.length === 0)
    say(by('silent'), 'is here and has not signed', 'are here and have not signed');
  say(by('refused'), 'will not sign', 'will not sign');
  say(by('other-value'), 'signed another value', 'signed another value');
  const more = instance.needed - instance.commits;
  if (cast.n - unwilling < cast.q) return `${parts.join('; ')}. Too few are left who could sign it.`;
  if (back > 0) {
    const who = back > 1 ? `${back} of them are` : away.length > 1 ? 'one of them is' : `${away[0]} is`;
    return `${parts.join('; ')}. It commits by itself when ${who} back.`;
  }
  const next =
    more > 0 ? ` It commits by itself as soon as ${more === 1 ? 'one more' : `${more} more`} can sign.` : '';
  return `${parts.join('; ')}.${next}`;
}

/** `…1112` of `package/040123450000001112`. */
export function lastFour(key: string): string {
  return `…${key.slice(-4)}`;
}

/** `9f2c 41d8 …`: enough to see that two digests differ. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)} ${digest.slice(4, 8)} …`;
}

export function list(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

function foundOut(
  event: RecordedEvent,
  double: DoubleVote | undefined,
  past: readonly RecordedEvent[],
  cast: Cast,
): readonly Segment[] {
  const liar = nameOf(cast, event.member);
  const holders = unique(
    past
      .filter(
        (other) =>
          other.kind === 'evidence' && other.member === event.member && other.observer !== event.member,
      )
      .map((other) => other.observer),
  ).map((member) => nameOf(cast, member));
  const head: Segment[] = [{ strong: 'Found out.' }];
  if (!double)
    return [
      ...head,
      ` ${list(holders)} ${holders.length > 1 ? 'hold' : 'holds'} two contradicting signatures of ${liar}.`,
    ];
  const [first, second] = double.values;
  return [
    ...head,
    ` ${list(holders)} ${holders.length > 1 ? 'hold' : 'holds'} two values that ${liar} signed: `,
    toWhom(first!.to, cast),
    { digest: shortDigest(first!.digest) },
    `; ${toWhom(second!.to, cast)}`,
    { digest: shortDigest(second!.digest) },
    ' One key, one round, two values.',
  ];
}

function toldWhat(double: DoubleVote, cast: Cast): readonly Segment[] {
  const told = double.values.map((value) => value.to.map((member) => nameOf(cast, member)));
  if (told.some((names) => names.length === 0)) return [' signed two different values in one round.'];
  return [` told ${list(told[0]!)} one value and ${list(told[1]!)} another.`];
}

function toWhom(members: readonly MemberIndex[], cast: Cast): string {
  return members.length > 0 ? `to ${list(unique(members).map((member) => nameOf(cast, member)))} ` : 'also ';
}

function counted(tally: Map<string, Set<MemberIndex>>, event: RecordedEvent): number {
  const id = `${event.kind}|${event.round}|${event.digest}`;
  const set = tally.get(id) ?? new Set();
  set.add(event.member);
  tally.set(id, set);
  return set.size;
}

function hasCommitted(picture: Picture, index: number): boolean {
  return picture.panes.some((pane) => pane.seal.marks[index] === 'commit');
}

function anyOf(names: readonly string[]): string {
  const owners = names.map((name) => `${name}’s`);
  return owners.length <= 1
    ? (owners[0] ?? 'anyone’s')
    : `${owners.slice(0, -1).join(', ')} or ${owners[owners.length - 1]}`;
}

function words(n: number): string {
  return ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'][n] ?? String(n);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function nameOf(cast: Cast, member: MemberIndex): string {
  return cast.names[member] ?? `member ${member + 1}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
