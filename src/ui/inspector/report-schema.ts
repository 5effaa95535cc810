/**
 * The file of a bug report, field by field: version 1. Objects are strict in both directions, so a field that somebody adds to an inspection
 * is in no file before it stands here, and a reader says what does not fit.
 *
 * | Field | Meaning |
 * |---|---|
 * | `format`, `formatVersion` | `countersign-inspection`, 1 |
 * | `madeAt` | ISO 8601 instant |
 * | `app` | `name`, `version`, `build` (digest of the program, or null) |
 * | `browser` | as it calls itself |
 * | `inspection` | `Inspection` of src/worker/inspection.ts, with members by place, keys shortened and servers numbered |
 * | `left` | how many events and open votes were left out because of MAX_REPORT_BYTES |
 */
import * as v from 'valibot';
import type { Inspection } from '../../worker/api.ts';
import { TRACE_KINDS } from './trace-kinds.ts';
import { MAX_REPORT_ENTRIES, MAX_REPORT_TEXT } from '../limits.ts';

export const REPORT_FORMAT = 'countersign-inspection';
export const REPORT_VERSION = 1;

const text = v.pipe(v.string(), v.maxLength(MAX_REPORT_TEXT));
const prefix = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,12}$/));
/** Of the program's own: rules, reasons, kinds. */
const word = v.pipe(v.string(), v.maxLength(64), v.regex(/^[a-z0-9-]+$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const place = count;
const signed = v.pipe(v.number(), v.finite());
/** Milliseconds since 1970, as far as dates go (ECMA-262, 21.4.1.1). */
const instant = v.pipe(v.number(), v.minValue(-8.64e15), v.maxValue(8.64e15));
const duration = signed;
const list = <T extends v.GenericSchema>(entry: T) => v.pipe(v.array(entry), v.maxLength(MAX_REPORT_ENTRIES));
const places = list(place);
const votes = list(v.strictObject({ digest: prefix, members: places }));
const round = v.pipe(v.number(), v.integer(), v.minValue(-1));
const key = text;

const seal = v.strictObject({
  n: count,
  q: count,
  marks: list(v.picklist(['empty', 'heard', 'pre', 'commit', 'refused', 'other'])),
  evidence: list(v.boolean()),
  outcome: v.picklist(['none', 'voting', 'closed', 'conflict', 'rejected']),
});

const instance = v.strictObject({
  key,
  version: count,
  round,
  phase: v.picklist([
    'not-started',
    'waits-for-value',
    'not-voted',
    'collecting',
    'saturated',
    'polka',
    'committed',
  ]),
  enteredAgo: duration,
  openedBy: v.nullable(place),
  proposal: v.nullable(prefix),
  previousKnown: v.boolean(),
  lock: v.nullable(v.strictObject({ digest: prefix, round })),
  values: list(
    v.strictObject({ digest: prefix, status: v.picklist(['missing', 'checking', 'valid', 'invalid']) }),
  ),
  rounds: list(
    v.strictObject({
      round,
      voters: count,
      polka: v.nullable(prefix),
      saturatedAgo: v.nullable(duration),
      ownPreCommit: v.nullable(prefix),
      ownCommit: v.nullable(prefix),
      preCommits: votes,
      commits: votes,
    }),
  ),
  timers: list(
    v.strictObject({
      waitsFor: v.picklist(['vote', 'vote-after-first', 'commit', 'advance']),
      firesIn: duration,
    }),
  ),
  nextLookIn: v.nullable(duration),
  tieBreaker: v.nullable(place),
  seal,
  missing: list(
    v.strictObject({ member: place, why: v.picklist(['away', 'silent', 'refused', 'other-value']) }),
  ),
  refusals: list(v.strictObject({ member: place, rule: word })),
});

const candidate = v.picklist(['host', 'srflx', 'prflx', 'relay', 'unknown']);

const link = v.strictObject({
  link: count,
  member: place,
  isDevice: v.boolean(),
  isObserver: v.boolean(),
  openedAgo: duration,
  dialled: v.nullable(v.boolean()),
  channel: v.nullable(v.picklist(['worker-channel', 'page-port'])),
  route: v.nullable(
    v.strictObject({ local: candidate, remote: candidate, protocol: v.picklist(['udp', 'tcp', 'unknown']) }),
  ),
  rttMs: v.nullable(duration),
  bytesSent: count,
  bytesReceived: count,
  queued: v.strictObject({ voteMessages: count, voteBytes: count, bulkMessages: count, bulkBytes: count }),
  bufferedAmount: count,
  messages: list(
    v.strictObject({ kind: word, sent: count, received: count, bytesSent: count, bytesReceived: count }),
  ),
});

const event = v.strictObject({
  seq: count,
  at: instant,
  kind: v.picklist(TRACE_KINDS),
  member: place,
  key: v.nullable(key),
  version: v.nullable(count),
  round: v.nullable(round),
  digest: v.nullable(prefix),
  detail: v.nullable(v.pipe(text, v.regex(/^[a-z0-9 -]*$/))),
});

const inspection = v.strictObject({
  at: instant,
  network: prefix,
  rulesVersion: count,
  self: v.nullable(place),
  isDevice: v.boolean(),
  standing: v.picklist(['voter', 'resuming', 'observer', 'device', 'stopped']),
  resuming: v.nullable(v.strictObject({ answered: count, needed: count })),
  n: count,
  f: count,
  q: count,
  members: list(
    v.strictObject({
      index: place,
      name: text,
      initials: v.pipe(v.string(), v.maxLength(8)),
      role: v.picklist(['supplier', 'warehouse', 'courier']),
      here: v.boolean(),
      suspected: v.boolean(),
      evidence: v.boolean(),
    }),
  ),
  instances: list(instance),
  instanceCount: count,
  epochs: v.strictObject({
    number: count,
    digest: prefix,
    newest: count,
    phase: v.picklist(['open', 'closing', 'closed']),
    left: v.boolean(),
    sealed: v.nullable(prefix),
    reports: places,
    carried: count,
    drafts: list(v.strictObject({ digest: prefix, approvals: places, joins: count })),
  }),
  sync: v.strictObject({
    trees: list(
      v.strictObject({ tree: v.picklist(['main', 'network']), certified: prefix, open: prefix, keys: count }),
    ),
    neighbours: list(
      v.strictObject({
        link: count,
        member: place,
        comparing: count,
        lacks: count,
        asked: count,
        pulls: v.boolean(),
        strikes: count,
        quietIn: duration,
      }),
    ),
    wantedValues: count,
  }),
  links: list(link),
  signaling: list(
    v.strictObject({
      url: text,
      state: v.picklist(['connecting', 'open', 'waiting', 'failed', 'off']),
      diagnosis: v.nullable(word),
      source: v.picklist(['own', 'hint']),
    }),
  ),
  store: v.strictObject({
    isWriting: v.boolean(),
    queued: v.strictObject({
      logs: count,
      certified: count,
      values: count,
      sessions: count,
      other: count,
      after: count,
    }),
    writes: count,
    lastMs: v.nullable(duration),
    slowestMs: v.nullable(duration),
    lastAgo: v.nullable(duration),
    certifiedKeys: count,
    cacheBytes: count,
    usageBytes: v.nullable(count),
    quotaBytes: v.nullable(count),
    persisted: v.nullable(v.boolean()),
  }),
  signatures: v.strictObject({
    checking: count,
    signing: count,
    waiting: count,
    held: count,
    batches: count,
    certificatesDue: count,
  }),
  timing: v.strictObject({
    w0: duration,
    twoMessages: v.nullable(duration),
    roundTrips: count,
    echoes: count,
    proposalWaits: v.nullable(duration),
    latencies: list(v.strictObject({ milliseconds: duration, round: v.nullable(round) })),
  }),
  trace: list(event),
  traceCount: count,
  errors: list(
    v.strictObject({
      at: instant,
      where: v.picklist(['worker', 'page']),
      name: text,
      message: text,
      place: v.nullable(text),
    }),
  ),
});

export const reportSchema = v.strictObject({
  format: v.literal(REPORT_FORMAT),
  formatVersion: v.literal(REPORT_VERSION),
  madeAt: v.pipe(v.string(), v.maxLength(40), v.regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)),
  app: v.strictObject({ name: text, version: text, build: v.nullable(text) }),
  browser: text,
  inspection,
  left: v.strictObject({ events: count, votes: count }),
});

/** To tell a file of a later version from one that is none of ours. */
export const headSchema = v.object({ format: v.literal(REPORT_FORMAT), formatVersion: v.number() });

/** A file as it is read. Places and rounds are numbers here and branded in an inspection: nothing is signed by them. */
export type ReportFile = Omit<v.InferOutput<typeof reportSchema>, 'inspection'> & {
  readonly inspection: Inspection;
};
