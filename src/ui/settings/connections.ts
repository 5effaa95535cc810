/** Addresses as a person types them, parsed once. */
import type { IceServer, Result } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import { MAX_ICE_SERVERS, MAX_SIGNALING } from '../limits.ts';

const t = translator('settings');

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
  if (urls.length > MAX_SIGNALING) return wrong(t('manySignaling', { n: urls.length, max: MAX_SIGNALING }));
  for (const url of urls) {
    const parsed = URL.parse?.(url) ?? null;
    if (!/^wss?:\/\/[^\s/]+/i.test(url) || (typeof URL.parse === 'function' && parsed === null)) {
      return wrong(t('badSignaling', { url }));
    }
  }
  return { ok: true, value: urls };
}

export function parseIceServers(text: string): Result<readonly IceServer[]> {
  const entries = lines(text);
  if (entries.length > MAX_ICE_SERVERS)
    return wrong(t('manyServers', { n: entries.length, max: MAX_ICE_SERVERS }));
  const servers: IceServer[] = [];
  for (const entry of entries) {
    const [urls, username, credential, ...rest] = entry.split(/\s+/) as [string, ...string[]];
    const shared = username?.startsWith(SHARED) === true && credential === undefined;
    if (!/^(stuns?|turns?):[^\s]+$/i.test(urls)) return wrong(t('badServer', { url: urls }));
    const turn = urls.toLowerCase().startsWith('turn');
    if (rest.length > 0 || (turn && credential === undefined && !shared))
      return wrong(t('turnNeeds', { url: urls, secret: SHARED }));
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
