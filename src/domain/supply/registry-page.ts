/** docs/registry.md; a test keeps the file equal to this. */
import { PACKAGE_KEY_PREFIX } from './gs1.ts';
import { PROBLEM_STATUS, type ProblemType } from './problem.ts';
import { RULES_VERSION, SUPPLY_SERVICES } from './registry.ts';

export function registryMarkdown(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const code = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(', ');
  const rows = SUPPLY_SERVICES.map(
    (s) =>
      `| \`${s.method}\` | \`${s.path}\` | ${s.roles.join(', ')} | ${cell(s.summary)} | ${cell(s.request)} | ${cell(s.response)} | ${code(s.errors)} |`,
  );
  const errors = Object.entries(PROBLEM_STATUS).map(([type, status]) => {
    const where = SUPPLY_SERVICES.filter((s) => s.errors.includes(type as ProblemType)).map((s) => s.path);
    return `| \`${type}\` | ${status} | ${code(where)} |`;
  });
  return `# Service registry

Written by \`registryMarkdown()\` of \`src/domain/supply/registry-page.ts\`; a test fails when the two differ, and
\`npx vitest run test/domain/registry.test.ts -u\` writes it anew.

Rules version ${RULES_VERSION}. A key is \`${PACKAGE_KEY_PREFIX}\` and an SSCC of 18 digits, or an entry of the directory. Every request runs at once in the operator's session and again,
by the same handler, at every replica that votes. \`at\` is a claimed time in milliseconds since 1970 and never goes back within
a session. A refusal answers \`{ type, message }\` and changes nothing. A field with \`?\` may be left out. An entry is
\`{ value, certificate }\`: the bytes of a certified value of the directory and of its certificate, which every replica checks.

| Method | Path | Role | What it does | Request | Response | Errors |
|---|---|---|---|---|---|---|
${rows.join('\n')}

## Errors

| Type | Status | Refused by |
|---|---|---|
${errors.join('\n')}

## Order

Sessions are of two kinds. An inspection is start, scan, validate, quality, label, finish, each once, and ends with finish; undo takes
the last step back; label is left out, and refused, when no line was accepted. Every other service is a session of its own: one step.
Start on an inspected package begins a new inspection: scan, supplier check, inspection, holds, label and hand-off are cleared; what they
said stays in the key's history. A package that a courier has signed for can't be inspected until the courier reports that it was not
delivered.

| Verdicts of the lines | Status after finish |
|---|---|
| at least one accept | \`labelled\`; the lines that were not accepted stay behind |
| no accept, at least one quarantine | \`quarantined\` |
| all reject | \`rejected\` |

| Step | Status after it |
|---|---|
| quarantine, release | \`labelled\` while something is accepted and has its courier, \`released\` while it has none; \`quarantined\` when nothing is accepted and something held; \`rejected\` when all is rejected |
| courier | \`labelled\` |
| hand-off | \`in-transit\` |
| delivery | \`delivered\`; \`in-transit\` after \`not-at-home\`; \`undelivered\` after \`refused\`, \`damaged\`, \`wrong-address\` and \`lost\` |

## Directory

| Key | Holds | Who changes it |
|---|---|---|
| \`directory/supplier/<GLN>\` | keys for manifests | the member with this GLN, a supplier; if no member has it, the warehouse that entered it |
| \`directory/courier/<id>\` | keys for hand-offs and deliveries | the member with its GLN, a courier; if no member has it, the warehouse that entered it |
| \`directory/device/<public key>\` | whose device it is | the member that certified it |

Periods of keys are judged by claimed times: a supplier's by the manifest's \`issuedAt\`, a courier's by the time that it signed. A revoked
key vouches for nothing after its revocation; a supplier's, for no package that is announced after it. A request may carry any certified
version of an entry, so a key that was taken back stays usable to whoever has the older version until its own \`validUntil\`, which
is never more than 800 days away.
`;
}
