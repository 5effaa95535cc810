import { beforeEach, describe, expect, it } from 'vitest';
import { fail } from '../../src/codec/result.ts';
import { DEMO_COURIERS, DEMO_MEMBERS } from '../../src/demo/cast.ts';
import { demoData, type DemoData } from '../../src/demo/data.ts';
import {
  continuedDemo,
  createDemoNetwork,
  rememberDemo,
  rememberedDemos,
} from '../../src/demo/demo-network.ts';
import { MAX_REMEMBERED_DEMOS } from '../../src/demo/limits.ts';
import { checkDigit, demoManifest } from '../../src/demo/workflow.ts';
import { genesisProblem } from '../../src/codec/genesis.ts';
import type { DoorsApi } from '../../src/worker/api.ts';
import { fakeDoors, fakeMemory } from './fake.ts';

const DATA: DemoData = { supplierKeys: [], couriers: DEMO_COURIERS, notice: null };
let doors: ReturnType<typeof fakeDoors>;
beforeEach(() => {
  doors = fakeDoors();
});

describe('demo network', () => {
  it('seals a genesis that says it is a demo’s and that the codec accepts', async () => {
    const sealed: Parameters<DoorsApi['sealGenesis']>[0][] = [];
    const api: DoorsApi = {
      ...doors,
      sealGenesis(input) {
        sealed.push(input);
        return doors.sealGenesis(input);
      },
    };
    const made = await createDemoNetwork(api, { data: demoData(), now: 1 });
    expect(made.ok).toBe(true);
    const { members, supplierKeys, couriers, demo } = sealed[0]!;
    expect(demo).toBe(true);
    expect(supplierKeys.some((key) => key.keyId.startsWith('own-'))).toBe(true);
    const genesis = {
      format: 'countersign-genesis-1',
      name: 'Demo',
      rulesVersion: 1,
      draftNonce: 'a'.repeat(32),
      demo,
      members,
      directory: { supplierKeys, couriers },
    };
    expect(genesisProblem(genesis as unknown as Parameters<typeof genesisProblem>[0])).toBeNull();
  });

  it('joins all four, in the order of the seal', async () => {
    const made = await createDemoNetwork(doors, { data: DATA, now: 1 });
    if (!made.ok) throw new Error(made.error.message);
    const labels = made.value.profiles.map((id) => doors.list.find((profile) => profile.id === id)!);
    expect(labels.map((profile) => profile.label)).toEqual(DEMO_MEMBERS.map((member) => member.organisation));
    expect(labels.every((profile) => profile.network?.id === made.value.network)).toBe(true);
  });

  it('hands on the door’s own error instead of playing with three members', async () => {
    let calls = 0;
    const api: DoorsApi = {
      ...doors,
      createMemberKey: (input) =>
        (calls += 1) === 3
          ? Promise.resolve(fail({ type: 'storage-failed', message: 'The storage of this browser is full.' }))
          : doors.createMemberKey(input),
    };
    const made = await createDemoNetwork(api, { data: DATA, now: 1 });
    expect(made).toMatchObject({ ok: false, error: { type: 'storage-failed' } });
  });

  it('continues after a reload, and makes a new one when a profile was forgotten', async () => {
    const memory = fakeMemory();
    const made = await createDemoNetwork(doors, { data: DATA, now: 1 });
    if (!made.ok) throw new Error(made.error.message);
    rememberDemo(memory, made.value);
    expect(await continuedDemo(doors, memory)).toEqual(made.value);
    await doors.forget(made.value.profiles[2]!);
    expect(await continuedDemo(doors, memory)).toBeNull();
  });

  it('does not fail over a memory that holds something else, and does not grow without end', async () => {
    const memory = fakeMemory();
    memory.setItem('countersign.demos', '{"not": "a list"');
    expect(rememberedDemos(memory)).toEqual([]);
    for (let i = 0; i < MAX_REMEMBERED_DEMOS + 3; i++) {
      rememberDemo(memory, {
        network: i.toString(16).padStart(64, '0'),
        createdAt: i,
        profiles: DEMO_MEMBERS.map((_, j) => `${j}`.repeat(64)),
      });
    }
    expect(rememberedDemos(memory)).toHaveLength(MAX_REMEMBERED_DEMOS);
    expect(rememberedDemos(memory)[0]!.createdAt).toBe(MAX_REMEMBERED_DEMOS + 2);
  });
});

describe('demo data', () => {
  it('finds the directory and the signed notice of the examples', () => {
    const data = demoData();
    expect(data.supplierKeys.length).toBeGreaterThan(0);
    expect(data.notice).toContain('payloadType');
  });

  it('plays without the examples, and does not trust a file of another shape', () => {
    expect(demoData({ '/x/demo-network.json': '{"supplierKeys": 7}' })).toEqual(DATA);
    expect(demoData({})).toEqual(DATA);
  });

  it('makes manifests whose identifiers have right check digits', () => {
    const manifest = demoManifest('4012345000115', '9521141000014', 42, 0);
    expect(manifest.sscc).toHaveLength(18);
    for (const digits of [manifest.sscc, ...manifest.lines.map((line) => line.gtin)]) {
      expect(Number(digits.at(-1))).toBe(checkDigit(digits.slice(0, -1)));
    }
    expect(checkDigit('04012345000000111')).toBe(2);
  });
});
