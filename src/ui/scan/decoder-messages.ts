/** What the page and the worker that decodes say to each other. */

/** `label`: everything that a GS1 label may carry. `qr`: what another device shows on its screen. */
export type Wanted = 'label' | 'qr';

/** `live`: one of many looks, so it has to be quick. `photo`: the only one there is. */
export type Effort = 'live' | 'photo';

export interface DecodeOptions {
  readonly wanted: Wanted;
  readonly effort: Effort;
}

/** A barcode as it was read: its text with separators, and its kind as ISO/IEC 15424 has it (`]C1`). */
export interface DecodedSymbol {
  readonly text: string;
  readonly symbology: string;
}

/** Without `image`: load what is needed, and answer when it is there. */
export interface DecodeRequest {
  readonly id: number;
  readonly image: ImageBitmap | ImageData | null;
  readonly options: DecodeOptions;
}

export type DecodeAnswer =
  | { readonly id: number; readonly ok: true; readonly found: readonly DecodedSymbol[] }
  | { readonly id: number; readonly ok: false; readonly why: 'not-loaded' | 'not-decoded' };
