/** Which place somebody asks for, and who it is. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { KnockedNetwork } from '../../worker/api.ts';
import { ASK } from './ask-texts.ts';
import { Problem } from './DoorFrame.tsx';
import { MemberForm, type MemberInput } from './MemberForm.tsx';

export interface AskFormProps {
  /** Of the network, when a member has told already. */
  readonly members: KnockedNetwork['members'];
  readonly busy: boolean;
  readonly problem: string | null;
  /** It takes the place of the page that waited: a screen reader begins here. */
  readonly focus?: boolean;
  /** `replaces`: the id of the place; null: a new one. */
  readonly onAsk: (input: MemberInput, replaces: string | null) => void;
}

export function AskForm({ members, busy, problem, focus = false, onAsk }: AskFormProps): ReactNode {
  const choice = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, [focus]);
  const [isBack, setIsBack] = useState(false);
  const [place, setPlace] = useState('');
  const chosen = isBack ? members.find((one) => one.id === place) : undefined;
  return (
    <>
      <section className="sheet stack" aria-labelledby={`${choice}-h`}>
        <h2 id={`${choice}-h`} ref={heading} tabIndex={-1}>
          {ASK.what}
        </h2>
        <div role="radiogroup" aria-labelledby={`${choice}-h`}>
          {[false, true].map((back) => (
            <label key={String(back)} className="tick">
              <input
                type="radio"
                name={choice}
                checked={isBack === back}
                disabled={busy}
                onChange={() => setIsBack(back)}
              />
              {back ? ASK.oldPlace : ASK.newPlace}
            </label>
          ))}
        </div>
        {isBack && <p className="muted">{ASK.oldPlaceText}</p>}
        {isBack && members.length > 0 && (
          <div className="field">
            <label htmlFor={choice}>{ASK.inPlaceOf}</label>
            <select id={choice} value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
              <option value="">{ASK.choose}</option>
              {members.map((member) => (
                <option key={member.id} value={member.id}>
                  {member.organisation}
                </option>
              ))}
            </select>
          </div>
        )}
      </section>
      <section className="sheet stack" aria-labelledby={`${choice}-who`}>
        <h2 id={`${choice}-who`}>{isBack ? ASK.whoOld : ASK.who}</h2>
        <MemberForm
          // What was typed stays when only the kind of request changes; a chosen place fills the form anew.
          key={chosen?.id ?? ''}
          action={ASK.ask}
          busy={busy}
          busyWords={ASK.asking}
          start={chosen}
          idHint={isBack ? ASK.idOld : undefined}
          onSubmit={(input) => onAsk(input, isBack ? input.id : null)}
        />
        <p role="status" className="muted">
          {busy && ASK.making}
        </p>
        <Problem message={problem} testId="problem" />
      </section>
    </>
  );
}
