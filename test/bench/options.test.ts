import { describe, expect, it } from 'vitest';
import { parseMesh, parseMicro, parseSession } from '../../bench/detail/options.ts';
import { parseOptions, PROGRAMS, USAGE } from '../../bench/options.ts';

const NAMES = ['client', 'sessions', 'gossip', 'scale'];
const parse = (line: string) => parseOptions(line === '' ? [] : line.split(' '), NAMES);
const options = (line: string) => {
  const parsed = parse(line);
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  return parsed.options;
};
const refusal = (line: string): string => {
  const parsed = parse(line);
  return parsed.kind === 'wrong' ? parsed.message : `not refused: ${JSON.stringify(parsed)}`;
};

describe('npm run bench', () => {
  it('measures everything in full without a word', () => {
    expect(options('')).toEqual({
      ...{ only: null, quick: false, out: 'bench/out' },
      ...{ compare: null, evenQuick: false, measure: true },
    });
  });

  it('runs studies in their own order, whatever the order of --only', () => {
    expect(options('--only scale,client --quick')).toMatchObject({ only: ['client', 'scale'], quick: true });
    expect(options('--only=gossip').only).toEqual(['gossip']);
  });

  it('keeps a quick run apart from a full one', () => {
    expect(options('--quick').out).toBe('bench/out/quick');
    expect(options('--quick --out a').out).toBe('a');
  });

  it('compares after a run, or without one', () => {
    expect(options('--compare a/b --out c')).toMatchObject({ compare: 'a/b', out: 'c', measure: true });
    expect(options('--no-run --compare a --even-quick')).toMatchObject({ evenQuick: true, measure: false });
    expect(options('--no-run --compare a --only scale')).toMatchObject({ only: ['scale'], measure: false });
  });

  it('says what is wrong instead of measuring for hours', () => {
    expect(refusal('--only sessions,l2')).toContain('“l2”');
    expect(refusal('--only sessions,l2')).toContain('client, sessions, gossip, scale');
    expect(refusal('--only')).toBe('--only needs a value.');
    expect(refusal('--only= --quick')).toBe('--only needs a value.');
    expect(refusal('--out --quick')).toBe('--out needs a value.');
    expect(refusal('--quick=yes')).toBe('--quick takes no value.');
    expect(refusal('--out a --out b')).toBe('--out is given twice.');
    expect(refusal('--fast')).toBe('There is no option --fast.');
    expect(refusal('-q')).toBe('There is no option -q.');
    expect(refusal('quick')).toContain('“quick”');
    expect(refusal('--no-run --quick')).toContain('--no-run measures nothing');
    expect(refusal('--no-run --only scale')).toContain('--no-run measures nothing');
    expect(refusal('--even-quick')).toBe('--even-quick goes with --compare.');
  });

  it('knows where options of before have gone', () => {
    expect(refusal('--full')).toContain('leave it away');
    expect(refusal('--workflows 40')).toBe('--workflows goes with --session-detail.');
    expect(refusal('--json')).toBe('--json goes with --micro.');
  });

  it('hands the rest of the line to a program of its own', () => {
    expect(parse('--workflows 40 --session-detail --only l2')).toEqual({
      kind: 'program',
      file: 'detail/session.ts',
      args: ['--workflows', '40', '--only', 'l2'],
    });
    expect(parse('--loyalty --help')).toMatchObject({ file: 'loyalty.ts', args: ['--help'] });
    expect(refusal('--mesh --micro')).toContain('one after the other');
  });

  it('has help for every program', () => {
    expect(parse('-h').kind).toBe('help');
    expect(parse('--list').kind).toBe('list');
    for (const name of PROGRAMS.keys()) expect(USAGE).toContain(`--${name}`);
  });
});

describe('programs of their own', () => {
  it('keep what the sessions in detail could always do', () => {
    expect(parseSession(['--replicas', '4,7', '--workflows', '9', '--only', 'l1', '--voters'])).toEqual({
      kind: 'run',
      options: {
        ...{ replicas: [4, 7], workflows: 9, only: 'l1', out: 'bench/out' },
        ...{ storage: 'disk', pause: 400, profile: false, voters: true },
      },
    });
    expect(parseSession(['--full'])).toMatchObject({ options: { replicas: [4, 7], workflows: 150 } });
  });

  it.each([
    ['--replicas', '3'],
    ['--replicas', '4,x'],
    ['--workflows', '1'],
    ['--only', 'scan'],
    ['--storage', 'tape'],
    ['--pause', '-1'],
    ['--pause', 'long'],
  ])('refuses %s %s', (name, value) => {
    expect(parseSession([`${name}=${value}`]).kind).toBe('wrong');
  });

  it('have their own --only', () => {
    expect(parseMesh(['--only', 'latency'])).toMatchObject({ options: { only: 'latency' } });
    expect(parseMesh(['--only', 'l2']).kind).toBe('wrong');
    expect(parseMesh(['--replicas', '41']).kind).toBe('wrong');
    expect(parseMicro(['--json'])).toEqual({ kind: 'run', options: { json: true } });
    expect(parseMicro(['--quick']).kind).toBe('wrong');
  });
});
