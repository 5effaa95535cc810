/** A retirement, once its issuer's account has opened it: anyone can take it to its end. */
import type { Result } from 'countersign';
import {
  all,
  changeAccount,
  changeGroup,
  done,
  giveUp,
  lost,
  nextOf,
  proofOf,
  propose,
  settledProof,
  stillIs,
} from './certify.ts';
import type { LoyaltyError } from './errors.ts';
import type { Work } from './operation.ts';
import { accountOf, type Group, type Street } from './street.ts';

/** The groups that left circulation; those that were spent otherwise meanwhile do not count, and the close says so. */
export async function runRetirement(
  street: Street,
  work: Work,
  issuer: string,
  round: number,
): Promise<Result<readonly Group[], LoyaltyError>> {
  const account = await accountOf(street, issuer);
  if (!account.ok) return account;
  const { value, key, version } = account.value;
  if (value === null || value.rounds >= round || value.open.length === 0) return { ok: true, value: [] };
  const proof = await proofOf(street, key, version);
  if (!proof.ok) return proof;
  const ended = await Promise.all(
    value.open.map((ref) =>
      changeGroup(street, work, ref.key, 'retire', (group) => {
        if (group?.state.kind === 'retired') return done(group);
        if (!stillIs(group, ref)) return giveUp(lost(ref, group));
        return propose(nextOf(group, { kind: 'retired', round, proof: proof.value }));
      }),
    ),
  );
  const broken = ended.find((one) => !one.ok && one.error.type !== 'lost');
  if (broken && !broken.ok) return broken;
  const closed = await changeAccount(street, work, issuer, 'close-retirement', async (now) => {
    if (now.value === null || now.value.rounds >= round) return done(now);
    const found = all(
      await Promise.all(now.value.open.map(({ key: one }) => settledProof(street, work, one))),
    );
    if (!found.ok) return giveUp(found.error);
    const took = now.value.open.filter((_, i) => found.value[i]!.group.state.kind === 'retired');
    return propose({
      ...now.value,
      retired: now.retired + took.reduce((sum, { amount }) => sum + amount, 0),
      rounds: round,
      open: [],
      move: { kind: 'closed', proofs: found.value.map((one) => one.proof) },
    });
  });
  return closed.ok ? { ok: true, value: ended.flatMap((one) => (one.ok ? [one.value] : [])) } : closed;
}
