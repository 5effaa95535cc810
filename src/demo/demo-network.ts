/** Makes a demo's network: four identities in this browser, one genesis that says it is a demo's, four replicas joined. */
import * as v from 'valibot';
import { fail, ok } from '../codec/result.ts';
import type { DoorError, DoorsApi, MemberEntry, ProfileId, Result, SupplierKeyEntry } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { DEMO_MEMBERS, DEMO_NAME } from './cast.ts';
import type { DemoData } from './data.ts';
import { MAX_REMEMBERED_DEMOS } from './limits.ts';

const t = translator('demo');

export interface DemoNetwork {
  readonly network: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** In genesis order: alfa, bravo, cargo, delta. */
  readonly profiles: readonly ProfileId[];
}

export interface CreateOptions {
  readonly data: DemoData;
  readonly now: number;
  /** Told before each part, in words. */
  readonly onProgress?: (what: string) => void;
}

/** Every error is one of the doors' own: it names the thing and the next step. */
export async function createDemoNetwork(
  api: DoorsApi,
  options: CreateOptions,
): Promise<Result<DemoNetwork, DoorError>> {
  const progress = options.onProgress ?? (() => undefined);
  const draft = await api.newDraft(DEMO_NAME);
  const members: MemberEntry[] = [];
  const profiles: ProfileId[] = [];
  const supplierKeys: SupplierKeyEntry[] = [...options.data.supplierKeys];
  for (const member of DEMO_MEMBERS) {
    progress(t('making.keys', { organisation: member.organisation }));
    const made = await api.createMemberKey({ draft, ...member });
    if (!made.ok) return fail(made.error);
    members.push(made.value.entry);
    profiles.push(made.value.profile);
    if (member.role === 'supplier') {
      // Besides the example notice's key, so that packages can also be announced with a manifest made in the app.
      const own = await api.manifestKeyOf(made.value.profile);
      if (own)
        supplierKeys.push({
          ...own,
          gln: member.gln,
          name: member.organisation,
          validFrom: null,
          validUntil: null,
        });
    }
  }
  progress(t('making.seal'));
  const sealed = await api.sealGenesis({
    draft,
    members,
    supplierKeys,
    couriers: options.data.couriers,
    signaling: [],
    demo: true,
  });
  if (!sealed.ok) return fail(sealed.error);
  for (const [i, profile] of profiles.entries()) {
    progress(t('making.joins', { organisation: DEMO_MEMBERS[i]!.organisation }));
    const { invitation, genesisFile } = sealed.value;
    const joined = await api.join({ invitation, genesisFile, profile });
    if (!joined.ok) return fail(joined.error);
  }
  return ok({ network: sealed.value.network, createdAt: options.now, profiles });
}

type Memory = Pick<Storage, 'getItem' | 'setItem'>;

const MEMORY_KEY = 'countersign.demos';
const Remembered = v.array(
  v.object({
    network: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    createdAt: v.number(),
    profiles: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))), v.length(DEMO_MEMBERS.length)),
  }),
);

/** Newest first. What cannot be read counts as nothing: the profiles themselves stay listed on the start page. */
export function rememberedDemos(memory: Memory): readonly DemoNetwork[] {
  try {
    const parsed = v.safeParse(Remembered, JSON.parse(memory.getItem(MEMORY_KEY) ?? '[]'));
    return parsed.success ? parsed.output : [];
  } catch {
    return [];
  }
}

/** Names of profiles only: keys and join secret stay in the replicas' own databases. */
export function rememberDemo(memory: Memory, demo: DemoNetwork): void {
  const others = rememberedDemos(memory).filter((other) => other.network !== demo.network);
  writeDemos(memory, [demo, ...others].slice(0, MAX_REMEMBERED_DEMOS));
}

export function forgetDemo(memory: Memory, network: string): void {
  writeDemos(
    memory,
    rememberedDemos(memory).filter((other) => other.network !== network),
  );
}

/** The newest remembered demo of which all four replicas are still in this browser. */
export async function continuedDemo(api: DoorsApi, memory: Memory): Promise<DemoNetwork | null> {
  const remembered = rememberedDemos(memory);
  if (remembered.length === 0) return null;
  const bound = new Map((await api.profiles()).map((profile) => [profile.id, profile.network?.id]));
  return remembered.find((demo) => demo.profiles.every((id) => bound.get(id) === demo.network)) ?? null;
}

function writeDemos(memory: Memory, demos: readonly DemoNetwork[]): void {
  try {
    memory.setItem(MEMORY_KEY, JSON.stringify(demos));
  } catch {
    // Storage is full or forbidden: the demo then begins anew after a reload, and nothing else changes.
  }
}
