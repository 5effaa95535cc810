import { spawnSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { EvidenceReport } from '../../src/domain/supply/evidence.ts';
import { BREAK_FOLDER, type BreakVectors } from './break-vectors.ts';
import { EPOCH_FOLDER, type EpochVectors } from './epoch-vectors.ts';
import { FOLDER, type Vector, type Vectors } from './vectors.ts';

let vectors: Vectors;
beforeAll(async () => {
  vectors = JSON.parse(await readFile(`${FOLDER}vectors.json`, 'utf8')) as Vectors;
});

const epochVectors = async (): Promise<EpochVectors> =>
  JSON.parse(await readFile(`${EPOCH_FOLDER}vectors.json`, 'utf8')) as EpochVectors;

const breakVectors = async (): Promise<BreakVectors> =>
  JSON.parse(await readFile(`${BREAK_FOLDER}vectors.json`, 'utf8')) as BreakVectors;

async function cli(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const code = await run(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    read: async (path) => new Uint8Array(await readFile(path)),
  });
  return { code, out, error };
}

const trustOf = (vector: Vector): string[] => {
  const given = {
    network: vectors.network,
    genesis: FOLDER + vectors.genesis,
    other: vectors.other,
    none: null,
  }[vector.trust];
  return given === null ? [] : ['--trust', given];
};

describe('every test vector of examples/evidence', () => {
  it('is answered with the exit code and the failure that it names', async () => {
    expect(vectors.vectors.length).toBeGreaterThan(30);
    for (const vector of vectors.vectors) {
      const { code, out } = await cli('verify', FOLDER + vector.file, ...trustOf(vector), '--json');
      const report = JSON.parse(out) as EvidenceReport;
      expect([report.verdict, report.failure?.type ?? null, code], `${vector.file}: ${vector.why}`).toEqual([
        vector.verdict,
        vector.failure,
        vector.exit,
      ]);
    }
  });

  it('… also over several epochs, with and without a pin', async () => {
    const { network, carried, vectors: list } = await epochVectors();
    for (const { file, pin, why, ...answer } of list) {
      const trust = file.startsWith('carried/') ? carried : network;
      const pinned = pin === null ? [] : ['--epoch', pin];
      const { code, out } = await cli('verify', EPOCH_FOLDER + file, '--trust', trust, ...pinned, '--json');
      const report = JSON.parse(out) as EvidenceReport;
      expect([report.verdict, report.failure?.type ?? null, code], `${file}: ${why}`).toEqual([
        answer.verdict,
        answer.failure,
        answer.exit,
      ]);
    }
  });

  it('… also over breaks, by whom the reader follows', async () => {
    const { networks, vectors: list } = await breakVectors();
    for (const { file, trust, pin, why, ...answer } of list) {
      const trusted = trust === null ? [] : ['--trust', networks[trust]!];
      const pinned = pin === null ? [] : ['--epoch', pin];
      const { code, out } = await cli('verify', BREAK_FOLDER + file, ...trusted, ...pinned, '--json');
      const report = JSON.parse(out) as EvidenceReport;
      expect([report.verdict, report.failure?.type ?? null, code], `${file}: ${why}`).toEqual([
        answer.verdict,
        answer.failure,
        answer.exit,
      ]);
    }
  });

  it('is listed, and no file lies about unlisted', async () => {
    const found = await readdir(FOLDER, { recursive: true });
    const files = found.filter((name) => /\.(evidence|misbehaviour)\.json$/.test(name)).sort();
    const over = (await epochVectors()).vectors.map(({ file }) => `epochs/${file}`);
    const broken = (await breakVectors()).vectors.map(({ file }) => `breaks/${file}`);
    const listed = [...vectors.vectors.map((vector) => vector.file), ...over, ...broken];
    expect(files).toEqual([...new Set(listed)].sort());
  });
});

describe('the command', () => {
  const good = `${FOLDER}040123450000001112.evidence.json`;

  it('says in words what is proven and what is not', async () => {
    const { code, out } = await cli('verify', good, `--trust=${vectors.network}`);
    expect(code).toBe(0);
    expect(out).toMatch(/^VALID {2}Package 040123450000001112: version 3 is certified/);
    expect(out).toContain('Not proven:\n  - What is in the box');
  });

  it('answers 1 to a file that is not there, and names it', async () => {
    const { code, error } = await cli('verify', '/no/such.evidence.json', '--trust', vectors.network);
    expect(code).toBe(1);
    expect(error).toContain('/no/such.evidence.json');
  });

  it('answers 1, not "untrusted", to a trust that is neither a network id nor a genesis: a typing error must not look like a finding', async () => {
    expect((await cli('verify', good, '--trust', vectors.network.slice(2))).code).toBe(1);
    expect((await cli('verify', good, '--trust', good)).code).toBe(1);
    expect((await cli('verify', good, '--trust')).code).toBe(1);
    expect((await cli('verify', good, '--trust', '--json')).code).toBe(1);
  });

  it('answers 1 to what it does not understand, with the help', async () => {
    for (const args of [
      [],
      ['check', good],
      ['verify'],
      ['verify', good, good],
      ['verify', good, '--loud'],
    ]) {
      const { code, error } = await cli(...args);
      expect([args, code]).toEqual([args, 1]);
      expect(error).toContain('Usage: countersign verify FILE');
    }
  });

  it('tells its exit codes when it is asked for help', async () => {
    const { code, out } = await cli('verify', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/0 valid.*1 .*2 invalid/s);
  });

  it('runs as a program of its own, from any folder, and ends with the exit code', () => {
    const program = fileURLToPath(new URL('../../src/cli/countersign.js', import.meta.url));
    const start = (...args: string[]): number | null =>
      spawnSync(process.execPath, [program, 'verify', ...args], { cwd: '/', encoding: 'utf8' }).status;
    expect(start(good, '--trust', vectors.network)).toBe(0);
    expect(start(`${FOLDER}bad/value-flipped.evidence.json`, '--trust', vectors.network)).toBe(2);
    expect(start(good)).toBe(3);
    expect(start('/no/such')).toBe(1);
  });
});
