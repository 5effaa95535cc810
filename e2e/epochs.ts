/** Waiting for epochs, and letting somebody in, by the calls behind the pages; e2e/ask.spec.ts goes through them. */
import { expect, type TestInfo } from '@playwright/test';
import type { Cluster } from './cluster.ts';
import type { Replica } from './replica.ts';

/** Waits until these vote in that epoch. `since`: when its change was proposed, for the report. */
export async function voteIn(
  number: number,
  replicas: readonly Replica[],
  report?: { readonly since: number; readonly info: TestInfo },
): Promise<void> {
  for (const replica of replicas)
    await replica.waitFor(
      ({ epoch, standing }) => epoch.number === number && epoch.phase === 'open' && standing.kind === 'voter',
      `to vote in epoch ${number}`,
    );
  if (!report) return;
  const type = `from the proposal to votes in epoch ${number} at ${replicas.map(({ member }) => member.name).join(', ')}`;
  report.info.annotations.push({ type, description: `${Date.now() - report.since} ms` });
}

/** The first of these for which this holds. */
export async function firstOf(
  replicas: readonly Replica[],
  holds: (replica: Replica) => Promise<boolean>,
): Promise<Replica> {
  let found: Replica | undefined;
  await expect
    .poll(
      async () => {
        const seen = await Promise.all(replicas.map((replica) => holds(replica)));
        found = replicas[seen.indexOf(true)];
        return found !== undefined;
      },
      { intervals: [30], timeout: 120_000 },
    )
    .toBe(true);
  return found!;
}

/** Lets a newcomer in that asks, and says how long that took until all vote: those who were there already, then the newcomer. */
export async function letIn(
  made: Cluster,
  newcomer: Replica,
  approving: readonly Replica[],
  { number, others, info, replaces = null }: LetIn,
): Promise<void> {
  const [first] = approving as [Replica];
  await made.ask(newcomer, first, replaces);
  const since = Date.now();
  await made.change({ kind: 'admit', voteKey: newcomer.profile, reason: 'test' }, approving);
  const report = { since, info };
  await Promise.all([made.enter(newcomer), voteIn(number, others, report)]);
  await voteIn(number, [newcomer], report);
}

export interface LetIn {
  /** Of the epoch that it leads to. */
  readonly number: number;
  /** Members that are there. */
  readonly others: readonly Replica[];
  readonly info: TestInfo;
  readonly replaces?: string | null;
}
