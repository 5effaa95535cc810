/** Every message between replicas: those of votes and values (messages.ts), and those about epochs (epoch-messages.ts). */
import {
  decodeEpochMessage,
  encodeEpochMessage,
  isEpochKind,
  isEpochType,
  type EpochMessage,
} from './epoch-messages.ts';
import { decodeMessage, encodeMessage, type MessageError, type PeerMessage } from './messages.ts';
import type { Result } from './result.ts';

export type ReplicaMessage = PeerMessage | EpochMessage;

export const isEpochMessage = (message: ReplicaMessage): message is EpochMessage => isEpochType(message.type);

export function encodeReplicaMessage(message: ReplicaMessage): Uint8Array<ArrayBuffer> {
  return isEpochMessage(message) ? encodeEpochMessage(message) : encodeMessage(message);
}

/** Shape and limits only, as each of the two. */
export function decodeReplicaMessage(bytes: Uint8Array): Result<ReplicaMessage, MessageError> {
  return saysEpochs(bytes) ? decodeEpochMessage(bytes) : decodeMessage(bytes);
}

/** The kind is the first element. Kinds of epochs have two bytes (24 and above): most messages are told apart by one. */
function saysEpochs(bytes: Uint8Array): boolean {
  // An array of less than 24 elements, then an unsigned number that follows in one byte (RFC 8949, section 3).
  if (bytes[0] === undefined || bytes[0] >> 5 !== 4 || bytes[1] !== 0x18) return false;
  return isEpochKind(bytes[2]);
}
