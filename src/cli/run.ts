/** The commands, apart from the process that they run in. */
import {
  parsePin,
  parseTrust,
  type EvidenceReport,
  type EvidenceVerdict,
  type Trust,
} from '../domain/supply/evidence.ts';
import { HELP, parseArguments } from './arguments.ts';
import { createVerifier } from './verify.ts';

/** Where a command reads and writes. */
export interface Console {
  out(text: string): void;
  error(text: string): void;
  /** @throws where the file can't be read. */
  read(path: string): Promise<Uint8Array>;
}

/** A file could not be read, or the command was not understood. */
export const EXIT_IO = 1;
export const EXIT_CODES: Readonly<Record<EvidenceVerdict, number>> = {
  valid: 0,
  invalid: 2,
  untrusted: 3,
  unknown: 3,
};

/** Gives the exit code: 0 valid, 1 the file can't be read or the command is wrong, 2 invalid, 3 untrusted or unknown. */
export async function run(args: readonly string[], io: Console): Promise<number> {
  const parsed = parseArguments(args);
  if (parsed.kind === 'help') {
    io.out(HELP);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    io.error(`countersign: ${parsed.message}\n\n${HELP}`);
    return EXIT_IO;
  }
  const { file, trust, epoch, json } = parsed;
  const pin = parsePin(epoch ?? '');
  if (!pin.ok) {
    io.error(`countersign: --epoch ${epoch}: ${pin.error.message}\n`);
    return EXIT_IO;
  }
  let trusted: Trust = null;
  if (trust !== null) {
    const read = await readTrust(trust, io);
    if (typeof read === 'string') {
      io.error(`countersign: ${read}\n`);
      return EXIT_IO;
    }
    trusted = read.trust;
  }
  let bytes: Uint8Array;
  try {
    bytes = await io.read(file);
  } catch (error) {
    io.error(`countersign: ${file} can't be read (${(error as Error).message}). Check its name.\n`);
    return EXIT_IO;
  }
  const verify = await createVerifier();
  const report = await verify(bytes, trusted, pin.value);
  io.out(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  return EXIT_CODES[report.verdict];
}

/** A network id as it is, anything else as the name of a genesis file; a text is what went wrong. */
async function readTrust(given: string, io: Console): Promise<{ readonly trust: Trust } | string> {
  const typed = parseTrust(given);
  if (typed.ok && typed.value !== null) return { trust: typed.value };
  let bytes: Uint8Array;
  try {
    bytes = await io.read(given);
  } catch (error) {
    return `--trust ${given} is neither a network id (64 hex digits) nor a genesis file that can be read (${(error as Error).message}).`;
  }
  const file = parseTrust(bytes);
  return file.ok ? { trust: file.value } : `--trust ${given}: ${file.error.message}`;
}

function textOf(report: EvidenceReport): string {
  const lines = [`${report.verdict.toUpperCase()}  ${report.summary}`];
  const list = (head: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push('', head, ...items.map((item) => `  - ${item}`));
  };
  if (report.epochs.length > 1)
    list(
      'Epochs, by the digests that can be pinned:',
      report.epochs.map(({ number, digest }) => `${number}  ${digest}`),
    );
  list(
    'Breaks, where it went on without a quorum:',
    report.breaks.map(({ summary }) => summary),
  );
  list('Proven:', report.proven);
  if (report.verdict === 'valid') list('Not proven:', report.notProven);
  return `${lines.join('\n')}\n`;
}
