/**
 * Hands finished sessions to L1 together: those that end in one turn, and those of which somebody has said that they come together (a
 * shift that was offline). No other session waits. L1 puts together what comes while it writes or signs.
 */
import type { Digest } from '../codec/brand.ts';
import type { Failure, Result } from '../codec/result.ts';
import type { L2Ports, SessionProposal } from './types.ts';

export type Proposed = Result<{ digest: Digest }, Failure>;

/** One of a number of sessions on different keys that are awaited together. */
export interface Ticket {
  /** It will not be proposed any more. */
  done(): void;
  propose(proposal: SessionProposal): Promise<Proposed>;
}

export interface Proposer {
  propose(proposal: SessionProposal): Promise<Proposed>;
  /**
   * What is proposed with these tickets waits until each of them was used or is done. Whoever holds a ticket must wait for nobody who waits
   * with another one: one ticket a key, and the jobs of all tickets put in line in one turn.
   */
  together(count: number): readonly Ticket[];
}

export function createProposer(ports: Pick<L2Ports, 'propose' | 'proposeBatch'>): Proposer {
  const handOver = async (proposals: readonly SessionProposal[]): Promise<readonly Proposed[]> => {
    if (ports.proposeBatch && proposals.length > 1) return ports.proposeBatch(proposals);
    return Promise.all(proposals.map((p) => ports.propose(p.key, p.version, p.previous, p.body)));
  };

  const gather = (): { add(proposal: SessionProposal): Promise<Proposed>; flush(): void } => {
    let gathered: {
      proposal: SessionProposal;
      answer(result: Proposed): void;
      failed(error: unknown): void;
    }[] = [];
    return {
      add: (proposal) =>
        new Promise((resolve, reject) => gathered.push({ proposal, answer: resolve, failed: reject })),
      flush: () => {
        const taken = gathered;
        gathered = [];
        if (taken.length === 0) return;
        handOver(taken.map((one) => one.proposal)).then(
          (results) => taken.forEach((one, i) => one.answer(results[i]!)),
          (error: unknown) => taken.forEach((one) => one.failed(error)),
        );
      },
    };
  };

  const turn = gather();
  let planned = false;
  return {
    propose: (proposal) => {
      const answer = turn.add(proposal);
      if (!planned) {
        planned = true;
        void Promise.resolve().then(() => {
          planned = false;
          turn.flush();
        });
      }
      return answer;
    },
    together: (count) => {
      const group = gather();
      let awaited = count;
      return Array.from({ length: count }, () => {
        let isOpen = true;
        const done = (): void => {
          if (!isOpen) return;
          isOpen = false;
          if (--awaited === 0) group.flush();
        };
        return {
          done,
          propose: (proposal) => {
            const answer = group.add(proposal);
            done();
            return answer;
          },
        };
      });
    },
  };
}
