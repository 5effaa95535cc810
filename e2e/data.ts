/** What the browser tests feed the app with: the files of examples/data, which `openssl` signed. */
import { readFileSync } from 'node:fs';
import type { CourierEntry, ManifestLine, MemberEntry, SupplierKeyEntry } from '../src/worker/api.ts';

const folder = new URL('../examples/data/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const json = (name: string): unknown => JSON.parse(text(name));

export type MemberData = Pick<MemberEntry, 'name' | 'organisation' | 'role' | 'gln'> & {
  readonly id: string;
};

interface NetworkData {
  readonly members: readonly MemberData[];
  readonly directory: {
    readonly supplierKeys: readonly SupplierKeyEntry[];
    readonly couriers: readonly CourierEntry[];
  };
}

const network = json('demo-network.json') as NetworkData;

/** Alfa (supplier), Bravo and Cargo (warehouses), Delta (courier). */
export const MEMBERS: readonly MemberData[] = network.members;
export const DIRECTORY = network.directory;

/** Path of a file, to be chosen in a page's file field. */
export const dataFile = (name: string): string => new URL(name, folder).pathname;

export interface Notice {
  /** DSSE envelope, as text. */
  readonly envelope: string;
  readonly sscc: string;
  readonly lines: readonly ManifestLine[];
}

/** The signed notices, in the file's order: 24 packages. */
export const NOTICES: readonly Notice[] = (json('asn-2026-11.dsse.json') as { payload: string }[]).map(
  (envelope) => {
    const manifest = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as Pick<
      Notice,
      'sscc' | 'lines'
    >;
    return { envelope: JSON.stringify(envelope), sscc: manifest.sscc, lines: manifest.lines };
  },
);

/** A file that must be refused, see examples/data/README.md: `tampered`, `forged`, `unknown-key`, `wrong-check-digit`. */
export const badNotice = (name: string): string => text(`bad/${name}.dsse.json`);

/** The first four, and warehouses without end: for networks of more than four. */
export function members(count: number): readonly MemberData[] {
  return Array.from({ length: count }, (_, i) => {
    const named = MEMBERS[i];
    if (named) return named;
    const digits = `95211${String(50_000_00 + i)}`;
    return {
      id: `member-${i + 1}`,
      name: `Member ${i + 1}`,
      organisation: `Warehouse ${i + 1}`,
      role: 'warehouse',
      gln: digits + checkDigit(digits),
    };
  });
}

/** GS1 General Specifications 7.9.1: weights 3, 1, … from the right. */
export function checkDigit(digits: string): string {
  const sum = [...digits]
    .reverse()
    .reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}
