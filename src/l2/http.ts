/**
 * The session layer as a web service: a `Request` in, a `Response` out (Fetch Standard), for the app's own pages and for other code in the
 * page. Nothing goes over a network here: who calls is on this device.
 *
 * | Request | Answer |
 * |---|---|
 * | any service of the registry, with `Session-Key` and `Session-Operator` | starts a session with it; `Session` names it |
 * | any service of the registry, with `Session` | runs it as a step of that session |
 * | `GET /.sessions`, `GET /.sessions/<id>` | sessions of this device |
 * | `POST /.sessions/<id>/undo`, `/commit`, `/rebase`, `/pause`, `/continue` | as named |
 * | `POST /.sessions/commit` with a list of ids | commits them together |
 * | `DELETE /.sessions/<id>` | abandons it |
 * | `GET /.status/<key>?session=<id>` or `?version=<n>` | version, digest and certificate of what was certified |
 *
 * Bodies are JSON, or CBOR when the request says `application/cbor` (as content, or as what it accepts): only CBOR carries byte strings as
 * such, JSON has them as base64url text. A refusal is a problem document (RFC 9457) whose `type` is `/problems/<type>`; the last part is the
 * service's own type, or one of `SessionErrorType`.
 */
import { asKey, type Key } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import type { Result } from '../codec/result.ts';
import { MAX_HTTP_BODY_BYTES, MAX_OPEN_SESSIONS, MAX_REQUEST_BYTES } from './limits.ts';
import type { SessionBuffer } from './session-buffer.ts';
import type { Method, ServiceRequest, SessionError, SessionErrorType, SessionView } from './types.ts';
import { METHODS } from './value.ts';

/** What the entry needs: a session buffer, or the same calls over a worker's boundary. */
export interface SessionCalls extends Pick<
  SessionBuffer,
  'start' | 'step' | 'undo' | 'abandon' | 'commit' | 'commitAll' | 'rebase' | 'pause' | 'unpause'
> {
  list(): readonly SessionView[] | Promise<readonly SessionView[]>;
  /** What was certified; null: nothing such is held here. Plain data. */
  status?(key: Key, of: { readonly session?: string; readonly version?: number }): Promise<CborValue>;
}

export type SessionFetch = (request: Request) => Promise<Response>;

/** RFC 9457. */
export interface ProblemDocument {
  /** A URI reference: `/problems/` and the service's or the session layer's own type. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened, to which thing, what to do next. */
  readonly detail: string;
  /** The session concerned. */
  readonly session?: string;
}

export function createSessionFetch(calls: SessionCalls): SessionFetch {
  return async (request) => {
    const wants = accepts(request);
    const path = new URL(request.url).pathname;
    if (path === '/.sessions' || path.startsWith('/.sessions/')) return control(calls, request, path, wants);
    if (path.startsWith('/.status/')) return statusOf(calls, request, path, wants);
    return service(calls, request, path, wants);
  };
}

type Form = 'json' | 'cbor';

async function service(calls: SessionCalls, request: Request, path: string, wants: Form): Promise<Response> {
  if (!METHODS.includes(request.method as Method))
    return problem(
      'method-not-allowed',
      `${request.method} is no method of a service. Use ${METHODS.join(', ')}.`,
    );
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const asked: ServiceRequest = { method: request.method as Method, path, body };
  const id = request.headers.get('Session');
  if (id !== null) {
    const stepped = await calls.step(id, asked);
    if (!stepped.ok) return refusal(stepped.error, id);
    return answer(stepped.value.response.status, stepped.value.response.body, wants, id);
  }
  const key = request.headers.get('Session-Key');
  const operator = request.headers.get('Session-Operator');
  if (key === null || operator === null) {
    return problem(
      'request-malformed',
      `${request.method} ${path} names no session. Send the header Session, or Session-Key and Session-Operator to start one.`,
    );
  }
  const started = await calls.start(asKey(key), operator, asked);
  if (!started.ok) return refusal(started.error);
  const { response } = started.value.transactions[0]!;
  return answer(response.status, response.body, wants, started.value.id);
}

const ACTIONS = {
  undo: (calls, id) => calls.undo(id),
  commit: (calls, id) => calls.commit(id),
  rebase: (calls, id) => calls.rebase(id),
  pause: (calls, id) => calls.pause(id),
  continue: (calls, id) => calls.unpause(id),
} as const satisfies Record<
  string,
  (calls: SessionCalls, id: string) => Promise<Result<SessionView, SessionError>>
