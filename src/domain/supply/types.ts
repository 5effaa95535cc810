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

export type PackageStatus = 'announced' | 'labelled' | 'quarantined' | 'rejected';

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
    readonly at: number;
    readonly by: string;
  } | null;
};

/** Request bodies, by service. */
export type CreatePackageBody = { readonly envelope: string; readonly at: number };
export type StartSessionBody = { readonly at: number };
/** `code`: what the scanner, the decoder or the person gave, raw. */
export type ScanBody = {
  readonly code: string;
  readonly source: 'typed' | 'wedge' | 'image' | 'camera';
  readonly at: number;
};
export type ValidateBody = { readonly at: number };
export type QualityBody = {
  readonly lines: readonly {
    readonly line: number;
    readonly defects: readonly Defect[];
    readonly photos: readonly string[];
    readonly verdict: LineVerdict;
  }[];
  readonly at: number;
};
export type LabelBody = { readonly courierId: string; readonly at: number };
export type FinishBody = { readonly at: number };

/** Paths of the service registry, in workflow order. */
export const SERVICES = {
  createPackage: '/packages',
  startSession: '/sessions',
  scan: '/scan',
  validate: '/validate',
  quality: '/quality',
  label: '/label',
  finish: '/finish',
} as const;
