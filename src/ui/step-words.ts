/** Requests and responses of the service registry, in a sentence each. */
import type { ServiceRequest, ServiceResponse } from '../worker/api.ts';
import { translator } from './i18n/t.ts';

const t = translator('words');

/** A row of things, as the reader's language separates them; without an “and”. */
export const inRow = (things: readonly (string | number)[]): string => things.join(t('comma'));

const NAMES = {
  '/packages': 'service.create',
  '/sessions': 'service.start',
  '/scan': 'service.scan',
  '/validate': 'service.validate',
  '/quality': 'service.quality',
  '/label': 'service.label',
  '/finish': 'service.finish',
  '/quarantine': 'service.quarantine',
  '/release': 'service.release',
  '/courier': 'service.courier',
  '/hand-off': 'service.handOff',
  '/delivery': 'service.delivery',
  '/directory/add': 'service.directoryAdd',
  '/directory/rotate': 'service.directoryRotate',
  '/directory/revoke': 'service.directoryRevoke',
} as const;

/** Verdicts on a line and states of a package, which requests and responses carry as they stand in the record. */
const RESULTS = {
  accept: 'result.accept',
  quarantine: 'result.quarantine',
  reject: 'result.reject',
  announced: 'result.announced',
  labelled: 'result.labelled',
  quarantined: 'result.quarantined',
  rejected: 'result.rejected',
  released: 'result.released',
  'in-transit': 'result.inTransit',
  delivered: 'result.delivered',
  undelivered: 'result.undelivered',
} as const;

export const serviceName = (path: string): string => (isOneOf(NAMES, path) ? t(NAMES[path]) : path);

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {});
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const result = (word: string): string => (isOneOf(RESULTS, word) ? t(RESULTS[word]) : word);

export function requestWords(request: ServiceRequest): string {
  const body = bag(request.body);
  switch (request.path) {
    case '/packages':
      return t('request.notice');
    case '/scan': {
      const code = (text(body['code']) ?? '').replaceAll('\u001d', '␝');
      const source = text(body['source']);
      return source === null ? code : t('request.scan', { code, source });
    }
    case '/quality': {
      const lines = Array.isArray(body['lines']) ? body['lines'].map(bag) : [];
      return lines
        .map((line, i) => {
          const defects = Array.isArray(line['defects']) ? line['defects'].map(bag) : [];
          const count = defects.reduce(
            (sum, d) => sum + (typeof d['count'] === 'number' ? d['count'] : 0),
            0,
          );
          return t('request.line', { line: i + 1, count, verdict: result(String(line['verdict'])) });
        })
        .join('. ');
    }
    case '/quarantine': {
      const lines = Array.isArray(body['lines']) ? body['lines'] : [];
      const places = lines.flatMap((line) => (typeof line === 'number' ? [line + 1] : []));
      return t('request.held', { lines: inRow(places), reason: text(body['reason']) ?? 'none' });
    }
    case '/release': {
      const lines = Array.isArray(body['lines']) ? body['lines'].map(bag) : [];
      return lines
        .map((line) =>
          t('request.decided', { line: Number(line['line']) + 1, verdict: result(String(line['verdict'])) }),
        )
        .join('. ');
    }
    case '/courier':
    case '/label': {
      const id = text(body['courierId']);
      return id === null ? t('request.courierUnnamed') : t('request.courier', { id });
    }
    default:
      return '';
  }
}

/** The sentence that a response carries, else its status. */
export function responseWords(response: ServiceResponse): string {
  const body = bag(response.body);
  const message = text(body['message']);
  if (message !== null) return message;
  const { status } = response;
  const outcome = text(body['status']) ?? text(body['verdict']);
  const said =
    outcome === null
      ? (text(body['supplier']) ??
        text(body['courierName']) ??
        text(body['courier']) ??
        text(body['humanReadable']))
      : result(outcome);
  if (status < 300) return said === null ? t('response.done') : t('response.doneWith', { result: said });
  return said === null
    ? t('response.refused', { status })
    : t('response.refusedWith', { status, result: said });
}

const isOneOf = <T extends object>(keys: T, word: PropertyKey): word is keyof T => Object.hasOwn(keys, word);