>;

async function control(calls: SessionCalls, request: Request, path: string, wants: Form): Promise<Response> {
  const [id, action, ...more] = path.split('/').slice(2);
  const { method } = request;
  if (more.length > 0) return problem('service-unknown', `There is nothing at ${path}.`);
  if (id === undefined) {
    if (method !== 'GET') return problem('method-not-allowed', `${method} ${path} is not offered. Use GET.`);
    return answer(200, (await calls.list()) as unknown as CborValue, wants);
  }
  if (id === 'commit' && action === undefined) {
    if (method !== 'POST')
      return problem('method-not-allowed', `${method} ${path} is not offered. Use POST.`);
    const ids = await bodyOf(request);
    if (ids instanceof Response) return ids;
    if (!isIds(ids))
      return problem(
        'request-malformed',
        `The body is not a list of up to ${MAX_OPEN_SESSIONS} sessions' ids.`,
      );
    const results = await calls.commitAll(ids);
    return answer(
      207,
      results.map((one, i) => resultOf(one, ids[i]!)),
      wants,
    );
  }
  if (action === undefined && method === 'GET') {
    const view = (await calls.list()).find((one) => one.id === id);
    if (view) return answer(200, view as unknown as CborValue, wants, id);
    return problem(
      'session-unknown',
      `There is no session ${id} on this device. Start a session on the package.`,
    );
  }
  if (action === undefined && method === 'DELETE') return viewOr(await calls.abandon(id), id, wants);
  const run = Object.entries(ACTIONS).find(([name]) => name === action)?.[1];
  if (!run) return problem('service-unknown', `There is nothing at ${method} ${path}.`);
  if (method !== 'POST') return problem('method-not-allowed', `${method} ${path} is not offered. Use POST.`);
  return viewOr(await run(calls, id), id, wants);
}

async function statusOf(calls: SessionCalls, request: Request, path: string, wants: Form): Promise<Response> {
  if (request.method !== 'GET')
    return problem('method-not-allowed', `${request.method} ${path} is not offered. Use GET.`);
  const query = new URL(request.url).searchParams;
  const session = query.get('session');
  const version = query.get('version');
  if (version !== null && !/^[1-9]\d{0,11}$/.test(version))
    return problem('request-malformed', `Version ${version.slice(0, 20)} is not a positive whole number.`);
  const key = keyIn(path.slice('/.status/'.length));
  if (key === null)
    return problem('request-malformed', `The key in ${path} cannot be read. Write it percent-encoded.`);
  const found =
    (await calls.status?.(key, {
      ...(session !== null && { session }),
      ...(version !== null && { version: Number(version) }),
    })) ?? null;
  if (found !== null) return answer(200, found, wants);
  return problem(
    'key-unknown',
    `This replica holds no such certified version of ${key}. Check it, or wait until it has been synchronised.`,
  );
}

function keyIn(text: string): Key | null {
  try {
    return asKey(decodeURIComponent(text));
  } catch {
    return null;
  }
}

const isIds = (value: CborValue): value is readonly string[] =>
  Array.isArray(value) && value.length <= MAX_OPEN_SESSIONS && value.every((one) => typeof one === 'string');

function resultOf(result: Result<SessionView, SessionError>, id: string): CborValue {
  if (result.ok) return result.value as unknown as CborValue;
  return documentOf(result.error, id) as unknown as CborValue;
}

function viewOr(result: Result<SessionView, SessionError>, id: string, wants: Form): Response {
  return result.ok ? answer(200, result.value as unknown as CborValue, wants, id) : refusal(result.error, id);
}

// ---- bodies ----

/** The value that a request carries; a problem when it cannot be read. */
async function bodyOf(request: Request): Promise<CborValue | Response> {
  const bytes = await readUpTo(request, MAX_HTTP_BODY_BYTES);
  if (bytes === null) {
    return problem(
      'content-too-large',
      `The body has more than ${MAX_HTTP_BODY_BYTES} bytes. Send less in one step.`,
    );
  }
  if (bytes.length === 0) return null;
  const type = (request.headers.get('Content-Type') ?? 'application/json')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  if (type === 'application/cbor') {
    const decoded = decode(bytes, MAX_REQUEST_BYTES);
    return decoded.ok
      ? decoded.value
      : problem('request-malformed', `The body is not canonical CBOR: ${decoded.error.message}`);
  }
  if (type !== 'application/json' && !type.endsWith('+json') && type !== 'text/plain')
    return problem(
      'media-type-unsupported',
      `A body of type ${type} cannot be read. Send application/json or application/cbor.`,
    );
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as CborValue;
  } catch (error) {
    return problem('request-malformed', `The body is not JSON: ${(error as Error).message}`);
  }
}

