/** The small form behind Admit, Remove, Leave and Move rules: says what is proposed, takes the reason, proposes and approves. */
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { ChangeInput, Digest } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { MAX_CHANGE_REASON } from '../limits.ts';
import { CallOutcome } from './CallOutcome.tsx';
import { MEMBERS } from './texts.ts';
import { useChange } from './use-change.ts';

export interface ProposeFormProps {
  /** Its accessible name: “Remove Cargo Nord”. */
  readonly title: string;
  /** What it means, whole sentences. */
  readonly sentences: readonly string[];
  readonly reason: string;
  readonly input: (reason: string) => ChangeInput;
  readonly danger?: boolean;
  readonly onProposed: (digest: Digest) => void;
  readonly onClose: () => void;
}

export function ProposeForm(props: ProposeFormProps): ReactNode {
  const api = useApi();
  const call = useChange();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState(props.reason);
  const [tried, setTried] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const clean = reason.trim();
  const isEmpty = tried && clean === '';
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (clean === '') return field.current?.focus();
    const done = await call.run(MEMBERS.proposing, () => api.proposeChange(props.input(clean)));
    if (done !== null) props.onProposed(done.value.digest);
  };
  return (
    <form
      className="stack inner-form"
      aria-label={props.title}
      noValidate
      onSubmit={(event) => void submit(event)}
    >
      <div className="stack-tight" id={`${id}-text`}>
        {props.sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <div className="field">
        <label htmlFor={id}>{MEMBERS.reason}</label>
        <span className="hint" id={`${id}-hint`}>
          {MEMBERS.reasonHint}
        </span>
        <textarea
          id={id}
          ref={field}
          className="reason"
          rows={2}
          maxLength={MAX_CHANGE_REASON}
          value={reason}
          aria-invalid={isEmpty || undefined}
          aria-describedby={`${id}-text ${id}-hint${isEmpty ? ` ${id}-problem` : ''}`}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {isEmpty && (
          <span className="problem" id={`${id}-problem`}>
            {MEMBERS.reasonProblem}
          </span>
        )}
      </div>
      <div className="row">
        <button
          type="submit"
          className={props.danger ? 'btn danger tall' : 'btn main tall'}
          disabled={call.busy !== null}
        >
          {MEMBERS.propose}
        </button>
        <button type="button" className="btn tall" disabled={call.busy !== null} onClick={props.onClose}>
          {MEMBERS.notNow}
        </button>
      </div>
      <CallOutcome call={call} />
    </form>
  );
}
