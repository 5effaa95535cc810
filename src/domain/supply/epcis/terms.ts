/** Terms of EPCIS 2.0 and the Core Business Vocabulary 2.0 that the mapping uses, and how things, places and parties are named in it. */
import type { Genesis } from '../../../codec/genesis.ts';
import type { Manifest, ManifestLine } from '../types.ts';

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

export interface QuantityElement {
  readonly epcClass: string;
  readonly quantity: number;
}

export interface EventCommon {
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

/** A serial number names one item; anything else is so many of a class (a lot of a product, or the product). */
export function contents(lines: readonly ManifestLine[]): {
  instances: string[];
  classes: QuantityElement[];
} {
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

/** CBV 2.0 section 8.5: a business transaction of a party that has a GLN. */
export const desadv = (manifest: Manifest): string =>
  `urn:epcglobal:cbv:bt:${manifest.supplierGln}:${encodeURIComponent(manifest.asnId)}`;
export const ssccUri = (sscc: string): string => `https://id.gs1.org/00/${sscc}`;
export const glnUri = (applicationIdentifier: '414' | '417', gln: string): string =>
  `https://id.gs1.org/${applicationIdentifier}/${gln}`;
export const glnOf = (genesis: Genesis, member: string): string =>
  genesis.members.find((one) => one.id === member)?.gln ?? '';
