/** Packages further on than an announcement, by the `record` of an address, and what is signed about them. */
import type { HandOffView, PackageDetail, PackageRecord } from '../../../src/worker/api.ts';
import { DIGEST_A, record, sscc } from '../fake-client.ts';

const at = (minute: number): number => Date.UTC(2026, 2, 11, 14, minute);
const BY = 'bravo/op-7';

type Inspection = NonNullable<PackageRecord['inspection']>;
const line = (index: number, verdict: Inspection['lines'][number]['verdict'], major = 0) => ({
  line: index,
  verdict,
  defects: major === 0 ? [] : [{ code: 'D-114', severity: 'major' as const, count: major }],
  photos: [],
  plan: {
    lotSize: index === 0 ? 240 : 120,
    letter: 'G',
    sampleSize: 32,
    major: { aql: 2.5, accept: 2, reject: 3 },
    minor: { aql: 4, accept: 3, reject: 4 },
  },
});
const inspected = (...lines: readonly ReturnType<typeof line>[]): Partial<PackageRecord> => ({
  scan: { code: `]C100${sscc(111)}`, symbology: 'C1', at: at(2), by: BY },
  supplierCheck: { keyId: 'A-2', supplier: 'Alfa Components', at: at(3) },
  inspection: { lines: lines as unknown as Inspection['lines'], at: at(6), by: BY },
});
const label: Partial<PackageRecord> = {
  label: {
    courierId: 'delta',
    courierName: 'Delta Express',
    humanReadable: `(00)${sscc(111)}`,
    at: at(8),
    by: BY,
  },
};
const handOff: Partial<PackageRecord> = {
  handOff: {
    courierId: 'delta',
    courierName: 'Delta Express',
    courierGln: '9521143000012',
    courierKey: '3a'.repeat(32),
    vehicle: 'DE-114',
    seal: '004417',
    place: '9521141000014',
    time: at(20),
    digest: 'e1'.repeat(32),
    at: at(21),
    by: BY,
  },
};

const RECORDS: Readonly<Record<string, Partial<PackageRecord>>> = {
  labelled: { status: 'labelled', ...inspected(line(0, 'accept', 1), line(1, 'accept')), ...label },
  /** One accepted, and one held by this warehouse. */
  partly: {
    status: 'labelled',
    ...inspected(line(0, 'accept'), line(1, 'quarantine', 3)),
    ...label,
    holds: [{ line: 1, member: 'bravo', reason: 'damage', at: at(9) }],
  },
  held: { status: 'quarantined', ...inspected(line(0, 'reject', 6), line(1, 'quarantine', 3)) },
  released: { status: 'released', ...inspected(line(0, 'accept'), line(1, 'accept')) },
  'in-transit': {
    status: 'in-transit',
    ...inspected(line(0, 'accept'), line(1, 'accept')),
    ...label,
    ...handOff,
  },
  delivered: {
    status: 'delivered',
    ...inspected(line(0, 'accept'), line(1, 'accept')),
    ...label,
    ...handOff,
    delivery: {
      outcome: 'delivered',
      place: null,
      recipient: 'c3'.repeat(32),
      photos: [],
      courierKey: '3a'.repeat(32),
      time: at(50),
      attempt: 2,
      digest: 'e2'.repeat(32),
      at: at(51),
      by: 'delta/driver-2',
    },
  },
};

/** The package of the cases, as far as `which` says; any other stays as it is. */
export function atRecord(which: string | null, detail: PackageDetail | null): PackageDetail | null {
  const change = which === null ? undefined : RECORDS[which];
  if (change === undefined || detail === null || detail.summary.sscc !== sscc(111)) return detail;
  const made = { ...record(111), ...change };
  const courier = made.label?.courierName ?? null;
  return { ...detail, record: made, summary: { ...detail.summary, status: made.status, courier } };
}

export const handOffView = (problem: string | null = null): HandOffView => ({
  text: `cshandoff1.${'Ab0_'.repeat(70)}`,
  statement: {
    network: '5d'.repeat(32) as never,
    sscc: sscc(111),
    version: 2,
    record: DIGEST_A as never,
    warehouse: 'bravo',
    courier: 'delta',
    vehicle: 'DE-114',
    seal: '004417',
    place: '9521141000014',
    time: at(20),
  },
  digest: 'e1'.repeat(32) as never,
  warehouse: 'Bravo Logistics',
  courier: 'Delta Express',
  contents: [
    { description: 'Bearing 6204', pieces: 240 },
    { description: 'Shaft seal 40 mm', pieces: 120 },
  ],
  record: 'same',
  problem,
});
