/** `countersign`: what can be done without a browser. */
import { readFile } from 'node:fs/promises';
import { run, type Console } from './run.ts';

const console_: Console = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  read: async (path) => new Uint8Array(await readFile(path)),
};

process.exitCode = await run(process.argv.slice(2), console_);
