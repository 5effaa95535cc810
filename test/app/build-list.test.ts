import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_LISTED_FILES } from '../../src/app/limits.ts';
import { listOf, readBuildList, type BuildFile } from '../../src/app/program/build-list.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (path: string): BuildFile => ({ path, bytes: path.length, sha256: hash(path) });

describe('the list of a build', () => {
  it('has another digest than sha256sum of it, or depends on the order in which files were read', async () => {
    const list = await listOf('1.0.0', [file('index.html'), file('assets/b.js'), file('assets/a.js')]);
    const printed = ['assets/a.js', 'assets/b.js', 'index.html'].map((path) => `${hash(path)}  ${path}\n`);
    expect(list.digest).toBe(hash(printed.join('')));
    expect(list).toEqual(
      await listOf('1.0.0', [file('assets/b.js'), file('assets/a.js'), file('index.html')]),
    );
    expect(await readBuildList(JSON.stringify(list))).toEqual({ ok: true, value: list });
  });

  it('is believed although its digest, its shape or its size is not that of a build', async () => {
    const list = await listOf('1.0.0', [file('index.html'), file('a.js')]);
    const wrong: unknown[] = [
      { ...list, digest: '0'.repeat(64) },
      { ...list, files: [{ ...list.files[0]!, sha256: hash('other') }, list.files[1]] },
      { ...list, files: [...list.files, list.files[0]] },
      { ...list, files: [...list.files, file('build.json')] },
      { ...list, files: [{ path: 'a.js', bytes: 1, sha256: 'ABC' }] },
      { ...list, files: 'many' },
      { ...list, files: Array.from({ length: MAX_LISTED_FILES + 1 }, (_, i) => file(`${i}.js`)) },
      null,
      7,
    ];
    for (const each of wrong) {
      const read = await readBuildList(JSON.stringify(each));
      expect(read).toMatchObject({ ok: false, error: { type: 'build-list-malformed' } });
    }
    expect((await readBuildList('{')).ok).toBe(false);
  });
});
