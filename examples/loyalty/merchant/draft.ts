/** A street before it is sealed, as this browser remembers it: whoever closes the page in between goes on where they were. */
import * as v from 'valibot';

const DraftStreet = v.object({
  founder: v.boolean(),
  draft: v.string(),
  identity: v.string(),
  label: v.string(),
  /** Own. */
  memberKey: v.string(),
  /** The founder's list of all stalls, its own among them. */
  stalls: v.array(v.object({ label: v.string(), memberKey: v.string() })),
});
export type DraftStreet = v.InferOutput<typeof DraftStreet>;
export type StallKey = DraftStreet['stalls'][number];

const PLACE = 'loyalty.draft';

/** null: none, or one that cannot be read. */
export function readDraft(): DraftStreet | null {
  try {
    const parsed = v.safeParse(DraftStreet, JSON.parse(localStorage.getItem(PLACE) ?? 'null'));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

export function keepDraft(draft: DraftStreet): void {
  localStorage.setItem(PLACE, JSON.stringify(draft));
}

export function forgetDraft(): void {
  localStorage.removeItem(PLACE);
}

/** What a link of this page asks for: to make a stall's key for a draft, or to open a street that is sealed. */
export type Link =
  | { readonly kind: 'draft'; readonly draft: string }
  | { readonly kind: 'street'; readonly invitation: string };

export const draftLink = (draft: string): string => `${location.origin}/#draft=${encodeURIComponent(draft)}`;
export const streetLink = (invitation: string): string =>
  `${location.origin}/#street=${encodeURIComponent(invitation)}`;

/** null: a text that is no link of ours. What it carries is checked by whoever opens it. */
export function readLink(text: string): Link | null {
  const found = /#(draft|street)=([^\s&#]+)$/.exec(text.trim());
  if (found === null) return null;
  try {
    const value = decodeURIComponent(found[2]!);
    return found[1] === 'draft' ? { kind: 'draft', draft: value } : { kind: 'street', invitation: value };
  } catch {
    return null;
  }
}

/** A stall's key with its name, to be handed to the founder. */
export const stallText = ({ label, memberKey }: StallKey): string =>
  `stall:${encodeURIComponent(label)}:${memberKey}`;

export function readStall(text: string): StallKey | null {
  const found = /^stall:([^:]+):(\S+)$/.exec(text.trim());
  if (found === null) return null;
  try {
    return { label: decodeURIComponent(found[1]!), memberKey: found[2]! };
  } catch {
    return null;
  }
}
