/** Signaling servers that other members use, and say so over their links: a way in when the own ones are gone. */
import type { MemberIndex } from '../../codec/brand.ts';
import { MAX_HINTS_USED_PER_MEMBER, MAX_SIGNALING_URLS } from '../limits.ts';
import type { Hint } from './signaling.ts';

/**
 * Hints to use beside `own`: of each member a few, in turns, so that nobody fills the list alone; then those of earlier runs. An address of
 * the teller's own machine is taken only when one of `own` is on this machine too: else a liar could make this browser knock at its owner's
 * ports.
 */
export function gatherHints(
  own: readonly string[],
  told: readonly { readonly member: MemberIndex; readonly urls: readonly string[] }[],
  earlier: readonly string[],
): readonly Hint[] {
  const onOneMachine = own.some(isLoopback);
  const found = new Map<string, Hint>();
  const take = (url: string, member: MemberIndex | null): void => {
    if (own.includes(url) || found.has(url) || found.size >= MAX_SIGNALING_URLS) return;
    if (onOneMachine || !isLoopback(url)) found.set(url, { url, member });
  };
  for (let turn = 0; turn < MAX_HINTS_USED_PER_MEMBER; turn++) {
    for (const { member, urls } of told) {
      const url = urls.filter((one) => !own.includes(one))[turn];
      if (url !== undefined) take(url, member);
    }
  }
  for (const url of earlier) take(url, null);
  return [...found.values()];
}

function isLoopback(url: string): boolean {
  return /^wss?:\/\/([^/@]*@)?(localhost|127\.|\[::1\]|0\.0\.0\.0)/i.test(url);
}
