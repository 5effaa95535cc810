/** What this replica holds against members, each as a file that anybody can verify. */
import { accusedOf } from '../../codec/vote.ts';
import { misbehaviourFileName, type KnownChain } from '../../domain/supply/evidence.ts';
import { misbehaviourFile } from '../misbehaviour.ts';
import type { Replica } from '../replica/replica.ts';
import type { Misbehaviour } from './api.ts';

/** One for each member and epoch at most. What is of an epoch that is not known here yet is left out until it is. */
export function misbehaviours(
  replica: Pick<Replica, 'options' | 'convicted' | 'pastEvidence'>,
  chain: KnownChain,
  genesis: Uint8Array,
): Misbehaviour[] {
  return [...replica.pastEvidence, ...replica.convicted.values()].flatMap((evidence): Misbehaviour[] => {
    const { epoch: digest, author } = accusedOf(evidence);
    const epoch = chain.epochs.find((one) => one.digest === digest);
    const member = epoch?.members[author];
    const file = member && misbehaviourFile(replica, chain, genesis, evidence);
    if (!epoch || !member || !file) return [];
    return [{ member: member.id, epoch: epoch.number, file, fileName: misbehaviourFileName(member.id) }];
  });
}
