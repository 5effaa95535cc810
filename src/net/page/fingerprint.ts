/** DTLS fingerprints in a session description (RFC 8122). */

/**
 * The one SHA-256 certificate fingerprint of an SDP, as 64 lowercase hex digits. Null when there is none, when two differ, or when
 * another hash is offered beside it: then the description does not say which certificate the other end must show.
 */
export function fingerprintOf(sdp: string): string | null {
  let found: string | null = null;
  for (const match of sdp.matchAll(/^a=fingerprint:(\S+)[ \t]+(\S+)[ \t]*\r?$/gim)) {
    const [, hash, value] = match;
    const digits = value?.replaceAll(':', '').toLowerCase() ?? '';
    if (hash?.toLowerCase() !== 'sha-256' || !/^[0-9a-f]{64}$/.test(digits)) return null;
    if (found !== null && found !== digits) return null;
    found = digits;
  }
  return found;
}
