/**
 * The file of a bug report: made from an inspection, and read again. A file names no organisation, operator, package, address or server,
 * and holds no secret, key or value: what an inspection has of these is replaced by its place in the file, and only exceptions have free text,
 * which is struck through (scrub.ts).
 */
import * as v from 'valibot';
import type { CloseReason, Inspection, InspectedError, Key } from '../../worker/api.ts';
import { MAX_PAGE_ERROR_LENGTH, MAX_REPORT_BYTES, MAX_REPORT_TEXT } from '../limits.ts';
import { headSchema, REPORT_FORMAT, REPORT_VERSION, reportSchema, type ReportFile } from './report-schema.ts';
import { scrubber } from './scrub.ts';

export type { ReportFile } from './report-schema.ts';

export interface ReportInput {
  readonly inspection: Inspection;
  /** Of the page, beside those of the worker that the inspection has. */
  readonly pageErrors: readonly InspectedError[];
  readonly app: { readonly name: string; readonly version: string; readonly build: string | null };
  readonly browser: string;
  readonly madeAt: Date;
  /** Struck out of exceptions, as are the keys that the inspection has. */
  readonly secrets: readonly string[];
  /** What may be told of a key beside what is before its first slash; empty: nothing. */
  readonly tailOf: (key: Key) => string;
}

export interface MadeReport {
  readonly file: ReportFile;
  /** The file itself, at most MAX_REPORT_BYTES in UTF-8. */
  readonly text: string;
}

export function makeReport(input: ReportInput): MadeReport {
  const { app, browser, madeAt } = input;
  const whole = withoutNames(input);
  // The longest parts give way first: old events, then open votes beside the newest.
  for (let share = 1; ; share /= 2) {
    const trace = whole.trace.slice(0, Math.floor(whole.trace.length * share));
    const instances =
      share === 1 ? whole.instances : whole.instances.slice(0, Math.ceil(whole.instances.length * share));
    const file: ReportFile = {
      format: REPORT_FORMAT,
      formatVersion: REPORT_VERSION,
      madeAt: madeAt.toISOString(),
      app: { name: cut(app.name), version: cut(app.version), build: app.build && cut(app.build) },
      browser: cut(browser),
      inspection: { ...whole, trace, instances },
      left: {
        events: whole.trace.length - trace.length,
        votes: whole.instances.length - instances.length,
      },
    };
    const text = JSON.stringify(v.parse(reportSchema, file), null, 1);
    if (new TextEncoder().encode(text).length <= MAX_REPORT_BYTES || share < 0.001) return { file, text };
  }
}

export type ReportProblem = 'too-large' | 'not-json' | 'not-a-report' | 'other-version' | 'damaged';

/** `place`: where the file first differs from what it should be. */
export type ReadReport =
  | { readonly ok: true; readonly file: ReportFile }
  | { readonly ok: false; readonly problem: ReportProblem; readonly place: string };

/** What a file of whoever sends one holds. Everything in it is only shown. */
export function readReport(text: string): ReadReport {
  const no = (problem: ReportProblem, place = ''): ReadReport => ({ ok: false, problem, place });
  if (text.length > MAX_REPORT_BYTES) return no('too-large');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return no('not-json');
  }
  const head = v.safeParse(headSchema, json);
  if (!head.success) return no('not-a-report');
  if (head.output.formatVersion !== REPORT_VERSION) return no('other-version');
  const read = v.safeParse(reportSchema, json);
  if (!read.success) return no('damaged', v.getDotPath(read.issues[0]) ?? '');
  return { ok: true, file: read.output as unknown as ReportFile };
}

const cut = (text: string): string => text.slice(0, MAX_REPORT_TEXT);

/** First digits of the network's id: enough to see that two files are of the same one. */
const NETWORK_DIGITS = 8;

