/**
 * What members say to each other through signaling servers, and through links when a server is gone. Canonical CBOR, sealed under the join
 * secret: a server sees topic and size. Whoever has the join secret can write any of these, so none is believed: they lead to
 * a connection attempt at most, and the handshake decides.
 *
 * | Field | announce | signal |
 * |---|---|---|
 * | `t` | `announce` | `signal` |
 * | `id` | 8 random bytes: a message that comes twice counts once | the same |
 * | `from` | member index | member index; null from an applicant |
 * | `device` | from a device: its key, 32 bytes; `from` is then whose it is | the same |
 * | `instance` | 16 bytes, the sender's start | the same |
 * | `inbox` | `true`: this start hears its topic of its own, too (introductions.ts); absent: it does not | the same |
 * | `want` | member indexes that it has no link to and would have (at most 16) | |
 * | `to` | | 16 bytes, the instance it is for |
 * | `peer` | | 16 bytes, the connection attempt |
 * | `data` | | {`type`: `offer` or `answer`, `sdp`} or {`type`: `candidate`, `candidate`, `mid`, `line`} |
 *
 * | Field | apply | welcome |
 * |---|---|---|
 * | `t` | `apply` | `welcome` |
 * | `id`, `instance` | as above | as above |
 * | `from` | | member index |
 * | `asked` | how often this applicant has asked before (at most 63) | |
 * | `to` | | 16 bytes, the applicant's instance |
 */
import { fromHex, toHex, type InstanceId, type MemberIndex } from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import type { DeviceKey } from '../../codec/device.ts';
import {
  FULL_MESH_MAX,
  MAX_ASKED,
  MAX_CANDIDATE_LENGTH,
  MAX_SDP_LENGTH,
  MAX_SEALED_BYTES,
} from '../limits.ts';

export type SignalData =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly type: 'candidate';
      readonly candidate: {
        readonly candidate: string;
        readonly sdpMid: string | null;
        readonly sdpMLineIndex: number | null;
      };
    };

export type MeshMessage =
  | {
      readonly type: 'announce';
      readonly id: string;
      readonly from: MemberIndex;
      /** The sender is this device of that member; absent: the member itself. */
      readonly device?: DeviceKey;
      readonly instance: InstanceId;
      readonly inbox?: true;
      readonly want: readonly MemberIndex[];
    }
  | {
      readonly type: 'signal';
      readonly id: string;
      /** Null: an applicant, who has no place in the network. */
      readonly from: MemberIndex | null;
      readonly device?: DeviceKey;
      readonly instance: InstanceId;
      readonly inbox?: true;
      readonly to: InstanceId;
      /** 32 hex digits. */
      readonly peer: string;
      readonly data: SignalData;
    }
  | {
      readonly type: 'apply';
      readonly id: string;
      readonly instance: InstanceId;
      readonly asked: number;
    }
  | {
      readonly type: 'welcome';
      readonly id: string;
      readonly from: MemberIndex;
      readonly instance: InstanceId;
      readonly to: InstanceId;
    };

export function encodeMessage(message: MeshMessage): Uint8Array {
  const bare = { t: message.type, id: fromHex(message.id), instance: fromHex(message.instance) };
  if (message.type === 'apply') return encode({ ...bare, asked: message.asked });
  if (message.type === 'welcome') return encode({ ...bare, from: message.from, to: fromHex(message.to) });
  const { from, device, inbox } = message;
  const head = {
    ...bare,
    from,
    ...(device === undefined ? {} : { device: fromHex(device) }),
    ...(inbox && { inbox }),
  };
  if (message.type === 'announce') return encode({ ...head, want: message.want });
  const { data } = message;
  const body: CborValue =
    data.type === 'candidate'
      ? {
          type: data.type,
          candidate: data.candidate.candidate,
          mid: data.candidate.sdpMid,
          line: data.candidate.sdpMLineIndex,
        }
      : { type: data.type, sdp: data.sdp };
  return encode({ ...head, to: fromHex(message.to), peer: fromHex(message.peer), data: body });
}

