/** What an identity remembers of ways in: addresses that other members told, and secrets of TURN servers. */
import { expect, it } from 'vitest';
import * as v from 'valibot';
import { SETTINGS_SHAPE } from '../../src/store/identity.ts';
import { MAX_SIGNALING_URLS } from '../../src/net/limits.ts';
import { gatherHints } from '../../src/net/mesh/hints.ts';

const url = (i: number): string => `wss://signal-${i}.example`;

it('as many hints as the mesh ever gives can be kept, and are read back as they were', () => {
  const told = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((member) => ({
    member: member as never,
    urls: [url(2 * member), url(2 * member + 1)],
  }));
  const hinted = gatherHints(['wss://own.example'], told, [url(90)]).map((hint) => hint.url);
  expect(hinted.length).toBeGreaterThan(5);
  expect(hinted.length).toBeLessThanOrEqual(MAX_SIGNALING_URLS);
  const settings = { signaling: [], iceServers: [], hinted };
  expect(v.parse(SETTINGS_SHAPE, settings)).toEqual(settings);
});

it('records of before there were hints and secrets are read, and a secret is not lost on the way', () => {
  const old = { signaling: [url(1)], iceServers: [{ urls: 'turn:a', username: 'u', credential: 'c' }] };
  expect(v.parse(SETTINGS_SHAPE, old)).toEqual(old);
  const secret = { ...old, iceServers: [{ urls: 'turn:a', secret: 'shared' }] };
  expect(v.parse(SETTINGS_SHAPE, secret)).toEqual(secret);
  const tooMany = { ...old, hinted: Array.from({ length: 9 }, (_, i) => url(i)) };
  expect(v.safeParse(SETTINGS_SHAPE, tooMany).success).toBe(false);
});
