/** Proposed changes: what each does, how far its approvals are, what is missing, and the one tap. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Link } from 'wouter';
import type { ChangeView, Digest, NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { Told } from '../parts/Told.tsx';
import { Seal } from '../seal/Seal.tsx';
import { CallOutcome } from './CallOutcome.tsx';
import { MEMBERS } from './texts.ts';
import { useChange } from './use-change.ts';
import { useFocusedHeading } from './use-focused-heading.ts';
import {
  approvalSeal,
  changeSentences,
  changeTitle,
  heldAgainst,
  missingSentences,
  numbersWords,
  organisationOf,
} from './words.ts';

export interface ChangesProps {
  readonly state: NetworkState;
  /** The change whose heading takes the focus. */
  readonly focus: Digest | null;
  readonly onFocused: () => void;
}

export function Changes({ state, focus, onFocused }: ChangesProps): ReactNode {
  return (
    <section className="sheet" aria-labelledby="changes-heading" data-testid="changes">
      <h2 id="changes-heading">{MEMBERS.changes}</h2>
      {state.changes.length === 0 ? (
        <p className="muted">{MEMBERS.changesNone}</p>
      ) : (
        <div className="stack">
          <p className="muted">{MEMBERS.changesText}</p>
          <div className="entries">
            {state.changes.map((change) => (
              <Change
                key={change.digest}
                change={change}
                state={state}
                focused={focus === change.digest}
                onFocused={onFocused}
              />
            ))}
          </div>
        </div>
      )}
    </section>
  );
}

interface ChangeProps {
  readonly change: ChangeView;
  readonly state: NetworkState;
  readonly focused: boolean;
  readonly onFocused: () => void;
}

function Change({ change, state, focused, onFocused }: ChangeProps): ReactNode {
  const { members } = state;
  const heading = useFocusedHeading(focused, onFocused);
  const removed = change.changes.flatMap((one) => (one.kind === 'removed' ? [one.member] : []));
  const seal = approvalSeal(change, members);
  return (
    <article className="entry change" data-testid={`change-${change.digest}`}>
      <Seal
        seal={seal}
        members={members}
        size={160}
        act="approve"
        live={state.epoch.phase === 'open'}
        className="change-seal"
      />
      <div className="stack-tight">
        <h3 ref={heading} tabIndex={-1}>
          {changeTitle(change, members)}
        </h3>
        <p className="wrap-any">
          <span className="muted">{MEMBERS.reasonLabel}</span> {change.reason}
        </p>
        <ul className="stack-tight lines">
          {changeSentences(change, members).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {removed.map((member) => {
          const who = organisationOf(members, member);
          const what = heldAgainst(state, member);
          return what === null ? (
            members[member]?.self !== true && (
              <p key={member} className="muted">
                {MEMBERS.noEvidence(who)}
              </p>
            )
          ) : (
            <p key={member}>
              <b className="bad">
                <span aria-hidden="true">≠ </span>
                {MEMBERS.evidence(who, what)}
              </b>{' '}
              <Link href="/network">{MEMBERS.seeEvidence}</Link>
            </p>
          );
        })}
        <p className="strong">{MEMBERS.next(numbersWords(change.next))}</p>
        <Standing change={change} state={state} heading={heading} />
      </div>
    </article>
  );
}

/** Where it stands, and what this member can do about it. */
function Standing({
  change,
  state,
  heading,
}: {
  change: ChangeView;
  state: NetworkState;
  heading: RefObject<HTMLHeadingElement | null>;
}): ReactNode {
  const missing = missingSentences(change, state.members);
  if (change.sealing)
    return (
      <p role="status" className="notice good">
        {state.epoch.phase === 'open' ? MEMBERS.sealing : MEMBERS.sealed}
      </p>
    );
  const mayApprove = !change.approved && change.notHere === null && state.epoch.phase === 'open';
  return (
    <>
      <div role="status" className="stack-tight">
        {change.approved && <p className="good strong">{MEMBERS.approved}</p>}
        {missing.length === 0 ? (
          <p className="muted">{MEMBERS.ready}</p>
        ) : (
          missing.map((sentence) => (
            <p key={sentence} className="muted">
              {sentence}
            </p>
          ))
        )}
      </div>
      {change.warnings.length > 0 && <Warnings change={change} />}
      {mayApprove && <Approve change={change} title={changeTitle(change, state.members)} heading={heading} />}
      {!change.approved && change.notHere !== null && <p className="notice">{change.notHere}</p>}
    </>
  );
}

function Warnings({ change: { approved, warnings } }: { change: ChangeView }): ReactNode {
  return (
    <div className="notice warn">
      <h4>{approved ? MEMBERS.knowSince : MEMBERS.know}</h4>
      {warnings.map((warning) => (
        <p key={warning}>
          <Told text={warning} />
        </p>
      ))}
    </div>
  );
}

/** One tap; with warnings a second one, on a button of its own. */
function Approve({
  change,
  title,
  heading,
}: {
  change: ChangeView;
  title: string;
  heading: RefObject<HTMLHeadingElement | null>;
}): ReactNode {
  const api = useApi();
  const call = useChange();
  const [asked, setAsked] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const second = useRef<HTMLButtonElement>(null);
  const warned = change.warnings.length > 0;
  useEffect(() => {
    if (asked) second.current?.focus();
  }, [asked]);
  useEffect(() => {
    if (warned || !asked) return;
    // Whoever was missing has come: one tap is enough again, and the button that had the focus is gone.
    setAsked(false);
    if (document.activeElement === document.body) first.current?.focus();
  }, [warned, asked]);
  const approve = async (): Promise<void> => {
    const done = await call.run(MEMBERS.approving, () => api.approveChange(change.digest));
    // The button goes away: whoever pressed it is told at the heading how far the change is.
    if (done !== null) heading.current?.focus();
  };
  const cancel = (): void => {
    setAsked(false);
    requestAnimationFrame(() => first.current?.focus());
  };
  const isAsking = asked && warned;
  return (
    <div className="stack-tight">
      {isAsking && <p className="strong">{MEMBERS.confirm}</p>}
      <div className="row">
        {isAsking ? (
          <>
            <button
              type="button"
              ref={second}
              className="btn danger tall"
              disabled={call.busy !== null}
              onClick={() => void approve()}
            >
              {MEMBERS.approveAll}
              <span className="hidden"> {MEMBERS.ofChange(title)}</span>
            </button>
            <button type="button" className="btn tall" disabled={call.busy !== null} onClick={cancel}>
              {MEMBERS.notNow}
            </button>
          </>
        ) : (
          <button
            type="button"
            ref={first}
            className="btn main tall"
            disabled={call.busy !== null}
            onClick={() => (warned ? setAsked(true) : void approve())}
          >
            {MEMBERS.approve}
            <span className="hidden"> {MEMBERS.ofChange(title)}</span>
          </button>
        )}
      </div>
      <CallOutcome call={call} />
    </div>
  );
}
