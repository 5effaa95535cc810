/** The events of one committed session as a document, with what it takes back of earlier ones. */
import { fromHex, type Digest, type Key, type NetworkId, type Version } from '../../../codec/brand.ts';
import { encode, type CborValue } from '../../../codec/cbor.ts';
import type { Genesis } from '../../../codec/genesis.ts';
import type { SessionValue } from '../../../l2/types.ts';
import { instant } from '../calendar.ts';
import { asPackageRecord, lastClaimedTime } from '../summary.ts';
import { SERVICES } from '../types.ts';
import { EVENTS_OF, type Scene, type ServicePath } from './mapping.ts';
import {
  contents,
  desadv,
  glnOf,
  glnUri,
  ssccUri,
  type BizStep,
  type Disposition,
  type EpcisDocument,
  type EpcisEvent,
  type EventCommon,
} from './terms.ts';

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

/** A UUID of version 8 (RFC 9562 section 5.8) from a digest: nobody else's event has it, and no randomness is needed. */
function eventId(input: EpcisInput, version: Version, place: number): string {
  const name: CborValue = ['epcis-event', fromHex(input.network), input.key, version, place];
  const hex = [...input.hash(encode(name)).slice(0, 32)];
  hex[12] = '8';
  hex[16] = '89ab'[parseInt(hex[16]!, 16) & 3]!;
  const text = hex.join('');
  return `urn:uuid:${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
