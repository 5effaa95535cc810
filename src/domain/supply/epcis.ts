/**
 * EPCIS 2.0 (GS1 / ISO/IEC 19987) in JSON-LD: what a committed session did, as events that other systems read.
 *
 * | step | event | bizStep | disposition |
 * |---|---|---|---|
 * | create | AggregationEvent ADD: the manifest's lines into the SSCC, at the supplier | packing | in_progress |
 * | scan | ObjectEvent OBSERVE: the SSCC, from the supplier to the warehouse | receiving | in_progress |
 * | quality | ObjectEvent OBSERVE: the lines, one event for each disposition | inspecting | conformant, damaged, expired, mismatch_quantity, no_pedigree_match, non_conformant |
 * | quality | ObjectEvent OBSERVE: the quarantined lines | holding | non_sellable_other |
 * | label | AggregationEvent ADD: the accepted lines into the SSCC, at the warehouse | packing | container_closed |
 * | finish, if labelled | ObjectEvent OBSERVE: the SSCC, from the warehouse to the courier | shipping | in_transit |
 *
 * An event is never changed. A new inspection of a package that was labelled declares the packing and shipping of the session before as
 * errors: the same events again, with an `errorDeclaration` that names those which take their place.
 *
 * Event ids are derived from (network, key, version, place in the document), so two exports of a session are the same bytes wherever
 * they are made. They are interop ids, and no digest that anybody signed.
 */
import { fromHex, type Digest, type Key, type NetworkId, type Version } from '../../codec/brand.ts';
import { encode, type CborValue } from '../../codec/cbor.ts';
import type { Genesis } from '../../codec/genesis.ts';
import type { SessionValue, Transaction } from '../../l2/types.ts';
import { asPackageRecord, lastClaimedTime } from './summary.ts';
import { SERVICES, type Defect, type Manifest, type ManifestLine, type QualityBody } from './types.ts';

export type BizStep = 'packing' | 'receiving' | 'inspecting' | 'holding' | 'shipping';
export type Disposition =
  | 'in_progress'
  | 'conformant'
  | 'non_conformant'
  | 'damaged'
  | 'mismatch_quantity'
  | 'expired'
  | 'no_pedigree_match'
  | 'non_sellable_other'
  | 'container_closed'
  | 'in_transit';

interface QuantityElement {
  readonly epcClass: string;
  readonly quantity: number;
}

interface EventCommon {
  readonly eventID: string;
  readonly eventTime: string;
  readonly eventTimeZoneOffset: '+00:00';
  readonly errorDeclaration?: {
    readonly declarationTime: string;
    readonly reason: 'did_not_occur' | 'incorrect_data';
    readonly correctiveEventIDs?: readonly string[];
  };
  readonly bizStep: BizStep;
  readonly disposition: Disposition;
  readonly readPoint: { readonly id: string };
  readonly bizTransactionList: readonly { readonly type: 'desadv'; readonly bizTransaction: string }[];
  /** Where the certified version is that the event was read from. */
  readonly 'countersign:network': string;
  readonly 'countersign:version': number;
  readonly 'countersign:digest': string;
}

export interface ObjectEvent extends EventCommon {
  readonly type: 'ObjectEvent';
  readonly action: 'OBSERVE';
  readonly epcList?: readonly string[];
  readonly quantityList?: readonly QuantityElement[];
  readonly sourceList?: readonly { readonly type: 'possessing_party'; readonly source: string }[];
  readonly destinationList?: readonly { readonly type: 'possessing_party'; readonly destination: string }[];
}

export interface AggregationEvent extends EventCommon {
  readonly type: 'AggregationEvent';
  readonly action: 'ADD';
  readonly parentID: string;
  readonly childEPCs?: readonly string[];
  readonly childQuantityList?: readonly QuantityElement[];
}

export type EpcisEvent = ObjectEvent | AggregationEvent;

export interface EpcisDocument {
  readonly '@context': readonly [string, { readonly countersign: string }];
  readonly type: 'EPCISDocument';
  readonly schemaVersion: '2.0';
  readonly creationDate: string;
  readonly epcisBody: { readonly eventList: readonly EpcisEvent[] };
}

export interface CommittedVersion {
  readonly version: Version;
  readonly digest: Digest;
  readonly value: SessionValue;
}

export interface EpcisInput {
  readonly network: NetworkId;
  readonly genesis: Genesis;
  readonly key: Key;
  /** The session to export. */
  readonly committed: CommittedVersion;
  /** The version before it; null for the first. */
  readonly before: CommittedVersion | null;
  hash(bytes: Uint8Array): Digest;
}

