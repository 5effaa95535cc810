/**
 * EPCIS 2.0 (GS1 / ISO/IEC 19987) in JSON-LD: what a committed session did, as events that other systems read. Terms are those of the
 * Core Business Vocabulary 2.0.
 *
 * | step | event | bizStep | disposition |
 * |---|---|---|---|
 * | create | AggregationEvent ADD: the manifest's lines into the SSCC, at the supplier | packing | in_progress |
 * | scan | ObjectEvent OBSERVE: the SSCC, from the supplier (or the courier that brought it back) to the warehouse | receiving | in_progress |
 * | quality | AggregationEvent DELETE, if it came back packed: what was in the SSCC | unpacking | in_progress |
 * | quality | ObjectEvent OBSERVE: the lines, one event for each disposition | inspecting | conformant, damaged, expired, mismatch_quantity, no_pedigree_match, non_conformant |
 * | quality | ObjectEvent OBSERVE: the quarantined lines | holding | non_sellable_other |
 * | label | AggregationEvent ADD: the accepted lines into the SSCC, at the warehouse | packing | container_closed |
 * | finish, if labelled | ObjectEvent OBSERVE: the SSCC | staging_outbound | container_closed |
 * | quarantine | AggregationEvent DELETE, if they were packed: the lines out of the SSCC | unpacking | in_progress |
 * | quarantine | ObjectEvent OBSERVE: the lines | holding | recalled, damaged, mismatch_quantity, no_pedigree_match, non_sellable_other |
 * | release | ObjectEvent OBSERVE: the lines, one event for each disposition | inspecting | as in quality |
 * | release, if labelled | AggregationEvent ADD: the accepted lines into the SSCC | packing | container_closed |
 * | courier, if not packed yet | AggregationEvent ADD: the accepted lines into the SSCC | packing | container_closed |
 * | courier | ObjectEvent OBSERVE: the SSCC | staging_outbound | container_closed |
 * | hand-off | ObjectEvent OBSERVE: the SSCC, from the warehouse to the courier, at the place and time that both signed | shipping | in_transit |
 * | delivery: delivered | ObjectEvent OBSERVE: the SSCC, from the courier to the recipient's party | accepting | in_progress |
 * | delivery: anything else | ObjectEvent OBSERVE: the SSCC, with the courier | transporting | in_transit (not at home), returned, damaged, unknown (lost) |
 *
 * An event is never changed. A new inspection of a package that has not left the house declares what was said of its packing and staging since
 * the inspection before as errors: the same events again, with an `errorDeclaration` that names those which take their place. What a
 * courier signed for did happen, and is never taken back.
 *
 * Event ids are derived from (network, key, version, place in the document), so two exports of a session are the same bytes wherever
 * they are made. They are interop ids, and no digest that anybody signed.
 */
import { fromHex, type Digest, type Key, type NetworkId, type Version } from '../../codec/brand.ts';
import { encode, type CborValue } from '../../codec/cbor.ts';
import type { Genesis } from '../../codec/genesis.ts';
import type { SessionValue, Transaction } from '../../l2/types.ts';
import { asPackageRecord, lastClaimedTime } from './summary.ts';
import {
  SERVICES,
  type Defect,
  type DeliveryOutcome,
  type HoldReason,
  type LineVerdict,
  type Manifest,
  type ManifestLine,
  type PackageRecord,
  type QualityBody,
  type QuarantineBody,
  type ReleaseBody,
} from './types.ts';

/** Number of this mapping: documents of one number are the same bytes from the same versions. A change of the table above is a new one. */
export const EPCIS_MAPPING = 1;

export type BizStep =
  | 'packing'
  | 'unpacking'
  | 'receiving'
  | 'inspecting'
  | 'holding'
  | 'staging_outbound'
  | 'shipping'
  | 'transporting'
  | 'accepting';
export type Disposition =
  | 'in_progress'
  | 'conformant'
  | 'non_conformant'
  | 'damaged'
  | 'mismatch_quantity'
  | 'expired'
  | 'no_pedigree_match'
  | 'non_sellable_other'
  | 'recalled'
  | 'container_closed'
  | 'in_transit'
  | 'returned'
  | 'unknown';

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
  /** Left out where nobody said where it was. */
  readonly readPoint?: { readonly id: string };
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
  readonly action: 'ADD' | 'DELETE';
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
  /** The versions before it, ascending, without a gap; null for the first. The one before alone stands for a history of inspections. */
  readonly before: CommittedVersion | readonly CommittedVersion[] | null;
  hash(bytes: Uint8Array): Digest;
}

