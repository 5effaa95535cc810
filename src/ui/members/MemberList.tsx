/** Members of today, with what two people compare of them, and what is held against them. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Digest, MemberView, NetworkState } from '../../worker/api.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Swatch } from '../parts/words.tsx';
import { Opener } from './Opener.tsx';
import { ProposeForm } from './ProposeForm.tsx';
import { MEMBERS } from './texts.ts';
import {
  canShrink,
  cannotPropose,
  deedOf,
  heldAgainst,
  isElsewhere,
  keyFingerprint,
  numbersOf,
  numbersWords,
  roleWords,
} from './words.ts';

export interface MemberListProps {
  readonly state: NetworkState;
  readonly onProposed: (digest: Digest) => void;
}

export function MemberList({ state, onProposed }: MemberListProps): ReactNode {
  return (
    <section className="sheet" aria-labelledby="members-heading" data-testid="member-list">
      <h2 id="members-heading">{isElsewhere(state) ? MEMBERS.listOf(state.epoch.number) : MEMBERS.list}</h2>
      <ul className="members">
        {state.members.map((member) => (
          <Member key={member.index} member={member} state={state} onProposed={onProposed} />
        ))}
      </ul>
      {!canShrink(state.n) && <p className="muted members-note">{MEMBERS.cannotShrink(state.n)}</p>}
    </section>
  );
}

function Member({ member, state, onProposed }: MemberListProps & { readonly member: MemberView }): ReactNode {
  // Of a device its own member is another replica like any other.
  const isThis = member.self && state.selfDevice === undefined;
  const presence = isThis
    ? MEMBERS.self
    : member.observer
      ? MEMBERS.observer
      : member.here
        ? MEMBERS.here
        : MEMBERS.away;
  const held = heldAgainst(state, member.index);
  const now = state.evidence.find((one) => one.member === member.index)?.evidence;
  const mayGo = canShrink(state.n) && cannotPropose(state) === null;
  return (
    <li data-member={member.id} data-here={member.here}>
      <Swatch index={member.index} />
      <div>
        <b>{member.organisation}</b> <span className="quiet">{roleWords(member.role)}</span>
        <p className="muted">
          {within(
            MEMBERS.memberFacts(member.name, member.id, SLOTS[0]),
            <span key="gln" className="nowrap">
              {MEMBERS.glnOf(member.gln)}
            </span>,
          )}
        </p>
        <p className="muted">
          {MEMBERS.key}{' '}
          <span className="mono nowrap" dir="ltr">
            {keyFingerprint(member.voteKey)}
          </span>
        </p>
        {(member.evidence || held !== null) && (
          <p>
            <b className="bad">
              <span aria-hidden="true">≠ </span>
              {now === undefined ? MEMBERS.deedBefore : MEMBERS.deeds[deedOf(now)]}
            </b>{' '}
            <Link href="/network">
              {MEMBERS.seeEvidence}
              <span className="hidden"> {MEMBERS.seeEvidenceOf(member.organisation)}</span>
            </Link>
          </p>
        )}
      </div>
      <p className="member-presence">
        <b className={member.here || isThis ? 'presence here' : 'presence away'}>{presence}</b>
      </p>
      {mayGo && (
        <div className="member-action">
          <Opener
            label={isThis ? MEMBERS.leave : MEMBERS.remove}
            of={isThis ? MEMBERS.leaveOf(state.network.name) : MEMBERS.removeOf(member.organisation)}
          >
            {(close) => (
              <ProposeForm
                danger
                title={
                  isThis ? MEMBERS.leaveWhat(state.network.name) : MEMBERS.removeWho(member.organisation)
                }
                sentences={[
                  isThis ? MEMBERS.leaveText : MEMBERS.removeText(member.organisation),
                  ...(isThis
                    ? []
                    : [
                        held === null
                          ? MEMBERS.noEvidence(member.organisation)
                          : MEMBERS.evidence(member.organisation, held),
                      ]),
                  MEMBERS.next(numbersWords(numbersOf(state.n - 1))),
                ]}
                reason={isThis ? MEMBERS.leaveReason(member.organisation) : (held ?? '')}
                input={(reason) => ({ kind: 'remove', member: member.index, reason })}
                onProposed={(digest) => {
                  close(false);
                  onProposed(digest);
                }}
                onClose={() => close(true)}
              />
            )}
          </Opener>
        </div>
      )}
    </li>
  );
}
