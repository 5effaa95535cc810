/** What was typed after `countersign`. */

export const HELP = `Usage: countersign verify FILE --trust NETWORK-ID|GENESIS-FILE [--json]

Verifies an evidence file (<sscc>.evidence.json) that a member exported: who signed each version of a
package's record, that the versions follow one another, and that every step gives the same result when it is
run again. Nothing is sent or fetched. Also a misbehaviour file (<member>.misbehaviour.json): what one member
signed that an honest one does not sign.

  --trust   The network that you trust: its id (64 hex digits), or its genesis file. The member list inside
            the file counts only if it is that network's. Get either from a member you know.
  --json    The whole report as JSON.
  --help    This text.

Exit codes: 0 valid, 1 a file can't be read or the command is wrong, 2 invalid,
            3 untrusted (no --trust, or another network) or unknown (made by a newer version).
`;

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'verify'; readonly file: string; readonly trust: string | null; readonly json: boolean };

export function parseArguments(args: readonly string[]): Arguments {
  if (args.includes('--help') || args.includes('-h') || args[0] === 'help') return { kind: 'help' };
  const [command, ...rest] = args;
  if (command === undefined) return wrong('no command given.');
  if (command !== 'verify') return wrong(`there is no command ${command}.`);
  const files: string[] = [];
  let trust: string | null = null;
  let json = false;
  for (let i = 0; i < rest.length; i++) {
    const argument = rest[i]!;
    const value = argument.startsWith('--trust=') ? argument.slice('--trust='.length) : null;
    if (argument === '--json') json = true;
    else if (argument === '--trust' || value !== null) {
      if (trust !== null) return wrong('--trust is given twice.');
      const given = value ?? rest[++i];
      if (given === undefined || given === '' || given.startsWith('--'))
        return wrong('--trust needs a network id or a genesis file.');
      trust = given;
    } else if (argument.startsWith('-')) return wrong(`there is no option ${argument}.`);
    else files.push(argument);
  }
  const [file] = files;
  if (file === undefined || files.length > 1) return wrong('verify takes one file.');
  return { kind: 'verify', file, trust, json };
}

const wrong = (message: string): Arguments => ({ kind: 'wrong', message });
