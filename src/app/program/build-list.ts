/**
 * What a build consists of, as `build.json` beside it lists it, and the digest of all of it. The digest is the SHA-256 of the list as
 * `sha256sum` prints it, so that nobody needs a program of ours to check a copy (docs/hosting.md, "Compare what you run"):
 *
 *     <SHA-256 of the file, hex>  <path>\n     for every file but build.json itself, by path in code unit order
 */
import type { Result } from '../../worker/api.ts';
import { MAX_LISTED_FILES, MAX_LISTED_PATH } from '../limits.ts';

export interface BuildFile {
  /** From the folder of the build, with `/`, for example `assets/index-Cw3x81bQ.js`. */
  readonly path: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

export interface BuildList {
  readonly version: string;
  /** 64 hex digits. */
  readonly digest: string;
  readonly files: readonly BuildFile[];
}

export const BUILD_LIST = 'build.json';
/** Named in the list, and not among the files that it stores: a browser keeps it by itself. */
export const SERVICE_WORKER = 'service-worker.js';

export interface BuildListError {
  readonly type: 'build-list-malformed';
  readonly message: string;
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function digestOf(files: readonly BuildFile[]): Promise<string> {
  const lines = sorted(files).map((file) => `${file.sha256}  ${file.path}\n`);
  return sha256(new TextEncoder().encode(lines.join('')));
}

export async function listOf(version: string, files: readonly BuildFile[]): Promise<BuildList> {
  return { version, digest: await digestOf(files), files: sorted(files) };
}

/** Of the text of a `build.json`. Errors: not such a list, or its digest is not that of its files. */
export async function readBuildList(text: string): Promise<Result<BuildList, BuildListError>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('it is no JSON');
  }
  const { version, digest, files } = fields(json);
  if (typeof version !== 'string' || !Array.isArray(files) || files.length > MAX_LISTED_FILES)
    return malformed('it is no list of a build');
  const read: BuildFile[] = [];
  for (const file of files as unknown[]) {
    const { path, bytes, sha256: own } = fields(file);
    if (typeof path !== 'string' || path.length > MAX_LISTED_PATH || path === BUILD_LIST)
      return malformed('one of its paths is not one of a build');
    if (typeof bytes !== 'number' || typeof own !== 'string' || !/^[0-9a-f]{64}$/.test(own))
      return malformed(`its entry for ${path} has no digest`);
    read.push({ path, bytes, sha256: own });
  }
  if (new Set(read.map(({ path }) => path)).size !== read.length) return malformed('it names a path twice');
  const list = await listOf(version, read);
  return list.digest === digest
    ? { ok: true, value: list }
    : malformed('its digest is not that of its files');
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const sorted = (files: readonly BuildFile[]): readonly BuildFile[] =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

const malformed = (problem: string): { readonly ok: false; readonly error: BuildListError } => ({
  ok: false,
  error: {
    type: 'build-list-malformed',
    message: `The file build.json of this site cannot be used: ${problem}. Ask whoever runs this site to copy the whole build again.`,
  },
});
