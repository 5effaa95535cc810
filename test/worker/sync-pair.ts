/** Two replicas that only sync, with stores filled beforehand, and a count of everything that they send each other. */
import { asKey, asRound, asVersion, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { certificateFields, decodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { membersBitmap, type Certificate } from '../../src/codec/vote.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { valueBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { newLogId } from '../../src/crypto/keys.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import type { Cluster, Node } from './cluster.ts';

export interface State {
  readonly entry: CertifiedEntry;
  readonly value: Uint8Array;
}

export interface Sent {
  readonly from: MemberIndex;
  readonly bytes: number;
  readonly message: PeerMessage;
}

const bls = await createBls();
const hash = await createHash();

/** As certificates look once they are aggregated; it verifies for nobody, and stored heads are not checked again. */
export function unsigned(cluster: Cluster, key: Key, version = 1, body = `${key} ${version}`): State {
  return stateOf(cluster, key, version, body, new Uint8Array(48).fill(0xa5));
}

/** With the signatures of a quorum. */
export function signed(cluster: Cluster, key: Key, version: number, body: string): State {
  const { network, epoch, quorum } = cluster.epoch;
  const { entry } = stateOf(cluster, key, version, body, new Uint8Array(48));
  const { digest } = entry;
  const vote = { key, version: asVersion(version), round: asRound(0), type: 'COMMIT' as const, digest };
  const bytes = voteBytes(network, epoch, vote);
  const shares = cluster.members.slice(0, quorum).map(({ signer }) => signer.signShare(bytes));
  return stateOf(cluster, key, version, body, bls.aggregate(shares)!);
}

function stateOf(cluster: Cluster, key: Key, version: number, body: string, signature: Uint8Array): State {
  const previous = version === 1 ? null : hash(valueBytes(null, encode(`${key} ${version - 1}`)));
  const value = valueBytes(previous, encode(body));
  const { epoch, quorum, n } = cluster.epoch;
  const signers = membersBitmap(
    cluster.members.slice(0, quorum).map((member) => member.index),
    n,
  );
  const certificate: Certificate = {
    epoch,
    key,
    version: asVersion(version),
    round: asRound(0),
    digest: hash(value),
    groups: [{ form: 'aggregate', signers, signature }],
  };
  return { entry: { key, version: asVersion(version), digest: hash(value), certificate, previous }, value };
}

/** Bytes of a state as it would be sent by itself: its certificate and its value. */
export const bytesOf = ({ entry, value }: State): number =>
  encode(certificateFields(entry.certificate)).length + value.length;

export const keyOf = (i: number): Key => asKey(`package/${String(i).padStart(18, '0')}`);

export async function store(cluster: Cluster, index: number, states: readonly State[]): Promise<void> {
  const written = await cluster.members[index]!.disk.openReplica().write({
    certified: states.map((state) => state.entry),
    values: states.map(({ entry, value }) => ({ digest: entry.digest, bytes: value })),
  });
  if (!written.ok) throw new Error(written.error.message);
}

/** Notes what goes over every link from now on. */
export function recorded(cluster: Cluster): Sent[] {
  const sent: Sent[] = [];
  cluster.hub.filter = (from, _to, bytes) => {
    const decoded = decodeMessage(bytes);
    if (decoded.ok) sent.push({ from, bytes: bytes.length, message: decoded.value });
    return true;
  };
  return sent;
}

/** A replica that syncs and does not vote: without the questions of RESUME. */
export const observer = (cluster: Cluster, index: number): Promise<Node> =>
  cluster.start(index, { logId: newLogId() });

export const total = (sent: readonly Sent[]): number => sent.reduce((sum, one) => sum + one.bytes, 0);

export const asked = (sent: readonly Sent[], from: number): string[] =>
  sent
    .filter((one) => one.from === from && one.message.type.startsWith('want-'))
    .map((one) => one.message.type);

/** Every state is a head here, with its bytes. */
export const holds = (node: Node, states: readonly State[]): boolean =>
  states.every(({ entry }) => {
    const head = node.replica.heads.get(entry.key);
    return head?.digest === entry.digest && head.previous !== undefined;
  });
