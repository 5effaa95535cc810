/** What pages are told of the sessions of others: those that this device runs along, and those that they have open. */
import type { MemberIndex } from '../../codec/brand.ts';
import { decodeDevice } from '../../codec/device.ts';
import type { Genesis } from '../../codec/genesis.ts';
import type { MirroredView } from '../../l2/mirror-host.ts';
import type { Notice } from '../../l2/notice.ts';
import type { Transaction } from '../../l2/types.ts';
import type { MirroredSessionView, NoticeView, SiblingView } from '../api.ts';
import { MAX_NOTICES_TOLD } from './limits.ts';
import type { SessionLayer } from './session-layer.ts';

export interface Known {
  readonly genesis: Genesis;
  readonly place: MemberIndex;
  /** Devices of the own member that are linked. */
  readonly siblings: readonly SiblingView[];
  /** Name of a device of the own member, linked or not; undefined: never heard of. */
  nameOf(key: string): string | undefined;
}

export function mirroredViews({ host }: Pick<SessionLayer, 'host'>, known: Known): MirroredSessionView[] {
  return host.list().map((one) => mirroredView(one, known));
}

/** Sessions of this device are left out: a neighbour may have told its own notice back to it. */
export function noticeViews(
  { net, sessions }: Pick<SessionLayer, 'net' | 'sessions'>,
  { genesis, place }: Known,
  now: number,
): NoticeView[] {
  const others = net.board.list(now).filter((notice) => sessions.get(notice.session) === undefined);
  return others.slice(-MAX_NOTICES_TOLD).map((notice) => ({
    sessionId: notice.session,
    key: notice.key,
    member: notice.member,
    organisation: genesis.members[notice.member]?.organisation ?? '',
    device: deviceName(notice),
    operator: notice.operator,
    since: notice.since,
    own: notice.member === place,
  }));
}

function mirroredView({ session, from }: MirroredView, known: Known): MirroredSessionView {
  const linked = known.siblings.find(({ key }) => key === from);
  const last = session.transactions.at(-1);
  const member = known.genesis.members[known.place];
  const isMember = (member?.voteKey as string | undefined) === from;
  return {
    sessionId: session.id,
    key: session.key,
    operator: session.operator,
    holder: linked ?? {
      key: from,
      name: isMember ? member!.name : (known.nameOf(from) ?? `device ${from.slice(0, 8)}`),
      member: isMember,
    },
    linked: linked !== undefined,
    steps: session.transactions.length,
    lastStep: last?.request.path ?? '',
    startedAt: session.startedAt,
    lastStepAt: last ? (claimedTime(last) ?? session.startedAt) : session.startedAt,
    voting: session.status.state === 'voting',
  };
}

/** A request's own `at`, by which it claims when it was made. */
function claimedTime({ request: { body } }: Transaction): number | null {
  const at = body !== null && typeof body === 'object' && 'at' in body ? body.at : undefined;
  return typeof at === 'number' ? at : null;
}

function deviceName({ device }: Notice): string | null {
  const certificate = device && decodeDevice(device);
  return certificate?.ok ? certificate.value.name : null;
}
