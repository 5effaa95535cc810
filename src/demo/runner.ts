/**
 * "Run a session": the supplier announces a package, a warehouse takes it in. Each move is a job for that member's pane;
 * the pauses are for the viewer, who sets them. The replicas wait for nobody.
 */
import type { MemberIndex, NetworkState, SessionStatus } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { errorText } from '../ui/errors.ts';
import { waitingFor, lastFour } from './sentences.ts';
import type { Cast } from './picture.ts';
import { STEPS, type Answer, type Job } from './pane-protocol.ts';
import { STEP_WORDS } from './workflow.ts';

const t = translator('demo');

export interface Narration {
  readonly title: string;
  readonly detail: string;
  readonly tone: 'plain' | 'waiting' | 'good' | 'bad';
  /** Who acts, for the pane's own sentence; null when nobody does. */
  readonly member: MemberIndex | null;
}

export interface RunnerPorts {
  call(member: MemberIndex, job: Job): Promise<Answer>;
  state(member: MemberIndex): NetworkState | null;
  /** The viewer's pause between steps at the present pace; also ends when the run is stopped. */
  pause(): Promise<void>;
  /** A short wait before looking again. */
  tick(): Promise<void>;
  say(narration: Narration): void;
  stopped(): boolean;
}

export interface RunPlan {
  readonly cast: Cast;
  readonly supplier: MemberIndex;
  readonly operator: MemberIndex;
  readonly courierId: string;
  readonly notice: string | null;
  /** Pseudonym for the record. */
  readonly operatorName: string;
}

export type RunOutcome = 'committed' | 'stopped' | 'failed' | 'not-committed';

export async function runSession(ports: RunnerPorts, plan: RunPlan): Promise<RunOutcome> {
  const { cast } = plan;
  const supplier = cast.names[plan.supplier]!;
  const operator = cast.names[plan.operator]!;
  const say = (
    member: MemberIndex | null,
    title: string,
    detail: string,
    tone: Narration['tone'] = 'plain',
  ): void => ports.say({ title, detail, tone, member });

  say(plan.supplier, t('run.announces', { who: supplier }), t('run.announcesDetail'));
  const announced = await ports.call(plan.supplier, { kind: 'announce', notice: plan.notice });
  if (!announced.ok) {
    say(plan.supplier, t('run.notAnnounced', { who: supplier }), errorText(announced), 'bad');
    return 'failed';
  }
  const key = announced.key;
  const four = lastFour(key);
  await ports.pause();

  const started = await startWhenKnown(ports, plan, key);
  if (ports.stopped()) return 'stopped';
  if (!started.ok) {
    say(plan.operator, t('run.notStarted', { who: operator, four }), errorText(started), 'bad');
    return 'failed';
  }
  say(plan.operator, t('run.starts', { who: operator, four }), t('run.startsDetail'));
  await ports.pause();

  for (const step of STEPS) {
    if (ports.stopped()) return 'stopped';
    say(plan.operator, STEP_WORDS[step].title(operator, four), STEP_WORDS[step].detail);
    const done = await ports.call(plan.operator, {
      kind: 'step',
      sessionId: started.sessionId,
      step,
      courierId: plan.courierId,
    });
    if (!done.ok) {
      say(plan.operator, t('run.stopped', { who: operator, four }), errorText(done), 'bad');
      return 'failed';
    }
    await ports.pause();
  }
  if (ports.stopped()) return 'stopped';
  say(plan.operator, t('run.asks', { who: operator, four }), t('run.asksDetail'));
  const proposed = await ports.call(plan.operator, { kind: 'commit', sessionId: started.sessionId });
  if (!proposed.ok) {
    say(plan.operator, t('run.notFinished', { who: operator, four }), errorText(proposed), 'bad');
    return 'failed';
  }
  return outcome(ports, plan, started.sessionId, key);
}

/** The operator's replica must hold the supplier's version first; says meanwhile whose votes are missing. */
async function startWhenKnown(ports: RunnerPorts, plan: RunPlan, key: string): Promise<Answer> {
  for (;;) {
    const started = await ports.call(plan.operator, { kind: 'start', key, operator: plan.operatorName });
    if (started.ok || started.type !== 'key-unknown') return started;
    if (ports.stopped()) return started;
    const offline = ports.state(plan.operator)?.faults?.offline === true;
    const missing = waitingFor(
      ports.state(plan.supplier)?.instances.find((instance) => instance.key === key),
      plan.cast,
    );
    const name = plan.cast.names[plan.operator]!;
    ports.say({
      title: t('run.waitsFor', { who: name, four: lastFour(key) }),
      detail: offline ? t('run.offline', { who: name }) : (missing ?? t('run.onItsWay', { who: name })),
      tone: 'waiting',
      member: plan.operator,
    });
    await ports.tick();
  }
}

async function outcome(
  ports: RunnerPorts,
  plan: RunPlan,
  sessionId: string,
  key: string,
): Promise<RunOutcome> {
  const name = plan.cast.names[plan.operator]!;
  const four = lastFour(key);
  for (;;) {
    const state = ports.state(plan.operator);
    const status: SessionStatus | undefined = state?.sessions.find(
      (session) => session.id === sessionId,
    )?.status;
    // A committed session may leave the list at once: then its vote is not open any more either.
    const open = state?.instances.some((instance) => instance.key === key) ?? true;
    if (status?.state === 'committed' || (!status && !open)) {
      ports.say({
        title: t('run.committed', { who: name, four }),
        detail: t('run.committedDetail'),
        tone: 'good',
        member: plan.operator,
      });
      return 'committed';
    }
    if (status?.state === 'rejected' || status?.state === 'conflict') {
      ports.say({
        title: t('run.unsigned', { who: name, four, state: status.state }),
        detail: errorText(status.state === 'rejected' ? { ...status, type: status.rule } : status),
        tone: 'bad',
        member: plan.operator,
      });
      return 'not-committed';
    }
    if (ports.stopped()) return 'stopped';
    const instance = state?.instances.find((entry) => entry.key === key);
    const refusals = instance?.missing.filter((entry) => entry.why === 'refused').length ?? 0;
    if (refusals > plan.cast.n - plan.cast.q && state?.faults?.lying) {
      ports.say({
        title: t('run.nobodySigns', { who: name }),
        detail: t('run.nobodySignsDetail', { who: name }),
        tone: 'bad',
        member: plan.operator,
      });
      return 'not-committed';
    }
    if (isFoundOut(ports, plan)) {
      ports.say({
        title: t('run.foundOut', { who: name }),
        detail: t('run.foundOutDetail', { who: name }),
        tone: 'bad',
        member: plan.operator,
      });
      return 'not-committed';
    }
    const missing = waitingFor(instance, plan.cast);
    const offline = state?.faults?.offline === true;
    if (missing || offline) {
      ports.say({
        title: t('run.waits', { who: name, four }),
        detail: offline ? t('run.waitsOffline', { who: name }) : missing!,
        tone: 'waiting',
        member: plan.operator,
      });
    }
    await ports.tick();
  }
}

/** Any other member holds evidence against the operator: it has closed its link, and so will everybody. */
function isFoundOut(ports: RunnerPorts, { cast, operator }: RunPlan): boolean {
  for (let member = 0; member < cast.n; member++) {
    if (member === operator) continue;
    if (ports.state(member as MemberIndex)?.evidence.some((entry) => entry.member === operator)) return true;
  }
  return false;
}
