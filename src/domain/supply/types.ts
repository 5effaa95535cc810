/** The supply-chain record under `package/<sscc>` and the bodies of the requests that change it. See docs/protocol.md, "Service registry". */

/** One line of an advance ship notice. */
export type ManifestLine = {
  /** 14 digits with check digit. */
  readonly gtin: string;
  readonly description: string;
  readonly lot: string | null;
  readonly serial: string | null;
  readonly quantity: number;
  /** ISO 8601 date, or null. */
  readonly expiry: string | null;
};

/** The manifest, as parsed from the very bytes that the supplier signed. */
export type Manifest = {
  readonly asnId: string;
  readonly sscc: string;
  readonly supplierGln: string;
  readonly shipToGln: string;
  readonly lines: readonly ManifestLine[];
  /** ISO 8601 instant, as the supplier wrote it. */
  readonly issuedAt: string;
};

export type Severity = 'critical' | 'major' | 'minor';
export type LineVerdict = 'accept' | 'quarantine' | 'reject';

export type Defect = { readonly code: string; readonly severity: Severity; readonly count: number };

/** ISO 2859-1 single sampling, normal inspection, general level II. */
export type SamplingPlan = {
  readonly lotSize: number;
  readonly letter: string;
  readonly sampleSize: number;
  readonly major: { readonly aql: number; readonly accept: number; readonly reject: number };
  readonly minor: { readonly aql: number; readonly accept: number; readonly reject: number };
};

export type LineInspection = {
  /** Index into the manifest's lines. */
  readonly line: number;
  readonly plan: SamplingPlan;
  readonly defects: readonly Defect[];
  /** BLAKE3 digests of photos, hex. */
  readonly photos: readonly string[];
  readonly verdict: LineVerdict;
};

/**
 * | Status | Means |
 * |---|---|
 * | announced | the supplier's manifest is in; not inspected, or an inspection is open |
 * | labelled | something was accepted, has its label and its courier |
 * | quarantined | nothing was accepted, something is held |
 * | rejected | every line was rejected |
 * | released | a held line was accepted afterwards; it has no courier yet |
 * | in-transit | the courier has signed for it |
 * | delivered | the courier says that the recipient has it |
 * | undelivered | the courier says that it did not stay with the recipient; it may be inspected again when it is back |
 */
export type PackageStatus =
  | 'announced'
  | 'labelled'
  | 'quarantined'
  | 'rejected'
  | 'released'
  | 'in-transit'
  | 'delivered'
  | 'undelivered';