/** For example `040123450000001112.v2.epcis.json`. */
export const epcisFileName = (sscc: string, version: number): string => `${sscc}.v${version}.epcis.json`;

/** Null when the value holds no package. */
export function epcisDocument(input: EpcisInput): EpcisDocument | null {
  const before = input.before === null ? [] : 'version' in input.before ? [input.before] : input.before;
  const events = eventsOf(input, before.at(-1) ?? null, input.committed);
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
    epcisBody: { eventList: [...corrections(input, before, events), ...events] },
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

/** What a step's mapping works with: the session it stands in, and what it may tell. */
interface Scene {
  readonly record: PackageRecord;
  /** The package's record before this session; null for the first. */
  readonly earlier: PackageRecord | null;
  readonly manifest: Manifest;
  readonly genesis: Genesis;
  /** GLN of the member that ran the session. */
  readonly own: string;
  /** The lines that may go on: all of them until an inspection says otherwise. */
  accepted: readonly ManifestLine[];
  /** The lines go into the SSCC, or out of it. */
  aggregate(
    at: number,
    action: 'ADD' | 'DELETE',
    disposition: Disposition,
    lines: readonly ManifestLine[],
    place: string | null,
  ): void;
  /** The SSCC is at a place, or goes from one party to another. */
  observe(
    at: number,
    bizStep: BizStep,
    disposition: Disposition,
    place: string | null,
    way?: readonly [from: string, to: string],
  ): void;
  /** The lines are looked at, or put aside. */
  look(
    at: number,
    bizStep: BizStep,
    disposition: Disposition,
    lines: readonly ManifestLine[],
    place: string | null,
  ): void;
}

type ServicePath = (typeof SERVICES)[keyof typeof SERVICES];
type Mapping = (scene: Scene, at: number, transaction: Transaction) => void;

/** What each service of a package is in EPCIS. The type asks for every one: a new service without a mapping does not compile. */
export const EVENTS_OF: { readonly [Path in ServicePath]: Mapping } = {
  [SERVICES.createPackage]: (scene, at) =>
    scene.aggregate(at, 'ADD', 'in_progress', scene.manifest.lines, scene.own),
  // That somebody began, looked at a signature or closed a session moves nothing and says nothing of the goods.
  [SERVICES.startSession]: () => undefined,
  [SERVICES.scan]: (scene, at) => {
    const from = scene.earlier?.handOff?.courierGln ?? scene.manifest.supplierGln;
    scene.observe(at, 'receiving', 'in_progress', scene.own, [from, scene.own]);
  },
  [SERVICES.validate]: () => undefined,
  [SERVICES.quality]: (scene, at, transaction) => {
    // It went out packed and came back; in the house, packing that is not true any more is corrected instead.
    if (scene.earlier?.handOff !== undefined)
      scene.aggregate(at, 'DELETE', 'in_progress', linesOf(scene.earlier, 'accept'), scene.own);
    const { lines } = transaction.request.body as unknown as QualityBody;
    const judged = lines.map(({ line, verdict, defects }) => ({ line, verdict, defects }));
    scene.accepted = scene.manifest.lines.filter((_, i) =>
      judged.some((one) => one.line === i && one.verdict === 'accept'),
    );
    tellJudged(scene, at, judged);
    const held = scene.manifest.lines.filter((_, i) =>
      judged.some((one) => one.line === i && one.verdict === 'quarantine'),
    );
    if (held.length > 0) scene.look(at, 'holding', 'non_sellable_other', held, scene.own);
  },
  [SERVICES.label]: (scene, at) => scene.aggregate(at, 'ADD', 'container_closed', scene.accepted, scene.own),
  [SERVICES.finish]: (scene, at) => {
    if (scene.record.label !== null) scene.observe(at, 'staging_outbound', 'container_closed', scene.own);
  },
  [SERVICES.quarantine]: (scene, at, transaction) => {
    const { lines, reason } = transaction.request.body as unknown as QuarantineBody;
    const held = scene.manifest.lines.filter((_, i) => lines.includes(i));
    // A supplier that recalls goods is not where they are: the warehouse that has them is.
    const place = placeOfInspection(scene);
    if (scene.earlier?.label) scene.aggregate(at, 'DELETE', 'in_progress', held, place);
    scene.look(at, 'holding', DISPOSITION_OF_REASON[reason], held, place);
  },
  [SERVICES.release]: (scene, at, transaction) => {
    const { lines } = transaction.request.body as unknown as ReleaseBody;
    const place = placeOfInspection(scene);
    const judged = lines.map(({ line, verdict }) => {
      const defects = scene.record.inspection?.lines[line]?.defects ?? [];
      return { line, verdict, defects };
    });
    tellJudged(scene, at, judged, place);
    const accepted = scene.manifest.lines.filter((_, i) =>
      judged.some((one) => one.line === i && one.verdict === 'accept'),
    );
    if (scene.record.label !== null && accepted.length > 0)
      scene.aggregate(at, 'ADD', 'container_closed', accepted, place);
  },
  [SERVICES.assign]: (scene, at) => {
    if (!scene.earlier?.label)
      scene.aggregate(at, 'ADD', 'container_closed', linesOf(scene.record, 'accept'), scene.own);
    scene.observe(at, 'staging_outbound', 'container_closed', scene.own);
  },
  [SERVICES.handOff]: ({ record: { handOff }, observe, own }) => {
    // The handler wrote it: place and time are what warehouse and courier both signed.
    if (handOff) observe(handOff.time, 'shipping', 'in_transit', handOff.place, [own, handOff.courierGln]);
  },
  [SERVICES.deliver]: ({ record: { handOff, delivery }, manifest, observe }) => {
    if (!handOff || !delivery) return;
    const { time, outcome, place } = delivery;
    if (outcome === 'delivered')
      observe(time, 'accepting', 'in_progress', place, [handOff.courierGln, manifest.shipToGln]);
    else observe(time, 'transporting', DISPOSITION_OF_OUTCOME[outcome], place);
  },
};

/** Why a line is held, in the vocabulary's words. */
export const DISPOSITION_OF_REASON: Readonly<Record<HoldReason, Disposition>> = {
  recall: 'recalled',
  damage: 'damaged',
  count: 'mismatch_quantity',
  pedigree: 'no_pedigree_match',
  temperature: 'non_sellable_other',
  documents: 'non_sellable_other',
  investigation: 'non_sellable_other',
  other: 'non_sellable_other',
};

/** How a way ended that did not end with the recipient. */
export const DISPOSITION_OF_OUTCOME: Readonly<Record<Exclude<DeliveryOutcome, 'delivered'>, Disposition>> = {
  'not-at-home': 'in_transit',
  refused: 'returned',
  'wrong-address': 'returned',
  damaged: 'damaged',
  lost: 'unknown',
};

function eventsOf(
  input: EpcisInput,
  previous: CommittedVersion | null,
  committed: CommittedVersion,
): EpcisEvent[] | null {
  const { value } = committed;
  const record = asPackageRecord(value.record);
  if (!record) return null;
  const { genesis } = input;
  const manifest = record.manifest.content;
  const events: EpcisEvent[] = [];
  const common = (
    at: number,
    bizStep: BizStep,
    disposition: Disposition,
    place: string | null,
  ): EventCommon => ({
    eventID: eventId(input, committed.version, events.length),
    eventTime: instant(at),
    eventTimeZoneOffset: '+00:00',
    bizStep,
    disposition,
    ...(place === null ? {} : { readPoint: { id: glnUri('414', place) } }),
    bizTransactionList: [{ type: 'desadv', bizTransaction: desadv(manifest) }],
    'countersign:network': input.network,
    'countersign:version': committed.version,
    'countersign:digest': committed.digest,
  });
  const scene: Scene = {
    record,
    earlier: previous && asPackageRecord(previous.value.record),
    manifest,
    genesis,
    own: glnOf(genesis, value.session.member),
    accepted: manifest.lines,
    aggregate(at, action, disposition, lines, place) {
      const { instances, classes } = contents(lines);
      events.push({
        type: 'AggregationEvent',
        ...common(at, action === 'ADD' ? 'packing' : 'unpacking', disposition, place),
        action,
        parentID: ssccUri(record.sscc),
        ...(instances.length > 0 ? { childEPCs: instances } : {}),
        ...(classes.length > 0 ? { childQuantityList: classes } : {}),
      });
    },
    observe(at, bizStep, disposition, place, way) {
      events.push({
        type: 'ObjectEvent',
        ...common(at, bizStep, disposition, place),
        action: 'OBSERVE',
        epcList: [ssccUri(record.sscc)],
        ...(way && {
          sourceList: [{ type: 'possessing_party', source: glnUri('417', way[0]) }],
          destinationList: [{ type: 'possessing_party', destination: glnUri('417', way[1]) }],
        }),
      });
    },
    look(at, bizStep, disposition, lines, place) {
      const { instances, classes } = contents(lines);
      events.push({
        type: 'ObjectEvent',
        ...common(at, bizStep, disposition, place),
        action: 'OBSERVE',
        ...(instances.length > 0 ? { epcList: instances } : {}),
        ...(classes.length > 0 ? { quantityList: classes } : {}),
      });
    },
  };
  for (const transaction of value.session.transactions) {
    const { path } = transaction.request;
    // What is no service of a package has no place in a package's session: nothing was certified by it.
    if (Object.hasOwn(EVENTS_OF, path))
      EVENTS_OF[path as ServicePath](scene, lastClaimedTime([transaction]), transaction);
  }
  return events;
}

const CORRECTED: readonly BizStep[] = ['packing', 'unpacking', 'staging_outbound'];

/** A new inspection takes back what was said of packing and staging since the one before it, as long as the package has not left. */
function corrections(
  input: EpcisInput,
  before: readonly CommittedVersion[],
  events: readonly EpcisEvent[],
): EpcisEvent[] {
  const [first] = input.committed.value.session.transactions;
  if (first?.request.path !== SERVICES.startSession) return [];
  const from = before.findLastIndex((version) => did(version, SERVICES.startSession));
  const since = from < 0 ? [] : before.slice(from);
  if (since.some((version) => did(version, SERVICES.handOff))) return [];
  const declarationTime = instant(lastClaimedTime([first]));
  const ids = (...steps: readonly BizStep[]): string[] =>
    events.filter((event) => steps.includes(event.bizStep)).map((event) => event.eventID);
  return since
    .flatMap((version, i) => eventsOf(input, before[from + i - 1] ?? null, version) ?? [])
    .filter((event) => CORRECTED.includes(event.bizStep))
    .map((event) => {
      // Where nothing was packed again, what the new inspection found stands instead.
      const again = ids(event.bizStep === 'staging_outbound' ? 'staging_outbound' : 'packing');
      const correctiveEventIDs = again.length > 0 ? again : ids('inspecting', 'holding');
      return {
        ...event,
        errorDeclaration: { declarationTime, reason: 'incorrect_data', correctiveEventIDs },
      };
    });
}

const did = ({ value }: CommittedVersion, path: ServicePath): boolean =>
  value.session.transactions.some(({ request }) => request.path === path);

interface Judged {
  /** Index into the manifest's lines. */
  readonly line: number;
  readonly verdict: LineVerdict;
  readonly defects: readonly Defect[];
}

/** One event for each disposition, in the order in which the manifest's lines first have it. What is held without a finding is only held. */
function tellJudged(
  scene: Scene,
  at: number,
  judged: readonly Judged[],
  place: string | null = scene.own,
): void {
  const lines = new Map<Disposition, ManifestLine[]>();
  for (const [i, line] of scene.manifest.lines.entries()) {
    const found = judged.find((one) => one.line === i);
    if (!found || (found.verdict === 'quarantine' && found.defects.length === 0)) continue;
    const disposition = found.verdict === 'accept' ? 'conformant' : dispositionOf(found.defects);
    lines.set(disposition, [...(lines.get(disposition) ?? []), line]);
  }
  for (const [disposition, of] of lines) scene.look(at, 'inspecting', disposition, of, place);
}

const linesOf = (record: PackageRecord, verdict: LineVerdict): readonly ManifestLine[] =>
  record.manifest.content.lines.filter((_, i) => record.inspection?.lines[i]?.verdict === verdict);

/** GLN of the warehouse that has the package, which is the one that inspected it. */
function placeOfInspection({ record, genesis }: Scene): string | null {
  const [member] = (record.inspection?.by ?? '').split('/');
  return genesis.members.find((one) => one.id === member)?.gln ?? null;
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
