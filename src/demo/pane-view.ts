/** One pane's words and seal: the picture of the recording, overlaid with what is true of that replica right now. Pure. */
import type { MemberIndex, NetworkState, SealState } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { asEnglish } from '../ui/errors.ts';
import { formatMilliseconds } from '../ui/format.ts';
import { listOf } from '../ui/i18n/lists.ts';
import type { Cast, Picture } from './picture.ts';
import type { Recording } from './recording.ts';
import { paneWords, type PaneBadge } from './sentences.ts';

const t = translator('demo');

export interface PaneView {
  readonly seal: SealState;
  readonly badge:
    | PaneBadge
    | { readonly kind: 'offline' }
    | { readonly kind: 'starting' }
    | { readonly kind: 'ready'; readonly links: number };
  readonly sentence: string;
  readonly offline: boolean;
  readonly lying: boolean;
  readonly slow: boolean;
  /** Somebody holds two contradicting signatures of it. */
  readonly accused: boolean;
}

export function paneViews(
  states: readonly (NetworkState | null)[],
  recording: Recording | null,
  picture: Picture | null,
  cast: Cast,
): readonly PaneView[] {
  return cast.names.map((_, i) => paneView(i as MemberIndex, states, recording, picture, cast));
}

/** The seal of replica `member`, with evidence that it already held before this recording. */
export function sealOf(
  member: MemberIndex,
  states: readonly (NetworkState | null)[],
  recording: Recording | null,
  picture: Picture | null,
  cast: Cast,
): SealState {
  const state = states[member] ?? null;
  const before = cast.names.map((_, i) => heldBefore(state, recording, i));
  const drawn = picture?.panes[member]?.seal;
  if (drawn) return { ...drawn, evidence: drawn.evidence.map((held, i) => held || before[i] === true) };
  const marks = cast.names.map((_, i) => (i === member || state?.members[i]?.here ? 'heard' : 'empty'));
  return { n: cast.n, q: cast.q, marks: marks as SealState['marks'], evidence: before, outcome: 'none' };
}

function paneView(
  member: MemberIndex,
  states: readonly (NetworkState | null)[],
  recording: Recording | null,
  picture: Picture | null,
  cast: Cast,
): PaneView {
  const state = states[member] ?? null;
  const seal = sealOf(member, states, recording, picture, cast);
  const pane = picture?.panes[member];
  const offline = state?.faults?.offline === true;
  const lying = state?.faults?.lying === true;
  const delay = state?.faults?.delayMs ?? 0;
  const accusers = cast.names.filter(
    (_, i) => i !== member && sealOf(i as MemberIndex, states, recording, picture, cast).evidence[member],
  );
  const facts = { seal, offline, lying, slow: delay > 0, accused: accusers.length > 0 };
  if (!state || state.mode === 'starting') {
    return {
      ...facts,
      badge: { kind: 'starting' },
      sentence: t('pane.starting'),
    };
  }
  if (accusers.length > 0) {
    return {
      ...facts,
      badge: { kind: 'double' },
      sentence: t('pane.accused', { count: accusers.length, names: listOf(accusers) }),
    };
  }
  if (offline && pane?.phase.kind !== 'decided') {
    return {
      ...facts,
      badge: { kind: 'offline' },
      sentence: t('pane.offline'),
    };
  }
  if (state.standing.kind === 'resuming') {
    const { answered, needed } = state.standing;
    return {
      ...facts,
      badge: { kind: 'starting' },
      sentence: t('pane.resuming', { answered, needed }),
    };
  }
  if (state.standing.kind === 'observer' || state.standing.kind === 'stopped') {
    return {
      ...facts,
      badge: { kind: 'refused' },
      sentence: t('pane.observer', { why: asEnglish(state.standing.reason) }),
    };
  }
  if (recording && pane && pane.phase.kind !== 'idle') {
    const words = paneWords(pane, member, recording, cast);
    return { ...facts, badge: words.badge, sentence: prefixed(facts, delay, words.sentence) };
  }
  const links = state.members.filter((other) => other.here && !other.self).length;
  const ready =
    links === 0
      ? t('pane.alone')
      : t('pane.ready', { which: links === cast.n - 1 ? 'all' : 'some', links, others: cast.n - 1 });
  return { ...facts, badge: { kind: 'ready', links }, sentence: prefixed(facts, delay, ready) };
}

function prefixed(
  now: { readonly offline: boolean; readonly lying: boolean },
  delay: number,
  sentence: string,
): string {
  const facts = [
    now.offline ? t('pane.offlineNow') : '',
    now.lying ? t('pane.lies') : '',
    delay > 0 ? t('pane.slowed', { time: formatMilliseconds(delay) }) : '',
  ].filter(Boolean);
  return [...facts, sentence].join(' ');
}

function heldBefore(state: NetworkState | null, recording: Recording | null, member: number): boolean {
  if (!state?.evidence.some((entry) => entry.member === member)) return false;
  return !recording?.events.some((event) => event.kind === 'evidence' && event.member === member);
}
