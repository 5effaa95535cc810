/** What travels in the fragment of an invitation's URL, or in its QR code or file: never in a request to a server. */
import type { EpochDigest, NetworkId } from './brand.ts';
import { isHex } from './brand.ts';
import {
  MAX_EPOCHS,
  MAX_INVITATION_LENGTH,
  MAX_NAME_LENGTH,
  MAX_SIGNALING_HINTS,
  MAX_SIGNALING_URL_LENGTH,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';

export interface Invitation {
  readonly network: NetworkId;
  /** 64 hex digits, random. Signaling topic and signaling encryption derive from it; it appears nowhere else. Of `epoch`. */
  readonly joinSecret: string;
  /** The one in force when it was written: whoever tells the chain of epochs has to reach it. Left out: epoch 0, which the network id names. */
  readonly epoch?: { readonly number: number; readonly digest: EpochDigest };
  /** Name of the network, for the person who opens the link; the genesis decides. */
  readonly name: string;
  /** Hints: `wss://…` or `ws://…`, at most 8. An empty list means: the server that served the page. */
  readonly signaling: readonly string[];
}

export interface InvitationError {
  readonly type: 'invitation-malformed';
  readonly message: string;
}

export { MAX_INVITATION_LENGTH, MAX_SIGNALING_HINTS };

/**
 * `v1.<network>.<secret>.<base64url of JSON [name, [urls]]>`, and where members have changed `.<number>.<digest>` of the epoch: safe in a
 * fragment.
 */
export function formatInvitation({ network, joinSecret, name, signaling, epoch }: Invitation): string {
  const rest = new TextEncoder().encode(JSON.stringify([name, signaling]));
  const text = `v1.${network}.${joinSecret}.${toBase64Url(rest)}`;
  return epoch === undefined ? text : `${text}.${epoch.number}.${epoch.digest}`;
}

/** Accepts the bare text, a whole URL with the text as its fragment, or either with white space around it. */
export function parseInvitation(text: string): Result<Invitation, InvitationError> {
  const trimmed = text.trim();
  const bare = trimmed.includes('#') ? trimmed.slice(trimmed.indexOf('#') + 1) : trimmed;
  const bad = (what: string): Result<Invitation, InvitationError> =>
    fail({
      type: 'invitation-malformed',
      message: `This invitation cannot be read: ${what}. Ask for the link again and paste it whole.`,
    });
  if (bare.length > MAX_INVITATION_LENGTH) return bad(`it has more than ${MAX_INVITATION_LENGTH} characters`);
  const parts = bare.split('.');
  if ((parts.length !== 4 && parts.length !== 6) || parts[0] !== 'v1')
    return bad('it does not begin with v1 and three parts');
  const [, network, joinSecret, rest] = parts as [string, string, string, string];
  if (!isHex(network, 64)) return bad('its network id is damaged');
  if (!isHex(joinSecret, 64)) return bad('its join secret is damaged');
  const epoch = parts.length === 4 ? undefined : epochOf(parts[4]!, parts[5]!);
  if (epoch === null) return bad('the epoch that it names is damaged');
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(rest)));
  } catch {
    return bad('its last part is damaged');
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) return bad('its last part is damaged');
  const [name, urls] = parsed as [unknown, unknown];
  if (typeof name !== 'string' || name.length < 1 || name.length > MAX_NAME_LENGTH)
    return bad('it has no name');
  if (!Array.isArray(urls) || urls.length > MAX_SIGNALING_HINTS) return bad('its signaling list is damaged');
  for (const url of urls)
    if (!isSignalingUrl(url)) return bad('a signaling address is not a ws:// or wss:// URL');
  return ok({
    network: network as NetworkId,
    joinSecret,
    name,
    signaling: urls as string[],
    ...(epoch && { epoch }),
  });
}

/** One text for one invitation: no zero in front, and none for epoch 0. */
function epochOf(number: string, digest: string): NonNullable<Invitation['epoch']> | null {
  if (!/^[1-9][0-9]{0,5}$/.test(number) || Number(number) > MAX_EPOCHS || !isHex(digest, 64)) return null;
  return { number: Number(number), digest: digest as EpochDigest };
}

export function isSignalingUrl(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_SIGNALING_URL_LENGTH) return false;
  try {
    const url = new URL(value);
    return url.protocol === 'ws:' || url.protocol === 'wss:';
  } catch {
    return false;
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Throws on characters outside the alphabet. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError('not base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
