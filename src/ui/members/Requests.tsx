/** Who asks to be let in. Only its key is proved, so two people compare that aloud before anything is proposed. */
import { useId, useRef, useState, type ReactNode } from 'react';
import type { Digest, JoinRequestView, NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { Instant } from '../parts/words.tsx';
import { CallOutcome } from './CallOutcome.tsx';
import { Opener } from './Opener.tsx';
import { ProposeForm } from './ProposeForm.tsx';
import { MEMBERS } from './texts.ts';
import { useChange } from './use-change.ts';
import { cannotPropose, numbersOf, numbersWords, requestWords } from './words.ts';

export interface RequestsProps {
  readonly state: NetworkState;
  readonly onProposed: (digest: Digest) => void;
}

export function Requests({ state, onProposed }: RequestsProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const [said, setSaid] = useState('');
  const dismissed = (who: string): void => {
    setSaid(MEMBERS.dismissed(who));
    heading.current?.focus();
  };
  return (
    <section className="sheet" aria-labelledby="requests-heading" data-testid="requests">
      <h2 id="requests-heading" ref={heading} tabIndex={-1}>
        {MEMBERS.requests}
      </h2>
      <p role="status" className="muted">
        {said !== '' ? said : state.requests.length === 0 && MEMBERS.requestsNone}
      </p>
      <div className="entries">
        {state.requests.map((request) => (
          <Request
            key={request.voteKey}
            request={request}
            state={state}
            onProposed={onProposed}
            onDismissed={dismissed}
          />
        ))}
      </div>
    </section>
  );
}

interface RequestProps extends RequestsProps {
  readonly request: JoinRequestView;
  readonly onDismissed: (who: string) => void;
}

function Request({ request, state, onProposed, onDismissed }: RequestProps): ReactNode {
  const api = useApi();
  const dismissal = useChange();
  const id = useId();
  const { entry, inChange } = request;
  const { asks, doubts, reason } = requestWords(request, state.members);
  const why = cannotPropose(state);
  const dismiss = async (): Promise<void> => {
    const done = await dismissal.run(MEMBERS.dismissing, () => api.dismissRequest(request.voteKey));
    if (done !== null) onDismissed(entry.organisation);
  };
  const after = numbersWords(numbersOf(request.replaces === null ? state.n + 1 : state.n));
  const dismissButton = (
    <button
      type="button"
      className="btn tall"
      disabled={dismissal.busy !== null}
      onClick={() => void dismiss()}
    >
      {MEMBERS.dismiss}
      <span className="hidden"> {MEMBERS.dismissOf(entry.organisation)}</span>
    </button>
  );
  return (
    <article className="entry" aria-labelledby={id} data-testid={`request-${request.voteKey}`}>
      <h3 id={id}>{entry.organisation}</h3>
      <p>{asks}</p>
      <dl className="facts">
        <dt>{MEMBERS.called}</dt>
        <dd>{MEMBERS.calledText(entry.name, entry.id)}</dd>
        <dt>{MEMBERS.gln}</dt>
        <dd>{entry.gln}</dd>
        <dt>{MEMBERS.asked}</dt>
        <dd>
          <Instant at={request.askedAt} />
        </dd>
        <dt>{MEMBERS.key}</dt>
        <dd className="mono fingerprint">
          <bdi>{request.fingerprint}</bdi>
        </dd>
      </dl>
      <p className="muted">{MEMBERS.compare}</p>
      {doubts.length > 0 && (
        <div className="notice warn">
          {doubts.map((doubt) => (
            <p key={doubt}>{doubt}</p>
          ))}
        </div>
      )}
      {inChange !== null ? (
        <>
          <p>{MEMBERS.inChange}</p>
          <div className="row">
            <button type="button" className="btn tall" onClick={() => onProposed(inChange)}>
              {MEMBERS.showChange}
              <span className="hidden"> {MEMBERS.showChangeOf(entry.organisation)}</span>
            </button>
            {dismissButton}
          </div>
        </>
      ) : why === null ? (
        <Opener
          label={MEMBERS.admit}
          of={MEMBERS.admitOf(entry.organisation)}
          className="btn main tall"
          more={dismissButton}
        >
          {(close) => (
            <ProposeForm
              title={MEMBERS.admitWho(entry.organisation)}
              sentences={[MEMBERS.admitText, MEMBERS.next(after)]}
              reason={reason}
              input={(text) => ({ kind: 'admit', voteKey: request.voteKey, reason: text })}
              onProposed={(digest) => {
                close(false);
                onProposed(digest);
              }}
              onClose={() => close(true)}
            />
          )}
        </Opener>
      ) : (
        <>
          <p className="notice">{why}</p>
          <div className="row">{dismissButton}</div>
        </>
      )}
      <CallOutcome call={dismissal} />
    </article>
  );
}
