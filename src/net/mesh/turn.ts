/**
 * ICE servers as the page needs them. A TURN server that shares a secret with its users ("TURN REST API", coturn's `use-auth-secret`) takes
 * as user name the second when it ends, in Unix time, and a name after a colon, and as password the HMAC-SHA-1 of that user name
 * under the secret, in base64. They are made here, ahead of time, so that dialling never waits for them.
 */
import type { Milliseconds } from '../../codec/brand.ts';
import { TURN_RENEW_MS, TURN_VALIDITY_MS } from '../limits.ts';
import type { IceServer } from '../types.ts';

export interface IceSource {
  /** For a connection that is opened now. A server whose credentials are not made yet is left out. */
  current(): readonly IceServer[];
  set(servers: readonly IceServer[]): void;
  /** To be called now and then: makes credentials anew when they are about to end. */
  refresh(): void;
}

/** `wall`: milliseconds since 1970; absent, or with a clock that is far off, servers with a secret are of no use. `name` is what the server's log shows. */
export function createIceSource(
  servers: readonly IceServer[],
  name: string,
  wall: (() => Milliseconds) | undefined,
  hmac: (secret: string, text: string) => Promise<string> = hmacSha1,
): IceSource {
  let wanted = servers;
  let made: readonly IceServer[] = [];
  let renewAt = -Infinity;
  let serial = 0;

  function refresh(): void {
    if (wall === undefined || wall() < renewAt) return;
    const secrets = wanted.filter((server) => server.secret !== undefined);
    if (secrets.length === 0) return;
    const endsAt = wall() + TURN_VALIDITY_MS;
    renewAt = endsAt - TURN_RENEW_MS;
    const mine = ++serial;
    void Promise.all(secrets.map((server) => withCredentials(server, endsAt))).then(
      (done) => {
        if (mine === serial) made = done;
      },
      () => {
        // No WebCrypto, or a secret that is no text: nothing is lost but this server, and the next refresh tries again.
        if (mine === serial) renewAt = -Infinity;
      },
    );
  }

  async function withCredentials(server: IceServer, endsAt: Milliseconds): Promise<IceServer> {
    const username = `${Math.floor(endsAt / 1000)}:${name}`;
    return { urls: server.urls, username, credential: await hmac(server.secret ?? '', username) };
  }

  refresh();
  return {
    current: () => [...wanted.filter((server) => server.secret === undefined), ...made],
    set(next) {
      wanted = next;
      made = [];
      renewAt = -Infinity;
      serial += 1;
      refresh();
    },
    refresh,
  };
}

async function hmacSha1(secret: string, text: string): Promise<string> {
  const utf8 = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign']);
  const tag = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(text)));
  return btoa(String.fromCharCode(...tag));
}