/** Null: there is more. */
async function readUpTo(request: Request, max: number): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array(0);
  const reader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > max) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const accepts = (request: Request): Form =>
  (request.headers.get('Accept') ?? '').toLowerCase().includes('application/cbor') ? 'cbor' : 'json';

function answer(status: number, value: CborValue, wants: Form, session?: string): Response {
  const headers = {
    'Content-Type': wants === 'cbor' ? 'application/cbor' : 'application/json',
    'Cache-Control': 'no-store',
    ...(session !== undefined && { Session: session }),
  };
  // 204, 205 and 304 carry no body (Fetch Standard, null body status).
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status, headers });
  const body = wants === 'cbor' ? encode(withoutUndefined(value)) : JSON.stringify(value, bytesAsText);
  return new Response(body, { status, headers });
}

const bytesAsText = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? base64url(value) : value;

/** Optional fields that are not there are left out, as JSON does. */
function withoutUndefined(value: CborValue): CborValue {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((part: CborValue) => withoutUndefined(part));
  const entries = Object.entries(value as Record<string, CborValue | undefined>);
  return Object.fromEntries(
    entries.flatMap(([name, v]) => (v === undefined ? [] : [[name, withoutUndefined(v)]])),
  );
}

/** RFC 4648, section 5, without padding. */
function base64url(bytes: Uint8Array): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1], bytes[i + 2]];
    text += digits[a >> 2]! + digits[((a & 3) << 4) | ((b ?? 0) >> 4)]!;
    if (b !== undefined) text += digits[((b & 15) << 2) | ((c ?? 0) >> 6)]!;
    if (c !== undefined) text += digits[c & 63]!;
  }
  return text;
}

// ---- problems ----

type HttpProblem = 'method-not-allowed' | 'media-type-unsupported' | 'content-too-large';

const STATUS: Record<SessionErrorType | HttpProblem, number> = {
  'session-unknown': 404,
  'session-closed': 409,
  'session-open-elsewhere': 409,
  'session-incomplete': 409,
  'too-many-sessions': 503,
  'too-many-steps': 429,
  'nothing-to-undo': 409,
  'key-unknown': 404,
  'service-unknown': 404,
  'role-not-allowed': 403,
  'request-malformed': 400,
  'step-refused': 409,
  'store-failed': 507,
  'not-a-voter': 503,
  'rules-unknown': 503,
  'session-paused': 409,
  'session-moved': 410,
  'mirror-unreachable': 503,
  'mirror-differs': 409,
  'method-not-allowed': 405,
  'media-type-unsupported': 415,
  'content-too-large': 413,
};

/** Of a refused step: the service's own status and type, which say more than that it was refused. */
export function documentOf(error: SessionError, session?: string): ProblemDocument {
  const own = error.type === 'step-refused' ? error.response : undefined;
  const type = (own && problemType(own.body)) ?? error.type;
  const concerned = error.sessionId ?? session;
  return {
    type: `/problems/${type}`,
    title: titleOf(type),
    status: own?.status ?? STATUS[error.type],
    detail: error.message,
    ...(concerned !== undefined && { session: concerned }),
  };
}

function refusal(error: SessionError, session?: string): Response {
  return problemResponse(documentOf(error, session));
}

function problem(type: SessionErrorType | HttpProblem, detail: string): Response {
  return problemResponse({ type: `/problems/${type}`, title: titleOf(type), status: STATUS[type], detail });
}

function problemResponse(document: ProblemDocument): Response {
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...(document.session !== undefined && { Session: document.session }),
  };
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

function problemType(body: CborValue): string | undefined {
  const type = body !== null && typeof body === 'object' && 'type' in body ? body.type : undefined;
  return typeof type === 'string' && /^[a-z0-9-]{1,64}$/.test(type) ? type : undefined;
}

/** The same words for every occurrence of a type (RFC 9457, 3.1.3). */
const titleOf = (type: string): string => `${type[0]!.toUpperCase()}${type.slice(1).replaceAll('-', ' ')}`;
