/** Names in index.html the scripts that each part of the app will need, so that they can be fetched beside the texts (src/app/fetch-ahead.ts). */
import type { HtmlTagDescriptor, Plugin } from 'vite';
import { PART_ATTRIBUTE } from '../src/app/fetch-ahead.ts';
import type { Part } from '../src/app/paths.ts';

/** By the ends of module paths: what runs for the part in any case. */
const MODULES: Readonly<Record<Part, readonly string[]>> = {
  verify: ['/src/app/parts/verify.tsx'],
  demo: ['/src/demo/entry.tsx', '/src/net/page/page.ts'],
  network: ['/src/app/parts/network.tsx', '/src/net/page/page.ts'],
  doors: ['/src/app/parts/doors.tsx', '/src/net/page/page.ts'],
};
const EVERY_PART = '/src/app/pages.tsx';
const ENTRY = '/src/app/main.tsx';

interface Chunk {
  readonly fileName: string;
  readonly imports: readonly string[];
  readonly moduleIds: readonly string[];
}

export function fetchAheadLinks(): Plugin {
  return {
    name: 'countersign-fetch-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((one) => one.type === 'chunk');
        return linksOf(chunks);
      },
    },
  };
}

/** @throws Error where a part's module is in no chunk: a file was renamed. */
export function linksOf(chunks: readonly Chunk[]): HtmlTagDescriptor[] {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const closure = (module: string): Set<string> => {
    const start = chunks.find((chunk) => chunk.moduleIds.some((id) => id.endsWith(module)));
    if (start === undefined) throw new Error(`${module} is in no chunk of the build.`);
    const found = new Set([start.fileName]);
    for (const name of found) for (const next of byName.get(name)?.imports ?? []) found.add(next);
    return found;
  };
  // What the entry imports itself is fetched before it runs.
  const early = closure(ENTRY);
  const needs = new Map<string, Part[]>();
  for (const part of Object.keys(MODULES) as Part[]) {
    const files = new Set([EVERY_PART, ...MODULES[part]].flatMap((module) => [...closure(module)]));
    for (const file of files) if (!early.has(file)) needs.set(file, [...(needs.get(file) ?? []), part]);
  }
  // In order of names: the same sources are to give the same page.
  return [...needs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, parts]) => ({
      tag: 'link',
      attrs: { [PART_ATTRIBUTE]: parts.join(' '), crossorigin: true, href: `/${file}` },
      injectTo: 'head',
    }));
}
