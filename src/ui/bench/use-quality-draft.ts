/** The count of the session in front, from memory or from disk. */
import { useEffect, useState } from 'react';
import { loadDraft, saveDraft } from './draft-store.ts';
import { emptyDraft, type QualityDraft } from './quality-draft.ts';

export interface HeldDraft {
  /** Null: there is none, or it is still being read. */
  readonly draft: QualityDraft | null;
  change(draft: QualityDraft): void;
}

/** `sessionId`: of the session whose quality check waits, or null. */
export function useQualityDraft(sessionId: string | null, lines: number): HeldDraft {
  const [drafts, setDrafts] = useState<Readonly<Record<string, QualityDraft>>>({});
  const held = sessionId === null ? undefined : drafts[sessionId];
  const isMissing = sessionId !== null && held === undefined;
  useEffect(() => {
    if (!isMissing) return;
    let wanted = true;
    void loadDraft(sessionId, lines).then((found) => {
      if (wanted) setDrafts((all) => ({ [sessionId]: found ?? emptyDraft(lines), ...all }));
    });
    return () => {
      wanted = false;
    };
  }, [sessionId, lines, isMissing]);
  return {
    draft: held ?? null,
    change(next) {
      if (sessionId === null) return;
      void saveDraft(sessionId, next);
      setDrafts((all) => ({ ...all, [sessionId]: next }));
    },
  };
}
