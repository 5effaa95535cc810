/** From the canonical bytes that a worker tells to the values that an application sees. */
import type { ProvenBody, Value } from '../worker/kv/api.ts';
import { decodeBody } from '../worker/kv/value.ts';
import type { ProvenValue } from './types.ts';

/** What a quorum has certified was checked by this replica or by more than f honest ones. */
export function decoded(body: Uint8Array): Value {
  const read = decodeBody(body);
  if (!read) throw new Error('A certified value is not canonical: more than f members are faulty.');
  return read.value;
}

export function provenValue({ body, ...certified }: ProvenBody): ProvenValue {
  return { ...certified, value: body ? decoded(body) : undefined };
}
