/** What moves a merchant's own account: new points, and points that leave circulation. */
import type { Result, Value } from 'countersign';
import {
  again,
  all,
  changeAccount,
  done,
  giveUp,
  lost,
  proofOf,
  propose,
  settledProof,
  stillIs,
} from './certify.ts';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_RETIRED } from './limits.ts';
import { accountKey, sameRef, signedBytes } from './names.ts';
import { operation, type Operation, type Work } from './operation.ts';
import {
  ownLive,
  outputsWrong,
  outcome,
  refOf,
  placeNamed,
  fromSign,
  sumOf,
  type Options,
  type Outcome,
} from './parts.ts';
import { runRetirement } from './retirement.ts';
import { isExpiry } from './shape.ts';
import { accountOf, type Account, type Street } from './street.ts';
import type { AccountValue, GroupKey, Issue, IssueOutput, Retirement } from './types.ts';

/**
 * New points of this merchant, at most `MAX_OUTPUTS` groups at once, within its cap. Two steps: the account's, then each group's. Before them what is
 * left of the issue before, and of a retirement that is open. An error `unknown`: it may be certified; nothing was issued again.
 */
export const issue = (
  street: Street,
  outputs: readonly IssueOutput[],
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, (work) =>
    // One at a time: an account names the outputs of its newest issue alone, and whoever looks for what was left undone looks there.
    inTurn(street, async () => {
      const wrong = outputsWrong(street, outputs, 1) ?? expiriesWrong(outputs);
      if (wrong) return wrong;
      const key = accountKey(street.me);
      const sum = sumOf(outputs);
      let own: Own | null = null;
      const account = await changeAccount(street, work, street.me, 'issue', async (now) => {
        if (own !== null) {
          const was = await isCertified(street, now, own);
          if (!was.ok) return giveUp(was.error);
          if (was.value) return done(now);
        }
        // Another tab of this stall may have issued or retired since, and its page be gone: what the account names is put in place before that
        // is hidden.
        const ready = await cleared(street, work, now);
        if (ready !== null) return ready;
        if (sum > now.left)
          return giveUp({
            type: 'over-cap',
            message: `${now.left} points are left of the ${street.rules.cap} that a merchant of this street may have outstanding; ${sum} were asked for. Points that come back can be given again, or retired.`,
          });
        const version = now.version + 1;
        const statement: Issue = {
          kind: 'issue',
          network: street.network.id,
          issuer: street.me,
          version,
          outputs,
        };
        const signature = await street.network.sign(signedBytes(statement));
        if (!signature.ok) return giveUp(fromSign(signature.error));
        const value: AccountValue = {
          format: 1,
          issued: now.issued + sum,
          retired: now.retired,
          rounds: now.value?.rounds ?? 0,
          open: [],
          move: { kind: 'issued', outputs, signature: signature.value },
        };
        own = { version, value, signature: signature.value };
        return propose<AccountValue>(value);
      });
      if (!account.ok) return account;
      // What this issue names, whatever the account has come to since.
      const { version, value } = own as unknown as Own;
      return outcome(await placeNamed(street, work, { key, version, value: value as unknown as Value }));
    }),
  );

/** An issue that was proposed. */
interface Own {
  readonly version: number;
  readonly value: AccountValue;
  readonly signature: Uint8Array;
}

/** Whether it is what was certified as its version. Only a plain no may be issued again: else the customer has the points twice. */
async function isCertified(
  street: Street,
  now: Account,
  { version, signature }: Own,
): Promise<Result<boolean, LoyaltyError>> {
  // Not decided here yet. The same again has the same bytes: it is the same value, and no second one.
  if (now.version < version) return { ok: true, value: false };
  if (now.version === version) return { ok: true, value: isIssueOf(now.value, signature) };
  const proof = await proofOf(street, now.key, version);
  if (proof.ok) return { ok: true, value: holds(proof.value, signature) };
  return failed(
    'unknown',
    `Version ${version} of this account was decided while this page was away, and what it is cannot be read here. Look at the account before you issue again.`,
  );
}

