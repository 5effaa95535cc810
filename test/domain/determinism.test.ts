import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import { record } from './determinism-recording.ts';
import { answers, type Machine, type Recording } from './determinism-run.ts';

let recording: Recording;

function run(
  machine: Machine,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<string[]> {
  const file = fileURLToPath(new URL('determinism-child.ts', import.meta.url));
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', file, JSON.stringify(machine)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(encode(recording as unknown as CborValue));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()) as string[]);
      else reject(new Error(`the run ended with ${code}`));
    });
  });
}

beforeAll(async () => {
  recording = await record();
});

describe('every handler', () => {
  it('is in the recording, with a success and a refusal among all', () => {
    const paths = new Set(recording.calls.map((call) => call.request.path));
    expect([...paths].sort()).toEqual(SUPPLY_SERVICES.map((service) => service.path).sort());
  });

  it('answers the same under other clocks, time zones, languages, orders and engines', async () => {
    const here = await answers(recording, { now: 0, reversed: false, plain: false });
    expect(here.some((line) => / 20[01] /.test(line))).toBe(true);
    expect(here.some((line) => / 4\d\d /.test(line))).toBe(true);
    expect(here.some((line) => / 500 /.test(line))).toBe(false);
    const early = await run(
      { now: Date.UTC(1999, 11, 31, 23, 59), reversed: false, plain: false },
      { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    );
    expect(early).toEqual(here);
    const late = await run(
      { now: Date.UTC(2099, 0, 1), reversed: true, plain: true },
      { TZ: 'America/St_Johns', LANG: 'C', LC_ALL: 'C' },
    );
    expect(late).toEqual(here);
    // Another engine within the engine: the interpreter alone, without wasm.
    const interpreted = await run({ now: 1, reversed: true, plain: true }, { TZ: 'UTC' }, [
      '--jitless',
      '--no-expose-wasm',
    ]);
    expect(interpreted).toEqual(here);
  }, 300_000);
});
