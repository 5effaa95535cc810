/** The devices of one's own organisation and what other benches have open, as the pages speak of them: read off the state in one place. */
import type { MirroredSessionView, NetworkState, NoticeView, SessionView } from '../worker/api.ts';
import { translator } from './i18n/t.ts';

const t = translator('parts');

/** Where a session is kept as well. */
export interface Mirror {
  readonly key: string;
  readonly name: string;
  readonly linked: boolean;
}

type Known = Pick<NetworkState, 'siblings' | 'members' | 'self'>;

/** Names of devices that need not be linked, by key: from the directory. */
export type DeviceNames = ReadonlyMap<string, string>;

/** What people call the holder of a key: a device, the member itself, or one of which only the key is known here. */
export function deviceName(state: Known, key: string, names?: DeviceNames): string {
  const linked = state.siblings.find((one) => one.key === key);
  const own = state.self === null ? undefined : state.members[state.self];
  if (linked?.member === true || own?.voteKey === key) return memberDevice(own?.organisation);
  return (
    linked?.name ?? names?.get(key) ?? t('device.unnamed', { key: `${key.slice(0, 4)} ${key.slice(4, 8)}` })
  );
}

/** The second device of a session; null: it is on this one alone. */
export function mirrorOf(state: Known, session: SessionView, names?: DeviceNames): Mirror | null {
  const key = session.mirror?.device;
  if (key === undefined) return null;
  return {
    key,
    name: deviceName(state, key, names),
    linked: state.siblings.some((one) => one.key === key),
  };
}

/** Those that can be chosen now. */
export const mirrorChoices = (state: Known): readonly Mirror[] =>
  state.siblings.map(({ key }) => ({ key, name: deviceName(state, key), linked: true }));

export const holderName = (state: Known, { holder }: MirroredSessionView): string =>
  holder.member ? deviceName(state, holder.key) : holder.name;

/** Sessions of others on one key, the oldest first. One that has moved here is no longer another’s, whatever its last notice said. */
export const noticesOn = (
  state: Pick<NetworkState, 'notices' | 'sessions'>,
  key: string,
): readonly NoticeView[] =>
  state.notices.filter((one) => one.key === key && !state.sessions.some((own) => own.id === one.sessionId));

const memberDevice = (organisation: string | undefined): string =>
  organisation === undefined ? t('device.someMember') : t('device.member', { organisation });
