/** What a store is expected to hold after a list of batches, written down a second time, in the plainest way. */
import type { Key } from '../../src/codec/brand.ts';
import type { CertifiedEntry, StoredState, WriteBatch } from '../../src/store/types.ts';
import { evidenceVote, isOfReports } from '../../src/codec/vote.ts';
import { show, sorted } from './assert.ts';

export class StoreModel {
  #rows = new Map<string, unknown>();

  write(batch: WriteBatch): void {
    for (const k of batch.dropLogs ?? []) this.#rows.delete(`log ${k}`);
    for (const row of batch.logs ?? []) this.#rows.set(`log ${row.key}`, row);
    for (const d of batch.dropValues ?? []) this.#rows.delete(`value ${d}`);
    for (const row of batch.values ?? []) this.#rows.set(`value ${row.digest}`, row.bytes);
    for (const id of batch.dropSessions ?? []) this.#rows.delete(`session ${id}`);
    for (const row of batch.sessions ?? []) this.#rows.set(`session ${row.id}`, row);
    for (const row of batch.evidence ?? [])
      this.#rows.set(
        `evidence ${row.member} ${show(isOfReports(row.evidence) ? row.evidence.root : evidenceVote(row.evidence))}`,
        row,
      );
    for (const { name, bytes } of batch.meta ?? []) {
      if (bytes === null) this.#rows.delete(`meta ${name}`);
      else this.#rows.set(`meta ${name}`, [name, bytes]);
    }
    for (const { key, head } of batch.aside ?? []) {
      if (head) this.#rows.set(`certified ${key}`, head);
      else this.#rows.delete(`certified ${key}`);
      for (const { version } of this.history(key))
        if (version >= (head?.version ?? 0)) this.#rows.delete(`history ${key} ${version}`);
    }
    for (const { key, below } of batch.dropHistory ?? [])
      for (let v = 0; v < below; v++) this.#rows.delete(`history ${key} ${v}`);
    for (const row of batch.history ?? []) this.#rows.set(`history ${row.key} ${row.version}`, row);
    for (const row of batch.certified ?? []) {
      const head = this.#rows.get(`certified ${row.key}`) as CertifiedEntry | undefined;
      if (head && row.version < head.version) continue;
      if (head && row.version > head.version) this.#rows.set(`history ${head.key} ${head.version}`, head);
      const inherits = head?.version === row.version && row.previous === undefined;
      this.#rows.set(`certified ${row.key}`, inherits ? { ...row, previous: head.previous } : row);
    }
  }

  state(): StoredState {
    return {
      logs: this.#all('log '),
      certified: this.#all('certified '),
      evidence: this.#all('evidence '),
      sessions: this.#all('session '),
      meta: new Map(this.#all<[string, Uint8Array]>('meta ')),
    };
  }

  value(digest: string): unknown {
    return this.#rows.get(`value ${digest}`);
  }

  history(k: Key): CertifiedEntry[] {
    return this.#all<CertifiedEntry>(`history ${k} `).sort((a, b) => a.version - b.version);
  }

  #all<T>(prefix: string): T[] {
    return [...this.#rows].filter(([name]) => name.startsWith(prefix)).map(([, row]) => row as T);
  }
}

/** One order for both sides. */
export const canonicalState = (state: StoredState): StoredState => ({
  logs: sorted(state.logs),
  certified: sorted(state.certified),
  evidence: sorted(state.evidence),
  sessions: sorted(state.sessions),
  meta: state.meta,
});
