/** The recording in words: the log, the headline, each pane's sentence. Pure; nothing here reads a clock or a state. */
import type { InstanceView, MemberIndex } from '../worker/api.ts';
import { asEnglish } from '../ui/errors.ts';
import { eitherOf, listOf } from '../ui/i18n/lists.ts';
import { translator } from '../ui/i18n/t.ts';
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

const t = translator('demo');

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
    const who = nameOf(cast, event.member);
    const own = event.observer === event.member;
    const round = event.round ?? 0;
    switch (event.kind) {
      case 'proposed':
        proposers.add(event.member);
        add(
          event,
          `proposed|${event.member}|${event.digest}`,
          'plain',
          pieces(t('log.proposed', { who, version: recording.version })),
        );
        return;
      case 'pre-commit': {
        if (!own) return;
        const votes = tallied(tally, event);
        const done = proposers.has(event.member)
          ? t('log.preOwn', { who, round })
          : round === 0
            ? t('log.preSame', { who })
            : t('log.preRound', { who, round });
        const enough = votes === cast.q ? t('log.enough', { votes, n: cast.n }) : '';
        add(
          event,
          `pre|${event.member}|${event.round}|${event.digest}`,
          'plain',
          pieces(joined(done, enough)),
        );
        return;
      }
      case 'commit': {
        if (!own) return;
        const votes = tallied(tally, event);
        const values = { who, round, votes, q: cast.q };
        add(
          event,
          `commit|${event.member}|${event.round}|${event.digest}`,
          'plain',
          pieces(votes <= cast.q ? t('log.commit', values) : t('log.commitMore', values)),
        );
        return;
      }
      case 'heard-pre-commit':
      case 'heard-commit': {
        const doubles = doubleVotes(past.slice(0, index + 1)).filter(
          (double) => double.member === event.member,
        );
        for (const double of doubles) {
          add(event, `told|${double.member}`, 'plain', pieces(toldWhat(who, double, cast)));
        }
        return;
      }
      case 'round':
        // Round 0 is where every vote begins.
        if (round === 0) return;
        add(
          event,
          `round|${event.member}|${event.round}`,
          'plain',
          pieces(
            event.detail
              ? t('log.roundWhy', { who, round, why: said(event.detail) })
              : t('log.round', { who, round }),
          ),
        );
        return;
      case 'refused':
        add(
          event,
          `refused|${event.member}|${event.digest}|${event.detail}`,
          'bad',
          pieces(
            event.detail ? t('log.refusedWhy', { who, why: said(event.detail) }) : t('log.refused', { who }),
          ),
        );
        return;
      case 'evidence': {
        // Its author learns of it too, but does not find itself out.
        if (found.has(event.member) || event.observer === event.member) return;
        found.add(event.member);
        const double = doubleVotes(past).find((entry) => entry.member === event.member);
        add(event, `found|${event.member}`, 'bad', pieces(foundOut(event, double, past, cast)));
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
          const quorum = t('log.quorum', {
            q: cast.q,
            n: cast.n,
            version: recording.version,
            time: duration(event.at - start),
          });
          const by = names.length > 0 ? t('log.signedBy', { names: listOf(names) }) : '';
          add(event, 'quorum', 'good', pieces(joined(quorum, by)));
        } else {
          add(
            event,
            `decided|${event.observer}`,
            'plain',
            pieces(t('log.holds', { who: nameOf(cast, event.observer) })),
          );
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
  const four = lastFour(recording.key);
  const { version } = recording;
  const { n, q } = cast;
  const liars = unique(picture.doubles.map((double) => double.member));
  const found = liars.filter((member) => picture.panes.some((pane) => pane.seal.evidence[member]));
  const foundNames = { names: listOf(found.map((member) => nameOf(cast, member))), count: found.length };
  const decision = decidedAt(recording);
  if (picture.decidedAt !== null && decision !== null) {
    if (found.length > 0) {
      return {
        title: t('headline.liedCommitted', foundNames),
        detail: t('headline.liedCommittedDetail', { honest: n - found.length, n }),
      };
    }
    const signers = listOf(picture.signers.map((member) => nameOf(cast, member)));
    const rest = cast.names.filter(
      (_, i) => !picture.signers.includes(i as MemberIndex) && !hasCommitted(picture, i),
    );
    const time = duration(decision - startOf(recording));
    const later = rest.length > 0 ? t('headline.rest', { names: listOf(rest), count: rest.length }) : '';
    return {
      title: t('headline.quorum', { q, n, version, time }),
      detail: joined(
        t('headline.quorumDetail', { names: signers, count: picture.signers.length, four }),
        later,
      ),
    };
  }
  const proposer = recording.events.find((event) => event.kind === 'proposed' && event.at <= position);
  const refusals = recording.events.filter((event) => event.kind === 'refused' && event.at <= position);
  const lastReason = refusals[refusals.length - 1]?.detail;
  if (proposer && refusals.length > 0 && found.includes(proposer.member)) {
    return {
      title: t('headline.liedUnsigned', { who: nameOf(cast, proposer.member) }),
      detail: lastReason ? said(lastReason) : t('headline.liedUnsignedDetail'),
    };
  }
  const commits = Math.min(picture.commits, q);
  const preCommits = Math.min(picture.preCommits, q);
  if (waiting) {
    const title =
      picture.commits > 0
        ? t('headline.waitingCommits', { commits, q })
        : t('headline.waitingPreCommits', { preCommits, q });
    return { title, detail: waiting };
  }
  if (found.length > 0) {
    return { title: t('headline.found', foundNames), detail: t('headline.foundDetail') };
  }
  if (refusals.length > 0 && picture.commits === 0) {
    const names = unique(refusals.map((event) => event.observer)).map((member) => nameOf(cast, member));
    return {
      title: t('headline.refused', { names: listOf(names), count: names.length, four }),
      detail: lastReason ? said(lastReason) : t('headline.refusedDetail'),
    };
  }
  if (picture.commits > 0) {
    const missing = cast.names.filter((_, i) => !hasCommitted(picture, i));
    const needed = q - picture.commits;
    return {
      title: t('headline.commits', { commits, q }),
      detail:
        needed <= 0
          ? t('headline.commitsEnough')
          : t('headline.commitsMore', { needed, whose: anyOf(missing) }),
    };
  }
  if (picture.preCommits > 1) {
    return {
      title: t('headline.preCommits', { preCommits, q }),
      detail: t('headline.preCommitsDetail', { four }),
    };
  }
  return {
    title: proposer
      ? t('headline.proposed', { who: nameOf(cast, proposer.member), version })
      : t('headline.began', { four }),
    detail: t('headline.beganDetail', { four, q, n }),
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
        sentence: t('pane.double'),
      };
    case 'decided': {
      const badge: PaneBadge = { kind: 'committed', version: recording.version };
      if (accused.length > 0) return { badge, sentence: t('pane.holdsEvidence', { names: listOf(accused) }) };
      if (pane.proposer) return { badge, sentence: t('pane.ownCommitted') };
      if (pane.phase.first) return { badge, sentence: t('pane.closedFirst') };
      return { badge, sentence: t('pane.committed') };
    }
    case 'committed':
      return {
        badge: voting,
        sentence: pane.proposer ? t('pane.ownCommit', { version: recording.version }) : t('pane.commit'),
      };
    case 'pre-committed':
      return {
        badge: voting,
        sentence: pane.proposer
          ? t('pane.ownPreCommit', { version: recording.version })
          : t('pane.preCommit'),
      };
    case 'refused':
      return { badge: { kind: 'refused' }, sentence: t('pane.refused', { why: said(pane.phase.why) }) };
    case 'proposed':
      return { badge: voting, sentence: t('pane.proposed', { version: recording.version }) };
    case 'heard':
      return { badge: voting, sentence: t('pane.heard') };
    case 'idle':
      return { badge: { kind: 'idle' }, sentence: t('pane.idle') };
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
  const away = by('away');
  const silent = by('silent');
  const refused = by('refused');
  const other = by('other-value');
  const say = (names: readonly string[], how: keyof typeof MISSING): void => {
    if (names.length > 0) parts.push(MISSING[how]({ names: listOf(names), count: names.length }));
  };
  const unwilling = refused.length + other.length;
  /** Members that must come back before anything can be signed. */
  const back = cast.q - (cast.n - away.length - unwilling);
  say(away, 'away');
  // While too few are here, the others rightly wait: naming them would accuse them.
  if (back <= 0 || away.length === 0) say(silent, 'silent');
  say(refused, 'refused');
  say(other, 'other');
  const more = instance.needed - instance.commits;
  const missing = t('waiting.missing', { what: parts.join(t('waiting.semicolon')) });
  if (cast.n - unwilling < cast.q) return joined(missing, t('waiting.tooFew'));
  if (back > 0) {
    const which = back > 1 ? 'some' : away.length > 1 ? 'one' : 'name';
    return joined(missing, t('waiting.back', { which, back, name: away[0] ?? '' }));
  }
  return joined(missing, more > 0 ? t('waiting.more', { more }) : '');
}

type Named = { readonly names: string; readonly count: number };
const MISSING = {
  away: (who: Named) => t('waiting.away', { ...who }),
  silent: (who: Named) => t('waiting.silent', { ...who }),
  refused: (who: Named) => t('waiting.refused', { ...who }),
  other: (who: Named) => t('waiting.other', { ...who }),
} as const;

/** `…1112` of `package/040123450000001112`. */
export function lastFour(key: string): string {
  return `…${key.slice(-4)}`;
}

/** `9f2c 41d8 …`: enough to see that two digests differ. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)} ${digest.slice(4, 8)} …`;
}

/** A text with `<b>…</b>` and `<code>…</code>` in it, in pieces. */
function pieces(text: string): readonly Segment[] {
  const found: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(/<(b|code)>(.*?)<\/\1>/gu)) {
    if (match.index > end) found.push(text.slice(end, match.index));
    found.push(match[1] === 'b' ? { strong: match[2] ?? '' } : { digest: match[2] ?? '' });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push(text.slice(end));
  return found;
}

/** Whole sentences after one another. */
function joined(...sentences: readonly string[]): string {
  return sentences.filter((one) => one !== '').join(' ');
}

function foundOut(
  event: RecordedEvent,
  double: DoubleVote | undefined,
  past: readonly RecordedEvent[],
  cast: Cast,
): string {
  const liar = nameOf(cast, event.member);
  const holders = unique(
    past
      .filter(
        (other) =>
          other.kind === 'evidence' && other.member === event.member && other.observer !== event.member,
      )
      .map((other) => other.observer),
  ).map((member) => nameOf(cast, member));
  const names = listOf(holders);
  if (!double) return t('log.found', { names, count: holders.length, liar });
  const [first, second] = double.values;
  return t('log.foundValues', {
    names,
    count: holders.length,
    liar,
    told1: first!.to.length > 0 ? 'some' : 'nobody',
    to1: namesOf(first!.to, cast),
    digest1: shortDigest(first!.digest),
    told2: second!.to.length > 0 ? 'some' : 'nobody',
    to2: namesOf(second!.to, cast),
    digest2: shortDigest(second!.digest),
  });
}

function toldWhat(who: string, double: DoubleVote, cast: Cast): string {
  const told = double.values.map((value) => value.to);
  if (told.some((members) => members.length === 0)) return t('log.twoValues', { who });
  return t('log.told', { who, first: namesOf(told[0]!, cast), second: namesOf(told[1]!, cast) });
}

const namesOf = (members: readonly MemberIndex[], cast: Cast): string =>
  listOf(unique(members).map((member) => nameOf(cast, member)));

function tallied(tally: Map<string, Set<MemberIndex>>, event: RecordedEvent): number {
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
  return names.length === 0 ? t('whoseAnyones') : eitherOf(names.map((name) => t('whose', { name })));
}

/** What a replica gave as its reason, as a sentence; it is in English. */
function said(reason: string): string {
  return asEnglish(/[.!?]$/.test(reason) ? reason : `${reason}.`);
}

function nameOf(cast: Cast, member: MemberIndex): string {
  return cast.names[member] ?? t('member', { place: member + 1 });
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
