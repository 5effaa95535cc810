/** The files about one package, as they leave the app. */
import type { DoorError, LabelContent, LabelDpi, LabelError, Result } from '../../worker/api.ts';
import type { RemoteApi } from '../client.ts';
import { PACKAGE } from './texts.ts';

export interface MadeFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface ExportError {
  readonly type: DoorError['type'] | LabelError['type'] | 'no-answer';
  readonly message: string;
}

/** Every version with its certificate; `epcis`: each with its events as well. */
export function evidenceFile(
  api: Pick<RemoteApi, 'evidence'>,
  sscc: string,
  epcis: boolean,
): Promise<Result<MadeFile, ExportError>> {
  return made(api.evidence(sscc, { epcis }), `${sscc}.evidence.json`, 'application/json');
}

/** The events of one version. */
export function epcisFile(
  api: Pick<RemoteApi, 'epcis'>,
  sscc: string,
  version: number,
): Promise<Result<MadeFile, ExportError>> {
  return made(api.epcis(sscc, version), `${sscc}.v${version}.epcis.json`, 'application/ld+json');
}

/** The label for a printer of that resolution: in ZPL, which is text. */
export function labelFile(
  api: Pick<RemoteApi, 'labelZpl'>,
  content: LabelContent,
  dpi: LabelDpi,
): Promise<Result<MadeFile, ExportError>> {
  return made(api.labelZpl(content, dpi), `${content.sscc}.${dpi}dpi.zpl`, 'text/plain');
}

async function made(
  call: Promise<Result<Uint8Array, DoorError | LabelError>>,
  name: string,
  type: string,
): Promise<Result<MadeFile, ExportError>> {
  const bytes = await call.catch(() => null);
  if (bytes === null) return { ok: false, error: { type: 'no-answer', message: PACKAGE.exportFailed } };
  if (!bytes.ok) return bytes;
  return { ok: true, value: { name, type, bytes: bytes.value } };
}
