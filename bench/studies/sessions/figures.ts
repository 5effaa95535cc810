/** From the samples of workflows to the study's series, ratios and tables: arithmetic alone, nothing is measured here. */
import type { Sample } from '../../run.ts';
import { median, percentile } from '../../stats.ts';
import type { Conditions, Labels, Published, Ratio, Series, Table } from '../../study.ts';

/** Devices that run each step before it is acknowledged. */
export type L2 = 1 | 2;

/** One configuration, measured without a break. */
export interface Part {
  readonly replicas: number;
  readonly l2: L2;
  readonly storage: 'disk' | 'memory';
  readonly samples: readonly Sample[];
  readonly conditions: Conditions;
}

/** Samples in the order of the workflows; `cold`: those of workflow 0. */
export interface Values {
  readonly cold: readonly number[];
  readonly warm: readonly number[];
}

/** The paper's L2 operations, in its order. */
export const PAPER_OPERATIONS = ['create', 'start', 'scan', 'validate', 'quality', 'label'] as const;
/** Ours: the session has an end of its own, which the paper's has not. */
export const ENDPOINTS = [...PAPER_OPERATIONS, 'finish', 'commit'] as const;
const STEPS = ['start', 'scan', 'validate', 'quality', 'label', 'finish'] as const;

/** What the caller has of a commit, from the first moment to the last. */
export const UNTIL = [
  'proposal to durable decision',
  'call to durable decision',
  'call to page told',
] as const;
export type Until = (typeof UNTIL)[number];
const TOLD: Until = 'call to page told';

export const SESSION = 'session';
export const SESSION_DECIDED = 'session, announcement decided too';
export const THROUGH_L1 = 'every step through L1';

const metricOf = (endpoint: (typeof ENDPOINTS)[number]): string =>
  endpoint === 'commit' ? `L1 v2 ${TOLD}` : `L2 ${endpoint}`;

interface Row {
  /** Mean of create, start, scan, validate, quality and label. */
  readonly operation: number;
  readonly commit: number;
  readonly workflow: number;
}

/** Means in milliseconds, section IV.B of "Fast and Interactive Byzantine Fault-tolerant Web Services via Session-Based Consensus Decoupling". */
const PAPER: Readonly<Record<string, Row>> = {
  '4-1': { operation: 58.3, commit: 240.4, workflow: 590.2 },
  '16-1': { operation: 183.2, commit: 449.8, workflow: 1548.8 },
  '4-2': { operation: 203.1, commit: 229.0, workflow: 1447.4 },
  '16-2': { operation: 400.4, commit: 457.1, workflow: 2859.7 },
};
/** DeWS, as the session paper quotes it: every request through the consensus, 15 nodes in containers. */
const DEWS = {
  value: 935,
  source: 'DeWS, 15 nodes, every request through the consensus: about 935 ms',
} as const;
/** Milliseconds; the first is a frame. A prototype without sessions and tree committed in 8 ms at 4 replicas and in 82 at 16 (docs/decisions.md): at 4 the goal is two and a half times that. */
const GOALS = {
  step: 16,
  commit: new Map([
    [4, 20],
    [16, 82],
  ]),
} as const;

function published(part: Part, what: keyof Row): { readonly published?: readonly Published[] } {
  const row = PAPER[`${part.replicas}-${part.l2}`];
  if (!row) return {};
  return {
    published: [{ value: row[what], source: `session paper, ${part.replicas}-${part.l2}, mean` }],
  };
}

export function valuesOf(samples: readonly Sample[], metric: string): Values {
  const values = (isCold: boolean): number[] =>
    samples
      .filter((one) => one.metric === metric && (one.workflow === 0) === isCold)
      .map((one) => one.milliseconds);
  return { cold: values(true), warm: values(false) };
}

/**
 * The sum of these metrics for each workflow.
 * @throws when a workflow lacks one of them, or has one twice: a total of what is left would look like a fast one.
 */
