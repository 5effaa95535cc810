/** The way out of a draft that nobody will seal: deletes the key that was made for it, once the person has said so. */
import { useState, type ReactNode } from 'react';
import { forgetIdentity } from 'countersign';
import { Notice } from '../parts.tsx';
import { T } from '../texts.ts';
import { forgetDraft, type DraftStreet } from './draft.ts';

export function GiveUp({
  draft,
  onGivenUp,
}: {
  readonly draft: DraftStreet;
  readonly onGivenUp: () => void;
}): ReactNode {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const giveUp = async (): Promise<void> => {
    const forgotten = await forgetIdentity(draft.identity);
    if (!forgotten.ok) return setProblem(forgotten.error.message);
    forgetDraft();
    onGivenUp();
  };
  if (!asked) {
    return (
      <button type="button" className="btn wide" onClick={() => setAsked(true)}>
        {T.found.giveUp}
      </button>
    );
  }
  return (
    <Notice kind="warn">
      <p role="alert">{problem ?? T.found.giveUpWhat}</p>
      <button
        type="button"
        className="btn danger"
        onClick={() => void giveUp().catch((error: unknown) => setProblem(String(error)))}
      >
        {T.found.giveUpYes}
      </button>
      <button type="button" className="btn" onClick={() => setAsked(false)}>
        {T.cancel}
      </button>
    </Notice>
  );
}
