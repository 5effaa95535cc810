/** The package has no types. Only what src/domain/supply/scanned-code.ts reads is declared. */
declare module 'gs1-barcode-parser-mod' {
  /** Throws a string when an element is unknown or cut short. Accepts wrong check digits; its dates depend on today's year. */
  export function parseBarcode(barcode: string): {
    readonly codeName: string;
    readonly parsedCodeItems: readonly { readonly ai: string; readonly raw?: string }[];
  };
}
