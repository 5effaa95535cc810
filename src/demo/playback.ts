/**
 * A clock for looking at a recording: it maps the viewer's time × pace to a position. Pure. It follows the protocol and
 * never holds it up: the position may not pass the newest thing known, and silences are skipped.
 */
import { translator } from '../ui/i18n/t.ts';
import { DWELL_MS, QUIET_MS, QUIET_SHOWN_MS } from './limits.ts';
import {
  decidedAt,
  endOf,
  hasVotes,
  recordingId,
  startOf,
  type Recording,
  type Recordings,
} from './recording.ts';

const t = translator('demo');

export interface Pace {
  readonly id: string;
  readonly label: string;
  /** Milliseconds of the recording per millisecond of the viewer. */
  readonly rate: number;
  /** Pause between the steps of a driven session, in milliseconds of the viewer. */
  readonly betweenSteps: number;
}

export const PACES: readonly Pace[] = [
  { id: 'real', label: t('pace.real'), rate: 1, betweenSteps: 0 },
  { id: '10', label: '1/10', rate: 1 / 10, betweenSteps: 350 },
  { id: '40', label: t('pace.watch'), rate: 1 / 40, betweenSteps: 900 },
  { id: '200', label: t('pace.explain'), rate: 1 / 200, betweenSteps: 2_500 },
];
export const DEFAULT_PACE: Pace = PACES[2]!;

export interface Playback {
  /** Which recording; null before the first. */
  readonly id: string | null;
  /** Milliseconds since 1970: everything recorded up to here is shown. */
  readonly position: number;
  readonly paused: boolean;
  readonly rate: number;
  /** How long the end has been on the screen, in milliseconds of the viewer. */
  readonly dwelled: number;
}

export const NOTHING_PLAYED: Playback = {
  id: null,
  position: 0,
  paused: false,
  rate: DEFAULT_PACE.rate,
  dwelled: 0,
};

/** `elapsed`: milliseconds of the viewer since the last call. `now`: milliseconds since 1970, the live edge. */
export function advance(playback: Playback, recordings: Recordings, elapsed: number, now: number): Playback {
  const current = find(playback, recordings);
  if (!current) {
    const worth = recordings.filter(hasVotes);
    const first = worth.find((recording) => decidedAt(recording) === null) ?? worth.at(-1);
    return first ? openAt(playback, first) : playback;
  }
  if (playback.paused) return playback;
  const end = endOf(current);
  const next = nextAfter(current, recordings);
  // An undecided vote is watched on until something newer begins.
  if (playback.position >= end && (decidedAt(current) !== null || next)) {
    const dwelled = playback.dwelled + elapsed;
    // At the real pace nothing is held back for the eye.
    const dwell = playback.rate >= 1 ? 0 : DWELL_MS;
    return next && dwelled >= dwell
      ? openAt(playback, next)
      : { ...playback, dwelled: Math.min(dwelled, dwell) };
  }
  return {
    ...playback,
    position: glide(current, playback.position, elapsed * playback.rate, now),
    dwelled: 0,
  };
}

/** To the next thing that happened, and stays there. At the end of a recording: to the beginning of the next one. */
export function step(playback: Playback, recordings: Recordings): Playback {
  const current = find(playback, recordings);
  if (!current) return playback;
  const next = current.events.find((event) => event.at > playback.position);
  if (next) return { ...playback, position: next.at, paused: true, dwelled: 0 };
  const following = nextAfter(current, recordings);
  return following ? { ...openAt(playback, following), paused: true } : { ...playback, paused: true };
}

/** From the beginning of the recording that is on the screen. */
export function replay(playback: Playback, recordings: Recordings): Playback {
  const current = find(playback, recordings);
  return current ? { ...openAt(playback, current), paused: false } : playback;
}

export function find(playback: Playback, recordings: Recordings): Recording | null {
  return (
    recordings.find((recording) => recordingId(recording.key, recording.version) === playback.id) ?? null
  );
}

/** True when all that is known of it has been shown. */
export function shownAll(playback: Playback, recording: Recording): boolean {
  return playback.position >= endOf(recording);
}

function openAt(playback: Playback, recording: Recording): Playback {
  return {
    ...playback,
    id: recordingId(recording.key, recording.version),
    position: startOf(recording),
    dwelled: 0,
  };
}

function nextAfter(current: Recording, recordings: Recordings): Recording | null {
  return recordings.slice(recordings.indexOf(current) + 1).find(hasVotes) ?? null;
}

/** Moves on by `by`; a silence of more than QUIET_MS is passed in one leap, and so is waiting at the live edge. */
function glide(recording: Recording, from: number, by: number, now: number): number {
  const start = Math.max(from, startOf(recording));
  const to = start + by;
  const last = lastUpTo(recording, start);
  const next = recording.events.find((event) => event.at > start);
  if (!next) {
    // Nothing newer is known. Undecided: wait at the live edge so that what comes is seen coming.
    return decidedAt(recording) === null
      ? Math.max(start, Math.min(to, now))
      : Math.max(start, endOf(recording));
  }
  if (next.at - last > QUIET_MS && start - last >= QUIET_SHOWN_MS)
    return Math.max(to, next.at - QUIET_SHOWN_MS);
  return to;
}

function lastUpTo(recording: Recording, position: number): number {
  let last = startOf(recording);
  for (const event of recording.events) if (event.at <= position) last = event.at;
  return last;
}
