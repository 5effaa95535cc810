/** Addresses as a person types them, parsed once. */
import type { IceServer, Result } from '../../worker/api.ts';
import { MAX_ICE_SERVERS, MAX_SIGNALING } from '../limits.ts';

const lines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
const wrong = (message: string): { ok: false; error: { type: 'address-malformed'; message: string } } => ({
  ok: false,
  error: { type: 'address-malformed', message },
});

export function parseSignaling(text: string): Result<readonly string[]> {
  const urls = lines(text);
  if (urls.length > MAX_SIGNALING)
    return wrong(
      `There are ${urls.length} signaling servers; at most ${MAX_SIGNALING} can be used. Remove some.`,
    );
  for (const url of urls) {
    const parsed = URL.parse?.(url) ?? null;
    if (!/^wss?:\/\/[^\s/]+/i.test(url) || (typeof URL.parse === 'function' && parsed === null)) {
      return wrong(`${url} is not a signaling address. It must begin with ws:// or wss://.`);
    }
  }
  return { ok: true, value: urls };
}

export function parseIceServers(text: string): Result<readonly IceServer[]> {
  const entries = lines(text);
  if (entries.length > MAX_ICE_SERVERS)
    return wrong(`There are ${entries.length} servers; at most ${MAX_ICE_SERVERS} can be used. Remove some.`);
  const servers: IceServer[] = [];
  for (const entry of entries) {
    const [urls, username, credential, ...rest] = entry.split(/\s+/) as [string, ...string[]];
    const shared = username?.startsWith(SHARED) === true && credential === undefined;
    if (!/^(stuns?|turns?):[^\s]+$/i.test(urls))
      return wrong(`${urls} is not a server address. It must begin with stun:, turn: or turns:.`);
    const turn = urls.toLowerCase().startsWith('turn');
    if (rest.length > 0 || (turn && credential === undefined && !shared)) {
      return wrong(
        `${urls}: a TURN server needs a user name and a password after its address, or ${SHARED} and its shared secret, separated by spaces, and nothing else.`,
      );
    }
    if (shared) {
      servers.push({ urls, secret: username.slice(SHARED.length) });
      continue;
    }
    servers.push(
      username === undefined || credential === undefined ? { urls } : { urls, username, credential },
    );
  }
  return { ok: true, value: servers };
}

export function iceServersText(servers: readonly IceServer[]): string {
  return servers
    .flatMap((server) =>
      (typeof server.urls === 'string' ? [server.urls] : server.urls).map((url) =>
        [
          url,
          server.username,
          server.credential,
          server.secret === undefined ? undefined : SHARED + server.secret,
        ]
          .filter(Boolean)
          .join(' '),
      ),
    )
    .join('\n');
}

/** Before a secret that the TURN server shares with its users: user name and password are made of it, for an hour each. */
const SHARED = 'secret=';
