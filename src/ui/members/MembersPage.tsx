/** Who the members are, who wants to be one, and the changes that the members approve. */
import { useCallback, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Digest, NetworkState } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { Seal } from '../seal/Seal.tsx';
import { Breaks, PastBreaks } from './Breaks.tsx';
import { Changes } from './Changes.tsx';
import { GoneForGood } from './GoneForGood.tsx';
import { LetInAgain } from './LetInAgain.tsx';
import { MemberList } from './MemberList.tsx';
import { Opener } from './Opener.tsx';
import { ProposeForm } from './ProposeForm.tsx';
import { Requests } from './Requests.tsx';
import { MEMBERS } from './texts.ts';
import { cannotPropose, epochWords, isElsewhere, phaseWords, tallySeal } from './words.ts';
import '../styles/network.css';
import '../styles/directory.css';
import '../styles/members.css';

export function MembersPage(): ReactNode {
  const state = useNetwork();
  const [focus, setFocus] = useState<Digest | null>(null);
  const focused = useCallback(() => setFocus(null), []);
  const why = cannotPropose(state);
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{MEMBERS.title}</h1>
          <p data-testid="epoch-words">{epochWords(state)}</p>
        </div>
        <Link className="btn" href="/network">
          {MEMBERS.back}
        </Link>
      </div>
      <div className="columns members-page">
        <div className="stack">
          <Phase state={state} />
          <Breaks state={state} focus={focus} onFocused={focused} />
          <LetInAgain state={state} />
          <Changes state={state} focus={focus} onFocused={focused} />
          <Requests state={state} onProposed={setFocus} />
        </div>
        <div className="stack">
          {why !== null && <p className="notice">{why}</p>}
          <MemberList state={state} onProposed={setFocus} />
          <PastBreaks epoch={state.epoch} />
          <NewerRules state={state} onProposed={setFocus} />
          {!isElsewhere(state) && (
            <section className="sheet" aria-labelledby="bring-heading">
              <h2 id="bring-heading">{MEMBERS.bring}</h2>
              <div className="stack">
                <p className="muted">{MEMBERS.bringText}</p>
                <div className="row">
                  <Link className="btn" href="/network">
                    {MEMBERS.bringLink}
                  </Link>
                </div>
              </div>
            </section>
          )}
          <GoneForGood state={state} onProposed={setFocus} />
        </div>
      </div>
    </>
  );
}

/** What is going on with the epoch; nothing while it is simply open. The banner above says the same to a screen reader. */
function Phase({ state }: { state: NetworkState }): ReactNode {
  const { epoch, members } = state;
  const words = phaseWords(state);
  return (
    <>
      {words !== null && (
        <section className="sheet phase" aria-labelledby="phase-heading" data-testid="phase">
          <h2 id="phase-heading">{epoch.phase === 'closing' ? MEMBERS.closing : MEMBERS.catchingUp}</h2>
          <div className="change">
            {epoch.reports !== null && (
              <Seal
                seal={tallySeal(epoch.reports.here, epoch.reports.needed, members)}
                members={members}
                size={160}
                act="report"
                live
                className="change-seal"
              />
            )}
            <p>{words.text}</p>
          </div>
        </section>
      )}
      {epoch.carried > 0 && <p className="notice">{MEMBERS.carried(epoch.carried)}</p>}
    </>
  );
}

/** Only when this program knows rules that the network does not work by yet. */
function NewerRules({
  state,
  onProposed,
}: {
  state: NetworkState;
  onProposed: (digest: Digest) => void;
}): ReactNode {
  const { rulesVersion: from, programRules: to = from } = state.epoch;
  const isProposed = state.changes.some((change) => change.rulesVersion.to >= to);
  if (to <= from || isProposed || cannotPropose(state) !== null) return null;
  return (
    <section className="sheet" aria-labelledby="rules-heading">
      <h2 id="rules-heading">{MEMBERS.rules}</h2>
      <div className="stack">
        <p className="muted">{MEMBERS.rulesText(from, to)}</p>
        <Opener label={MEMBERS.rulesAction(to)} className="btn tall">
          {(close) => (
            <ProposeForm
              title={MEMBERS.rulesAction(to)}
              sentences={[]}
              reason={MEMBERS.rulesReason(to)}
              input={(reason) => ({ kind: 'rules', reason })}
              onProposed={(digest) => {
                close(false);
                onProposed(digest);
              }}
              onClose={() => close(true)}
            />
          )}
        </Opener>
      </div>
    </section>
  );
}
