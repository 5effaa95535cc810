/** What lists and searches show of a package. */
import type { CborValue } from '../../codec/cbor.ts';
import type { Genesis } from '../../codec/genesis.ts';
import type { Transaction } from '../../l2/types.ts';
import { MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS } from './limits.ts';
import type { PackageRecord, PackageStatus } from './types.ts';

export interface PackageFields {
  readonly sscc: string;
  readonly status: PackageStatus;
  readonly asnId: string;
  readonly supplier: string;
  readonly courier: string | null;
  readonly lots: readonly string[];
  readonly gtins: readonly string[];
}

/** The record of a certified value, or null when the key holds something else (or nothing). */
export function asPackageRecord(value: CborValue): PackageRecord | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  const map = value as { readonly [key: string]: CborValue };
  // Only this application's handlers write records, and a quorum ran them again: naming the shape is enough here.
  return typeof map.sscc === 'string' && typeof map.status === 'string' && map.manifest !== undefined
    ? (value as unknown as PackageRecord)
    : null;
}

/** `genesis` gives the supplier's name by key and GLN while nobody has validated the manifest yet. */
export function packageFields(record: PackageRecord, genesis: Genesis): PackageFields {
  const { content, keyId } = record.manifest;
  const key = genesis.directory.supplierKeys.find((k) => k.keyId === keyId && k.gln === content.supplierGln);
  return {
    sscc: record.sscc,
    status: record.status,
    asnId: content.asnId,
    supplier:
      record.supplierCheck?.supplier ?? record.manifest.supplier ?? key?.name ?? `GLN ${content.supplierGln}`,
    courier: record.label?.courierName ?? null,
    lots: distinct(content.lines.flatMap((line) => (line.lot === null ? [] : [line.lot]))),
    gtins: distinct(content.lines.map((line) => line.gtin)),
  };
}

/** Folded text in which a search looks for each of its words. */
export function searchText(record: PackageRecord, genesis: Genesis): string {
  const fields = packageFields(record, genesis);
  const serials = record.manifest.content.lines.flatMap((line) =>
    line.serial === null ? [] : [line.serial],
  );
  const descriptions = record.manifest.content.lines.map((line) => line.description);
  const text = [
    fields.sscc,
    fields.asnId,
    fields.supplier,
    fields.courier ?? '',
    fields.status,
    ...fields.lots,
    ...fields.gtins,
    ...serials,
    ...distinct(descriptions),
  ].join('\n');
  return fold(text);
}

/** What is looked for, word by word: without capitals, accents and repetitions; at most MAX_SEARCH_WORDS of MAX_SEARCH_LENGTH characters. */
export function searchWords(query: string): readonly string[] {
  const words = fold(query.slice(0, MAX_SEARCH_LENGTH)).split(/\s+/);
  return distinct(words.filter((word) => word !== '')).slice(0, MAX_SEARCH_WORDS);
}

/** True when every word of the query stands somewhere in `text` (made by `searchText`). */
export function matchesSearch(text: string, query: string): boolean {
  return searchWords(query).every((word) => text.includes(word));
}

/**
 * Capitals and accents are not what people remember of a name (Unicode TR10 calls the rest primary differences); marks that nobody sees come
 * along with what is copied, and an Arabic keyboard writes the same number in digits of its own.
 */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .toLowerCase();

/** Claimed time of a session's last step, milliseconds since 1970; 0 for a session without steps. */
export function lastClaimedTime(transactions: readonly Transaction[]): number {
  const body = transactions.at(-1)?.request.body;
  if (body === null || typeof body !== 'object' || Array.isArray(body) || body instanceof Uint8Array)
    return 0;
  const at = (body as { readonly [key: string]: CborValue } | undefined)?.at;
  return typeof at === 'number' ? at : 0;
}

const distinct = (items: readonly string[]): readonly string[] => [...new Set(items)];
