/** What the audit report and the history file are made of. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/cli/verify.ts';
import type { EvidenceReport } from '../../src/domain/supply/evidence.ts';
import { chainOf } from '../../src/ui/package/chain.ts';
import { historyFile } from '../../src/ui/package/history-file.ts';
import { FOLDER, type Vectors } from '../evidence/vectors.ts';

const digest = (n: number): never => String(n).repeat(64) as never;
const link = (version: number, previous: number | null) => ({
  version: version as never,
  digest: digest(version),
  previous: previous === null ? null : digest(previous),
});

describe('the chain that the package page shows', () => {
  it('is whole only when every version is there and names the one before', () => {
    expect(chainOf([])).toBeNull();
    expect(chainOf([link(1, null)])).toEqual({ state: 'whole', version: 1 });
    expect(chainOf([link(1, null), link(2, 1), link(3, 2)])).toEqual({ state: 'whole', version: 3 });
    expect(chainOf([link(3, 2), link(4, 3)])).toEqual({ state: 'missing', version: 3 });
    expect(chainOf([link(1, null), link(3, 2)])).toEqual({ state: 'gap', version: 2 });
  });

  it('is broken where a digest does not fit, though other versions are missing as well', () => {
    expect(chainOf([link(1, null), link(2, 9)])).toEqual({ state: 'broken', version: 2 });
    expect(chainOf([link(3, 2), link(4, 8)])).toEqual({ state: 'broken', version: 4 });
    expect(chainOf([link(1, 7)])).toEqual({ state: 'broken', version: 1 });
    expect(chainOf([link(1, null), link(3, null)])).toEqual({ state: 'broken', version: 3 });
  });
});

describe('the history file', () => {
  let report: EvidenceReport;
  beforeAll(async () => {
    const { network, vectors } = JSON.parse(await readFile(`${FOLDER}vectors.json`, 'utf8')) as Vectors;
    const life = vectors.find(({ file }) => file === 'good/delivered.evidence.json')!;
    const verify = await createVerifier();
    report = await verify(new Uint8Array(await readFile(FOLDER + life.file)), {
      kind: 'network',
      network: network as never,
    });
    expect(report.verdict).toBe('valid');
  });
  const read = (bytes: Uint8Array) =>
    JSON.parse(new TextDecoder().decode(bytes)) as {
      format: string;
      checked: { verdict: string; notProven: string[] };
      versions: {
        digest: string;
        previous: string | null;
        heldBy: string[] | null;
        record: { status: string };
        session: { transactions: { path: string; request: Record<string, unknown> }[] };
      }[];
    };

  it('holds the whole life: every version with its chain, its steps and its record', () => {
    const { format, checked, versions } = read(historyFile(report, new Map()));
    expect(format).toBe('countersign-history-1');
    expect(checked.verdict).toBe('valid');
    expect(checked.notProven.length).toBeGreaterThan(3);
    expect(versions.map(({ record }) => record.status)).toEqual([
      'announced',
      'labelled',
      'in-transit',
      'delivered',
    ]);
    for (const [i, { previous }] of versions.entries())
      expect(previous).toBe(i === 0 ? null : versions[i - 1]!.digest);
    const [handOff] = versions[2]!.session.transactions;
    expect(handOff?.path).toBe('/hand-off');
    expect(handOff?.request.statement, 'bytes as hex digits').toMatch(/^([0-9a-f]{2}){50,}$/);
  });

  it('names who holds a version, and says null where nobody counted: none is not the same as unknown', () => {
    const { versions } = read(
      historyFile(
        report,
        new Map([
          [1, [report.members[0]!, report.members[3]!]],
          [2, []],
        ]),
      ),
    );
    expect(versions.map(({ heldBy }) => heldBy)).toEqual([['alfa', 'delta'], [], null, null]);
  });
});
