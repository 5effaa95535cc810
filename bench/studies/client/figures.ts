/** Arithmetic of the study of the client. */
import type { StorageLook } from './running.ts';

export const PARTS = [
  'page scripts',
  'worker scripts',
  'wasm',
  'scripts fetched later',
  'page, styles and the rest',
] as const;
export type Part = (typeof PARTS)[number];

/** How the base64 of every WebAssembly module begins: its magic word. */
const WASM_IN_BASE64 = 'AGFzbQ';

/**
 * By its path, the scripts that the budget counts for this address, and its text. A script that is not counted and holds a WebAssembly module is
 * wasm: the pairing library comes so, and the worker loads it last. What is inside a counted script stays a script.
 */
export function partOf(
  path: string,
  text: string,
  load: { readonly page: readonly string[]; readonly worker: readonly string[] },
): Part {
  const file = path.replace(/^\//, '');
  if (load.page.includes(file)) return 'page scripts';
  if (load.worker.includes(file)) return 'worker scripts';
  if (file.endsWith('.wasm')) return 'wasm';
  if (!file.endsWith('.js')) return 'page, styles and the rest';
  return text.includes(WASM_IN_BASE64) ? 'wasm' : 'scripts fetched later';
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

export interface Grown {
  readonly store: string;
  readonly records: number;
  readonly bytes: number;
}

/** What each object store has gained for each package. */
export function grownPerPackage(
  before: readonly Grown[],
  after: readonly Grown[],
  packages: number,
): readonly Grown[] {
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
