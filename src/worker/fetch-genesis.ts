/**
 * Joining by invitation alone: asks the members that can be reached for the genesis, and takes only the one that the invitation names. Who asks
 * proves the key that it will vote with, so that members can show whose request it is; without one, a key of this question only.
 */
import { decodeGenesis } from '../codec/genesis.ts';
import type { Invitation } from '../codec/invitation.ts';
import { networkIdOf } from '../crypto/genesis.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { generateEd25519, randomBytes, signEd25519 } from '../crypto/keys.ts';
import type { Bls, Signer } from '../crypto/types.ts';
import { fetchGenesis } from '../net/mesh/applicant.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import { openIdentity } from '../store/idb-store.ts';
import type { ProfileId } from './api.ts';
import { systemClock } from './clock.ts';
import { signerOf } from './identity-keys.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

/**
 * Null when no member gives it in time. `pagePort` null: this worker has no page, so no connection can be made. `profile`: whose key is
 * shown; null: none of this browser's.
 */
export async function askMembers(
  invitation: Invitation,
  pagePort: PagePort | null,
  homeSignaling: string,
  profile: ProfileId | null = null,
): Promise<Uint8Array | null> {
  if (pagePort === null) return null;
  const [{ hash, ed25519, bls }, signalingSecret] = await Promise.all([
    sharedTools(),
    deriveSignaling(invitation.joinSecret),
  ]);
  const signer = (profile === null ? null : await signerOfProfile(profile, bls)) ?? sessionSigner();
  return fetchGenesis({
    network: invitation.network,
    voteKey: signer.voteKey,
    signer,
    ed25519,
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

type ApplicantSigner = Pick<Signer, 'voteKey' | 'signEd25519'>;

/** Null when the profile cannot be opened: a question under another key is better than none. */
async function signerOfProfile(profile: ProfileId, bls: Bls): Promise<ApplicantSigner | null> {
  const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return null;
  try {
    const record = await db.value.read();
    const signer = record.ok ? await signerOf(record.value, bls) : null;
    return signer?.ok ? signer.value : null;
  } finally {
    db.value.close();
  }
}

function sessionSigner(): ApplicantSigner {
  const { seed, publicKey } = generateEd25519();
  return { voteKey: publicKey, signEd25519: (message) => signEd25519(seed, message) };
}