function withoutNames({ inspection, pageErrors, secrets, tailOf }: ReportInput): Inspection {
  const aliasOf = aliases(tailOf);
  const scrub = scrubber([...secrets, ...keysIn(inspection)]);
  const errors = [...inspection.errors, ...pageErrors].sort((a, b) => b.at - a.at);
  return {
    ...inspection,
    network: inspection.network.slice(0, NETWORK_DIGITS),
    members: inspection.members.map((member) => ({
      ...member,
      name: `#${member.index + 1}`,
      initials: String(member.index + 1),
    })),
    instances: inspection.instances.map((instance) => ({
      ...instance,
      key: aliasOf(instance.key),
      // Members of an earlier epoch are named in such a seal; the ones of this epoch are counted.
      seal: pick(instance.seal),
      // A rule's name comes from a member, who may write there what it likes.
      refusals: instance.refusals.map(({ member, rule }) => {
        return { member, rule: scrub(rule) === rule ? wordOf(rule) : 'other' };
      }),
    })),
    signaling: inspection.signaling.map((server, i) => ({
      ...server,
      url: `${/^wss?:/.exec(server.url)?.[0] ?? 'unknown:'}//server-${i + 1}`,
      diagnosis: server.diagnosis && wordOf(server.diagnosis),
    })),
    links: inspection.links.map((link) => ({
      ...link,
      messages: link.messages.map((one) => ({ ...one, kind: wordOf(one.kind) })),
    })),
    trace: inspection.trace.map((event) => ({
      ...event,
      key: event.key && aliasOf(event.key),
      detail: event.detail !== null && isSafeDetail(event) ? event.detail : null,
    })),
    errors: errors.map(({ at, where, name, message, place }) => ({
      at,
      where,
      name: EXCEPTION.test(name) ? name : 'Error',
      message: cut(scrub(message, message.length >= MAX_PAGE_ERROR_LENGTH)),
      place: place !== null && PROGRAM_FILE.test(place) ? place : null,
    })),
  };
}

const pick = ({ n, q, marks, evidence, outcome }: Inspection['instances'][number]['seal']) => ({
  n,
  q,
  marks,
  evidence,
  outcome,
});

const wordOf = (text: string): string => (/^[a-z0-9-]{1,64}$/.test(text) ? text : 'other');

/** Places of signers, or why a link ended. */
const isSafeDetail = ({ kind, detail }: Inspection['trace'][number]): boolean =>
  kind === 'decided'
    ? /^\d{1,4}(?: \d{1,4})*$/.test(detail!)
    : kind === 'unlink' && Object.hasOwn(CLOSE_REASONS, detail!);

/** As the language and the browser call theirs. */
const EXCEPTION = /^(?:[A-Z][A-Za-z]{0,30})?(?:Error|Exception)$/;

/** `index-B1x2.js:3:14`. */
const PROGRAM_FILE = /^[A-Za-z][\w-]{0,60}\.(?:m?js|tsx?)(?::\d+){0,2}$/;

const CLOSE_REASONS: Readonly<Record<CloseReason, true>> = {
  'malformed-message': true,
  'oversized-message': true,
  'bad-signature': true,
  equivocation: true,
  'rate-limit': true,
  'duplicate-link': true,
  'handshake-failed': true,
  'wrong-network': true,
  shutdown: true,
  timeout: true,
  'transport-failed': true,
  offline: true,
  'no-room': true,
  rotated: true,
  'device-certificate': true,
  'device-revoked': true,
  'device-vote': true,
};

/** Of these, unlike all other keys, it is known that they name nobody. */
const NAMES_NOBODY = /^network\/(?:change|opening)$/;

/** Whole, and what is after the first slash: an exception may tell either. */
function keysIn({ instances, trace }: Inspection): readonly string[] {
  const found = new Set<string>();
  for (const { key } of [...instances, ...trace])
    if (key !== null && !NAMES_NOBODY.test(key)) found.add(key).add(key.slice(key.indexOf('/') + 1));
  return [...found];
}

/** `package/…1112~3`: the kind of a key, what `tailOf` tells of it, and its number in this file. */
function aliases(tailOf: (key: Key) => string): (key: Key) => Key {
  const known = new Map<Key, Key>();
  return (key) => {
    let alias = known.get(key);
    if (alias === undefined) {
      const [kind = ''] = key.split('/', 1);
      const shown = /^[a-z-]{1,24}$/.test(kind) && key.includes('/') ? `${kind}/` : '';
      alias = (NAMES_NOBODY.test(key) ? key : `${shown}…${tailOf(key)}~${known.size + 1}`) as Key;
      known.set(key, alias);
    }
    return alias;
  };
}