/** A proof holds its value's bytes as they are; and a signature over the version is in no value but that version's. */
function holds(proof: Uint8Array, signature: Uint8Array): boolean {
  for (let at = proof.indexOf(signature[0]!); at >= 0; at = proof.indexOf(signature[0]!, at + 1)) {
    if (signature.every((byte, i) => proof[at + i] === byte)) return true;
  }
  return false;
}

/** Whether nothing of an account, as it stands, would be hidden by its next version: null. Else what to do. */
async function cleared(street: Street, work: Work, { key, version, value }: Account) {
  const left = await placeNamed(street, work, { key, version, value: value as unknown as Value });
  if (!left.ok) return giveUp(left.error);
  if (value === null || value.open.length === 0) return null;
  const earlier = await runRetirement(street, work, street.me, value.rounds + 1);
  return earlier.ok ? again : giveUp(earlier.error);
}

/** Own points that have come back leave circulation: at most `MAX_RETIRED` groups, which this merchant issued and owns. Frees its cap. */
export const retire = (
  street: Street,
  keys: readonly GroupKey[],
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, (work) =>
    inTurn(street, async () => {
      if (keys.length < 1 || keys.length > MAX_RETIRED || new Set(keys).size !== keys.length)
        return failed('cannot-combine', `Retire 1 to ${MAX_RETIRED} different groups at once.`);
      const before = await accountOf(street, street.me);
      if (!before.ok) return before;
      // One retirement at a time.
      const earlier = await runRetirement(street, work, street.me, (before.value.value?.rounds ?? 0) + 1);
      if (!earlier.ok) return earlier;
      const found = all(
        await Promise.all(
          keys.map(async (key) => {
            const own = await ownLive(street, key);
            if (!own.ok) return own;
            if (own.value.issuer !== street.me)
              return failed(
                'cannot-combine',
                `${key} was issued by ${own.value.issuer}, who alone can retire it.`,
              );
            const proven = await settledProof(street, work, key);
            // Spent while it was settled: an opening that names it would be refused.
            return proven.ok && !stillIs(proven.value.group, refOf(own.value))
              ? { ok: false as const, error: lost(refOf(own.value), proven.value.group) }
              : proven;
          }),
        ),
      );
      if (!found.ok) return found;
      const groups = found.value.map((one) => refOf(one.group));
      let round = 0;
      const opened = await changeAccount(street, work, street.me, 'open-retirement', async (now) => {
        if (now.value === null)
          return giveUp({ type: 'not-found', message: 'Nothing was ever issued here.' });
        const isOpen =
          now.value.open.length === groups.length &&
          now.value.open.every((ref, i) => sameRef(ref, groups[i]!));
        if (isOpen) return done(now);
        if (round > 0 && now.value.rounds >= round) return done(now);
        if (now.value.open.length > 0)
          return giveUp({ type: 'failed', message: 'Another retirement is open. Finish it first.' });
        const ready = await cleared(street, work, now);
        if (ready !== null) return ready;
        round = now.value.rounds + 1;
        const version = now.version + 1;
        const statement: Retirement = {
          kind: 'retirement',
          network: street.network.id,
          issuer: street.me,
          version,
          round,
          groups,
        };
        const signature = await street.network.sign(signedBytes(statement));
        if (!signature.ok) return giveUp(fromSign(signature.error));
        const proofs = found.value.map(({ proof }) => proof);
        return propose<AccountValue>({
          ...now.value,
          open: groups,
          move: { kind: 'opened', signature: signature.value, proofs },
        });
      });
      if (!opened.ok) return opened;
      return outcome(await runRetirement(street, work, street.me, (opened.value.value?.rounds ?? 0) + 1));
    }),
  );

const turns = new WeakMap<Street, Promise<unknown>>();

function inTurn<T>(street: Street, run: () => Promise<T>): Promise<T> {
  const next = (turns.get(street) ?? Promise.resolve()).then(run);
  turns.set(
    street,
    next.catch(() => undefined),
  );
  return next;
}

const expiriesWrong = (outputs: readonly IssueOutput[]) =>
  outputs.every(({ expires }) => isExpiry(expires))
    ? null
    : failed('expiry-malformed', 'A last day is a day of the calendar, like 2027-03-31.');

const isIssueOf = (account: AccountValue | null, signature: Uint8Array): boolean =>
  account?.move.kind === 'issued' && account.move.signature.every((byte, i) => byte === signature[i]);
