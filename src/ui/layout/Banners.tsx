/** What a person must know before trusting the rest of the page: whether this tab is the replica, and whether it may vote. */
import type { ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { Link, useLocation } from 'wouter';
import { DEVICE_BANNER } from '../devices/texts.ts';
import { BREAKS } from '../members/break-texts.ts';
import { awaitedBreaks, continuedSentences, goneWords, waitingWords } from '../members/break-words.ts';
import { MEMBERS } from '../members/texts.ts';
import { awaitedChanges, hasSignedBreak, outdatedWords, phaseWords } from '../members/words.ts';
import { SHELL } from './texts.ts';

const MEMBERS_PAGE = '/network/members';

export function StandingBanners({ state }: { state: NetworkState }): ReactNode {
  const notes = bannerNotes(state);
  const [place] = useLocation();
  return (
    <div className="banners" aria-live="polite">
      {notes.map((note) => (
        <p key={note.text} className={`banner ${note.kind}`}>
          <span>
            <b>{note.head}</b> <span className={note.brief ? 'banner-more' : undefined}>{note.text}</span>
          </span>
          {note.isMembers && place !== MEMBERS_PAGE && (
            <Link className="btn" href={MEMBERS_PAGE}>
              {MEMBERS.title}
            </Link>
          )}
        </p>
      ))}
    </div>
  );
}

/** Changes, breaks and requests that wait for this member, with the way there; the bench has none of it. */
export function AwaitedBanner({ state }: { state: NetworkState }): ReactNode {
  const changes = awaitedChanges(state).length;
  const requests =
    state.standing.kind === 'voter' ? state.requests.filter((one) => one.inChange === null).length : 0;
  const words = [
    ...awaitedBreaks(state).map((one) => BREAKS.awaited(goneWords(one))),
    changes > 0 && MEMBERS.awaited(changes),
    requests > 0 && MEMBERS.asking(requests),
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <div className="banners" aria-live="polite">
      {words !== '' && (
        <p className="banner" data-testid="awaited">
          <b>{words}</b>
          <Link className="btn" href={MEMBERS_PAGE}>
            {MEMBERS.look}
          </Link>
        </p>
      )}
    </div>
  );
}

export interface BannerNote {
  readonly kind: '' | 'warn' | 'bad';
  readonly head: string;
  readonly text: string;
  /** What can be done about it is on the page of the members. */
  readonly isMembers?: boolean;
  /** On a phone's bench the head says enough. */
  readonly brief?: true;
}

export function bannerNotes(
  state: Pick<NetworkState, 'mode' | 'standing' | 'faults'> &
    Partial<Pick<NetworkState, 'members' | 'epoch' | 'selfDevice' | 'breaks' | 'changes'>>,
): readonly BannerNote[] {
  const notes: BannerNote[] = [];
  if (state.mode === 'view') notes.push({ kind: '', head: SHELL.viewHead, text: SHELL.view });
  if (state.mode === 'starting') notes.push({ kind: '', head: SHELL.startingHead, text: SHELL.starting });
  const { standing } = state;
  const phase =
    state.epoch === undefined
      ? null
      : phaseWords({
          epoch: state.epoch,
          ...(state.members === undefined ? {} : { members: state.members }),
        });
  if (phase !== null) notes.push({ kind: 'warn', brief: true, ...phase });
  const older =
    state.epoch === undefined ? null : outdatedWords({ epoch: state.epoch, changes: state.changes ?? [] });
  if (older !== null) notes.push({ kind: 'bad', ...older });
  if (standing.kind === 'resuming') {
    notes.push({
      kind: 'warn',
      head: 'This replica does not vote yet.',
      text:
        standing.answered >= standing.needed
          ? 'Enough members have told what they hold of its votes; it takes that in and goes on by itself.'
          : `First it asks the others what they hold of its votes: ${standing.answered} of the ${standing.needed} that must answer have done so. It goes on by itself.`,
    });
  }
  if (standing.kind === 'observer')
    notes.push({
      kind: 'warn',
      head: hasSignedBreak(state) ? BREAKS.observerHead : 'This replica only observes.',
      text: waitingWords(state) ?? standing.reason,
      isMembers: state.epoch?.again === 'possible' || hasSignedBreak(state),
    });
  for (const one of state.epoch?.continuedBy ?? [])
    notes.push({
      kind: 'warn',
      brief: true,
      head: BREAKS.continuedHead,
      text: continuedSentences(one)[0]!,
      isMembers: true,
    });
  if (standing.kind === 'device') {
    const member = state.members?.[standing.member];
    const organisation = member?.organisation ?? 'a member';
    const outdated = state.selfDevice?.outdated ?? null;
    notes.push(
      standing.revoked
        ? {
            kind: 'bad',
            head: DEVICE_BANNER.revokedHead(organisation),
            text: DEVICE_BANNER.revoked(organisation),
          }
        : outdated !== null
          ? { kind: 'bad', head: DEVICE_BANNER.outdatedHead, text: outdated }
          : {
              kind: '',
              brief: true,
              head: DEVICE_BANNER.head(organisation, standing.name),
              text: [
                DEVICE_BANNER.text(organisation),
                member?.here === false && DEVICE_BANNER.alone(organisation),
              ]
                .filter(Boolean)
                .join(' '),
            },
    );
  }
  if (standing.kind === 'stopped')
    notes.push({ kind: 'bad', head: 'This replica has stopped.', text: standing.reason });
  if (state.faults?.offline)
    notes.push({
      kind: 'warn',
      head: 'Offline.',
      text: 'The demo cut this replica off. Steps are saved here; nothing is sent until it is back.',
    });
  if (state.faults?.lying)
    notes.push({
      kind: 'bad',
      head: 'This replica lies.',
      text: 'The demo made it sign two values. The others keep the proof.',
    });
  return notes;
}
