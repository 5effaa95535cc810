/**
 * "Bravo, dock 2, since 14:02": an open session, told to the others so that two people do not pack one package by accident. It binds nobody:
 * no vote and no step looks at it, and a lie in it costs a question at the bench. What it says is not stored.
 *
 * A notice is signed by the member, or by a device that it certified; it is renewed while the session is open and forgotten NOTICE_TTL_MS
 * after it last came. Of one session the one with the highest number counts; whoever sees a newer one passes it on, once.
 */
import { asKey, fromHex, type Key, type MemberIndex, type NetworkId } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { decodeDevice, type DeviceClaim, type DeviceKey } from '../codec/device.ts';
import { bytes, count, exactly, hex, key, list, Malformed, text } from '../codec/fields.ts';
import type { Genesis } from '../codec/genesis.ts';
import { MAX_MEMBERS, MAX_NOTICE_BYTES } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import {
  MAX_NOTICES_PER_MEMBER,
  MAX_NOTICES_PER_MINUTE,
  MAX_OPERATOR_LENGTH,
  NOTICE_CLOCK_SLACK_MS,
  NOTICE_TTL_MS,
} from './limits.ts';
import { isOperator } from './value.ts';

export interface NoticeBody {
  readonly member: MemberIndex;
  readonly key: Key;
  /** The session's id, 32 hex digits. */
  readonly session: string;
  /** Pseudonym, or the place: what the operator is called in the session. */
  readonly operator: string;
  /** Claimed start of the session, milliseconds since 1970. */
  readonly since: number;
  /** False: it has ended, or moved elsewhere. */
  readonly open: boolean;
  /** Claimed time of this notice, milliseconds since 1970: the greater one replaces the lesser. */
  readonly at: number;
}

export interface Notice extends NoticeBody {
  /** Of the device that signed; null: the member. */
  readonly device: Uint8Array | null;
  readonly signature: Uint8Array;
}

export interface NoticeError {
  readonly type: 'notice-malformed';
  readonly message: string;
}

/** What a notice's signature covers. */
export function noticeBytes(network: NetworkId, body: NoticeBody): Uint8Array {
  return encode(['notice', fromHex(network), ...bodyFields(body)]);
}

export function encodeNotice(notice: Notice): Uint8Array<ArrayBuffer> {
  return encode([...bodyFields(notice), notice.device, notice.signature]);
}

