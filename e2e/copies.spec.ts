/** A member's browser profile that was copied: the copy finds out that it is one before it signs anything new (docs/protocol.md, "RESUME"). */
import type { NetworkState } from '../src/worker/api.ts';
import { expect, NOTICES, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { firstOf, voteIn } from './epochs.ts';
import { signersOf, votesOnDisk } from './signed.ts';

const [first, second, third] = NOTICES as [Notice, Notice, Notice];

test('a copied profile opened beside the original only observes, and the original goes on', async ({
  cluster,
}) => {
  const made = await cluster({ persistent: [3] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await ended(delta);
  const copy = await made.copyOf(delta);
  await delta.reopen();
  await made.linked();
  // With Cargo away nothing can be certified without a vote in Delta's name.
  await cargo.close();
  await alfa.waitFor((state) => state.here === 3, 'Cargo to be seen away');
  await copy.goto(copy.path('network/members'));
  const before = await votesOnDisk(copy);
  await copy.waitFor(({ standing }) => standing.kind === 'observer', 'to observe');
  await expect(copy.page.locator('.banners').first()).toContainText(
    'Another running copy of this member is connected already; this one, started later, only observes.',
  );
  await expect(copy.page.getByText('it can neither propose nor approve a change')).toBeVisible();

  await alfa.announce(second);
  expect(await signersOf(second.sscc, 1, alfa)).toEqual([0, 1, 3]);
  await bravo.deliver(first);
  expect(await signersOf(first.sscc, 2, alfa)).toEqual([0, 1, 3]);
  expect((await delta.state())?.standing.kind).toBe('voter');
  expect(await votesOnDisk(copy), 'what the copy has signed').toEqual(before);

  await test.step('alone and reloaded it finds a vote of the original that it lacks, and goes on observing', async () => {
    await bravo.close();
    const waiting = await alfa.announce(third, false);
    await alfa.waitFor(
      ({ instances }) => instances.some(({ key, preCommits }) => key === waiting.key && preCommits === 2),
      'the vote of the original',
    );
    await ended(delta);
    await bravo.reopen();
    await copy.reload();
    const { standing } = await copy.waitFor(
      ({ epoch }) => epoch.again === 'possible',
      'to know that its log is an old one',
    );
    expect(standing.kind).toBe('observer');
    await expect(copy.page.getByRole('button', { name: 'Ask to be let in again' })).toBeVisible();
    expect((await alfa.call('package', third.sscc))?.summary.version ?? 0, 'certified without Delta').toBe(0);
    expect(await votesOnDisk(copy), 'what the copy has signed').toEqual(before);
  });
  await nothingHeld([alfa, bravo, copy]);
});

test('an old copy of a profile, opened alone, signs nothing of what it still has to send, is let in again and votes', async ({
  cluster,
}, info) => {
  const made = await cluster({ persistent: [1] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await bravo.holds(first.sscc, 1);
  // Finished and not sent when the copy is made; the original then sends another one, with a vote that is needed.
  const { id } = await bravo.work(first);
  await ended(bravo);
  const copy = await made.copyOf(bravo);
  await bravo.reopen();
  unwrap(await bravo.call('abandon', id));
  await made.linked();
  await delta.close();
  await bravo.deliver(first);
  expect(await signersOf(first.sscc, 2, alfa)).toEqual([0, 1, 2]);
  await ended(bravo);
  for (const replica of [alfa, cargo]) await replica.waitFor((state) => state.here === 2, 'Bravo to be gone');

  // What waits for one more vote when the copy comes would have it if the copy gave one.
  const { key } = await alfa.announce(second, false);
  const isWaiting = ({ instances }: NetworkState): boolean =>
    instances.some((one) => one.key === key && one.preCommits === 2);
  await cargo.waitFor(isWaiting, 'two of the three votes that are needed');
  await copy.goto(copy.path('network/members'));
  const before = await votesOnDisk(copy);
  await copy.call('commit', id);
  expect(await votesOnDisk(copy), 'what the copy has signed').toEqual(before);
  const { standing } = await copy.waitFor((state) => state.standing.kind === 'observer', 'to observe');
  expect('reason' in standing && standing.reason).toContain('an old copy was restored');
  await expect(copy.page.locator('.banners').first()).toContainText('This replica only observes.');
  await copy.waitFor(isWaiting, 'to hold the value that waits for a vote');
  expect(isWaiting((await alfa.state())!), 'no vote came from the copy').toBe(true);
  await delta.reopen();
  await alfa.holds(second.sscc, 1);
  expect(await signersOf(second.sscc, 1, alfa)).toEqual([0, 2, 3]);
  await copy.holds(second.sscc, 1);
  expect(await votesOnDisk(copy), 'what the copy has signed').toEqual(before);

  await test.step('the others let it in again, with a new log, and its vote is needed', async () => {
    await copy.page.getByRole('button', { name: 'Ask to be let in again' }).click();
    // It knocks at one door after the other: whoever hears it first proposes.
    const others = [alfa, cargo, delta];
    const asked = async (one: Replica): Promise<boolean> =>
      (await one.state())!.requests.some(({ voteKey, sameKey }) => voteKey === copy.profile && sameKey);
    const proposing = await firstOf(others, asked);
    const since = Date.now();
    const input = { kind: 'admit', voteKey: copy.profile, reason: 'Bravo restored a copy' } as const;
    await made.change(input, [proposing, ...others.filter((one) => one !== proposing)]);
    await voteIn(1, [alfa, cargo, delta, copy], { since, info });
    await delta.close();
    await alfa.announce(third);
    expect(await signersOf(third.sscc, 1, copy)).toEqual([0, 1, 2]);
  });
  await nothingHeld([alfa, cargo, copy]);
});

/** Its page first: of a browser that ends at once the others learn by silence only. */
async function ended(replica: Replica): Promise<void> {
  await replica.close();
  await replica.dispose();
}

async function nothingHeld(replicas: readonly Replica[]): Promise<void> {
  for (const replica of replicas) expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
}
