/** What tests of epochs in whole replicas share. */
import type { MemberIndex } from '../../src/codec/brand.ts';
import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  type ReplicaMessage,
} from '../../src/codec/replica-message.ts';
import type { Hub } from './cluster.ts';

export function read(bytes: Uint8Array): ReplicaMessage {
  const message = decodeReplicaMessage(bytes);
  if (!message.ok) throw new Error(message.error.message);
  return message.value;
}

export const isReports = (bytes: Uint8Array): boolean => read(bytes).type === 'reports';

/** Takes the COMMITs for a key out of every message; the rest of each arrives. */
export function withoutCommits(hub: Hub, key: string): void {
  hub.filter = (from, to, bytes) => {
    const message = read(bytes);
    if (message.type === 'certificates') return !message.certificates.some((one) => one.key === key);
    if (message.type !== 'votes') return true;
    const votes = message.votes.filter((vote) => vote.key !== key || vote.type !== 'COMMIT');
    if (votes.length === message.votes.length) return true;
    if (votes.length > 0) pass(hub, from, to, { ...message, votes });
    return false;
  };
}

function pass(hub: Hub, from: MemberIndex, to: MemberIndex, message: ReplicaMessage): void {
  const at = hub.transports.get(to);
  const [id] = [...(at?.peers ?? [])].find(([, peer]) => peer.self === from) ?? [];
  if (at && id) setTimeout(() => at.deliver(id, encodeReplicaMessage(message)), 0);
}
