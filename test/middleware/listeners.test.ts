import { describe, expect, it } from 'vitest';
import type { KvEntry, Pattern } from '../../src/worker/kv/api.ts';
import { matches } from '../../src/worker/kv/pattern.ts';
import { MAX_LISTENERS } from '../../src/worker/kv/limits.ts';
import { Listeners } from '../../src/worker/kv/listeners.ts';

const entry = (key: string, version: number): KvEntry => ({
  key,
  version,
  digest: `${version}`.padStart(64, '0'),
  round: 0,
  epoch: 0,
  signers: [0, 1, 2],
  signedBy: ['alfa', 'bravo', 'cargo'],
  body: Uint8Array.of(version),
});

/** One tab's listeners, and the replica that they ask. */
function tab(held: Record<string, number> = {}): {
  listeners: Listeners;
  heard: string[];
  held: Map<string, number>;
  failing: (failing: boolean) => void;
} {
  const versions = new Map(Object.entries(held));
  const heard: string[] = [];
  let fails = false;
  const listeners = new Listeners({
    versions: (pattern: Pattern) =>
      fails
        ? Promise.reject(new Error('gone'))
        : Promise.resolve([...versions].filter(([key]) => matches(pattern, key))),
    read: (key) => Promise.resolve(versions.has(key) ? entry(key, versions.get(key)!) : null),
    deliver: (id, { key, version }) => heard.push(`${id} ${key} ${version}`),
  });
  return { listeners, heard, held: versions, failing: (on) => (fails = on) };
}

describe('listeners of a tab', () => {
  it('hear a version once, however often and from wherever it is told', async () => {
    const { listeners, heard, held } = tab({ 'a/1': 3 });
    await listeners.add(1, { key: 'a/1' });
    await listeners.add(2, { prefix: 'a/' });
    held.set('a/1', 4);
    for (const version of [3, 4, 4, 2]) listeners.tell(entry('a/1', version));
    await listeners.catchUp();
    listeners.tell(entry('b/1', 1));
    listeners.tell(entry('a/2', 1));
    expect(heard).toEqual(['1 a/1 4', '2 a/1 4', '2 a/2 1']);
  });

  it('hear what they missed while the replica moved to another tab, in order', async () => {
    const { listeners, heard, held } = tab({ k: 1 });
    await listeners.add(1, { key: 'k' });
    held.set('k', 5);
    await listeners.catchUp();
    listeners.tell(entry('k', 4));
    listeners.tell(entry('k', 6));
    expect(heard).toEqual(['1 k 5', '1 k 6']);
  });

  it('hear what stands, once, when nobody could say at first what had come before', async () => {
    const { listeners, heard, held, failing } = tab({ k: 6, l: 1 });
    failing(true);
    await listeners.add(1, { prefix: '' });
    await listeners.catchUp();
    // Certified after `listen`, while the replica moved.
    held.set('k', 7);
    listeners.tell(entry('l', 2));
    failing(false);
    await listeners.catchUp();
    await listeners.catchUp();
    expect(heard).toEqual(['1 l 2', '1 k 7']);
    listeners.tell(entry('k', 8));
    expect(heard).toEqual(['1 l 2', '1 k 7', '1 k 8']);
  });

  it('lose nothing when the replica moves before it is said what had come before', async () => {
    const heard: string[] = [];
    const held = new Map([['k', 1]]);
    const answers: (() => void)[] = [];
    const listeners = new Listeners({
      versions: () => new Promise((resolve) => answers.push(() => resolve([...held]))),
      read: (key) => Promise.resolve(entry(key, held.get(key)!)),
      deliver: (id, { key, version }) => heard.push(`${id} ${key} ${version}`),
    });
    const added = listeners.add(1, { key: 'k' });
    held.set('k', 2);
    const caughtUp = listeners.catchUp();
    for (const answer of answers.splice(0).reverse()) answer();
    await Promise.all([added, caughtUp]);
    expect(heard).toEqual(['1 k 2']);
  });

  it('hear nothing after they ended, and are bounded', async () => {
    const { listeners, heard } = tab();
    for (let id = 1; id <= MAX_LISTENERS; id++) await listeners.add(id, { key: 'k' });
    await expect(listeners.add(0, { key: 'k' })).rejects.toThrow('callbacks listen');
    for (let id = 2; id <= MAX_LISTENERS; id++) listeners.remove(id);
    listeners.tell(entry('k', 1));
    expect(heard).toEqual(['1 k 1']);
  });
});
