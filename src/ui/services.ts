/** Requests of the service registry, as the pages make them. Paths and bodies: docs/protocol.md, "Service registry". */
import type {
  ActionError,
  DIRECTORY_SERVICES,
  SERVICES,
  ServiceRequest,
  ServiceResponse,
  SessionError,
  SessionView,
  PackageRecord,
  ServiceProblem,
} from '../worker/api.ts';
import { errorText } from './errors.ts';
import { ssccGroups } from './format.ts';

type Path =
  (typeof SERVICES)[keyof typeof SERVICES] | (typeof DIRECTORY_SERVICES)[keyof typeof DIRECTORY_SERVICES];

export const PATHS = {
  start: '/sessions',
  scan: '/scan',
  validate: '/validate',
  quality: '/quality',
  label: '/label',
  finish: '/finish',
  quarantine: '/quarantine',
  release: '/release',
  assign: '/courier',
} as const satisfies Record<string, Path>;

/** Changes of the directory: each a session of its own. */
export const DIRECTORY_PATHS = {
  add: '/directory/add',
  rotate: '/directory/rotate',
  revoke: '/directory/revoke',
} as const satisfies Record<string, Path>;

/** A step of the workflow: every one changes the record, hence POST. */
export function post(path: Path, body: object): ServiceRequest {
  return { method: 'POST', path, body: body as ServiceRequest['body'] };
}

/** The working copy of a session, which the worker has already checked. */
export function recordOf(session: SessionView): PackageRecord | null {
  const record = session.record as unknown as PackageRecord | null;
  return record !== null && typeof record === 'object' && 'manifest' in record ? record : null;
}

/** The problem that a refusing response carries. */
export function problemOf(response: ServiceResponse): ServiceProblem | null {
  const body = response.body as unknown;
  if (response.status < 400 || body === null || typeof body !== 'object') return null;
  const { type, message } = body as Partial<ServiceProblem>;
  return typeof type === 'string' && typeof message === 'string' ? { type, message } : null;
}

/** The most specific type and sentence of a session error: the handler's own where a handler refused. Packages go by their number. */
export function errorWords(error: SessionError | ActionError): ServiceProblem {
  const { type, message } = (error.response ? problemOf(error.response) : null) ?? error;
  const words = message.replaceAll(/\bpackage\/(\d{18})\b/g, (_, sscc: string) => `package ${spaced(sscc)}`);
  return { type, message: errorText({ type, message: words }) };
}

/** As it is printed under its bars, in groups. */
const spaced = (sscc: string): string => ssccGroups(sscc)?.join(' ') ?? sscc;