/** For example `040123450000001112.v2.epcis.json`. */
export const epcisFileName = (sscc: string, version: number): string => `${sscc}.v${version}.epcis.json`;

/** Null when the value holds no package. */
export function epcisDocument(input: EpcisInput): EpcisDocument | null {
  const events = eventsOf(input, input.committed);
  if (events === null) return null;
  return {
    '@context': [
      'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
      { countersign: 'urn:x-countersign:' },
    ],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    // Not the time of this export: two members' exports are the same document.
    creationDate: instant(lastClaimedTime(input.committed.value.session.transactions)),
    epcisBody: { eventList: [...corrections(input, events), ...events] },
  };
}

export function writeEpcis(document: EpcisDocument): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
}

/**
 * What defects say of a line, by their codes: those of the CBV's dispositions themselves, or words for them. The gravest known one
 * counts; codes are free text otherwise.
 */
const DISPOSITION_OF_CODE: Readonly<Record<string, Disposition>> = {
  damaged: 'damaged',
  damage: 'damaged',
  broken: 'damaged',
  expired: 'expired',
  expiry: 'expired',
  mismatch_quantity: 'mismatch_quantity',
  quantity: 'mismatch_quantity',
  short: 'mismatch_quantity',
  over: 'mismatch_quantity',
  no_pedigree_match: 'no_pedigree_match',
  counterfeit: 'no_pedigree_match',
};

function eventsOf(input: EpcisInput, committed: CommittedVersion): EpcisEvent[] | null {
  const { value } = committed;
  const record = asPackageRecord(value.record);
  if (!record) return null;
  const manifest = record.manifest.content;
  const place = glnUri('414', glnOf(input.genesis, value.session.member));
  const events: EpcisEvent[] = [];
  const common = (at: number, bizStep: BizStep, disposition: Disposition): EventCommon => ({
    eventID: eventId(input, committed.version, events.length),
    eventTime: instant(at),
    eventTimeZoneOffset: '+00:00',
    bizStep,
    disposition,
    readPoint: { id: place },
    bizTransactionList: [{ type: 'desadv', bizTransaction: desadv(manifest) }],
    'countersign:network': input.network,
    'countersign:version': committed.version,
    'countersign:digest': committed.digest,
  });
  const pack = (at: number, disposition: Disposition, lines: readonly ManifestLine[]): AggregationEvent => {
    const { instances, classes } = contents(lines);
    return {
      type: 'AggregationEvent',
      ...common(at, 'packing', disposition),
      action: 'ADD',
      parentID: ssccUri(record.sscc),
      ...(instances.length > 0 ? { childEPCs: instances } : {}),
      ...(classes.length > 0 ? { childQuantityList: classes } : {}),
    };
  };
  const move = (
    at: number,
    bizStep: BizStep,
    disposition: Disposition,
    from: string,
    to: string,
  ): ObjectEvent => ({
    type: 'ObjectEvent',
    ...common(at, bizStep, disposition),
    action: 'OBSERVE',
    epcList: [ssccUri(record.sscc)],
    sourceList: [{ type: 'possessing_party', source: glnUri('417', from) }],
    destinationList: [{ type: 'possessing_party', destination: glnUri('417', to) }],
  });
  const look = (
    at: number,
    bizStep: BizStep,
    disposition: Disposition,
    lines: readonly ManifestLine[],
  ): ObjectEvent => {
    const { instances, classes } = contents(lines);
    return {
      type: 'ObjectEvent',
      ...common(at, bizStep, disposition),
      action: 'OBSERVE',
      ...(instances.length > 0 ? { epcList: instances } : {}),
      ...(classes.length > 0 ? { quantityList: classes } : {}),
    };
  };

  const own = glnOf(input.genesis, value.session.member);
  let accepted: readonly ManifestLine[] = manifest.lines;
  for (const transaction of value.session.transactions) {
    const at = lastClaimedTime([transaction]);
    switch (transaction.request.path) {
      case SERVICES.createPackage:
        events.push(pack(at, 'in_progress', manifest.lines));
        break;
      case SERVICES.scan:
        events.push(move(at, 'receiving', 'in_progress', manifest.supplierGln, own));
        break;
      case SERVICES.quality: {
        const judged = judgedLines(transaction, manifest);
        accepted = judged.filter((one) => one.verdict === 'accept').map((one) => one.line);
        for (const disposition of new Set(judged.flatMap((one) => one.disposition ?? []))) {
          const lines = judged.filter((one) => one.disposition === disposition).map((one) => one.line);
          events.push(look(at, 'inspecting', disposition, lines));
        }
        const held = judged.filter((one) => one.verdict === 'quarantine').map((one) => one.line);
        if (held.length > 0) events.push(look(at, 'holding', 'non_sellable_other', held));
        break;
      }
      case SERVICES.label:
        events.push(pack(at, 'container_closed', accepted));
        break;
      case SERVICES.finish: {
        const courier = input.genesis.directory.couriers.find((one) => one.id === record.label?.courierId);
        if (courier) events.push(move(at, 'shipping', 'in_transit', own, courier.gln));
        break;
      }
    }
  }
  return events;
}

