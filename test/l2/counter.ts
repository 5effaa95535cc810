/** A tiny application for the tests of the session room: a counter with notes under `counter/<name>`. */
import type { Key } from '../../src/codec/brand.ts';
import {
  asMemberId,
  asNetworkId,
  type CertificateKey,
  type LogId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import type { Genesis, MemberEntry, Role } from '../../src/codec/genesis.ts';
import { createRegistry } from '../../src/l2/registry.ts';
import type { Handler, HandlerResult, Service, ServiceRequest } from '../../src/l2/types.ts';

export type Counter = { readonly total: number; readonly notes: readonly string[]; readonly open: boolean };

const yes = (record: Counter | null, body: CborValue, status = 200): HandlerResult => ({
  response: { status, body },
  record,
});
const no = (record: CborValue, status: number, type: string, message: string): HandlerResult => ({
  response: { status, body: { type, message } },
  record,
});
const bodyOf = (request: ServiceRequest): Record<string, CborValue> =>
  request.body as Record<string, CborValue>;

const create: Handler = async (record, request) =>
  record === null
    ? yes({ total: Number(bodyOf(request).total), notes: [], open: false }, { created: true }, 201)
    : no(record, 409, 'counter-exists', 'The counter exists. Open it instead.');

const open: Handler = async (record) =>
  record === null
    ? no(record, 404, 'counter-unknown', 'There is no such counter. Create it first.')
    : (record as Counter).total < 0
      ? no(record, 409, 'counter-closed', 'The counter is below zero and closed.')
      : yes({ ...(record as Counter), open: true }, { opened: true });

/** Answers the same on every record: rebases silently. */
const add: Handler = async (record, request) => {
  const n = bodyOf(request).n;
  if (typeof n !== 'number') return no(record, 400, 'number-missing', 'Send a number n.');
  const counter = record as Counter;
  return yes({ ...counter, total: counter.total + n }, { added: n });
};

/** Rules version 2 doubles. */
const addTwice: Handler = async (record, request) => {
  const n = Number(bodyOf(request).n);
  const counter = record as Counter;
  return yes({ ...counter, total: counter.total + 2 * n }, { added: 2 * n });
};

/** Answers with its place: differs when somebody else's note came first. */
const note: Handler = async (record, request, context) => {
  const counter = record as Counter;
  const text = `${context.operator}: ${String(bodyOf(request).text)}`;
  return yes(
    { ...counter, notes: [...counter.notes, text] },
    { index: counter.notes.length, steps: context.earlier.length },
  );
};

const finish: Handler = async (record) => yes({ ...(record as Counter), open: false }, null);

const boom: Handler = async () => {
  throw new Error('boom');
};
const surrogate: Handler = async () => {
  throw new Error('\ud83d');
};
const mutate: Handler = async (record) => {
  (record as { total: number }).total = 99;
  return yes(record as Counter, null);
};
const unwritable: Handler = async (record) => yes(record as Counter, (() => 1) as unknown as CborValue);
const nan: Handler = async (record) => yes({ ...(record as Counter), total: NaN }, null);
const big: Handler = async (record) => yes({ ...(record as Counter), notes: ['x'.repeat(500 * 1024)] }, null);
const fields: Handler = async (record, request) => yes(record as Counter, Object.keys(bodyOf(request)));
/** What a handler must never do. */
const clock: Handler = async (record) => yes(record as Counter, { now: Date.now() });

const everybody: readonly Role[] = ['supplier', 'warehouse', 'courier'];
const service = (path: string, handler: Handler, roles = everybody, since = 1): Service => ({
  method: 'POST',
  path,
  roles,
  since,
  summary: path,
  handler,
});

export const services: readonly Service[] = [
  service('/create', create),
  service('/open', open),
  service('/add', add),
  service('/add', addTwice, everybody, 2),
  service('/note', note),
  service('/finish', finish),
  service('/courier-only', add, ['courier']),
  service('/boom', boom),
  service('/surrogate', surrogate),
  service('/mutate', mutate),
  service('/unwritable', unwritable),
  service('/nan', nan),
  service('/big', big),
  service('/fields', fields),
  service('/clock', clock),
];

export const counterRegistry = (rulesVersions: readonly number[] = [1], list = services) =>
  createRegistry(
    list,
    rulesVersions,
    (key: Key) => (/^counter\/[a-z]+$/.test(key) ? null : `${key} is no counter. Use counter/<name>.`),
    (_record, transactions) =>
      transactions.at(-1)?.request.path === '/finish'
        ? null
        : { type: 'not-finished', message: 'The last step is not /finish. Finish, then commit.' },
  );

export const post = (path: string, body: CborValue = null): ServiceRequest => ({
  method: 'POST',
  path,
  body,
});

export const NETWORK = asNetworkId('ab'.repeat(32));

const member = (id: string, role: Role, digit: string): MemberEntry => ({
  id: asMemberId(id),
  name: id,
  organisation: `${id} Ltd`,
  role,
  gln: '4012345000009',
  voteKey: digit.repeat(64) as VoteKey,
  certificateKey: digit.repeat(192) as CertificateKey,
  logId: digit.repeat(32) as LogId,
  proofOfPossession: digit.repeat(96),
});

export const ALPHA = member('alpha', 'supplier', '1');
export const BRAVO = member('bravo', 'warehouse', '2');

export const genesisOf = (rulesVersion = 1): Genesis => ({
  format: 'countersign-genesis-1',
  name: 'test',
  rulesVersion,
  draftNonce: '0'.repeat(32),
  demo: false,
  members: [ALPHA, BRAVO],
  directory: { supplierKeys: [], couriers: [] },
});
