/** What a person must know before trusting the rest of the page: whether this tab is the replica, and whether it may vote. */
import type { ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { Link, useLocation } from 'wouter';
import { DEVICE_BANNER } from '../devices/texts.ts';
import { asEnglish, langOf } from '../errors.ts';
import { BREAKS } from '../members/break-texts.ts';
import { awaitedBreaks, continuedSentences, goneWords, waitingWords } from '../members/break-words.ts';
import { MEMBERS } from '../members/texts.ts';
import { awaitedChanges, hasSignedBreak, outdatedWords, phaseWords } from '../members/words.ts';
import { Banner } from './Banner.tsx';
import { SHELL, STANDING } from './texts.ts';

const MEMBERS_PAGE = '/network/members';

export function StandingBanners({ state }: { state: NetworkState }): ReactNode {
  const notes = bannerNotes(state);
  const [place] = useLocation();
  return (
    <div className="banners" aria-live="polite">
      {notes.map((note) => (
        <Banner
          key={note.text}
          kind={note.kind}
          head={note.head}
          rest={
            <span className={note.brief ? 'banner-rest' : undefined} lang={langOf(note.text)}>
              {note.text}
            </span>
          }
        >
          {note.isMembers && place !== MEMBERS_PAGE && (
            <Link className="btn" href={MEMBERS_PAGE}>
              {MEMBERS.title}
            </Link>
          )}
        </Banner>
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
        <div className="banner" data-testid="awaited">
          <p>
            <b>{words}</b>
          </p>
          <Link className="btn" href={MEMBERS_PAGE}>
            {MEMBERS.look}
          </Link>
        </div>
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
      head: STANDING.resumingHead,
      text:
        standing.answered >= standing.needed
          ? STANDING.resumed
          : STANDING.resuming(standing.answered, standing.needed),
    });
  }
  if (standing.kind === 'observer')
    notes.push({
      kind: 'warn',
      head: hasSignedBreak(state) ? BREAKS.observerHead : STANDING.observerHead,
      text: waitingWords(state) ?? asEnglish(standing.reason),
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
    const organisation = member?.organisation ?? STANDING.aMember;
    const outdated = state.selfDevice?.outdated ?? null;
    notes.push(
      standing.revoked
        ? {
            kind: 'bad',
            head: DEVICE_BANNER.revokedHead(organisation),
            text: DEVICE_BANNER.revoked(organisation),
          }
        : outdated !== null
          ? { kind: 'bad', head: DEVICE_BANNER.outdatedHead, text: asEnglish(outdated) }
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
    notes.push({ kind: 'bad', head: STANDING.stoppedHead, text: asEnglish(standing.reason) });
  if (state.faults?.offline)
    notes.push({
      kind: 'warn',
      head: STANDING.offlineHead,
      text: STANDING.offline,
    });
  if (state.faults?.lying)
    notes.push({
      kind: 'bad',
      head: STANDING.lyingHead,
      text: STANDING.lying,
    });
  return notes;
}
