/** The page that waits: knocks as long as it is open, and says how far the request is. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { KnockedNetwork } from '../../worker/api.ts';
import { Dialog } from '../parts/Dialog.tsx';
import type { Asked } from './ask-memory.ts';
import { ASK, knockWords } from './ask-texts.ts';
import type { DoorsClient } from './client.ts';
import { Problem } from './DoorFrame.tsx';
import { memberLine } from './form-texts.ts';
import { afterKnock, keepKnocking, NOT_KNOCKED, type Knocked } from './keep-knocking.ts';

export interface AskWaitingProps {
  readonly client: DoorsClient;
  readonly invitation: string;
  readonly asked: Asked;
  /** The members, as soon as one of them has told. */
  readonly onMembers: (members: KnockedNetwork['members']) => void;
  readonly onOpen: (profile: string) => void;
  readonly onGiveUp: () => void;
}

export function AskWaiting(props: AskWaitingProps): ReactNode {
  const { client, invitation, asked, onMembers } = props;
  const knocked = useKnocking(client, invitation, asked.profile);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { view } = knocked;
  const open = useRef(props.onOpen);
  open.current = props.onOpen;
  useEffect(() => {
    if (view !== null && 'members' in view) onMembers(view.members);
    if (view?.state === 'admitted') open.current(view.profile);
  }, [view, onMembers]);
  return (
    <AskStanding
      asked={asked}
      knocked={knocked}
      heading={heading}
      onOpen={props.onOpen}
      onGiveUp={props.onGiveUp}
    />
  );
}

function useKnocking(client: DoorsClient, invitation: string, profile: string): Knocked {
  const [knocked, setKnocked] = useState(NOT_KNOCKED);
  useEffect(
    () =>
      keepKnocking(
        () => client.api.knock({ invitation, profile }),
        (answer) => setKnocked((before) => afterKnock(before, answer)),
      ),
    [client, invitation, profile],
  );
  return knocked;
}

export interface AskStandingProps {
  readonly asked: Asked;
  readonly knocked: Knocked;
  readonly heading?: RefObject<HTMLHeadingElement | null>;
  readonly onOpen: (profile: string) => void;
  readonly onGiveUp: () => void;
}

/** What is on the screen, from what is known alone. */
export function AskStanding({ asked, knocked, heading, onOpen, onGiveUp }: AskStandingProps): ReactNode {
  const { view, problem } = knocked;
  return (
    <>
      <section
        className="sheet stack"
        aria-labelledby="ask-waiting"
        data-testid="ask-waiting"
        data-state={view?.state ?? 'nobody'}
      >
        <h2 id="ask-waiting" ref={heading} tabIndex={-1}>
          {ASK.waiting}
        </h2>
        <p role="status" className="strong">
          {knockWords(knocked)}
        </p>
        {view?.state === 'drafted' && (
          <div className="stack-tight">
            <label className="stack-tight">
              <span>{ASK.progress(view.approvals, view.needed)}</span>
              <progress className="approvals" value={view.approvals} max={view.needed} />
            </label>
            <p className="wrap-any">
              <span className="muted">{ASK.reason}:</span> {view.reason}
            </p>
          </div>
        )}
        <Problem message={problem} testId="problem" />
        {view?.state === 'admitted' ? (
          <div className="row">
            <button type="button" className="btn main" onClick={() => onOpen(view.profile)}>
              {ASK.open(view.name)}
            </button>
          </div>
        ) : (
          <p className="muted">{ASK.keep}</p>
        )}
      </section>
      <section className="sheet stack-tight" aria-labelledby="ask-key">
        <h2 id="ask-key">{ASK.key}</h2>
        <p className="mono ask-fingerprint" data-testid="fingerprint">
          <bdi>{asked.fingerprint}</bdi>
        </p>
        <p>
          {asked.replaces === null ? asked.organisation : ASK.inPlace(asked.organisation, asked.replaces)}
        </p>
        <p className="muted">{ASK.compare}</p>
      </section>
      {view?.state === 'asked' && (
        <section className="sheet" aria-labelledby="ask-members">
          <h2 id="ask-members">{ASK.members}</h2>
          <ul className="member-list">
            {view.members.map((member) => (
              <li key={member.id}>
                <div>
                  <p className="strong">{member.organisation}</p>
                  <p className="muted">{memberLine(member.name, member.role)}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      {view?.state !== 'admitted' && <GiveUp onGiveUp={onGiveUp} />}
    </>
  );
}

function GiveUp({ onGiveUp }: { onGiveUp: () => void }): ReactNode {
  const [asked, setAsked] = useState(false);
  return (
    <div>
      <button type="button" className="btn" onClick={() => setAsked(true)}>
        {ASK.again}
      </button>
      <Dialog open={asked} title={ASK.giveUp} onClose={() => setAsked(false)}>
        <p>{ASK.giveUpText}</p>
        <div className="row">
          <button type="button" className="btn danger" onClick={onGiveUp}>
            {ASK.giveUpAction}
          </button>
          <button type="button" className="btn main" onClick={() => setAsked(false)}>
            {ASK.goOn}
          </button>
        </div>
      </Dialog>
    </div>
  );
}
