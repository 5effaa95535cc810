/**
 * "Run a session": the supplier announces a package, a warehouse takes it in. Each move is a job for that member's pane;
 * the pauses are for the viewer, who sets them. The replicas wait for nobody.
 */
import type { MemberIndex, NetworkState, SessionStatus } from '../worker/api.ts';
import { waitingFor, lastFour } from './sentences.ts';
import type { Cast } from './picture.ts';
import { STEPS, type Answer, type Job } from './pane-protocol.ts';
import { STEP_WORDS } from './workflow.ts';

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

  say(
    plan.supplier,
    `${supplier} announces a package`,
    'Its manifest is signed by the supplier; the record begins with it.',
  );
  const announced = await ports.call(plan.supplier, { kind: 'announce', notice: plan.notice });
  if (!announced.ok) {
    say(plan.supplier, `${supplier} could not announce a package`, announced.message, 'bad');
    return 'failed';
  }
  const key = announced.key;
  const thing = `package ${lastFour(key)}`;
  await ports.pause();

  const started = await startWhenKnown(ports, plan, key);
  if (ports.stopped()) return 'stopped';
  if (!started.ok) {
    say(plan.operator, `${operator} could not start on ${thing}`, started.message, 'bad');
    return 'failed';
  }
  say(
    plan.operator,
    `${operator} starts a session on ${thing}`,
    'Every step is saved in its own browser before it is shown.',
  );
  await ports.pause();

  for (const step of STEPS) {
    if (ports.stopped()) return 'stopped';
    say(plan.operator, `${operator} ${STEP_WORDS[step].does} ${thing}`, STEP_WORDS[step].detail);
    const done = await ports.call(plan.operator, {
      kind: 'step',
      sessionId: started.sessionId,
      step,
      courierId: plan.courierId,
    });
    if (!done.ok) {
      say(plan.operator, `${operator} was stopped at a step of ${thing}`, done.message, 'bad');
      return 'failed';
    }
    await ports.pause();
  }
  if (ports.stopped()) return 'stopped';
  say(
    plan.operator,
    `${operator} asks the others to sign ${thing}`,
    'They run every step again and compare every response.',
  );
  const proposed = await ports.call(plan.operator, { kind: 'commit', sessionId: started.sessionId });
  if (!proposed.ok) {
    say(plan.operator, `${operator} could not finish ${thing}`, proposed.message, 'bad');
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
      title: `${name} waits for package ${lastFour(key)}`,
      detail: offline
        ? `${name} is offline and has not received it. Bring ${name} back, and it will.`
        : (missing ?? `It is on its way to ${name}.`),
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
  const thing = `package ${lastFour(key)}`;
  for (;;) {
    const state = ports.state(plan.operator);
    const status: SessionStatus | undefined = state?.sessions.find(
      (session) => session.id === sessionId,
    )?.status;
    // A committed session may leave the list at once: then its vote is not open any more either.
    const open = state?.instances.some((instance) => instance.key === key) ?? true;
    if (status?.state === 'committed' || (!status && !open)) {
      ports.say({
        title: `${name}’s session on ${thing} is on the record`,
        detail: 'All four panes can show it, with its history and its proof.',
        tone: 'good',
        member: plan.operator,
      });
      return 'committed';
    }
    if (status?.state === 'rejected' || status?.state === 'conflict') {
      ports.say({
        title: `${name}’s session on ${thing} was not signed: ${status.state}`,
        detail: status.message,
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
        title: `Nobody signs what ${name} proposes`,
        detail: `${name} lies: its responses are not what the others get when they run the steps again.`,
        tone: 'bad',
        member: plan.operator,
      });
      return 'not-committed';
    }
    if (isFoundOut(ports, plan)) {
      ports.say({
        title: `${name} was found out, and nobody is linked to it any more`,
        detail: `The others hold two values that ${name} signed in one round. Its session stays unsigned; they go on without it.`,
        tone: 'bad',
        member: plan.operator,
      });
      return 'not-committed';
    }
    const missing = waitingFor(instance, plan.cast);
    const offline = state?.faults?.offline === true;
    if (missing || offline) {
      ports.say({
        title: `${name}’s session on ${thing} waits for signatures`,
        detail: offline
          ? `${name} is offline: the session is saved there and is sent when ${name} is back.`
          : missing!,
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
