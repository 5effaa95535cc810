import { describe, expect, test } from 'vitest';
import { polkaPath } from '../../bench/phases.ts';
import { latenciesOf, type Sample } from '../../bench/run.ts';
import {
  commitInSteps,
  decidedWorkflowOf,
  longestPhases,
  operationOf,
  phaseTable,
  ratiosOf,
  sessionSeries,
  shareOf,
  stepsOf,
  throughL1Series,
  throughL1Table,
  throughL1WorkflowOf,
  totalsOf,
  verdictsOf,
  workflowOf,
  type L2,
  type Part,
} from '../../bench/studies/sessions/figures.ts';
import type { TraceEvent } from '../../src/worker/api.ts';

const CONDITIONS = { bls: [90, 91], load: [1, 2] } as const;
const OPERATIONS = ['create', 'start', 'scan', 'validate', 'quality', 'label', 'finish'];
const UNTIL = ['proposal to durable decision', 'call to durable decision', 'call to page told'];

/** The i-th workflow takes i more for each step and ten times as much more for each commit. */
function samplesOf(replicas: number, workflow: number): Sample[] {
  const sample = (metric: string, milliseconds: number): Sample => ({
    replicas,
    workflow,
    metric,
    milliseconds,
  });
  return [
    ...OPERATIONS.map((name, i) => sample(`L2 ${name}`, i + 1 + workflow)),
    ...['v1', 'v2'].flatMap((version, v) =>
      UNTIL.map((until, i) => sample(`L1 ${version} ${until}`, 100 * (v + 1) + 10 * i + 10 * workflow)),
    ),
  ];
}

const partOf = (replicas: number, l2: L2 = 1, workflows = 3): Part => ({
  replicas,
  l2,
  storage: 'disk',
  samples: Array.from({ length: workflows }, (_, i) => samplesOf(replicas, i)).flat(),
  conditions: CONDITIONS,
});

describe('totals of workflows', () => {
  test('the cold workflow is apart', () => {
    expect(totalsOf(partOf(4).samples, ['L2 create', 'L2 start'])).toEqual({ cold: [3], warm: [5, 7] });
  });

  test('a workflow that lacks a sample, or has one twice, is an error and no fast workflow', () => {
    const { samples } = partOf(4);
    const without = samples.filter((one) => one.workflow !== 2 || one.metric !== 'L2 start');
    expect(() => totalsOf(without, ['L2 create', 'L2 start'])).toThrow('Workflow 2 has 1 of 2');
    const twice = [...samples, samples.find(({ metric }) => metric === 'L2 start')!];
    expect(() => totalsOf(twice, ['L2 create', 'L2 start'])).toThrow('Workflow 0 has 3 of 2');
    const exchanged = samples.map((one) =>
      one.workflow === 1 && one.metric === 'L2 start' ? { ...one, metric: 'L2 create' } : one,
    );
    expect(() => totalsOf(exchanged, ['L2 create', 'L2 start'])).toThrow('Workflow 1 has 2 of 2');
  });

  test('a workflow of which nothing was measured is an error too', () => {
    expect(() => totalsOf(partOf(4).samples, ['L2 other'])).toThrow('0 of 1');
  });

  test('the operation is the mean of the paper’s six, without the session’s end', () => {
    expect(operationOf(partOf(4))).toEqual({ cold: [3.5], warm: [4.5, 5.5] });
  });

  test('the workflow is all seven and the commit as the page sees it', () => {
    expect(workflowOf(partOf(4)).warm).toEqual([35 + 230, 42 + 240]);
  });

  test('with its announcement decided, that stands in the place of create', () => {
    // create was 2, and is 130 when it is decided.
    expect(decidedWorkflowOf(partOf(4)).warm[0]).toBe(35 + 230 - 2 + 130);
  });

  test('the share is of one workflow’s own commit', () => {
    expect(shareOf(partOf(4)).warm).toEqual([450 / 230, 550 / 240]);
  });

  test('a step is a sample of its own; create is none', () => {
    expect(stepsOf(partOf(4))).toEqual({
      cold: [2, 3, 4, 5, 6, 7],
      warm: [3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9],
    });
  });
});

describe('a commit', () => {
  const commit = { returned: 1, durable: 3, told: 4, worker: 2, round: 0, calledAt: 0 };

  test('has all three times, or is an error: a sample is not left out', () => {
    expect(latenciesOf(commit)).toEqual([
      ['proposal to durable decision', 2],
      ['call to durable decision', 3],
      ['call to page told', 4],
    ]);
    expect(() => latenciesOf({ ...commit, worker: null })).toThrow('has not told');
  });
});

