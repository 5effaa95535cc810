/** The creator's collection: the draft, the keys read from it, and the ways to change it. Kept across reloads. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { browserMemory } from '../browser-memory.ts';
import type { MemberEntry } from '../../worker/api.ts';
import type { DoorsClient } from './client.ts';
import { readCollected, writeCollected, type Collected } from './create-memory.ts';
import { COLLECT } from './form-texts.ts';
import { MAX_COLLECTED_MEMBERS } from './limits.ts';
import { errorText } from '../errors.ts';

export interface CollectedMember {
  readonly text: string;
  readonly entry: MemberEntry;
}

export interface UseCollected {
  readonly collected: Collected | null;
  readonly members: readonly CollectedMember[];
  begin(name: string): Promise<void>;
  /** Null when all were taken in; else the first thing that is wrong. */
  addKeys(texts: readonly string[], own?: string): Promise<string | null>;
  removeMember(voteKey: string): void;
  change(part: Partial<Pick<Collected, 'couriers' | 'supplierKeys'>>): void;
  forget(): void;
}

export function useCollected(client: DoorsClient): UseCollected {
  const [collected, setCollected] = useState<Collected | null>(() => readCollected(browserMemory()));
  const [members, setMembers] = useState<readonly CollectedMember[]>([]);
  /** Newest values for calls that follow one another faster than React renders. */
  const now = useRef({ collected, members });
  now.current = { collected, members };

  const store = useCallback((next: Collected | null, nextMembers: readonly CollectedMember[]) => {
    now.current = { collected: next, members: nextMembers };
    setCollected(next);
    setMembers(nextMembers);
    writeCollected(browserMemory(), next);
  }, []);

  const addKeys = useCallback(
    async (texts: readonly string[], own?: string): Promise<string | null> => {
      let problem: string | null = null;
      for (const text of texts) {
        const draft = now.current.collected?.draft;
        if (draft === undefined) return COLLECT.nameFirst;
        const read = await client.api.readMemberKey(draft, text);
        const present = now.current;
        if (!present.collected) return null;
        const reason = read.ok ? clash(read.value, present.members) : errorText(read.error);
        if (reason !== null || !read.ok) {
          problem ??= reason;
          continue;
        }
        const next = [...present.members, { text, entry: read.value }];
        store(
          {
            ...present.collected,
            keys: next.map((member) => member.text),
            own: own ?? present.collected.own,
          },
          next,
        );
      }
      return problem;
    },
    [client, store],
  );

  // Once: proofs of what was kept are checked again, as if it had just been pasted.
  const restored = useRef(false);
  useEffect(() => {
    if (restored.current) return;
    restored.current = true;
    const kept = now.current.collected?.keys ?? [];
    if (kept.length > 0) void addKeys(kept);
  }, [addKeys]);

  return {
    collected,
    members,
    addKeys,
    async begin(name) {
      const draft = await client.api.newDraft(name);
      store({ name, draft, keys: [], own: null, couriers: [], supplierKeys: [] }, []);
    },
    removeMember(voteKey) {
      const present = now.current;
      if (!present.collected) return;
      const next = present.members.filter((member) => member.entry.voteKey !== voteKey);
      store({ ...present.collected, keys: next.map((member) => member.text) }, next);
    },
    change(part) {
      const present = now.current;
      if (present.collected) store({ ...present.collected, ...part }, present.members);
    },
    forget() {
      store(null, []);
    },
  };
}

function clash(entry: MemberEntry, members: readonly CollectedMember[]): string | null {
  if (members.length >= MAX_COLLECTED_MEMBERS) return COLLECT.full(MAX_COLLECTED_MEMBERS);
  for (const { entry: other } of members) {
    if (other.voteKey === entry.voteKey) return COLLECT.already(entry.organisation);
    if (other.id === entry.id) return COLLECT.sameId(entry.organisation, other.organisation, entry.id);
  }
  return null;
}
