/** What moves a merchant's own account: new points, and points that leave circulation. */
import { all, changeAccount, done, giveUp, propose, settledProof } from './certify.ts';
import { failed } from './errors.ts';
import { MAX_RETIRED } from './limits.ts';
import { accountKey, sameRef, signedBytes } from './names.ts';
import { operation, type Operation } from './operation.ts';
import {
  ownLive,
  outputsWrong,
  outcome,
  refOf,
  placeAll,
  fromSign,
  sumOf,
  type Options,
  type Outcome,
} from './parts.ts';
import { runRetirement } from './retirement.ts';
import { isExpiry } from './shape.ts';
import { accountOf, type Street } from './street.ts';
import type { AccountValue, GroupKey, Issue, IssueOutput, Retirement } from './types.ts';

/** New points of this merchant, at most `MAX_OUTPUTS` groups at once, within its cap. Two steps: the account's, then each group's. */
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
      const left = await placeAll(street, work, accountKey(street.me));
      if (!left.ok) return left;
      let issued: { readonly version: number; readonly signature: Uint8Array } | null = null;
      const account = await changeAccount(street, work, street.me, 'issue', async (now) => {
        if (issued && now.version >= issued.version && isIssueOf(now.value, issued.signature))
          return done(now);
        const sum = sumOf(outputs);
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
        issued = { version, signature: signature.value };
        const { rounds = 0, open = [] } = now.value ?? {};
        return propose<AccountValue>({
          format: 1,
          issued: now.issued + sum,
          retired: now.retired,
          rounds,
          open,
          move: { kind: 'issued', outputs, signature: signature.value },
        });
      });
      if (!account.ok) return account;
      return outcome(await placeAll(street, work, accountKey(street.me)));
    }),
  );

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
      const left = await placeAll(street, work, accountKey(street.me));
      if (!left.ok) return left;
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
            return own.value.issuer === street.me
              ? settledProof(street, work, key)
              : failed(
                  'cannot-combine',
                  `${key} was issued by ${own.value.issuer}, who alone can retire it.`,
                );
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
