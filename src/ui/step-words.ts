/** Requests and responses of the service registry, in a sentence each. */
import type { ServiceRequest, ServiceResponse } from '../worker/api.ts';

const NAMES: Readonly<Record<string, string>> = {
  '/packages': 'Create package',
  '/sessions': 'Start session',
  '/scan': 'Scan',
  '/validate': 'Validate supplier',
  '/quality': 'Quality check',
  '/label': 'Label and courier',
  '/finish': 'Finish',
  '/quarantine': 'Hold lines back',
  '/release': 'Decide held lines',
  '/courier': 'Choose the courier',
  '/hand-off': 'Hand-off, signed by both',
  '/delivery': 'Delivery, signed by the courier',
  '/directory/add': 'Add to the directory',
  '/directory/rotate': 'Bring a new key',
  '/directory/revoke': 'Revoke',
};

export const serviceName = (path: string): string => NAMES[path] ?? path;

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {});
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export function requestWords(request: ServiceRequest): string {
  const body = bag(request.body);
  switch (request.path) {
    case '/packages':
      return 'A signed notice';
    case '/scan':
      return `${(text(body['code']) ?? '').replaceAll('\u001d', '␝')}${text(body['source']) ? ` (${body['source'] as string})` : ''}`;
    case '/quality': {
      const lines = Array.isArray(body['lines']) ? body['lines'].map(bag) : [];
      return lines
        .map((line, i) => {
          const defects = Array.isArray(line['defects']) ? line['defects'].map(bag) : [];
          const count = defects.reduce(
            (sum, d) => sum + (typeof d['count'] === 'number' ? d['count'] : 0),
            0,
          );
          return `Line ${i + 1}: ${count === 0 ? 'no defect' : count === 1 ? '1 defect' : `${count} defects`}, ${String(line['verdict'])}`;
        })
        .join('. ');
    }
    case '/quarantine': {
      const lines = Array.isArray(body['lines']) ? body['lines'] : [];
      const places = lines.flatMap((line) => (typeof line === 'number' ? [line + 1] : []));
      return `Line ${places.join(', ')}: ${text(body['reason']) ?? 'no reason'}`;
    }
    case '/release': {
      const lines = Array.isArray(body['lines']) ? body['lines'].map(bag) : [];
      return lines.map((line) => `Line ${Number(line['line']) + 1}: ${String(line['verdict'])}`).join('. ');
    }
    case '/courier':
    case '/label':
      return `Courier ${text(body['courierId']) ?? 'unnamed'}`;
    default:
      return '';
  }
}

/** The sentence that a response carries, else its status. */
export function responseWords(response: ServiceResponse): string {
  const body = bag(response.body);
  const message = text(body['message']);
  if (message !== null) return message;
  const verdict =
    text(body['status']) ??
    text(body['verdict']) ??
    text(body['supplier']) ??
    text(body['courierName']) ??
    text(body['courier']) ??
    text(body['humanReadable']);
  const outcome = response.status < 300 ? 'Done' : `Refused with ${response.status}`;
  return verdict === null ? outcome : `${outcome}: ${verdict}`;
}
