/** Where a session stands in the workflow, from its transactions alone. */
import type { SessionView } from '../../worker/api.ts';
import { PATHS, recordOf } from '../services.ts';

export const STEPS = ['start', 'scan', 'supplier', 'quality', 'label', 'send'] as const;
export type Step = (typeof STEPS)[number];

const PATH_OF: Readonly<Record<Exclude<Step, 'send'>, string>> = {
  start: PATHS.start,
  scan: PATHS.scan,
  supplier: PATHS.validate,
  quality: PATHS.quality,
  label: PATHS.label,
};

/** The step that waits for the operator. Without a session it is the scan, which starts one. */
export function currentStep(session: SessionView | null): Step {
  if (session === null) return 'scan';
  if (session.status.state !== 'local') return 'send';
  const done = new Set(session.transactions.map((t) => t.request.path));
  for (const step of STEPS) {
    if (step === 'start' || step === 'send' || done.has(PATH_OF[step])) continue;
    if (step === 'label' && nothingAccepted(session)) continue;
    return step;
  }
  return 'send';
}

/** A package of which no line was accepted gets no label: the label step would refuse. */
export function nothingAccepted(session: SessionView): boolean {
  const lines = recordOf(session)?.inspection?.lines;
  return lines !== undefined && lines.every((line) => line.verdict !== 'accept');
}

/** The bench's own sessions begin with start; a hand-off or a release is a session of one step, made elsewhere. */
export const isInspection = (session: SessionView): boolean =>
  session.transactions[0] === undefined || session.transactions[0].request.path === PATHS.start;

/** Its closing step is taken: it waits only to be sent. */
export const isFinished = (session: SessionView): boolean =>
  session.status.state === 'local' && session.transactions.some((t) => t.request.path === PATHS.finish);

/** Finished sessions that can be sent together. */
export const readyToSend = (sessions: readonly SessionView[]): readonly SessionView[] =>
  sessions.filter((s) => isInspection(s) && isFinished(s) && s.pausedAt === undefined);

/** The session to take up after a reload: the newest that still needs its operator, and one with steps to take before one that is finished. */
export function openSession(sessions: readonly SessionView[]): SessionView | null {
  const waiting = sessions.filter(
    (s) =>
      isInspection(s) &&
      s.pausedAt === undefined &&
      (s.status.state === 'local' || s.status.state === 'conflict'),
  );
  return waiting.reduce<SessionView | null>((best, s) => {
    if (best === null) return s;
    if (isFinished(s) !== isFinished(best)) return isFinished(best) ? s : best;
    return s.startedAt > best.startedAt ? s : best;
  }, null);
}

/** Can its last step be taken back? The start cannot. */
export const canUndo = (session: SessionView | null): boolean =>
  session !== null &&
  session.status.state === 'local' &&
  session.pausedAt === undefined &&
  session.transactions.length > 1;
