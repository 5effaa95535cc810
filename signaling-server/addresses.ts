import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { IncomingMessage } from 'node:http';

/**
 * The address that limits are counted by. IPv6 counts by /64, since one household or one attacker holds a whole /64
 * (RFC 6177); IPv4 mapped into IPv6 counts as IPv4.
 *
 * @param trustProxy take the last entry of `X-Forwarded-For`, the one that the proxy in front of us wrote itself.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? 'unknown';
  if (!trustProxy) return addressGroup(direct);
  const header = request.headers['x-forwarded-for'];
  const list = Array.isArray(header) ? header.join(',') : (header ?? '');
  const last = list.slice(list.lastIndexOf(',') + 1).trim();
  return addressGroup(isIP(last) === 0 ? direct : last);
}

/** Exported for its tests; see `clientAddress`. */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Addresses under which other machines of the local network reach this one: no loopback, no link-local IPv6. */
export function lanAddresses(): string[] {
  const found: string[] = [];
  for (const entries of Object.values(networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.internal || entry.address.toLowerCase().startsWith('fe80')) continue;
      found.push(entry.address);
    }
  }
  // IPv4 first: it is the one that people can type.
  return found.sort((a, b) => isIP(a) - isIP(b));
}

/** The host part of a URL: IPv6 goes into brackets (RFC 3986, 3.2.2). */
export function urlHost(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