/** A new inspection takes back what the one before said about packing and shipping. */
function corrections(input: EpcisInput, events: readonly EpcisEvent[]): EpcisEvent[] {
  const { before, committed } = input;
  const [first] = committed.value.session.transactions;
  if (before === null || first?.request.path !== SERVICES.startSession) return [];
  const declarationTime = instant(lastClaimedTime([first]));
  const wasLabelled = before.value.session.transactions.some(
    ({ request }) => request.path === SERVICES.label,
  );
  if (!wasLabelled) return [];
  const withdrawn = (eventsOf(input, before) ?? []).filter(
    (event) => event.bizStep === 'packing' || event.bizStep === 'shipping',
  );
  return withdrawn.map((event) => {
    const instead = events.filter((one) => one.bizStep === event.bizStep).map((one) => one.eventID);
    const errorDeclaration =
      instead.length > 0
        ? { declarationTime, reason: 'incorrect_data' as const, correctiveEventIDs: instead }
        : { declarationTime, reason: 'did_not_occur' as const };
    return { ...event, errorDeclaration };
  });
}

interface Judged {
  readonly line: ManifestLine;
  readonly verdict: string;
  /** Null: nothing was found out about it, it is only held. */
  readonly disposition: Disposition | null;
}

/** The handler has checked that every line of the manifest is judged once. */
function judgedLines(transaction: Transaction, manifest: Manifest): Judged[] {
  const { lines } = transaction.request.body as unknown as QualityBody;
  return manifest.lines.flatMap((line, i): Judged[] => {
    const given = lines.find((one) => one.line === i);
    if (!given) return [];
    const { verdict, defects } = given;
    if (verdict === 'accept') return [{ line, verdict, disposition: 'conformant' }];
    const nothingFound = verdict === 'quarantine' && defects.length === 0;
    return [{ line, verdict, disposition: nothingFound ? null : dispositionOf(defects) }];
  });
}

function dispositionOf(defects: readonly Defect[]): Disposition {
  for (const severity of ['critical', 'major', 'minor'] as const) {
    for (const defect of defects) {
      const known = Object.hasOwn(DISPOSITION_OF_CODE, defect.code.toLowerCase());
      if (known && defect.severity === severity) return DISPOSITION_OF_CODE[defect.code.toLowerCase()]!;
    }
  }
  return 'non_conformant';
}

/** A serial number names one item; anything else is so many of a class (a lot of a product, or the product). */
function contents(lines: readonly ManifestLine[]): { instances: string[]; classes: QuantityElement[] } {
  const instances: string[] = [];
  const classes: QuantityElement[] = [];
  for (const { gtin, lot, serial, quantity } of lines) {
    const product = `https://id.gs1.org/01/${gtin}`;
    if (serial !== null && quantity === 1) instances.push(`${product}/21/${encodeURIComponent(serial)}`);
    else {
      const epcClass = lot === null ? product : `${product}/10/${encodeURIComponent(lot)}`;
      classes.push({ epcClass, quantity });
    }
  }
  return { instances, classes };
}

/** A UUID of version 8 (RFC 9562 section 5.8) from a digest: nobody else's event has it, and no randomness is needed. */
function eventId(input: EpcisInput, version: Version, place: number): string {
  const name: CborValue = ['epcis-event', fromHex(input.network), input.key, version, place];
  const hex = [...input.hash(encode(name)).slice(0, 32)];
  hex[12] = '8';
  hex[16] = '89ab'[parseInt(hex[16]!, 16) & 3]!;
  const text = hex.join('');
  return `urn:uuid:${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** CBV 2.0 section 8.5: a business transaction of a party that has a GLN. */
const desadv = (manifest: Manifest): string =>
  `urn:epcglobal:cbv:bt:${manifest.supplierGln}:${encodeURIComponent(manifest.asnId)}`;
const ssccUri = (sscc: string): string => `https://id.gs1.org/00/${sscc}`;
const glnUri = (applicationIdentifier: '414' | '417', gln: string): string =>
  `https://id.gs1.org/${applicationIdentifier}/${gln}`;
const glnOf = (genesis: Genesis, member: string): string =>
  genesis.members.find((one) => one.id === member)?.gln ?? '';
const instant = (milliseconds: number): string => new Date(milliseconds).toISOString();
