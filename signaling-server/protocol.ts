/**
 * The frames of the y-webrtc signaling protocol, each one JSON object in one text frame:
 *
 * | Frame | From | Fields | Answer |
 * |---|---|---|---|
 * | `subscribe` | client | `topics`: names | none |
 * | `unsubscribe` | client | `topics`: names | none |
 * | `publish` | client | `topic`: name, and any others | the same frame with `clients` = number of subscribers, to every subscriber, the sender included |
 * | `ping` | client | | `pong` |
 * | `error` | server | `error`: {`type`, `message`} | stock clients ignore it |
 *
 * What a `publish` carries besides its topic is not looked at: our clients seal it, so there is nothing to see.
 */
import type { Limits } from './limits.ts';

export type ClientFrame =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topics: readonly string[] }
  | { readonly type: 'publish'; readonly topic: string; readonly frame: Readonly<Record<string, unknown>> }
  | { readonly type: 'ping' };

export type SignalingErrorType =
  | 'malformed-json'
  | 'malformed-message'
  | 'unknown-type'
  | 'binary-frame'
  | 'frame-too-large'
  | 'topic-name-too-long'
  | 'too-many-topics'
  | 'topic-full'
  | 'too-many-connections'
  | 'rate-limited'
  | 'fan-out-limited';

/** What is said to the client: `type` for its program, `message` for whoever reads its log. */
export interface SignalingError {
  readonly type: SignalingErrorType;
  readonly message: string;
}

export type Parsed =
  { readonly ok: true; readonly value: ClientFrame } | { readonly ok: false; readonly error: SignalingError };

/** Text from the wire to a frame, checked completely: nothing behind this door checks again. */
export function parseFrame(text: string, limits: Limits): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return failed('malformed-json', 'The frame is not JSON. Send one JSON object in each text frame.');
  }
  if (!isRecord(json)) return failed('malformed-message', 'The frame is not a JSON object with a "type".');
  switch (json.type) {
    case 'ping':
      return { ok: true, value: { type: 'ping' } };
    case 'subscribe':
    case 'unsubscribe':
      return parseTopics(json.type, json.topics, limits);
    case 'publish': {
      const topic = parseTopic(json.topic, limits);
      if (typeof topic !== 'string') return { ok: false, error: topic };
      return { ok: true, value: { type: 'publish', topic, frame: json } };
    }
    default:
      return failed('unknown-type', 'The "type" must be "subscribe", "unsubscribe", "publish" or "ping".');
  }
}

/**
 * The JSON that subscribers receive, still without `clients`: each instance of the server adds the number that it knows.
 * Undefined when it cannot be written: JSON nested tens of thousands deep can be read but overflows the stack on the way
 * out.
 */
export function renderBody(frame: Readonly<Record<string, unknown>>): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify({ ...frame, clients: undefined }));
  } catch {
    return undefined;
  }
}

/** Ends a body with the number of clients. A body is an object with at least a type and a topic. */
export function withClients(body: Buffer, clients: number): Buffer {
  return Buffer.concat([body.subarray(0, -1), Buffer.from(`,"clients":${clients}}`)]);
}

function parseTopics(type: 'subscribe' | 'unsubscribe', topics: unknown, limits: Limits): Parsed {
  if (!Array.isArray(topics))
    return failed('malformed-message', `"topics" of a ${type} must be a list of names.`);
  if (topics.length > limits.maxTopicsPerConnection) return { ok: false, error: tooManyTopics(limits) };
  const names: string[] = [];
  for (const entry of topics as unknown[]) {
    const topic = parseTopic(entry, limits);
    if (typeof topic !== 'string') return { ok: false, error: topic };
    names.push(topic);
  }
  return { ok: true, value: { type, topics: names } };
}

function parseTopic(topic: unknown, limits: Limits): string | SignalingError {
  if (typeof topic !== 'string' || topic === '') {
    return { type: 'malformed-message', message: 'A topic must be a text that is not empty.' };
  }
  if (Buffer.byteLength(topic) > limits.maxTopicNameBytes) {
    return {
      type: 'topic-name-too-long',
      message: `A topic's name may have ${limits.maxTopicNameBytes} bytes; this one has ${Buffer.byteLength(topic)}.`,
    };
  }
  return topic;
}

export function tooManyTopics(limits: Limits): SignalingError {
  return {
    type: 'too-many-topics',
    message: `A connection may hold ${limits.maxTopicsPerConnection} topics. Unsubscribe from some first.`,
  };
}

function failed(type: SignalingErrorType, message: string): Parsed {
  return { ok: false, error: { type, message } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
