/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface RunOptions {
  /** Names of studies to measure, and to compare, in the order of the registry; null for all of them. */
  readonly only: readonly string[] | null;
  readonly quick: boolean;
  /** Folder of results, as it was given. */
  readonly out: string;
  /** Folder or results.json of an earlier run; null where nothing is compared. */
  readonly compare: string | null;
  /** Compare a quick run with a full one. */
  readonly evenQuick: boolean;
  /** False: measure nothing, make the report of what is in `out`. */
  readonly measure: boolean;
}

/** Benchmarks that are programs of their own, by the option that runs them: each takes the rest of the command line. */
export const PROGRAMS: ReadonlyMap<string, { readonly file: string; readonly about: string }> = new Map([
  [
    'session-detail',
    { file: 'detail/session.ts', about: 'package sessions with each phase of a commit, a processor profile' },
  ],
  ['micro', { file: 'detail/micro.ts', about: 'single pieces of work: signatures, tree, encoding, join' }],
  [
    'mesh',
    { file: 'detail/mesh.ts', about: 'time to a connected mesh, latency of a vote, memory, recovery' },
  ],
  ['signaling', { file: 'signaling.ts', about: 'what one signaling server holds on one core' }],
  [
    'batches',
    { file: 'batch-phase.ts', about: 'packages announced and committed one by one and all at once' },
  ],
  ['loyalty', { file: 'loyalty.ts', about: 'transfers of the loyalty example, with and without delays' }],
]);

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: RunOptions }
  /** A file of this folder, run with the rest of the command line. */
  | { readonly kind: 'program'; readonly file: string; readonly args: readonly string[] }
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const DEFAULT_OUT = 'bench/out';
/** Figures that do not count lie apart: a quick run would replace a full one's. */
export const DEFAULT_QUICK_OUT = 'bench/out/quick';

const programLines = [...PROGRAMS].map(([name, { about }]) => `  --${name.padEnd(18)} ${about}`).join('\n');

export const USAGE = `npm run bench -- [options]

Measures in real browsers on this machine and writes one report. Without options: every study in full, up to three
hours on two cores. Nothing else should run meanwhile.

  --quick              a few samples of each study, to see that it works, a quarter of an hour; its figures do not count,
                       and replace no full ones
  --only NAME[,NAME]   these studies; the others' results in the folder stay in the report. --list names them
  --out DIR            folder of results (default: ${DEFAULT_OUT}; with --quick ${DEFAULT_QUICK_OUT}): report.html,
                       samples.csv, results.json, tables.md, and NAME.json of each study
  --compare BASELINE   afterwards, the ratios of what was measured beside those of an earlier run (its folder or
                       results.json); ends with 1 when one is missing or worse than its tolerance allows
  --even-quick         with --compare: a quick run with a full one, too
  --no-run             measure nothing: make the report of what is in the folder, and compare that, or what --only names
  --list               the studies, with how long they take
  --help               this text

Programs of their own, whose figures are not in the report; each has its own --help:

${programLines}

COUNTERSIGN_DIST names a built app that is measured instead of ./dist; TMPDIR chooses the disk of the browsers' profiles.
Ends with 0, with 1 when something failed or got worse, with 64 when the command line is wrong, with 130 after Ctrl-C.
`;

const FLAGS = ['quick', 'even-quick', 'no-run', 'list', 'help'] as const;
const VALUES = ['only', 'out', 'compare'] as const;
/** Of the command as it was once, and what they belong to now. */
const MOVED = ['replicas', 'workflows', 'storage', 'pause', 'voters', 'profile'];

/** @param studies names that `--only` takes, in the order in which they run. */
export function parseOptions(args: readonly string[], studies: readonly string[]): ParsedOptions {
  const named = args.filter((arg) => arg.startsWith('--') && PROGRAMS.has(arg.slice(2)));
  if (named.length > 1)
    return wrong(`${named.join(' and ')} are programs of their own: run one after the other.`);
  const [program] = named;
  if (program !== undefined) {
    const { file } = PROGRAMS.get(program.slice(2))!;
    return { kind: 'program', file, args: args.filter((arg) => arg !== program) };
  }
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' as const }])),
      ...Object.fromEntries(VALUES.map((name) => [name, { type: 'string' as const }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional')
      return wrong(`“${token.value}” is not understood: options begin with --.`);
    const { name, rawName, value } = token;
    if (given.has(name)) return wrong(`${rawName} is given twice.`);
    const takesValue = VALUES.some((one) => one === name);
    if (!takesValue && !FLAGS.some((one) => one === name)) return wrong(unknown(name, rawName));
    if (takesValue && (value === undefined || value === '' || value.startsWith('--')))
      return wrong(`${rawName} needs a value.`);
    if (!takesValue && value !== undefined) return wrong(`${rawName} takes no value.`);
    given.set(name, value ?? '');
  }
  if (given.has('help')) return { kind: 'help' };
  if (given.has('list')) return { kind: 'list' };
  const measure = !given.has('no-run');
  const compare = given.get('compare') ?? null;
  if (!measure && given.has('quick'))
    return wrong('--quick is about measuring, and --no-run measures nothing.');
  if (!measure && given.has('only') && compare === null)
    return wrong('--no-run measures nothing, so --only goes with it only where --compare does.');
  if (given.has('even-quick') && compare === null) return wrong('--even-quick goes with --compare.');
  const wanted = given.get('only')?.split(',');
  const strange = wanted?.find((name) => !studies.includes(name));
  if (strange !== undefined)
    return wrong(`There is no study named “${strange}”. --only takes ${studies.join(', ')}.`);
  return {
    kind: 'run',
    options: {
      only: wanted ? studies.filter((name) => wanted.includes(name)) : null,
      quick: given.has('quick'),
      out: given.get('out') ?? (given.has('quick') ? DEFAULT_QUICK_OUT : DEFAULT_OUT),
      compare,
      evenQuick: given.has('even-quick'),
      measure,
    },
  };
}

function unknown(name: string, rawName: string): string {
  if (name === 'full') return '--full is what happens without it: leave it away.';
  if (MOVED.includes(name)) return `${rawName} goes with --session-detail.`;
  if (name === 'json') return '--json goes with --micro.';
  return `There is no option ${rawName}.`;
}

const wrong = (message: string): ParsedOptions => ({ kind: 'wrong', message });
