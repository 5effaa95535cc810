/**
 * Which requests to join were made in this browser, so that the invitation leads back to the page that waits. What is kept for long is
 * public. The invitation holds the join secret: it is kept for as long as the tab lives only, since a phone throws away the pages of tabs
 * that are not looked at, and the one that waits would then no longer know where to knock.
 */
import * as v from 'valibot';
import type { NetworkId, ProfileId } from '../../worker/api.ts';
import { MAX_REMEMBERED_REQUESTS } from './limits.ts';

export interface Asked {
  readonly network: NetworkId;
  readonly profile: ProfileId;
  readonly fingerprint: string;
  readonly organisation: string;
  /** Id of the member whose place it asks for. */
  readonly replaces: string | null;
}

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const ASKED = 'countersign.asked';
const INVITATION = 'countersign.invitation';

const Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Short = v.pipe(v.string(), v.maxLength(200));
const Schema = v.array(
  v.object({
    network: Hex,
    profile: Hex,
    fingerprint: Short,
    organisation: Short,
    replaces: v.nullable(Short),
  }),
);

export const askedFor = (memory: Memory, network: NetworkId): Asked | null =>
  read(memory).find((one) => one.network === network) ?? null;

/** One for each network: the newest. */
export function rememberAsked(memory: Memory, asked: Asked): void {
  const others = read(memory).filter((one) => one.network !== asked.network);
  write(memory, [asked, ...others].slice(0, MAX_REMEMBERED_REQUESTS));
}

export function forgetAsked(memory: Memory, network: NetworkId): void {
  write(
    memory,
    read(memory).filter((one) => one.network !== network),
  );
}

/** `tab`: the storage of this tab alone. */
export function keptInvitation(tab: Memory): string {
  try {
    return tab.getItem(INVITATION) ?? '';
  } catch {
    return '';
  }
}

/** An empty text forgets it. */
export function keepInvitation(tab: Memory, text: string): void {
  try {
    if (text === '') tab.removeItem(INVITATION);
    else tab.setItem(INVITATION, text);
  } catch {
    // Forbidden: after a reload the invitation is opened again.
  }
}

function read(memory: Memory): readonly Asked[] {
  try {
    const parsed = v.safeParse(Schema, JSON.parse(memory.getItem(ASKED) ?? '[]'));
    return parsed.success ? (parsed.output as unknown as Asked[]) : [];
  } catch {
    return [];
  }
}

function write(memory: Memory, list: readonly Asked[]): void {
  try {
    memory.setItem(ASKED, JSON.stringify(list));
  } catch {
    // Full or forbidden: the request goes on, and a reload asks for the form again.
  }
}