/** Why a line is held. A closed set: words of a person's own could name somebody. */
export const HOLD_REASONS = [
  'recall',
  'damage',
  'temperature',
  'documents',
  'count',
  'pedigree',
  'investigation',
  'other',
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** A line that is held, and by whom: who holds it back releases it. */
export type Hold = {
  /** Index into the manifest's lines. */
  readonly line: number;
  /** Member id. */
  readonly member: string;
  readonly reason: HoldReason;
  readonly at: number;
};

/** A value that rivals must not see, as a salted digest (commitment.ts). */
export type SealedFact = {
  /** What it is, for example `price`: 1 to 24 of a-z, 0-9 and `-`. */
  readonly name: string;
  /** 64 hex digits. */
  readonly digest: string;
};

/** What warehouse and courier both signed (hand-off.ts). */
export type HandOffEntry = {
  readonly courierId: string;
  readonly courierName: string;
  readonly courierGln: string;
  /** Key by which the courier signed, 64 hex digits. */
  readonly courierKey: string;
  readonly vehicle: string | null;
  readonly seal: string | null;
  /** GLN of the place. */
  readonly place: string;
  /** Milliseconds since 1970, as both signed it. */
  readonly time: number;
  /** Digest of the signed statement; the delivery names it. */
  readonly digest: string;
  readonly at: number;
  readonly by: string;
};

/** How the way to the recipient ended. `not-at-home`: the courier keeps it and tries again. */
export const DELIVERY_OUTCOMES = [
  'delivered',
  'not-at-home',
  'refused',
  'damaged',
  'wrong-address',
  'lost',
] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** The last thing that the courier signed of the way to the recipient. */
export type DeliveryEntry = {
  readonly outcome: DeliveryOutcome;
  /** GLN, where the place has one. */
  readonly place: string | null;
  /** Salted digest of who took it, 64 hex digits; never the person. */
  readonly recipient: string | null;
  /** BLAKE3 digests of photos, hex. */
  readonly photos: readonly string[];
  readonly courierKey: string;
  /** Milliseconds since 1970, as the courier signed it. */
  readonly time: number;
  /** Which attempt of this hand-off it was, from 1. */
  readonly attempt: number;
  readonly digest: string;
  readonly at: number;
  readonly by: string;
};

export type PackageRecord = {
  readonly sscc: string;
  readonly status: PackageStatus;
  readonly manifest: {
    /** The DSSE envelope, the exact text that was taken in. */
    readonly envelope: string;
    readonly keyId: string;
    readonly content: Manifest;
    /** Milliseconds since 1970, claimed by the supplier's session. */
    readonly announcedAt: number;
    readonly announcedBy: string;
    /** Name of the supplier, when its key came from a certified entry of the directory and not from the genesis. */
    readonly supplier?: string;
  };
  readonly scan: {
    readonly code: string;
    readonly symbology: string | null;
    readonly at: number;
    readonly by: string;
  } | null;
  readonly supplierCheck: { readonly keyId: string; readonly supplier: string; readonly at: number } | null;
  readonly inspection: {
    readonly lines: readonly LineInspection[];
    readonly at: number;
    readonly by: string;
  } | null;
  readonly label: {
    readonly courierId: string;
    readonly courierName: string;
    /** GS1 element string of the label's barcode, with parentheses for people. */
    readonly humanReadable: string;
    /** Of a courier whose entry is certified in the directory; the genesis has the others'. */
    readonly courierGln?: string;
    readonly at: number;
    readonly by: string;
  } | null;
  /** Absent when nothing is held beyond what the inspection says. */
  readonly holds?: readonly Hold[];
  /** Absent until warehouse and courier have signed. */
  readonly handOff?: HandOffEntry;
  /** Absent until the courier has reported. */
  readonly delivery?: DeliveryEntry;
  /** Absent when there is nothing that rivals must not see. */
  readonly sealed?: readonly SealedFact[];
};

/**
 * An entry of the directory as a request carries it: the bytes of its certified value and its certificate, canonical CBOR, so that no
 * handler reads another key (certified.ts).
 */
export type CertifiedUse = { readonly value: Uint8Array; readonly certificate: Uint8Array };

/** Request bodies, by service. */
export type CreatePackageBody = {
  readonly envelope: string;
  /** The supplier's entry, where the manifest's key is not in the genesis. */
  readonly supplier?: CertifiedUse | undefined;
  readonly sealed?: readonly SealedFact[] | undefined;
  readonly at: number;
};
export type StartSessionBody = { readonly at: number };
/** `code`: what the scanner, the decoder or the person gave, raw. */
export type ScanBody = {
  readonly code: string;
  readonly source: 'typed' | 'wedge' | 'image' | 'camera';
  readonly at: number;
};
export type ValidateBody = { readonly supplier?: CertifiedUse | undefined; readonly at: number };
export type QualityBody = {
  readonly lines: readonly {
    readonly line: number;
    readonly defects: readonly Defect[];
    readonly photos: readonly string[];
    readonly verdict: LineVerdict;
  }[];
  readonly at: number;
};
export type LabelBody = {
  readonly courierId: string;
  /** The courier's entry, where it is not in the genesis. */
  readonly courier?: CertifiedUse | undefined;
  readonly at: number;
};
export type FinishBody = { readonly at: number };
export type QuarantineBody = {
  readonly lines: readonly number[];
  readonly reason: HoldReason;
  readonly at: number;
};
export type ReleaseBody = {
  readonly lines: readonly {
    readonly line: number;
    readonly verdict: 'accept' | 'reject';
    /** What a second look found; null: nobody looked again, what the inspection found stands. */
    readonly defects: readonly Defect[] | null;
    readonly photos: readonly string[];
  }[];
  readonly at: number;
};
export type AssignBody = LabelBody & { readonly sealed?: readonly SealedFact[] | undefined };
/** A signature, and what shows whose key it is: nothing for a member's own, a device's certificate, or an entry of the directory. */
export type PartySignature = {
  /** 64 hex digits. */
  readonly key: string;
  readonly signature: Uint8Array;
  readonly device: Uint8Array | null;
};
export type HandOffBody = {
  /** The bytes that both signed. */
  readonly statement: Uint8Array;
  readonly warehouse: PartySignature;
  readonly courier: PartySignature;
  readonly entry?: CertifiedUse | undefined;
  readonly at: number;
};
export type DeliverBody = {
  /** The bytes that the courier signed. */
  readonly statement: Uint8Array;
  readonly courier: PartySignature;
  readonly entry?: CertifiedUse | undefined;
  readonly photos: readonly string[];
  readonly at: number;
};

/** Paths of the service registry, in workflow order. */
export const SERVICES = {
  createPackage: '/packages',
  startSession: '/sessions',
  scan: '/scan',
  validate: '/validate',
  quality: '/quality',
  label: '/label',
  finish: '/finish',
  quarantine: '/quarantine',
  release: '/release',
  assign: '/courier',
  handOff: '/hand-off',
  deliver: '/delivery',
} as const;

/** Paths that change an entry of the directory; each is a session of its own. */
export const DIRECTORY_SERVICES = {
  add: '/directory/add',
  rotate: '/directory/rotate',
  revoke: '/directory/revoke',
} as const;
