/**
 * What instances of the server say to each other through Redis, one binary message each:
 *
 * | Byte | Field | In |
 * |---|---|---|
 * | 0 | version, 1 | all |
 * | 1 | kind | all |
 * | 2–9 | instance: random, made at its start | all |
 * | 10–17 | sender: a keyed hash of a client's address | `body` |
 * | 18– | body (protocol.ts) | `body` |
 * | 10–13 | subscribers at that instance, big endian | `count`, `ask` |
 *
 * `body`, `count` and `ask` (a `count` that wants to be answered by one) go to the topic's channel; `beat` and `bye` to
 * the one that all instances hear. Redis is ours, but who else can reach it may not be: all of it is checked.
 */
import { isUtf8 } from 'node:buffer';
import type { Limits } from './limits.ts';

export type Envelope =
  | { readonly kind: 'body'; readonly instance: string; readonly sender: string; readonly body: Buffer }
  | { readonly kind: 'count' | 'ask'; readonly instance: string; readonly count: number }
  | { readonly kind: 'beat' | 'bye'; readonly instance: string };

const VERSION = 1;
/** The kind's byte is its place here. */
const KINDS = ['body', 'count', 'ask', 'beat', 'bye'] as const;
const ID_BYTES = 8;
const HEAD_BYTES = 2 + ID_BYTES;

/** @throws RangeError when an id is not 8 bytes in hex: a bug of ours. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const head = [Buffer.from([VERSION, KINDS.indexOf(envelope.kind)]), id(envelope.instance)];
  switch (envelope.kind) {
    case 'body':
      return Buffer.concat([...head, id(envelope.sender), envelope.body]);
    case 'count':
    case 'ask': {
      const count = Buffer.alloc(4);
      count.writeUInt32BE(envelope.count);
      return Buffer.concat([...head, count]);
    }
    case 'beat':
    case 'bye':
      return Buffer.concat(head);
  }
}

/** Undefined for anything that no instance of ours would send. */
export function decodeEnvelope(bytes: Buffer, limits: Limits): Envelope | undefined {
  const kind = KINDS[bytes[1] ?? KINDS.length];
  if (bytes[0] !== VERSION || kind === undefined || bytes.length < HEAD_BYTES) return undefined;
  const instance = bytes.toString('hex', 2, HEAD_BYTES);
  const rest = bytes.subarray(HEAD_BYTES);
  switch (kind) {
    case 'body': {
      const sender = rest.toString('hex', 0, ID_BYTES);
      const body = rest.subarray(ID_BYTES);
      // A text frame that is not UTF-8 makes browsers close the connection (RFC 6455, 8.1).
      const fits = body.length <= limits.hardFrameBytes && isUtf8(body) && looksLikeObject(body);
      return fits ? { kind, instance, sender, body } : undefined;
    }
    case 'count':
    case 'ask': {
      if (rest.length !== 4) return undefined;
      const count = rest.readUInt32BE();
      return count <= limits.maxConnections ? { kind, instance, count } : undefined;
    }
    case 'beat':
    case 'bye':
      return rest.length === 0 ? { kind, instance } : undefined;
  }
}

function looksLikeObject(body: Buffer): boolean {
  return body.length > 2 && body[0] === 0x7b && body[body.length - 1] === 0x7d;
}

function id(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== ID_BYTES) throw new RangeError(`"${hex}" is not ${ID_BYTES} bytes in hex`);
  return bytes;
}