/** Null for everything that is not exactly one of the four. `members` bounds the indexes. */
export function parseMessage(bytes: Uint8Array, members: number): MeshMessage | null {
  const decoded = decode(bytes, MAX_SEALED_BYTES);
  if (!decoded.ok) return null;
  const fields = asMap(decoded.value);
  if (fields === null) return null;
  const id = hexOf(fields.id, 8);
  const instance = hexOf(fields.instance, 16);
  const { from } = fields;
  if (id === null || instance === null) return null;
  if (fields.t === 'apply') {
    const { asked } = fields;
    if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 0 || asked > MAX_ASKED) return null;
    return { type: 'apply', id, instance: instance as InstanceId, asked };
  }
  if (!isMember(from, members) && !(from === null && fields.t === 'signal')) return null;
  const device = fields.device === undefined ? undefined : (hexOf(fields.device, 32) as DeviceKey | null);
  if (device === null || (device !== undefined && from === null)) return null;
  if (fields.inbox !== undefined && fields.inbox !== true) return null;
  const sender = {
    ...(device === undefined ? {} : { device }),
    instance: instance as InstanceId,
    ...(fields.inbox && { inbox: fields.inbox }),
  };
  if (fields.t === 'announce' && from !== null) {
    const { want } = fields;
    if (!Array.isArray(want) || want.length > FULL_MESH_MAX) return null;
    const wanted: MemberIndex[] = [];
    for (const index of want as readonly CborValue[]) {
      if (!isMember(index, members)) return null;
      wanted.push(index);
    }
    return { type: 'announce', id, from, ...sender, want: wanted };
  }
  const to = hexOf(fields.to, 16);
  if (fields.t === 'welcome' && to !== null && from !== null)
    return { type: 'welcome', id, from, instance: instance as InstanceId, to: to as InstanceId };
  const peer = hexOf(fields.peer, 16);
  const body = asMap(fields.data);
  if (fields.t !== 'signal' || to === null || peer === null || body === null) return null;
  const data = parseSignalData(
    body.type === 'candidate'
      ? {
          type: body.type,
          candidate: { candidate: body.candidate, sdpMid: body.mid, sdpMLineIndex: body.line },
        }
      : body,
  );
  if (data === null) return null;
  return {
    type: 'signal',
    id,
    from,
    ...sender,
    to: to as InstanceId,
    peer,
    data,
  };
}

/**
 * What simple-peer emits and takes, narrowed to what an attempt needs. Its requests to renegotiate are not among it: a second
 * description could change the certificate under a link that has been authenticated.
 */
export function parseSignalData(value: unknown): SignalData | null {
  if (value === null || typeof value !== 'object') return null;
  const { type, sdp, candidate } = value as { type?: unknown; sdp?: unknown; candidate?: unknown };
  if (type === 'offer' || type === 'answer') {
    return typeof sdp === 'string' && sdp.length <= MAX_SDP_LENGTH ? { type, sdp } : null;
  }
  if (type !== 'candidate' || candidate === null || typeof candidate !== 'object') return null;
  const line = candidate as { candidate?: unknown; sdpMid?: unknown; sdpMLineIndex?: unknown };
  const mid = line.sdpMid ?? null;
  const index = line.sdpMLineIndex ?? null;
  if (typeof line.candidate !== 'string' || line.candidate.length > MAX_CANDIDATE_LENGTH) return null;
  if (mid !== null && (typeof mid !== 'string' || mid.length > 16)) return null;
  if (index !== null && (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 15))
    return null;
  return { type, candidate: { candidate: line.candidate, sdpMid: mid, sdpMLineIndex: index } };
}

function asMap(value: CborValue | undefined): { readonly [field: string]: CborValue | undefined } | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  return value as { readonly [field: string]: CborValue };
}

function hexOf(value: CborValue | undefined, length: number): string | null {
  return value instanceof Uint8Array && value.length === length ? toHex(value) : null;
}

function isMember(value: CborValue | undefined, members: number): value is MemberIndex & number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < members;
}