export function totalsOf(samples: readonly Sample[], metrics: readonly string[]): Values {
  const byWorkflow = new Map<number, Sample[]>();
  const wanted = new Set(metrics);
  for (const sample of samples) {
    const list = byWorkflow.get(sample.workflow) ?? [];
    byWorkflow.set(sample.workflow, list);
    if (wanted.has(sample.metric)) list.push(sample);
  }
  const cold: number[] = [];
  const warm: number[] = [];
  for (const [workflow, list] of byWorkflow) {
    const found = new Set(list.map(({ metric }) => metric));
    if (found.size !== wanted.size || list.length !== wanted.size)
      throw new Error(
        `Workflow ${workflow} has ${list.length} of ${wanted.size} samples: ${[...found].join(', ')}.`,
      );
    (workflow === 0 ? cold : warm).push(list.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
  }
  return { cold, warm };
}

const times = ({ cold, warm }: Values, factor: number): Values => ({
  cold: cold.map((ms) => ms * factor),
  warm: warm.map((ms) => ms * factor),
});

/** The mean of the paper's six L2 operations, for each workflow. */
export const operationOf = ({ samples }: Part): Values =>
  times(totalsOf(samples, PAPER_OPERATIONS.map(metricOf)), 1 / PAPER_OPERATIONS.length);

/** All that the operator and the supplier wait for, for each workflow. */
export const workflowOf = ({ samples }: Part): Values => totalsOf(samples, ENDPOINTS.map(metricOf));

/** The same with the announcement waited for until it is certified, as every step through L1 has it. */
export const decidedWorkflowOf = ({ samples }: Part): Values =>
  totalsOf(samples, [`L1 v1 ${TOLD}`, ...ENDPOINTS.filter((one) => one !== 'create').map(metricOf)]);

export const commitOf = ({ samples }: Part, until: Until): Values => valuesOf(samples, `L1 v2 ${until}`);

/** Of each workflow: its mean L2 operation as a part of its commit, percent. */
export function shareOf(part: Part): Values {
  const [operation, commit] = [operationOf(part), commitOf(part, TOLD)];
  const divide = (a: readonly number[], b: readonly number[]): number[] => {
    if (a.length !== b.length) throw new Error(`${a.length} operations and ${b.length} commits.`);
    return a.map((ms, i) => (100 * ms) / b[i]!);
  };
  return { cold: divide(operation.cold, commit.cold), warm: divide(operation.warm, commit.warm) };
}

/** All six steps of the sessions together: what an operator waits for at each press. */
export function stepsOf({ samples }: Part): Values {
  const all = STEPS.map((step) => valuesOf(samples, metricOf(step)));
  return { cold: all.flatMap(({ cold }) => cold), warm: all.flatMap(({ warm }) => warm) };
}

const labelsOf = ({ replicas, l2, storage }: Part): Labels => ({ replicas, l2, storage });

function series(
  part: Part,
  figure: string,
  labels: Labels,
  { cold, warm }: Values,
  more: Pick<Series, 'published' | 'goal'> = {},
  unit: Series['unit'] = 'ms',
): Series {
  const { conditions } = part;
  return { figure, labels: { ...labelsOf(part), ...labels }, unit, samples: warm, cold, ...more, conditions };
}

/** Everything about the sessions of one configuration. @throws when a workflow lacks a sample. */
export function sessionSeries(part: Part): readonly Series[] {
  const goal = part.storage === 'disk' ? GOALS.commit.get(part.replicas) : undefined;
  const commitGoal =
    goal === undefined
      ? {}
      : {
          goal: {
            value: goal,
            percentile: 50,
            source: `our own for ${part.replicas} replicas, from a prototype (docs/decisions.md)`,
          },
        };
  const stepGoal = { goal: { value: GOALS.step, percentile: 99, source: 'a frame, the write durable' } };
  return [
    ...ENDPOINTS.map((endpoint) =>
      series(part, 'endpoint', { endpoint }, valuesOf(part.samples, metricOf(endpoint))),
    ),
    series(part, 'step', { through: SESSION }, stepsOf(part), stepGoal),
    series(part, 'layer', { layer: 'L2 operation' }, operationOf(part), published(part, 'operation')),
    series(part, 'layer', { layer: 'L1 commit' }, commitOf(part, TOLD), published(part, 'commit')),
    series(part, 'L2 operation / L1 commit', {}, shareOf(part), publishedShare(part), '%'),
    ...UNTIL.map((until) =>
      series(part, 'commit', { until }, commitOf(part, until), {
        // The paper's client waits for the answer: only what the page is told is the same.
        ...(until === TOLD && published(part, 'commit')),
        ...(until === 'proposal to durable decision' && commitGoal),
      }),
    ),
    ...UNTIL.map((until) =>
      series(part, 'announcement', { until }, valuesOf(part.samples, `L1 v1 ${until}`)),
    ),
    series(part, 'workflow', { through: SESSION }, workflowOf(part), published(part, 'workflow')),
    series(part, 'workflow', { through: SESSION_DECIDED }, decidedWorkflowOf(part)),
  ];
}

function publishedShare(part: Part): { readonly published?: readonly Published[] } {
  const row = PAPER[`${part.replicas}-${part.l2}`];
  if (!row) return {};
  const value = (100 * row.operation) / row.commit;
  return { published: [{ value, source: `session paper, ${part.replicas}-${part.l2}, means divided` }] };
}

/**
 * Steps that were each decided before the next began. `part.samples`: of each package the announcement ("L1 v1 …") and the steps
 * ("step 1 …", "step 2 …"), by when the caller has them. Their workflows are too few for percentiles: see `throughL1Table`.
 */
export function throughL1Series(part: Part, steps: number): readonly Series[] {
  const each = (until: Until): Values => {
    const all = Array.from({ length: steps }, (_, i) => valuesOf(part.samples, `step ${i + 1} ${until}`));
    return { cold: all.flatMap(({ cold }) => cold), warm: all.flatMap(({ warm }) => warm) };
  };
  const dews = part.replicas === 16 ? { published: [DEWS] } : {};
  return [
    series(part, 'step', { through: THROUGH_L1 }, each(TOLD), dews),
    ...UNTIL.filter((until) => until !== TOLD).map((until) =>
      series(part, 'step through L1', { until }, each(until)),
    ),
  ];
}

/** Whole workflows, of which those through L1 are few: their number, least, middle and most, beside the sessions' median. */
export function throughL1Table(parts: readonly Part[], throughL1: readonly Part[], steps: number): Table {
  return {
    title:
      'Whole workflow, ms: every step through L1, and the session with its announcement decided too, one device',
    head: [
      'replicas',
      'workflows through L1',
      'least',
      'middle',
      'most',
      'sessions',
      'their median',
      'through L1 / session',
    ],
    rows: throughL1.flatMap((part): (string | number)[][] => {
      const session = parts.find(
        ({ replicas, l2, storage }) => replicas === part.replicas && l2 === 1 && storage === part.storage,
      );
      if (!session) return [];
      const through = throughL1WorkflowOf(part, steps).warm;
      const whole = decidedWorkflowOf(session).warm;
      const [middle, beside] = [median(through), median(whole)];
      return [
        [
          part.replicas,
          through.length,
          round(Math.min(...through)),
          round(middle),
          round(Math.max(...through)),
          whole.length,
          round(beside),
          round(middle / beside),
        ],
      ];
    }),
  };
}

/** What sessions buy at each size: how many steps' time one commit is. No ratio to be watched, for it rises when commits get slower. */
export function commitInSteps(parts: readonly Part[]): Table {
  return {
    title: 'Medians, ms: a commit in steps of the session',
    head: ['L1-L2', 'step', 'commit, call to page told', 'commit / step'],
    rows: parts.map((part) => {
      const [step, commit] = [median(stepsOf(part).warm), median(commitOf(part, TOLD).warm)];
      return [nameOf(part), round(step), round(commit), round(commit / step)];
    }),
  };
}

export const throughL1WorkflowOf = ({ samples }: Part, steps: number): Values =>
  totalsOf(samples, [`L1 v1 ${TOLD}`, ...Array.from({ length: steps }, (_, i) => `step ${i + 1} ${TOLD}`)]);

/** Phases of the commits, from the traces of the members that were listened to. */
export function phaseSeries(part: Part, isTraced: boolean): readonly Series[] {
  return phasesIn(part.samples).map((phase) =>
    series(
      part,
      'phase of a commit',
      { phase, listened: isTraced ? 'to all' : 'to the proposer' },
      valuesOf(part.samples, phase),
    ),
  );
}

const phasesIn = (samples: readonly Sample[]): readonly string[] =>
  [
    ...new Set(
      samples.map(({ metric }) => metric).filter((metric) => /^(proposer|path|voter) \d/.test(metric)),
    ),
  ].sort((a, b) => ORDER.indexOf(a.split(' ')[0]!) - ORDER.indexOf(b.split(' ')[0]!) || a.localeCompare(b));
const ORDER = ['proposer', 'path', 'voter'];

/** Medians of the phases, a column for each configuration; an empty cell: not listened to there. */
export function phaseTable(title: string, parts: readonly Part[]): Table {
  const phases = phasesIn(parts.flatMap(({ samples }) => samples));
  return {
    title,
    head: ['Median ms', ...parts.map(nameOf)],
    rows: phases.map((phase) => [
      phase,
      ...parts.map(({ samples }) => {
        const { warm } = valuesOf(samples, phase);
        return warm.length === 0 ? '' : round(median(warm));
      }),
    ]),
  };
}

export const nameOf = ({ replicas, l2, storage }: Pick<Part, 'replicas' | 'l2' | 'storage'>): string =>
  `${replicas}-${l2}${storage === 'memory' ? ', in memory' : ''}`;

/** Our means, for the paper gives means, and our medians beside its figures. */
export function paperTable(parts: readonly Part[]): Table {
  const rows = parts.flatMap((part): (string | number)[][] => {
    const paper = PAPER[`${part.replicas}-${part.l2}`];
    if (!paper || part.storage !== 'disk') return [];
    const line = (what: string, { warm }: Values, theirs: number): (string | number)[] => {
      const mean = warm.reduce((sum, ms) => sum + ms, 0) / warm.length;
      return [nameOf(part), what, round(median(warm)), round(mean), theirs, round(theirs / mean)];
    };
    return [
      line('L2 operation, mean of six', operationOf(part), paper.operation),
      line('L1 commit, call to page told', commitOf(part, TOLD), paper.commit),
      line('workflow', workflowOf(part), paper.workflow),
    ];
  });
  return {
    title: 'Beside the session paper, ms',
    head: ['L1-L2', '', 'our median', 'our mean', 'paper’s mean', 'paper / ours'],
    rows,
  };
}

export interface RatioInput {
  readonly parts: readonly Part[];
  /** Bare strict writes by size, warm. */
  readonly puts: ReadonlyMap<number, readonly number[]>;
  /** Processor time of all browsers for one decision, the idle network's taken off, milliseconds. */
  readonly decisions: readonly {
    readonly replicas: number;
    readonly ms: number;
    readonly conditions: Conditions;
  }[];
}

/** How much a ratio may worsen: the spread between runs on a machine that others use too. */
const TOLERANCE = 0.35;

/**
 * Each is worse when something of ours takes longer: by what stands beneath it, a write without us or the BLS job. Commit / step is none of them: it
 * would look better with every commit that gets slower.
 */
export function ratiosOf({ parts, puts, decisions }: RatioInput): readonly Ratio[] {
  const ratios: Ratio[] = [];
  const add = (name: string, value: number): void =>
    void ratios.push({ name, value, better: 'lower', tolerance: TOLERANCE });
  const onDisk = parts.filter(({ storage }) => storage === 'disk');
  const decided = (part: Part): number => median(commitOf(part, 'proposal to durable decision').warm);
  for (const part of onDisk) {
    const name = `${part.replicas} replicas, L2 = ${part.l2}`;
    const bare = puts.get(part.replicas);
    if (!bare) continue;
    add(`L2 step / bare write, ${name}`, median(stepsOf(part).warm) / median(bare));
    add(`L1 commit / bare write, ${name}`, median(commitOf(part, TOLD).warm) / median(bare));
  }
  // The quicker of the two jobs is the one that others have stretched less; processor time they do not stretch.
  for (const { replicas, ms, conditions } of decisions)
    add(`processor time of a decision / BLS job, ${replicas} replicas`, ms / Math.min(...conditions.bls));
  const at = (size: number): Part | undefined =>
    onDisk.find(({ replicas, l2 }) => replicas === size && l2 === 1);
  const [small, large] = [at(4), at(16)];
  if (small && large) add('L1 commit at 16 / at 4 replicas', decided(large) / decided(small));
  return ratios;
}

/** The longest phases of a configuration's median commit, for whoever asks where a missed goal's time went. Null where none was listened to. */
export function longestPhases(part: Part, count: number): string | null {
  // The first is before the proposal, the seventh after the decision.
  const inside = phasesIn(part.samples).filter((phase) => /^proposer [2-6]/.test(phase));
  if (inside.length === 0) return null;
  const all = inside
    .map((phase) => ({ phase, ms: median(valuesOf(part.samples, phase).warm) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, count);
  const commit = median(commitOf(part, 'proposal to durable decision').warm);
  return `${nameOf(part)}: of a commit’s ${commit.toFixed(1)} ms, ${all.map(({ phase, ms }) => `${ms.toFixed(1)} are ${phase}`).join('; ')}.`;
}

/** Sentences on what fell short of its goal, and on what was within it. */
export function verdictsOf(all: readonly Series[]): readonly string[] {
  return all.flatMap(({ figure, labels, goal, samples, unit }) => {
    if (!goal) return [];
    const sorted = [...samples].sort((a, b) => a - b);
    const value = percentile(sorted, goal.percentile);
    const what = `${figure} at ${labels.replicas}-${labels.l2}, p${goal.percentile}`;
    return [
      `${what}: ${value.toFixed(1)} ${unit}, goal ${goal.value} ${unit} (${goal.source}): ${value <= goal.value ? 'met' : 'missed'}.`,
    ];
  });
}

export const round = (value: number): number => Math.round(value * 10) / 10;
