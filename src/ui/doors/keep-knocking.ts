/** Asks the members again and again whether they have let this browser in, one knock at a time. */
import type { DoorError, KnockView, Result } from '../../worker/api.ts';
import { errorText } from '../errors.ts';
import { translator } from '../i18n/t.ts';
import { KNOCK_PERIOD_MS } from './limits.ts';

const t = translator('doors');

/** Null: the worker did not answer. */
export type KnockAnswer = Result<KnockView, DoorError> | null;

/** Tells every answer until it is let in or stopped. Returns the way out, after which nothing is told any more. */
export function keepKnocking(
  knock: () => Promise<Result<KnockView, DoorError>>,
  tell: (answer: KnockAnswer) => void,
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const once = async (): Promise<void> => {
    const answer = await knock().catch(() => null);
    if (stopped) return;
    tell(answer);
    if (answer?.ok && answer.value.state === 'admitted') return;
    timer = setTimeout(() => void once(), KNOCK_PERIOD_MS);
  };
  void once();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** What the page shows: the newest answer that said anything, and whether somebody answers now. */
export interface Knocked {
  readonly view: Exclude<KnockView, { state: 'nobody' }> | null;
  readonly alone: boolean;
  readonly problem: string | null;
}

export const NOT_KNOCKED: Knocked = { view: null, alone: false, problem: null };

/** A knock that finds nobody does not take back what an earlier one has heard. */
export function afterKnock(before: Knocked, answer: KnockAnswer): Knocked {
  if (answer === null) return { ...before, problem: t('knock.noWorker') };
  if (!answer.ok) return { ...before, problem: errorText(answer.error) };
  if (answer.value.state === 'nobody') return { ...before, alone: true, problem: null };
  return { view: answer.value, alone: false, problem: null };
}
