/** The package has no types of its own. It is what the element-string reader is compared with. */
declare module 'gs1-barcode-parser-mod' {
  export function parseBarcode(text: string): {
    readonly parsedCodeItems: readonly { readonly ai: string; readonly raw?: string }[];
  };
}
