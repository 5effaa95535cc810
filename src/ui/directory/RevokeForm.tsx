import { useId, useState, type ReactNode } from 'react';
import type { ActionError, Result, RevokeReason, SessionView } from '../../worker/api.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { useAction } from '../parts/use-action.ts';
import { REVOKE, REVOKE_WORDS } from './texts.ts';

interface Props {
  /** What is revoked, for a screen reader. */
  readonly label: string;
  /** What it means for whoever has the key. */
  readonly text: string;
  readonly revoke: (reason: RevokeReason) => Promise<Result<SessionView | null, ActionError>>;
  readonly onClose: () => void;
}

/** Takes back a key, an entry or a device, for a reason that everybody reads. */
export function RevokeForm({ label, text, revoke, onClose }: Props): ReactNode {
  const action = useAction();
  const why = useId();
  const [reason, setReason] = useState<RevokeReason>('lost');
  return (
    <form
      className="stack inner-form"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(REVOKE.revoking, () => revoke(reason));
      }}
    >
      <p>{text}</p>
      <div className="field">
        <label htmlFor={why}>{REVOKE.reason}</label>
        <select
          id={why}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value as RevokeReason)}
        >
          {Object.entries(REVOKE_WORDS).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <div className="row">
        <button
          type="submit"
          className="btn danger"
          disabled={action.busy !== null || action.session !== null}
        >
          {REVOKE.action}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          {action.session === null ? REVOKE.leave : REVOKE.close}
        </button>
      </div>
      <ActionOutcome action={action} done={REVOKE.done} />
    </form>
  );
}
