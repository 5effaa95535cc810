/** Members as a guest's proofs and callbacks know them: epoch 0 of a genesis, which never changes in a run. */
import {
  toHex,
  type CertificateKey,
  type LogId,
  type MemberId,
  type NetworkId,
} from '../../../src/codec/brand.ts';
import type { Genesis, MemberEntry } from '../../../src/codec/genesis.ts';
import { decodeReplicaMessage } from '../../../src/codec/replica-message.ts';
import { genesisEpoch } from '../../../src/consensus/epochs/chain.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import { readEpochs, type StoredEpochs } from '../../../src/worker/epochs/disk.ts';
import type { WorldCrypto } from './crypto.ts';
import { readOnce } from './network.ts';

/** GS1's modulo-10 check digit of twelve zeros is zero: well-formed, and nobody's. */
const NO_GLN = '0000000000000';

export function epochZero(network: NetworkId, crypto: WorldCrypto, logIds: readonly LogId[]): Epoch {
  const members = logIds.map((logId, i): MemberEntry => ({
    id: `member-${i}` as MemberId,
    name: `Member ${i}`,
    organisation: `Member ${i}`,
    role: 'warehouse',
    gln: NO_GLN,
    voteKey: crypto.voteKeys[i]!,
    certificateKey: toHex(crypto.certificateKeys[i]!) as CertificateKey,
    logId,
    // Checked where members are taken in, which no run does.
    proofOfPossession: '00'.repeat(48),
  }));
  const genesis: Genesis = {
    format: 'countersign-genesis-1',
    name: 'Simulated',
    rulesVersion: 1,
    draftNonce: '00'.repeat(16),
    demo: false,
    members,
    directory: { supplierKeys: [], couriers: [] },
  };
  return genesisEpoch(network, genesis);
}

/** Of a disk that knows epoch 0 only. */
export const NO_EPOCHS: StoredEpochs = (() => {
  const read = readEpochs(new Map());
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
})();

/** Messages about epochs, too: replicas that know the chain may talk about it. */
export const readAny: typeof decodeReplicaMessage = (bytes) => {
  const read = readOnce(bytes);
  return read.ok ? read : decodeReplicaMessage(bytes);
};
