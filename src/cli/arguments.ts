/** What was typed after `countersign`. */

export const HELP = `Usage: countersign verify FILE --trust NETWORK-ID|GENESIS-FILE [--epoch DIGEST] [--json]

Verifies an evidence file (<sscc>.evidence.json) that a member exported: who signed each version of a
package's record, that the versions follow one another, and that every step gives the same result when it is
run again. Nothing is sent or fetched. Also a misbehaviour file (<member>.misbehaviour.json): what one member
signed that an honest one does not sign.

  --trust   The network that you trust: its id (64 hex digits), or its genesis file. The member list inside
            the file counts only if it is that network's. Get either from a member you know.
            Where members went on without a quorum the network has another id from then on: give that one
            if you follow them.
  --epoch   An epoch of that network that you know, by its digest (64 hex digits): it must be on the file's
            chain of epochs, and the newest version no older. Use it where keys of members that have left
            may have been stolen: who has enough of them can make up a chain of their own.
  --json    The whole report as JSON.
  --help    This text.

Exit codes: 0 valid, 1 a file can't be read or the command is wrong, 2 invalid,
            3 untrusted (no --trust, another network, a break that you
            have not said to follow, --epoch not reached) or unknown (made by a newer version).
`;

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | {
      readonly kind: 'verify';
      readonly file: string;
      readonly trust: string | null;
      readonly epoch: string | null;
      readonly json: boolean;
    };

export function parseArguments(args: readonly string[]): Arguments {
  if (args.includes('--help') || args.includes('-h') || args[0] === 'help') return { kind: 'help' };
  const [command, ...rest] = args;
  if (command === undefined) return wrong('no command given.');
  if (command !== 'verify') return wrong(`there is no command ${command}.`);
  const files: string[] = [];
  const given: Record<Option, string | null> = { trust: null, epoch: null };
  let json = false;
  for (let i = 0; i < rest.length; i++) {
    const argument = rest[i]!;
    const option = OPTIONS.find((name) => argument === `--${name}` || argument.startsWith(`--${name}=`));
    if (argument === '--json') json = true;
    else if (option !== undefined) {
      if (given[option] !== null) return wrong(`--${option} is given twice.`);
      const value = argument === `--${option}` ? rest[++i] : argument.slice(`--${option}=`.length);
      if (value === undefined || value === '' || value.startsWith('--'))
        return wrong(`--${option} needs ${NEEDS[option]}.`);
      given[option] = value;
    } else if (argument.startsWith('-')) return wrong(`there is no option ${argument}.`);
    else files.push(argument);
  }
  const [file] = files;
  if (file === undefined || files.length > 1) return wrong('verify takes one file.');
  return { kind: 'verify', file, ...given, json };
}

type Option = 'trust' | 'epoch';
const OPTIONS: readonly Option[] = ['trust', 'epoch'];
const NEEDS: Readonly<Record<Option, string>> = {
  trust: 'a network id or a genesis file',
  epoch: 'the digest of an epoch, 64 hex digits',
};

const wrong = (message: string): Arguments => ({ kind: 'wrong', message });
