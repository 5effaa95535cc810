import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Folders, undo } from '../../bench/cluster.ts';

describe('what a cluster leaves', () => {
  it('is undone the last first, whatever fails, and the first error is told', async () => {
    const done: string[] = [];
    const step = (name: string, fails: boolean) => async (): Promise<void> => {
      done.push(name);
      await Promise.resolve();
      if (fails) throw new Error(name);
    };
    const steps = [step('server', false), step('folder', true), step('browser', true)];
    await expect(undo(steps)).rejects.toThrow('browser');
    expect(done).toEqual(['browser', 'folder', 'server']);
    await undo(steps);
    expect(done).toHaveLength(3);
  });

  it('goes at the process’s end, after what the browsers’ driver does then; a folder that cannot go keeps no other', async () => {
    const before = process.listeners('exit');
    const removed: string[] = [];
    const folders = new Folders((folder) => {
      removed.push(folder);
      if (folder === 'busy') throw new Error('ENOTEMPTY');
    });
    const listener = (): (() => void) | undefined =>
      process.listeners('exit').find((one) => !before.includes(one)) as (() => void) | undefined;
    const driver = (): void => undefined;
    try {
      folders.add('busy');
      process.on('exit', driver);
      folders.last();
      expect(process.listeners('exit').at(-2)).toBe(driver);
      folders.add('other');
      expect(process.listeners('exit')).toHaveLength(before.length + 2);
      process.off('exit', driver);
      expect(listener()).not.toThrow();
      expect(removed).toEqual(['busy', 'other']);
    } finally {
      process.off('exit', driver);
      for (const one of ['busy', 'other']) await folders.remove(join(tmpdir(), 'countersign-none', one));
      process.off('exit', listener() ?? driver);
    }
  });

  it('listens to the end no longer when its folders are gone', async () => {
    const before = process.listenerCount('exit');
    const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-test-'));
    try {
      const folders = new Folders();
      folders.add(folder);
      expect(process.listenerCount('exit')).toBe(before + 1);
      await folders.remove(folder);
      expect(existsSync(folder)).toBe(false);
      expect(process.listenerCount('exit')).toBe(before);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