/** The shape only. */
export function decodeNotice(input: Uint8Array): Result<Notice, NoticeError> {
  const malformed = (what: string) =>
    fail({ type: 'notice-malformed' as const, message: `This is no notice of a session: ${what}.` });
  const decoded = decode(input, MAX_NOTICE_BYTES);
  if (!decoded.ok) return malformed(decoded.error.message);
  try {
    return ok(readNotice(decoded.value));
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}

export interface NoticeBoardOptions {
  readonly network: NetworkId;
  readonly genesis: Genesis;
  /** Own place; null: an observer. */
  readonly self: MemberIndex | null;
  /** `deviceBytes` of src/crypto/device.ts. */
  readonly deviceBytes: (claim: DeviceClaim) => Uint8Array;
  readonly deviceRevoked?: ((member: MemberIndex, device: DeviceKey) => boolean) | undefined;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** Milliseconds since 1970; ages are told by `now` of each call. */
  wallClock(): number;
}

/** `news`: it says something that was not known here, and goes on to the neighbours. `forged` costs the link. */
/** `revoked`: signed well by a device that the directory has revoked here, and perhaps not yet where it came from. */
export type NoticeVerdict = 'news' | 'known' | 'late' | 'too-many' | 'revoked' | 'forged';

export interface NoticeBoard {
  /** One that came from somebody, read by `decodeNotice`. `now`: monotonic milliseconds. */
  take(notice: Notice, now: number): Promise<NoticeVerdict>;
  /** Sessions of others on this key that are open as far as is known, the oldest first. */
  on(key: Key, now: number): readonly Notice[];
  list(now: number): readonly Notice[];
}

export function createNoticeBoard(options: NoticeBoardOptions): NoticeBoard {
  const { network, genesis } = options;
  const boards = new Map<MemberIndex, Map<string, { readonly notice: Notice; readonly cameAt: number }>>();
  const budgets = new Map<MemberIndex, { left: number; at: number }>();

  const boardOf = (member: MemberIndex): Map<string, { notice: Notice; cameAt: number }> => {
    const board = boards.get(member) ?? new Map<string, { notice: Notice; cameAt: number }>();
    boards.set(member, board);
    return board;
  };

  /** A bucket that fills with MAX_NOTICES_PER_MINUTE a minute. */
  const isWithinBudget = (member: MemberIndex, now: number): boolean => {
    const known = budgets.get(member) ?? { left: MAX_NOTICES_PER_MINUTE, at: now };
    const earned = (Math.max(0, now - known.at) * MAX_NOTICES_PER_MINUTE) / 60_000;
    const left = Math.min(MAX_NOTICES_PER_MINUTE, known.left + earned);
    budgets.set(member, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  };

  const signed = async (notice: Notice): Promise<'yes' | 'revoked' | 'forged'> => {
    const member = genesis.members[notice.member];
    if (!member) return 'forged';
    let revoked = false;
    let signer: string = member.voteKey;
    if (notice.device !== null) {
      const certificate = decodeDevice(notice.device);
      if (!certificate.ok) return 'forged';
      const { value } = certificate;
      if (value.network !== network) return 'forged';
      if (!(await options.verifyEd25519(signer, options.deviceBytes(value), value.signature)))
        return 'forged';
      revoked = options.deviceRevoked?.(notice.member, value.device) === true;
      signer = value.device;
    }
    const isRight = await options.verifyEd25519(signer, noticeBytes(network, notice), notice.signature);
    if (!isRight) return 'forged';
    return revoked ? 'revoked' : 'yes';
  };

  const isOld = (notice: Notice): boolean =>
    (boards.get(notice.member)?.get(notice.session)?.notice.at ?? -1) >= notice.at;

  const forget = (now: number): void => {
    for (const board of boards.values())
      for (const [session, { cameAt }] of board) if (now - cameAt > NOTICE_TTL_MS) board.delete(session);
  };

  const list: NoticeBoard['list'] = (now) => {
    forget(now);
    const open = [...boards.values()].flatMap((board) => [...board.values()].map(({ notice }) => notice));
    return open.filter((notice) => notice.open).sort((a, b) => a.since - b.since);
  };

  return {
    take: async (notice, now) => {
      if (!genesis.members[notice.member]) return 'forged';
      if (isOld(notice)) return 'known';
      // A replay of an old one must not come back to life; one from the future would stand in the way of what follows.
      const age = options.wallClock() - notice.at;
      if (age > NOTICE_TTL_MS + NOTICE_CLOCK_SLACK_MS || age < -NOTICE_CLOCK_SLACK_MS) return 'late';
      // Before the signature is checked: what a forger costs is bounded by its link, and by this.
      if (!isWithinBudget(notice.member, now)) return 'too-many';
      const verdict = await signed(notice);
      if (verdict !== 'yes') return verdict;
      if (isOld(notice)) return 'known';
      forget(now);
      const board = boardOf(notice.member);
      board.delete(notice.session);
      board.set(notice.session, { notice, cameAt: now });
      if (board.size > MAX_NOTICES_PER_MEMBER) board.delete(board.keys().next().value!);
      return 'news';
    },
    on: (wanted, now) => list(now).filter((notice) => notice.key === wanted),
    list,
  };
}

function bodyFields({ member, key: name, session, operator, since, open, at }: NoticeBody): CborValue[] {
  return [member, name, fromHex(session), operator, since, open, at];
}

function readNotice(value: CborValue): Notice {
  const fields = list(value, 9, 'a notice');
  if (fields.length !== 9) throw new Malformed('it has another form');
  const [member, name, session, operator, since, open, at, device, signature] = fields;
  const called = text(operator, MAX_OPERATOR_LENGTH);
  if (!isOperator(called)) throw new Malformed('no operator');
  if (typeof open !== 'boolean') throw new Malformed('neither open nor ended');
  return {
    member: count(member, MAX_MEMBERS - 1) as MemberIndex,
    key: asKey(key(name)),
    session: hex(session, 16),
    operator: called,
    since: count(since, Number.MAX_SAFE_INTEGER),
    open,
    at: count(at, Number.MAX_SAFE_INTEGER),
    device: device === null ? null : bytes(device, MAX_NOTICE_BYTES).slice(),
    signature: exactly(signature, 64).slice(),
  };
}
