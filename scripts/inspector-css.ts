/**
 * `npx tsx scripts/inspector-css.ts` writes src/inspector/inspector.css: the rules of the app's style sheets that the inspector needs, each below one
 * class, so that they change nothing else on the page that mounts it. test/ui/inspector-css.test.ts fails when the two differ.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig as prettierConfig } from 'prettier';
import { preprocessCSS, resolveConfig } from 'vite';
import { INSPECTOR_CLASS } from '../src/inspector/mark.ts';
import { PROJECT } from './run.ts';

export const INSPECTOR_CSS = join(PROJECT, 'src/inspector/inspector.css');

const SHEETS = ['styles/tokens', 'styles/base', 'styles/seal', 'styles/direction', 'inspector/inspector'];
/** Whose classes are kept: what the inspector is drawn with. */
const DRAWN = ['inspector', 'seal', 'parts/Dialog.tsx', 'parts/DropZone.tsx', 'parts/words.tsx'];
/** Put together while it runs: the inks of members and the states of the seal. */
const MADE = /^(?:[mi]\d|is-.+|seal-\d+|sign-.+|bond-.+)$/;

const HEAD = `/* Made by scripts/inspector-css.ts from the app's style sheets: change those, and run it again. */\n`;
/** What the whole has of its own: it is a part of a page, not a page. */
const OWN = `.${INSPECTOR_CLASS} { padding: var(--s-4); }`;

export async function inspectorCss(): Promise<string> {
  const config = await resolveConfig(
    {
      configFile: false,
      logLevel: 'error',
      css: { transformer: 'postcss', postcss: { plugins: [below(await usedClasses())] } },
    },
    'build',
  );
  const all = SHEETS.map((sheet) => `@import './${sheet}.css';`).join('\n');
  const { code } = await preprocessCSS(`${all}\n`, join(PROJECT, 'src/ui/sheets.css'), config);
  return format(`${HEAD}${code}\n${OWN}\n`, {
    ...(await prettierConfig(INSPECTOR_CSS)),
    filepath: INSPECTOR_CSS,
  });
}

/** The part of PostCSS that is needed here; Vite brings it. */
interface Node {
  readonly type: string;
  readonly name?: string;
  selectors?: string[];
  readonly nodes?: readonly Node[];
  remove(): void;
}

function below(isUsed: (name: string) => boolean) {
  const clean = (nodes: readonly Node[]): void => {
    for (const node of [...nodes]) {
      if (node.type === 'comment' || (node.type === 'atrule' && node.name === 'keyframes')) {
        node.remove();
        continue;
      }
      if (node.type === 'rule') {
        const selectors = node.selectors!.filter((one) => isKept(one, isUsed)).flatMap(scoped);
        if (selectors.length === 0) node.remove();
        else node.selectors = selectors;
      } else if (node.nodes !== undefined) {
        clean(node.nodes);
        if (node.nodes.length === 0) node.remove();
      }
    }
  };
  return { postcssPlugin: 'below-the-inspector', OnceExit: (root: Node) => clean(root.nodes ?? []) };
}

const isKept = (selector: string, isUsed: (name: string) => boolean): boolean =>
  selector !== 'html' &&
  // Of the pages around it.
  !/\bbody |^main\b|^h1\b/.test(selector) &&
  [...selector.matchAll(/\.([\w-]+)/g)].every(([, name]) => isUsed(name!));

/** What speaks of the page as a whole speaks of the inspector. */
function scoped(selector: string): string[] {
  const own = `.${INSPECTOR_CLASS}`;
  if (selector === 'body') return [own];
  if (selector === '*') return [own, `${own} *`];
  if (selector.startsWith(':root')) return [own + selector.slice(':root'.length)];
  if (/^(?:\[data-theme|\[dir=|:lang)/.test(selector)) return [own + selector];
  return [`${own} ${selector}`];
}

async function usedClasses(): Promise<(name: string) => boolean> {
  const words = new Set<string>();
  for (const place of DRAWN) {
    const path = join(PROJECT, 'src/ui', place);
    const files = place.includes('.') ? [path] : (await readdir(path)).map((name) => join(path, name));
    for (const file of files) {
      if (!/\.tsx?$/.test(file) || file.endsWith('Page.tsx')) continue;
      for (const [word] of (await readFile(file, 'utf8')).matchAll(/[\w-]+/g)) words.add(word);
    }
  }
  // Its animations have names, which are one for the whole page.
  words.delete('seal-live');
  return (name) => words.has(name) || MADE.test(name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(INSPECTOR_CSS, await inspectorCss());
