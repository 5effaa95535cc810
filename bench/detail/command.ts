/** What the programs of this folder have in common: help, a wrong command line, an error. */
import type { Parsed } from './options.ts';

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

/** Sets the exit code of the process. */
export function command<T>(
  parse: (args: readonly string[]) => Parsed<T>,
  usage: string,
  run: (options: T) => Promise<number>,
): void {
  const parsed = parse(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(usage);
    return;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.message.replace(/\.?$/, '.')} See --help.\n`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  run(parsed.options).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      say(`\nThe benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}

export function say(text: string): void {
  process.stderr.write(text);
}
