/** Arithmetic of the study of the client. */
import { median } from '../../stats.ts';
import type { Conditions } from '../../study.ts';
import type { Started, StoreSize } from './page.ts';
import type { StorageLook, Weight } from './running.ts';

export const PARTS = [
  'page scripts',
  'worker scripts',
  'wasm',
  'fetched ahead of need',
  'page, styles and the rest',
] as const;
export type Part = (typeof PARTS)[number];

/** How the base64 of every WebAssembly module begins: its magic word. */
const WASM_IN_BASE64 = 'AGFzbQ';

/**
 * By its path, the scripts that the budget counts for this address, and its text. A script that is not counted and holds a WebAssembly module is
 * wasm: the pairing library comes so, and the worker loads it last. What is inside a counted script stays a script. A file of wasm is no part of a
 * start: the barcode reader's is the only one, fetched ahead of need as other scripts are.
 */
export function partOf(
  path: string,
  text: string,
  load: { readonly page: readonly string[]; readonly worker: readonly string[] },
): Part {
  const file = path.replace(/^\//, '');
  if (load.page.includes(file)) return 'page scripts';
  if (load.worker.includes(file)) return 'worker scripts';
  if (file.endsWith('.wasm')) return 'fetched ahead of need';
  if (!file.endsWith('.js')) return 'page, styles and the rest';
  return text.includes(WASM_IN_BASE64) ? 'wasm' : 'fetched ahead of need';
}

/** Bytes that one package more takes at each member, from the first look to the last. @throws without two looks at a member. */
export function bytesPerPackage(
  looks: readonly StorageLook[],
  of: 'estimate' | 'onDisk',
): readonly { readonly member: string; readonly bytes: number }[] {
  return [...new Set(looks.map(({ member }) => member))].map((member) => {
    const own = looks.filter((look) => look.member === member);
    const [first, last] = [own[0]!, own.at(-1)!];
    if (last.packages <= first.packages) throw new Error(`${member} was looked at only once.`);
    return { member, bytes: (last[of] - first[of]) / (last.packages - first.packages) };
  });
}

/** What each object store has gained for each package. */
export function grownPerPackage(
  before: readonly StoreSize[],
  after: readonly StoreSize[],
  packages: number,
): readonly StoreSize[] {
  return after
    .map(({ store, records, bytes }) => {
      const was = before.find((one) => one.store === store);
      return {
        store,
        records: (records - (was?.records ?? 0)) / packages,
        bytes: (bytes - (was?.bytes ?? 0)) / packages,
      };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

/** One kind of moment of each start. The first start of each member is cold: each has pages and a worker of its own. @throws when a start lacks it. */
export function startTimes(
  starts: readonly Started[],
  until: 'opened' | 'voter' | 'linked',
  members: number,
): { readonly cold: readonly number[]; readonly samples: readonly number[] } {
  const times = starts.map((one) => {
    const at = one[until];
    if (at === null) throw new Error(`A start lacks "${until}".`);
    return at;
  });
  return { cold: times.slice(0, members), samples: times.slice(members) };
}

/** MiB of one look at a browser, by kind of process. */
export type ByKind = Readonly<Record<string, number>>;

/** From looks at one member's browser. */
export function weighed(member: string, looks: readonly ByKind[]): Weight {
  const kinds = [...new Set(looks.flatMap((look) => Object.keys(look)))];
  return {
    member,
    reads: looks.map((look) => Object.values(look).reduce((sum, size) => sum + size, 0)),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, median(looks.map((look) => look[kind] ?? 0))])),
  };
}

/** The middle of the members' own middles: many reads of four browsers within seconds are still four. */
export const weightOf = (weights: readonly Pick<Weight, 'reads'>[]): number =>
  median(weights.map(({ reads }) => median(reads)));

/** So many milliseconds of the processor's, by the BLS job's: a figure that does not depend on the machine's speed. The quicker job counts, which others have stretched less. */
export const byBls = (milliseconds: number, { bls }: Conditions): number => milliseconds / Math.min(...bls);
