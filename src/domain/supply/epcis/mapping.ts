/** What each step of a package's session is in EPCIS: the table at the head of ../epcis.ts, as code. */
import type { Genesis } from '../../../codec/genesis.ts';
import type { Transaction } from '../../../l2/types.ts';
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
} from '../types.ts';
import type { BizStep, Disposition } from './terms.ts';

/** Number of this mapping: documents of one number are the same bytes from the same versions. A change of the table above is a new one. */
export const EPCIS_MAPPING = 1;

/** What a step's mapping works with: the session it stands in, and what it may tell. */
export interface Scene {
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

export type ServicePath = (typeof SERVICES)[keyof typeof SERVICES];
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
