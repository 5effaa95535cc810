/** "When too many are gone for good": closed until somebody opens it, and long before the one button. */
import { useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { Digest, MemberView, NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { MAX_NETWORK_NAME } from '../limits.ts';
import { BREAKS } from './break-texts.ts';
import { isQuorum, mayBreak } from './break-words.ts';
import { Irreversible } from './Breaks.tsx';
import { CallOutcome } from './CallOutcome.tsx';
import { Opener } from './Opener.tsx';
import { useChange } from './use-change.ts';
import { listed, numbersOf, numbersWords } from './words.ts';

export interface GoneForGoodProps {
  readonly state: NetworkState;
  readonly onProposed: (digest: Digest) => void;
}

export function GoneForGood({ state, onProposed }: GoneForGoodProps): ReactNode {
  if (!mayBreak(state)) return null;
  return (
    <section className="sheet" aria-labelledby="beyond-heading" data-testid="beyond">
      <details className="beyond">
        <summary>
          <h2 id="beyond-heading">{BREAKS.title}</h2>
        </summary>
        <div className="stack">
          <p>{BREAKS.when(state.q, state.n)}</p>
          <p className="strong">{BREAKS.notWhen(state.q)}</p>
          <div className="notice warn">
            <h3>{BREAKS.know}</h3>
            {BREAKS.facts.map((fact) => (
              <p key={fact}>{fact}</p>
            ))}
          </div>
          <Opener label={BREAKS.open} className="btn tall">
            {(close) => (
              <BreakForm
                state={state}
                onProposed={(digest) => {
                  close(false);
                  onProposed(digest);
                }}
                onClose={() => close(true)}
              />
            )}
          </Opener>
        </div>
      </details>
    </section>
  );
}

interface BreakFormProps extends GoneForGoodProps {
  readonly onClose: () => void;
}

export function BreakForm({ state, onProposed, onClose }: BreakFormProps): ReactNode {
  const api = useApi();
  const call = useChange();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  // Who is here is who most probably goes on.
  const [chosen, setChosen] = useState<ReadonlySet<MemberView['id']>>(
    () => new Set(state.members.flatMap((one) => (one.self || one.here ? [one.id] : []))),
  );
  const [name, setName] = useState(state.network.name);
  const [tried, setTried] = useState(false);
  const [asked, setAsked] = useState(false);
  const clean = name.trim();
  const isNameless = tried && clean === '';
  const survivors = state.members.filter((one) => one.self || chosen.has(one.id));
  const gone = state.members.filter((one) => !survivors.includes(one));
  const isTooMany = isQuorum(survivors.length, state.n);
  const choose = (member: MemberView['id'], goesOn: boolean): void => {
    const next = new Set(chosen);
    if (goesOn) next.add(member);
    else next.delete(member);
    setChosen(next);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (clean === '') field.current?.focus();
    else if (!isTooMany) setAsked(true);
  };
  const propose = async (): Promise<void> => {
    setAsked(false);
    const done = await call.run(BREAKS.proposing, () =>
      api.proposeBreak({ members: survivors.map((one) => one.id), name: clean }),
    );
    if (done !== null) onProposed(done.value.digest);
  };
  return (
    <form className="stack inner-form" aria-label={BREAKS.open} noValidate onSubmit={submit}>
      <fieldset className="field" aria-describedby={`${id}-who ${id}-means`}>
        <legend className="label strong">{BREAKS.who}</legend>
        <span className="hint" id={`${id}-who`}>
          {BREAKS.whoHint}
        </span>
        {state.members.map((member) => (
          <label key={member.id} className="tick">
            <input
              type="checkbox"
              checked={member.self || chosen.has(member.id)}
              disabled={member.self}
              onChange={(event) => choose(member.id, event.currentTarget.checked)}
            />
            <span>
              {member.organisation}{' '}
              <span className="muted">
                {member.self ? BREAKS.self : member.here ? BREAKS.here : BREAKS.away}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <div role="status" id={`${id}-means`}>
        {isTooMany ? (
          <p className="notice bad">{BREAKS.quorum(survivors.length, state.q)}</p>
        ) : (
          <p>
            <b>{BREAKS.means(numbersWords(numbersOf(survivors.length)))}</b>{' '}
            {BREAKS.leftBehind(listed(gone.map(({ organisation }) => organisation)))}
          </p>
        )}
      </div>
      <div className="field">
        <label htmlFor={id}>{BREAKS.name}</label>
        <span className="hint" id={`${id}-hint`}>
          {BREAKS.nameHint}
        </span>
        <input
          id={id}
          ref={field}
          maxLength={MAX_NETWORK_NAME}
          value={name}
          aria-invalid={isNameless || undefined}
          aria-describedby={`${id}-hint${isNameless ? ` ${id}-problem` : ''}`}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {isNameless && (
          <span className="problem" id={`${id}-problem`}>
            {BREAKS.nameProblem}
          </span>
        )}
      </div>
      <div className="row">
        <button type="submit" className="btn danger tall" disabled={call.busy !== null || isTooMany}>
          {BREAKS.next}
        </button>
        <button type="button" className="btn tall" disabled={call.busy !== null} onClick={onClose}>
          {BREAKS.notNow}
        </button>
      </div>
      <CallOutcome call={call} />
      <Irreversible
        open={asked}
        who={{ survivors, gone }}
        action={BREAKS.propose}
        onConfirm={() => void propose()}
        onClose={() => setAsked(false)}
      />
    </form>
  );
}
