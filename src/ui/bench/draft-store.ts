/**
 * Half-counted quality checks on disk, so that a dead battery costs no counting. IndexedDB and not localStorage: Chromium writes the latter
 * seconds later, and what a killed browser had not written yet is gone.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { MAX_KEPT_DRAFTS } from '../limits.ts';
import { parseDraft, type QualityDraft } from './quality-draft.ts';

interface Drafts extends DBSchema {
  drafts: {
    key: string;
    value: { readonly sessionId: string; readonly at: number; readonly draft: QualityDraft };
    indexes: { at: number };
  };
}

const DATABASE = 'countersign-drafts';

let opened: Promise<IDBPDatabase<Drafts>> | null = null;

/** The draft of a session, or null: none was kept, it is of another shape, or there is no storage. */
export async function loadDraft(sessionId: string, lines: number): Promise<QualityDraft | null> {
  try {
    const held = await (await database()).get('drafts', sessionId);
    return held === undefined ? null : parseDraft(held.draft, lines);
  } catch {
    return null;
  }
}

/** Keeps a draft, or with null forgets it. Without storage it lives as long as the page. */
export async function saveDraft(sessionId: string, draft: QualityDraft | null): Promise<void> {
  try {
    const db = await database();
    // A defect is counted by a person, seconds apart: waiting for the disk costs nothing.
    const write = db.transaction('drafts', 'readwrite', { durability: 'strict' });
    if (draft === null) void write.store.delete(sessionId);
    else {
      void write.store.put({ sessionId, at: Date.now(), draft });
      // Sessions that were put away elsewhere leave theirs behind.
      const surplus = (await write.store.count()) - MAX_KEPT_DRAFTS;
      let cursor = surplus > 0 ? await write.store.index('at').openKeyCursor() : null;
      for (let left = surplus; cursor !== null && left > 0; left--) {
        void write.store.delete(cursor.primaryKey);
        cursor = await cursor.continue();
      }
    }
    await write.done;
  } catch {
    // The count goes on in memory.
  }
}

function database(): Promise<IDBPDatabase<Drafts>> {
  opened ??= openDB<Drafts>(DATABASE, 1, {
    upgrade(db) {
      db.createObjectStore('drafts', { keyPath: 'sessionId' }).createIndex('at', 'at');
    },
    // Another tab wants a newer one: this one opens it anew when it counts again.
    blocking: (_now, _wanted, event) => {
      opened = null;
      (event.target as IDBDatabase).close();
    },
    terminated: () => (opened = null),
  });
  opened.catch(() => (opened = null));
  return opened;
}
