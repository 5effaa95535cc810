/** Joining by invitation alone: asks the members that can be reached for the genesis, and takes only the one that the invitation names. */
import { decodeGenesis } from '../codec/genesis.ts';
import type { Invitation } from '../codec/invitation.ts';
import { networkIdOf } from '../crypto/genesis.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { randomBytes } from '../crypto/keys.ts';
import { fetchGenesis } from '../net/mesh/applicant.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import { systemClock } from './clock.ts';
import { sharedTools } from './tools.ts';

/** Null when no member gives it in time. `pagePort` null: this worker has no page, so no connection can be made. */
export async function askMembers(
  invitation: Invitation,
  pagePort: PagePort | null,
  homeSignaling: string,
): Promise<Uint8Array | null> {
  if (pagePort === null) return null;
  const [{ hash }, signalingSecret] = await Promise.all([
    sharedTools(),
    deriveSignaling(invitation.joinSecret),
  ]);
  return fetchGenesis({
    network: invitation.network,
    signalingSecret,
    signalingUrls: invitation.signaling.length > 0 ? invitation.signaling : [homeSignaling],
    // An invitation names none; a member that is only reachable through a TURN server hands out the genesis file instead.
    iceServers: [],
    pagePort,
    clock: systemClock,
    random: randomBytes,
    createSocket: (url) => new WebSocket(url) as SocketLike,
    check: (bytes) => {
      const genesis = decodeGenesis(bytes);
      return genesis.ok && networkIdOf(genesis.value, hash) === invitation.network;
    },
  });
}
