/**
 * The paper's Byzantine replica: bad signatures as long as the others take the fast path, then silence. What nobody looks at on the fast path is
 * the BLS share of a COMMIT, which is only checked when shares are aggregated: it sends bad ones, under good Ed25519 signatures, so that its
 * vote counts. For benchmarks; a replica takes no deviation but in a network that says of itself that it is a demo.
 */
import type { Vote } from '../../../src/codec/vote.ts';
import { commitBytes, voteBytes } from '../../../src/crypto/domains.ts';
import type { Deviation } from '../../../src/worker/deviation.ts';
import type { ReplicaParts } from '../../../src/worker/open-replica.ts';

export type Mood = 'honest' | 'loud' | 'silent';

export interface Liar {
  readonly deviation: Deviation;
  /** The replica whose keys it signs with. */
  bind(parts: Pick<ReplicaParts, 'signer' | 'epoch' | 'place'>): void;
  become(mood: Mood): void;
}

export function createLiar(): Liar {
  let parts: Pick<ReplicaParts, 'signer' | 'epoch' | 'place'> | null = null;
  let mood: Mood = 'honest';

  /** Signed like any other, over a share of something else. */
  async function spoiled({ batch: _, ...vote }: Vote): Promise<Vote> {
    if (parts === null) return vote;
    const bytes = voteBytes(parts.epoch.network, parts.epoch.epoch, vote);
    const share = parts.signer.signShare(Uint8Array.of(1, ...bytes));
    return { ...vote, share, signature: await parts.signer.signEd25519(commitBytes(bytes, share)) };
  }

  return {
    bind: (given) => void (parts = given),
    become: (next) => void (mood = next),
    deviation: {
      get lying() {
        return mood !== 'honest';
      },
      setLying: (lying) => void (mood = lying ? 'loud' : 'honest'),
      registry: (honest) => honest,
      async outgoing(_link, message) {
        if (mood === 'silent') return [];
        if (mood === 'honest' || message.type !== 'votes') return [message];
        const votes = await Promise.all(
          message.votes.map(async (vote) =>
            vote.author === parts?.place && vote.type === 'COMMIT' ? spoiled(vote) : vote,
          ),
        );
        return [{ ...message, votes }];
      },
    },
  };
}
