import { describe, expect, it } from 'vitest';
import { CAST, nextOperator } from '../../src/demo/controller.ts';
import type { Answer, Job } from '../../src/demo/pane-protocol.ts';
import { runSession, type Narration, type RunnerPorts } from '../../src/demo/runner.ts';
import type { InstanceView, NetworkState, SessionStatus } from '../../src/worker/api.ts';
import { A, B, C, D, fakeState, KEY } from './fake.ts';

const PLAN = { cast: CAST, supplier: A, operator: B, courierId: 'delta', notice: null, operatorName: 'op' };

function world(options: {
  readonly answer?: (job: Job, asked: number) => Answer | null;
  readonly states?: (ticks: number) => Partial<NetworkState>;
  readonly stopAfterTicks?: number;
}) {
  const jobs: string[] = [];
  const said: Narration[] = [];
  let ticks = 0;
  const done: SessionStatus = { state: 'committed', version: 2, digest: 'x' } as unknown as SessionStatus;
  const ports: RunnerPorts = {
    call(member, job) {
      jobs.push(`${member} ${job.kind === 'step' ? job.step : job.kind}`);
      return Promise.resolve(options.answer?.(job, jobs.length) ?? { ok: true, sessionId: 's1', key: KEY });
    },
    state: (member) =>
      fakeState(
        member,
        options.states?.(ticks) ?? {
          sessions: [{ id: 's1', status: done }] as unknown as NetworkState['sessions'],
        },
      ),
    pause: () => Promise.resolve(),
    tick() {
      ticks += 1;
      return Promise.resolve();
    },
    say: (narration) => said.push(narration),
    stopped: () => options.stopAfterTicks !== undefined && ticks >= options.stopAfterTicks,
  };
  return { ports, jobs, said };
}

describe('run a session', () => {
  it('does what a person would do, in the panes of those who may', async () => {
    const { ports, jobs, said } = world({});
    expect(await runSession(ports, PLAN)).toBe('committed');
    expect(jobs).toEqual([
      '0 announce',
      '1 start',
      '1 scan',
      '1 validate',
      '1 quality',
      '1 label',
      '1 finish',
      '1 commit',
    ]);
    expect(said.every((narration) => narration.title !== '' && narration.detail !== '')).toBe(true);
  });

  it('says whose votes are missing instead of giving up, and goes on by itself', async () => {
    let asked = 0;
    const missing = {
      key: KEY,
      commits: 2,
      needed: 3,
      missing: [
        { member: C, why: 'away' },
        { member: D, why: 'away' },
      ],
    } as unknown as InstanceView;
    const { ports, said } = world({
      answer: (job) =>
        job.kind === 'start' && (asked += 1) < 4
          ? { ok: false, type: 'key-unknown', message: 'Not here.' }
          : null,
      states: () => ({
        instances: [missing],
        sessions: [{ id: 's1', status: { state: 'committed' } }] as unknown as NetworkState['sessions'],
      }),
    });
    expect(await runSession(ports, PLAN)).toBe('committed');
    expect(said.filter((narration) => narration.tone === 'waiting')[0]!.detail).toContain(
      'Cargo and Delta are away',
    );
  });

  it('ends with the reason when a step is refused', async () => {
    const { ports, jobs, said } = world({
      answer: (job) =>
        job.kind === 'step' && job.step === 'validate'
          ? { ok: false, type: 'step-refused', message: 'The supplier’s key is not known.' }
          : null,
    });
    expect(await runSession(ports, PLAN)).toBe('failed');
    expect(jobs.at(-1)).toBe('1 validate');
    expect(said.at(-1)).toMatchObject({ tone: 'bad', detail: 'The supplier’s key is not known.' });
  });

  it('does not wait for ever for signatures under a lie', async () => {
    const refused = {
      key: KEY,
      commits: 0,
      needed: 3,
      missing: [A, C, D].map((member) => ({ member, why: 'refused' })),
    } as unknown as InstanceView;
    const { ports, said } = world({
      states: () => ({
        instances: [refused],
        sessions: [{ id: 's1', status: { state: 'voting' } }] as unknown as NetworkState['sessions'],
        faults: { offline: false, lying: true, delayMs: 0 },
      }),
    });
    expect(await runSession(ports, PLAN)).toBe('not-committed');
    expect(said.at(-1)!.title).toBe('Nobody signs what Bravo proposes');
  });

  it('does not wait for ever for an operator that was found out and that nobody is linked to', async () => {
    const { ports, said } = world({
      states: () => ({
        sessions: [{ id: 's1', status: { state: 'voting' } }] as unknown as NetworkState['sessions'],
        instances: [{ key: KEY, missing: [] }] as unknown as NetworkState['instances'],
        evidence: [{ member: B }] as unknown as NetworkState['evidence'],
      }),
      stopAfterTicks: 50,
    });
    expect(await runSession(ports, PLAN)).toBe('not-committed');
    expect(said.at(-1)!.title).toContain('Bravo was found out');
  });

  it('stops when the viewer stops it', async () => {
    const { ports } = world({
      states: () => ({
        sessions: [{ id: 's1', status: { state: 'voting' } }] as unknown as NetworkState['sessions'],
        instances: [{ key: KEY, missing: [] }] as unknown as NetworkState['instances'],
      }),
      stopAfterTicks: 3,
    });
    expect(await runSession(ports, PLAN)).toBe('stopped');
  });

  it('takes turns between the warehouses and passes over one that cannot', () => {
    const states = [A, B, C, D].map((member) => fakeState(member));
    expect([0, 1, 2].map((run) => nextOperator(run, states))).toEqual([B, C, B]);
    const offline = states.map((state, i) =>
      i === B ? { ...state, faults: { offline: true, lying: false, delayMs: 0 } } : state,
    );
    expect(nextOperator(0, offline)).toBe(C);
    const lying = states.map((state, i) =>
      i === C ? { ...state, faults: { offline: false, lying: true, delayMs: 0 } } : state,
    );
    expect(nextOperator(1, lying)).toBe(B);
    const accused = states.map((state, i) =>
      i === A ? { ...state, evidence: [{ member: C }] as unknown as NetworkState['evidence'] } : state,
    );
    expect(nextOperator(1, accused)).toBe(B);
  });
});
