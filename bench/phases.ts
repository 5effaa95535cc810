/**
 * Where a commit's time goes, from the replicas' own traces. Each phase is a difference of two times of one replica, so no clocks of two
 * machines are compared; and own votes are traced when they are durable and handed to the links.
 */
import type { TraceEvent } from '../src/worker/api.ts';

export type Phase = readonly [name: string, milliseconds: number];

/** At the member that proposes. `calledAt`: when its page called `commit`. `needed`: commits of others that make a quorum. */
export function proposerPhases(
  trace: readonly TraceEvent[],
  key: string,
  self: number,
  calledAt: number,
  needed: number,
): readonly Phase[] {
  const find = finder(trace, key);
  const proposed = find('proposed')?.at;
  const pre = find('pre-commit', self)?.at;
  const polka = find('polka')?.at;
  const commit = find('commit', self)?.at;
  const decided = find('decided')?.at;
  const heard = trace
    .filter((e) => e.key === key && e.kind === 'heard-commit' && e.member !== self)
    .map((e) => e.at);
  const quorum =
    commit === undefined || heard.length < needed ? undefined : Math.max(commit, heard[needed - 1]!);
  const certificate = find('certificate')?.at;
  return differences([
    ['proposer 1: call to proposal (sign, store, run again)', calledAt, proposed],
    ['proposer 2: proposal to own pre-commit durable', proposed, pre],
    ['proposer 3: own pre-commit to polka', pre, polka],
    ['proposer 4: polka to own commit durable', polka, commit],
    ['proposer 5: own commit to a quorum of commits', commit, quorum],
    ['proposer 6: quorum of commits to durable decision', quorum, decided],
    ['proposer 7: decision to certificate durable', decided, certificate],
  ]);
}

/** At every other member. */
export function voterPhases(
  trace: readonly TraceEvent[],
  key: string,
  self: number,
  proposer: number,
): readonly Phase[] {
  const find = finder(trace, key);
  const heard = find('heard-pre-commit', proposer)?.at;
  const pre = find('pre-commit', self)?.at;
  const polka = find('polka')?.at;
  const commit = find('commit', self)?.at;
  const decided = find('decided')?.at;
  return differences([
    ['voter 1: proposal verified to own pre-commit durable', heard, pre],
    [
      'voter 2: own pre-commit to polka (0: there already)',
      pre,
      polka === undefined || pre === undefined ? undefined : Math.max(pre, polka),
    ],
    ['voter 3: polka to own commit durable', polka, commit],
    ['voter 4: own commit to durable decision', commit, decided],
  ]);
}

/**
 * What the proposer's third phase is made of: the way to the voter whose pre-commit completes the polka, its work, and the way back. `traces`:
 * of every member, by place. Their clocks are those of processes on one machine, set by the same system clock when each began.
 */
export function polkaPath(
  traces: ReadonlyMap<number, readonly TraceEvent[]>,
  key: string,
  proposer: number,
  needed: number,
): readonly Phase[] {
  const own = traces.get(proposer) ?? [];
  const last = own.filter((e) => e.key === key && e.kind === 'heard-pre-commit' && e.member !== proposer)[
    needed - 1
  ];
  if (!last) return [];
  const find = finder(own, key);
  const there = finder(traces.get(last.member) ?? [], key);
  const heard = there('heard-pre-commit', proposer)?.at;
  const voted = there('pre-commit', last.member)?.at;
  return differences([
    ['path 1: own pre-commit to the voter that completes the polka', find('pre-commit', proposer)?.at, heard],
    ['path 2: that voter runs the steps again, its pre-commit durable', heard, voted],
    ['path 3: its pre-commit back at the proposer', voted, last.at],
  ]);
}

function finder(trace: readonly TraceEvent[], key: string) {
  return (kind: TraceEvent['kind'], member?: number): TraceEvent | undefined =>
    trace.find((e) => e.key === key && e.kind === kind && (member === undefined || e.member === member));
}

/** Leaves out what did not happen at this replica, for example an own vote after the decision. */
function differences(
  list: readonly (readonly [string, number | undefined, number | undefined])[],
): readonly Phase[] {
  return list.flatMap(([name, from, to]) =>
    from === undefined || to === undefined ? [] : [[name, to - from] as const],
  );
}
