/** The folder of results. Everything is written at once and whole: a run that ends early leaves what it has. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { samplesCsv } from './report/csv.ts';
import { tablesMarkdown } from './report/markdown.ts';
import { reportPage } from './report/page.ts';
import { readResult, readResults, writeResults, type StudyResult } from './report/result.ts';

/** Colours, type and space are the app's own. */
export const TOKENS = fileURLToPath(new URL('../src/ui/styles/tokens.css', import.meta.url));

export class Store {
  readonly folder: string;
  readonly #names: readonly string[];

  /** @param names of the studies whose files count, in the order of the report. */
  constructor(folder: string, names: readonly string[]) {
    this.folder = folder;
    this.#names = names;
    mkdirSync(folder, { recursive: true });
  }

  /** Null when there is none. @throws when there is one that cannot be read. */
  read(name: string): StudyResult | null {
    const file = join(this.folder, `${name}.json`);
    const json = readIfThere(file);
    if (json === null) return null;
    try {
      return readResult(json);
    } catch (error) {
      throw new Error(`${file} is not a result of this program (${messageOf(error)}). Move it away.`, {
        cause: error,
      });
    }
  }

  /** @throws as `read`. */
  all(): readonly StudyResult[] {
    return this.#names.map((name) => this.read(name)).filter((one) => one !== null);
  }

  /** Studies of which there is a full result that a quick run would replace. @throws as `read`. */
  full(names: readonly string[]): readonly string[] {
    return names.filter((name) => {
      const found = this.read(name);
      return found !== null && found.outcome !== null && !found.quick;
    });
  }

  write(result: StudyResult): void {
    put(join(this.folder, `${result.study}.json`), `${JSON.stringify(result)}\n`);
  }

  /** Makes report.html, samples.csv, results.json and tables.md of everything that is there. */
  report(): readonly StudyResult[] {
    const results = this.all();
    put(join(this.folder, 'results.json'), writeResults(results));
    put(join(this.folder, 'samples.csv'), [...samplesCsv(results)].join(''));
    put(join(this.folder, 'tables.md'), tablesMarkdown(results));
    put(
      join(this.folder, 'report.html'),
      reportPage(results, {
        tokens: readFileSync(TOKENS, 'utf8'),
        made: new Date().toISOString(),
        studies: this.#names,
      }),
    );
    return results;
  }
}

/** What `--compare` names: a folder of results, or a results.json. @throws with a sentence when it is neither. */
export function readBaseline(path: string): readonly StudyResult[] {
  let file = path;
  try {
    if (statSync(path).isDirectory()) file = join(path, 'results.json');
    return readResults(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`The baseline ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whoever reads meanwhile, or after a crash, finds the old file or the new one, and never a part. */
function put(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const next = `${file}.part`;
  writeFileSync(next, content);
  renameSync(next, file);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
