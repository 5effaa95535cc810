/** The file that convicts a member, from what a replica holds: the same bytes for the supply chain and for the middleware. */
import { accusedOf, type Evidence } from '../codec/vote.ts';
import { linksUpTo, writeMisbehaviour, type KnownChain } from '../domain/supply/evidence.ts';
import type { Replica } from './replica/replica.ts';

/** null: it is of an epoch whose members this replica does not know yet. `genesis`: bytes of the genesis of epoch 0. */
export function misbehaviourFile(
  replica: Pick<Replica, 'options'>,
  chain: KnownChain,
  genesis: Uint8Array,
  evidence: Evidence,
): Uint8Array | null {
  // Of epoch 0: files keep it where survivors went on as another network.
  const network = chain.epochs[0]?.network ?? replica.options.epoch.network;
  const links = linksUpTo(network, chain, [accusedOf(evidence).epoch]);
  return links && writeMisbehaviour({ network, genesis, links, evidence });
}
