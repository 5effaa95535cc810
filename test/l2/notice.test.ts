import { beforeEach, describe, expect, it } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { deviceBytes } from '../../src/crypto/device.ts';
import { MAX_NOTICE_BYTES } from '../../src/codec/limits.ts';
import {
  MAX_NOTICES_PER_MEMBER,
  MAX_NOTICES_PER_MINUTE,
  NOTICE_CLOCK_SLACK_MS,
  NOTICE_TTL_MS,
} from '../../src/l2/limits.ts';
import {
  createNoticeBoard,
  decodeNotice,
  encodeNotice,
  noticeBytes,
  type Notice,
  type NoticeBoard,
  type NoticeBody,
} from '../../src/l2/notice.ts';
import { ALPHA, BRAVO, genesisOf, NETWORK } from './counter.ts';
import { BRAVO_INDEX, certificateFor } from './pair.ts';
import { KEY, signAs, verify } from './world.ts';

let wall: number;
let board: NoticeBoard;
let revoked: boolean;

beforeEach(() => {
  wall = 1_000_000_000;
  revoked = false;
  board = createNoticeBoard({
    network: NETWORK,
    genesis: genesisOf(),
    self: 0 as MemberIndex,
    deviceBytes,
    deviceRevoked: () => revoked,
    verifyEd25519: verify,
    wallClock: () => wall,
  });
});

const DEVICE = '7'.repeat(64);
function notice(
  over: Partial<NoticeBody> = {},
  by: { key?: string; device?: Uint8Array | null } = {},
): Notice {
  const body = {
    member: BRAVO_INDEX,
    key: KEY,
    session: 'a'.repeat(32),
    operator: 'dock 2',
    since: wall - 60_000,
    open: true,
    at: wall,
    ...over,
  };
  return {
    ...body,
    device: by.device ?? null,
    signature: signAs(by.key ?? BRAVO.voteKey, noticeBytes(NETWORK, body)),
  };
}
const numbered = (i: number): string => i.toString(16).padStart(32, '0');

describe('a notice', () => {
  it('names who works on a package until it is ended', async () => {
    expect(await board.take(notice(), 0)).toBe('news');
    expect(board.on(KEY, 0)).toMatchObject([
      { operator: 'dock 2', since: wall - 60_000, member: BRAVO_INDEX },
    ]);
    expect(await board.take(notice({ open: false, at: wall + 1 }), 1)).toBe('news');
    expect(board.on(KEY, 1)).toEqual([]);
    // The older one, repeated by a slow neighbour, opens nothing again.
    expect(await board.take(notice(), 2)).toBe('known');
    expect(board.on(KEY, 2)).toEqual([]);
  });

  it('is passed on once, however many neighbours bring it', async () => {
    const verdicts = await Promise.all([0, 1, 2].map((now) => board.take(notice(), now)));
    expect(verdicts.filter((one) => one === 'news')).toHaveLength(1);
    expect(await board.take(notice({ at: wall + 60_000 }), 5)).toBe('news');
  });

  it('of a device needs its certificate, and none that was revoked', async () => {
    const device = certificateFor(DEVICE);
    expect(await board.take(notice({}, { key: DEVICE }), 0)).toBe('forged');
    expect(
      await board.take(notice({}, { key: DEVICE, device: certificateFor(DEVICE, { by: ALPHA.voteKey }) }), 0),
    ).toBe('forged');
    expect(await board.take(notice({ member: 0 as MemberIndex }, { key: DEVICE, device }), 0)).toBe('forged');
    expect(await board.take(notice({}, { key: DEVICE, device }), 0)).toBe('news');
    revoked = true;
    expect(await board.take(notice({ at: wall + 1 }, { key: DEVICE, device }), 0)).toBe('revoked');
    expect(await board.take({ ...notice({ at: wall + 2 }, { key: DEVICE, device }), at: wall + 3 }, 0)).toBe(
      'forged',
    );
  });

  it('of somebody else, or changed on the way, is forged', async () => {
    expect(await board.take(notice({}, { key: ALPHA.voteKey }), 0)).toBe('forged');
    const good = notice();
    for (const change of [
      { operator: 'dock 3' },
      { since: 1 },
      { open: false },
      { at: wall + 1 },
      { session: 'b'.repeat(32) },
    ])
      expect(await board.take({ ...good, ...change }, 0)).toBe('forged');
    expect(await board.take(notice({ member: 7 as MemberIndex }), 0)).toBe('forged');
    expect(board.list(0)).toEqual([]);
  });

  it('is forgotten when nobody renews it, and a replay does not bring it back', async () => {
    const old = notice();
    await board.take(old, 0);
    expect(board.list(NOTICE_TTL_MS)).toHaveLength(1);
    expect(board.list(NOTICE_TTL_MS + 1)).toEqual([]);
    wall += NOTICE_TTL_MS + NOTICE_CLOCK_SLACK_MS + 1;
    expect(await board.take(old, NOTICE_TTL_MS + 2)).toBe('late');
    expect(await board.take(notice({ at: wall + NOTICE_CLOCK_SLACK_MS + 1 }), NOTICE_TTL_MS + 2)).toBe(
      'late',
    );
  });

  it('of a member that floods pushes out only its own, and is dropped beyond the budget', async () => {
    expect(await board.take(notice({ member: 0 as MemberIndex }, { key: ALPHA.voteKey }), 0)).toBe('news');
    const verdicts: string[] = [];
    for (let i = 0; i < MAX_NOTICES_PER_MINUTE + 20; i++)
      verdicts.push(await board.take(notice({ session: numbered(i) }), 0));
    expect(verdicts.filter((one) => one === 'too-many')).toHaveLength(20);
    expect(board.list(0).filter((one) => one.member === BRAVO_INDEX)).toHaveLength(MAX_NOTICES_PER_MEMBER);
    expect(board.list(0).filter((one) => one.member === 0)).toHaveLength(1);
    expect(await board.take(notice({ session: numbered(999) }), 60_000)).toBe('news');
  });

  it('comes back from its bytes, and nothing else does', () => {
    const device = certificateFor(DEVICE, { name: '工'.repeat(80) });
    const largest = notice(
      { operator: '工'.repeat(24), key: `counter/${'x'.repeat(192)}` as typeof KEY },
      { device },
    );
    const bytes = encodeNotice(largest);
    expect(bytes.length).toBeLessThanOrEqual(MAX_NOTICE_BYTES);
    expect(decodeNotice(bytes)).toEqual({ ok: true, value: largest });
    for (let length = 0; length < bytes.length; length += 7)
      expect(decodeNotice(bytes.slice(0, length)).ok).toBe(false);
    const plain = encodeNotice(notice());
    for (let at = 0; at < plain.length; at++) {
      const flipped = plain.slice();
      flipped[at]! ^= 1;
      const read = decodeNotice(flipped);
      if (read.ok) expect(read.value).not.toEqual(notice());
    }
  });
});