describe('series', () => {
  const find = (part: Part, figure: string, label: object = {}) =>
    sessionSeries(part).find(
      (one) =>
        one.figure === figure && Object.entries(label).every(([name, value]) => one.labels[name] === value),
    )!;

  test('the paper’s figures stand beside the sizes that it gives, and its parts add up to its workflow', () => {
    for (const [replicas, l2] of [
      [4, 1],
      [16, 1],
      [4, 2],
      [16, 2],
    ] as const) {
      const part = partOf(replicas, l2);
      const value = (figure: string, label: object): number =>
        find(part, figure, label).published![0]!.value!;
      const [operation, commit] = [
        value('layer', { layer: 'L2 operation' }),
        value('layer', { layer: 'L1 commit' }),
      ];
      // The paper rounds to a tenth.
      expect(Math.abs(6 * operation + commit - value('workflow', { through: 'session' }))).toBeLessThan(0.5);
      expect(value('L2 operation / L1 commit', {})).toBeCloseTo((100 * operation) / commit, 6);
    }
    expect(find(partOf(7), 'workflow', { through: 'session' }).published).toBeUndefined();
  });

  test('the paper’s commit stands beside the one that its client waits for, and beside no other', () => {
    const beside = sessionSeries(partOf(16)).filter(
      ({ figure, published }) => figure === 'commit' && published !== undefined,
    );
    expect(beside.map(({ labels }) => labels.until)).toEqual(['call to page told']);
  });

  test('goals are for commits on disk at 4 and 16, and for every step', () => {
    const goal = (part: Part) => find(part, 'commit', { until: UNTIL[0]! }).goal?.value;
    expect([goal(partOf(4)), goal(partOf(7)), goal(partOf(16))]).toEqual([20, undefined, 82]);
    expect(goal({ ...partOf(4), storage: 'memory' })).toBeUndefined();
    expect(find(partOf(7), 'step').goal).toMatchObject({ value: 16, percentile: 99 });
  });

  test('a verdict is about the percentile of its goal', () => {
    const [step, commit] = verdictsOf(sessionSeries(partOf(4)));
    expect(step).toContain('p99: 9.0 ms, goal 16 ms');
    expect(step).toContain('met');
    expect(commit).toContain('p50: 210.0 ms, goal 20 ms');
    expect(commit).toContain('missed');
  });

  test('no two series of one part have the same name', () => {
    const names = sessionSeries(partOf(4)).map(({ figure, labels }) => JSON.stringify([figure, labels]));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('every step through L1', () => {
  const steps = (replicas: number): Part => {
    const { samples, ...rest } = partOf(replicas);
    const more = samples.flatMap((one) =>
      one.metric.startsWith('L1 v1 ')
        ? [1, 2].map((step) => ({
            ...one,
            metric: one.metric.replace('L1 v1', `step ${step}`),
            milliseconds: one.milliseconds + step,
          }))
        : [],
    );
    return { ...rest, samples: [...samples.filter((one) => one.metric.startsWith('L1 v1 ')), ...more] };
  };

  test('its workflow is the announcement and the steps', () => {
    expect(throughL1WorkflowOf(steps(4), 2)).toEqual({
      cold: [120 + 121 + 122],
      warm: [130 + 131 + 132, 140 + 141 + 142],
    });
  });

  test('each step is a sample', () => {
    const all = throughL1Series(steps(16), 2);
    expect(all.find(({ figure }) => figure === 'step')!.samples).toEqual([131, 141, 132, 142]);
    expect(all.find(({ labels }) => labels.until === UNTIL[0])!.samples).toEqual([111, 121, 112, 122]);
  });

  test('DeWS, of which a caller waits for the answer, stands beside what the caller is told, at 16', () => {
    const beside = (replicas: number) =>
      throughL1Series(steps(replicas), 2).filter(({ published }) => published !== undefined);
    expect(beside(16).map(({ figure, published }) => [figure, published![0]!.value])).toEqual([
      ['step', 935],
    ]);
    expect(beside(13)).toEqual([]);
  });

  test('a series with few workflows is none; a table says how many there were', () => {
    const parts = [partOf(4, 2), partOf(4)];
    expect(throughL1Series(steps(4), 2).some(({ figure }) => figure === 'workflow')).toBe(false);
    // Of two samples the median is the first.
    const [through, session] = [131 + 132 + 130, 35 + 230 - 2 + 130];
    expect(throughL1Table(parts, [steps(4), steps(7)], 2).rows).toEqual([
      [4, 2, through, through, 423, 2, session, 1],
    ]);
  });
});

describe('ratios', () => {
  const slower = (part: Part, metric: RegExp, factor: number): Part => ({
    ...part,
    samples: part.samples.map((one) =>
      metric.test(one.metric) ? { ...one, milliseconds: factor * one.milliseconds } : one,
    ),
  });
  const input = (commit: number) => ({
    parts: [partOf(4, 2), partOf(4), slower(partOf(16), /v2 proposal/, 2)].map((part) =>
      slower(part, /^L1 v2/, commit),
    ),
    puts: new Map([[4, [1, 2, 4]]]),
    decisions: [{ replicas: 4, ms: 180 * commit, conditions: CONDITIONS }],
  });

  test('are by a bare write, and by the quicker BLS job', () => {
    const ratios = ratiosOf(input(1));
    const value = (name: string) => ratios.find((one) => one.name === name)?.value;
    expect(value('L1 commit / bare write, 4 replicas, L2 = 2')).toBe(230 / 2);
    expect(value('L2 step / bare write, 4 replicas, L2 = 1')).toBe(6 / 2);
    expect(value('L2 step / bare write, 16 replicas, L2 = 1')).toBeUndefined();
    expect(value('processor time of a decision / BLS job, 4 replicas')).toBe(2);
    expect(value('L1 commit at 16 / at 4 replicas')).toBe(2);
    expect(new Set(ratios.map(({ name }) => name)).size).toBe(ratios.length);
  });

  test('see commits that take three times as long, and take none of that for better', () => {
    const [before, now] = [ratiosOf(input(1)), ratiosOf(input(3))];
    const changes = now.map(({ name, value, better }, i) => {
      expect(name).toBe(before[i]!.name);
      const worse = better === 'lower' ? value / before[i]!.value : before[i]!.value / value;
      return [name, Math.round(worse * 100) / 100] as const;
    });
    expect(changes.filter(([, worse]) => worse < 1)).toEqual([]);
    expect(changes.filter(([, worse]) => worse === 3).map(([name]) => name)).toEqual([
      'L1 commit / bare write, 4 replicas, L2 = 2',
      'L1 commit / bare write, 4 replicas, L2 = 1',
      'processor time of a decision / BLS job, 4 replicas',
    ]);
  });

  test('hold no commit against a step: that stands in a table', () => {
    expect(commitInSteps([partOf(4)]).rows).toEqual([['4-1', 6, 230, 38.3]]);
  });
});

describe('phases', () => {
  const event = (kind: TraceEvent['kind'], member: number, at: number, key = 'package/1'): TraceEvent =>
    ({ kind, member, at, key }) as TraceEvent;

  test('the path leads over the voter whose pre-commit completes the polka', () => {
    const traces = new Map<number, TraceEvent[]>([
      [
        1,
        [
          event('pre-commit', 1, 10),
          event('heard-pre-commit', 3, 11, 'package/2'),
          event('heard-pre-commit', 0, 20),
          event('heard-pre-commit', 2, 25),
          event('heard-pre-commit', 3, 30),
        ],
      ],
      [2, [event('heard-pre-commit', 0, 11), event('heard-pre-commit', 1, 13), event('pre-commit', 2, 21)]],
    ]);
    expect(polkaPath(traces, 'package/1', 1, 2).map(([, ms]) => ms)).toEqual([3, 8, 4]);
    expect(polkaPath(traces, 'package/1', 1, 4)).toEqual([]);
  });

  test('the table has a column for each configuration and says nothing where nothing was heard', () => {
    const phase = (workflow: number, metric: string, milliseconds: number): Sample => ({
      replicas: 4,
      workflow,
      metric,
      milliseconds,
    });
    const [a, b] = [
      { ...partOf(4), samples: [phase(0, 'proposer 1: x', 9), phase(1, 'proposer 1: x', 2)] },
      { ...partOf(7), samples: [phase(1, 'voter 1: y', 3.14), phase(1, 'proposer 1: x', 4)] },
    ];
    expect(phaseTable('t', [a, b])).toEqual({
      title: 't',
      head: ['Median ms', '4-1', '7-1'],
      rows: [
        ['proposer 1: x', 2, 4],
        ['voter 1: y', '', 3.1],
      ],
    });
  });

  test('the longest phases are told of those between proposal and decision', () => {
    const { samples, ...rest } = partOf(4);
    expect(longestPhases({ ...rest, samples }, 2)).toBeNull();
    const phases = [900, 3, 20, 5, 0, 7, 800].map((milliseconds, i) => ({
      replicas: 4,
      workflow: 1,
      metric: `proposer ${i + 1}: x`,
      milliseconds,
    }));
    expect(longestPhases({ ...rest, samples: [...samples, ...phases] }, 2)).toBe(
      '4-1: of a commit’s 210.0 ms, 20.0 are proposer 3: x; 7.0 are proposer 6: x.',
    );
  });
});
