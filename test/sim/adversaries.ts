/**
 * Byzantine members, up to f. They act together, hear every signature that leaves an honest member, and inject at the worst moments:
 * before an honest replica takes an event (about to vote by a timer, about to leave its round, at the edge of the lock window), and
 * at a steady beat. They sign anything in their own names and forge nobody: a wrong signature is only ever dropped.
 */
import { asRound, asVersion, type Digest } from '../../src/codec/brand.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { polkaOf, tieBreakerOf } from '../../src/consensus/instance.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { Instance } from '../../src/consensus/types.ts';
import { all, hiddenPolkas, inject, type Script, type Victim, type World } from './adversary.ts';
import { latePolka } from './late-polka.ts';

export const scripts: Readonly<Record<string, Script>> = {
  silent: { what: 'never says anything' },
  random: {
    what: 'says anything to anyone: equivocation, hidden polkas, votes ahead, parts of certificates',
    onTimer: (world, victim, instance) => anything(world, victim, instance),
    onBeat: (world, victim, instance) => {
      if (world.random.chance(25)) anything(world, victim, instance);
    },
  },
  equivocate: {
    what: 'votes for several values in every round, different ones to different replicas',
    onMessage(world, victim, instance) {
      if (world.random.chance(30)) inject(world, victim, instance, votes(world, instance, instance.round, 3));
    },
    onTimer(world, victim, instance) {
      inject(world, victim, instance, votes(world, instance, instance.round, 2));
    },
  },
  withhold: {
    what: 'proposes a value whose bytes few get, and votes for it',
    onBeat(world, victim, instance) {
      const { withheld } = world.values(instance.key, instance.version);
      const round = world.random.below(Math.max(0, instance.round) + 1);
      inject(world, victim, instance, all(world, instance, round, withheld));
      if (world.random.chance(10)) world.reveal(victim.index, withheld);
    },
  },
  vanish: {
    what: 'equivocates, helps only some replicas to complete a round, then says nothing more',
    onMessage(world, victim, instance) {
      if (instance.round > 2 || victim.index % 3 === 0) return;
      if (world.random.chance(70))
        inject(world, victim, instance, votes(world, instance, Math.max(0, instance.round), 2));
    },
    onBeat(world, victim, instance) {
      if (instance.round <= 0 && world.random.chance(20))
        inject(world, victim, instance, votes(world, instance, 0, 2));
    },
  },
  'last-voter': {
    what: 'shows a hidden polka to the last voter of a round, so that it votes against the others',
    onTimer(world, victim, instance, moment) {
      if (moment.votes) turnLastVoter(world, victim, instance);
    },
  },
  'late-lock': {
    what: 'locks a replica as it leaves a round, unless it is the next tie-breaker, and turns last voters',
    onTimer(world, victim, instance, moment) {
      if (moment.votes) turnLastVoter(world, victim, instance);
      const next = tieBreakerOf(victim.core.config, instance, instance.round + 1);
      if (moment.leaves && next !== victim.index) showHidden(world, victim, instance, instance.round);
    },
  },
  'lock-relay': {
    what: 'locks one replica in each round as it leaves it, so that it refuses what the next tie-breaker proposes',
    onTimer(world, victim, instance, moment) {
      if (moment.votes && instance.round === 1) splitFirst(world, victim, instance);
      if (moment.leaves) relayLock(world, victim, instance);
    },
    onMessage: (world, victim, instance) => hurry(world, victim, instance),
  },
  'late-polka': latePolka,
  'old-polka': {
    what: 'completes a polka for few, and brings an older one for another value when it is tie-breaker itself',
    onTimer(world, victim, instance, moment) {
      if (moment.closes && world.random.chance(60)) showHidden(world, victim, instance, instance.round);
      if (moment.votes || moment.leaves) bringOldPolka(world, victim, instance);
    },
    onMessage: (world, victim, instance) => bringOldPolka(world, victim, instance),
  },
  contrarian: {
    what: 'votes at once in every round, all together, for the second strongest value',
    onMessage(world, victim, instance) {
      const { round } = instance;
      if (round < 0 || !instance.ownPreCommits.has(round)) return;
      const tallies = [...world.checks.tallies(instance.key, instance.version, round)];
      tallies.sort((a, b) => b.preCommits.size - a.preCommits.size);
      const second =
        tallies[1]?.digest ??
        world.values(instance.key, instance.version).all.find((d) => d !== tallies[0]?.digest);
      if (second !== undefined) inject(world, victim, instance, all(world, instance, round, second));
    },
  },
  'lock-window': {
    what: 'completes a polka for one replica at the very end of its lock window, or as it leaves the round',
    onTimer(world, victim, instance, moment) {
      const { random } = world;
      if (moment.closes && random.chance(50)) showHidden(world, victim, instance, instance.round);
      if (moment.leaves && random.chance(50)) showHidden(world, victim, instance, instance.round);
      if (moment.votes && random.chance(30))
        inject(world, victim, instance, votes(world, instance, instance.round, 1));
      if (random.chance(4)) completeCertificate(world, victim, instance);
    },
  },
  'tie-breaker': {
    what: 'as tie-breaker tells different replicas different values',
    onTimer: (world, victim, instance) => splitTies(world, victim, instance),
    onMessage(world, victim, instance) {
      if (world.random.chance(40)) splitTies(world, victim, instance);
    },
  },
  flood: {
    what: 'sends forged votes, jump proofs with forged parts, far rounds and old versions',
    onBeat(world, victim, instance) {
      const { key, version } = instance;
      const { all: digests } = world.values(key, version);
      const far = instance.round + 2 + world.random.below(50);
      const forged = world.honest.map((author) =>
        world.forge(author, key, version, far, 'PRE-COMMIT', world.random.pick(digests)),
      );
      const commits = world.honest.map((author) =>
        world.forge(author, key, version, far, 'COMMIT', digests[0]!),
      );
      inject(world, victim, instance, [...forged, ...commits, ...votes(world, instance, far, 2)]);
      inject(world, victim, instance, [
        ...votes(world, instance, Math.max(0, instance.round), 3),
        ...votes(world, instance, 0, 4),
      ]);
    },
  },
  mix: {
    what: 'one of the others at each moment',
    onTimer(world, victim, instance, moment) {
      scripts[world.random.pick(MIXED)]!.onTimer?.(world, victim, instance, moment);
    },
    onMessage(world, victim, instance) {
      if (world.random.chance(20)) scripts[world.random.pick(MIXED)]!.onMessage?.(world, victim, instance);
    },
    onBeat(world, victim, instance) {
      if (world.random.chance(40)) scripts[world.random.pick(MIXED)]!.onBeat?.(world, victim, instance);
    },
  },
};

const MIXED = [
  'random',
  'equivocate',
  'withhold',
  'last-voter',
  'contrarian',
  'lock-window',
  'tie-breaker',
  'flood',
];

export const scriptNames = Object.keys(scripts);
/** Those that a seed may draw. */
export const drawnScripts = scriptNames.filter((name) => !scripts[name]!.byNameOnly);

/** Up to `values` votes of each Byzantine member in one round. */
function votes(world: World, instance: Instance, round: number, values: number): Vote[] {
  const { key, version } = instance;
  const { all: digests } = world.values(key, version);
  return world.byzantine.flatMap((author) =>
    Array.from({ length: 1 + world.random.below(values) }, () =>
      world.sign(author, key, version, Math.max(0, round), 'PRE-COMMIT', world.random.pick(digests)),
    ),
  );
}

function showHidden(world: World, victim: Victim, instance: Instance, round: number): void {
  if (round < 0 || polkaOf(victim.core.config, instance, round)) return;
  for (const polka of hiddenPolkas(world, instance, round)) inject(world, victim, instance, polka);
}

function turnLastVoter(world: World, victim: Victim, instance: Instance): void {
  const { round } = instance;
  const tallies = world.checks.tallies(instance.key, instance.version, round);
  const voted = tallies.reduce((sum, { preCommits }) => sum + preCommits.size, 0);
  if (voted < world.honest.length - 1) return;
  const majority = [...tallies].sort((a, b) => b.preCommits.size - a.preCommits.size)[0]?.digest;
  for (let r = round - 1; r >= 0; r--) {
    if (polkaOf(victim.core.config, instance, r)) break;
    const other = hiddenPolkas(world, instance, r).find((polka) => polka[0]!.digest !== majority);
    if (other) {
      inject(world, victim, instance, other);
      return;
    }
  }
  const against = world.values(instance.key, instance.version).all.filter((digest) => digest !== majority);
  if (round === 1 && against.length > 0)
    inject(world, victim, instance, all(world, instance, 0, against[0]!));
}

/**
 * The lock comes too late for the next tie-breaker to hear of it: it is honest and has voted for something else, or it is one of us and
 * proposes that to everybody but the locked replica. Without the lock window no COMMIT of this kind comes too late, and this goes on
 * for ever.
 */
function relayLock(world: World, victim: Victim, instance: Instance): void {
  const { key, version, round } = instance;
  if (round < 0) return;
  const next = tieBreakerOf(victim.core.config, instance, round + 1);
  const ours = next !== null && world.byzantine.includes(next);
  const hidden = hiddenPolkas(world, instance, round).find((polka) => {
    const other = otherValue(world, victim, instance, polka[0]!.digest);
    return other !== undefined && (round > 0 || other > polka[0]!.digest);
  });
  if (!hidden) return;
  const { digest } = hidden[0]!;
  const other = otherValue(world, victim, instance, digest)!;
  const locked = world.checks.tallies(key, version, round).some(({ commits }) => commits.size > 0);
  const proposed = world.checks
    .tallies(key, version, round + 1)
    .find(({ preCommits }) => next !== null && preCommits.has(next))?.digest;
  const waits = next !== null && !ours && proposed === undefined;
  if (!locked && !waits && victim.index !== next && proposed !== digest)
    inject(world, victim, instance, hidden);
  else if (round === 0) inject(world, victim, instance, all(world, instance, 0, other));
  else if (ours)
    inject(world, victim, instance, [world.sign(next, key, version, round + 1, 'PRE-COMMIT', other)]);
}

/** What those who do not know the hidden polka will hold: the newest polka they know, or what else was voted for. */
function otherValue(world: World, victim: Victim, instance: Instance, hidden: Digest): Digest | undefined {
  for (let r = instance.round - 1; r >= 0; r--) {
    const polka = polkaOf(victim.core.config, instance, r);
    if (polka && polka.digest !== hidden) return polka.digest;
  }
  return world.checks
    .tallies(instance.key, instance.version, 0)
    .map(({ digest }) => digest)
    .filter((digest) => digest !== hidden)
    .sort()
    .at(-1);
}

/** Round 1 votes for the winner of round 0: one vote more, for another value to every other replica, makes two winners. */
function splitFirst(world: World, victim: Victim, instance: Instance): void {
  const voted = world.checks.tallies(instance.key, instance.version, 0).map(({ digest }) => digest);
  const [first, second = first] = voted.sort();
  const own = world.honest.indexOf(victim.index) === 0 ? first : second;
  if (own !== undefined) inject(world, victim, instance, all(world, instance, 0, own));
}

/** The next tie-breaker completes its round before the others, and so leaves it before them. */
function hurry(world: World, victim: Victim, instance: Instance): void {
  const { key, version, round } = instance;
  // Bytes must not hold anybody back: a value that is not known is not voted for.
  for (const { digest } of world.checks.tallies(key, version, 0)) world.reveal(victim.index, digest);
  if (round < 1 || tieBreakerOf(victim.core.config, instance, round + 1) !== victim.index) return;
  const voted = world.checks.tallies(key, version, round).map(({ digest }) => digest);
  const unused = world.values(key, version).all.find((digest) => !voted.includes(digest));
  if (unused !== undefined) inject(world, victim, instance, all(world, instance, round, unused));
}

function bringOldPolka(world: World, victim: Victim, instance: Instance): void {
  const { key, version, lock } = instance;
  for (const round of [instance.round, instance.round + 1]) {
    const breaker = tieBreakerOf(victim.core.config, instance, round);
    if (breaker === null || !world.byzantine.includes(breaker)) continue;
    for (let r = 0; r < round; r++) {
      const old = hiddenPolkas(world, instance, r).find((polka) => polka[0]!.digest !== lock?.digest);
      if (!old) continue;
      const vote = world.sign(breaker, key, version, round, 'PRE-COMMIT', old[0]!.digest);
      inject(world, victim, instance, [...old, vote]);
      return;
    }
  }
}

function splitTies(world: World, victim: Victim, instance: Instance): void {
  const { random } = world;
  const { key, version } = instance;
  const { all: digests } = world.values(key, version);
  for (const round of [instance.round, instance.round + 1]) {
    const breaker = tieBreakerOf(victim.core.config, instance, round);
    if (breaker === null || !world.byzantine.includes(breaker)) continue;
    if (random.chance(60))
      inject(world, victim, instance, [
        world.sign(breaker, key, version, round, 'PRE-COMMIT', random.pick(digests)),
      ]);
  }
  if (random.chance(30)) inject(world, victim, instance, votes(world, instance, instance.round, 3));
  if (random.chance(15))
    for (let r = 0; r <= instance.round; r++) if (random.chance(50)) showHidden(world, victim, instance, r);
}

function completeCertificate(world: World, victim: Victim, instance: Instance): void {
  const q = quorum(world.n);
  for (let r = 0; r <= world.checks.highestRound; r++) {
    for (const { digest, commits } of world.checks.tallies(instance.key, instance.version, r)) {
      if (commits.size === 0 || commits.size + world.byzantine.length < q) continue;
      const own = world.byzantine.map((author) =>
        world.sign(author, instance.key, instance.version, r, 'COMMIT', digest),
      );
      inject(world, victim, instance, [...commits.values(), ...own]);
      return;
    }
  }
}

function anything(world: World, victim: Victim, instance: Instance): void {
  const { random } = world;
  const round = Math.max(0, instance.round);
  const earlier = random.below(round + 1);
  if (random.chance(40)) showHidden(world, victim, instance, earlier);
  if (random.chance(30)) inject(world, victim, instance, votes(world, instance, round, 4));
  if (random.chance(12))
    inject(world, victim, instance, votes(world, instance, round + 1 + random.below(3), 1));
  if (random.chance(20)) {
    const some: Vote[] = [];
    for (const { digest, commits } of world.checks.tallies(instance.key, instance.version, earlier)) {
      for (const vote of commits.values()) if (random.chance(50)) some.push(vote);
      for (const author of world.byzantine) {
        some.push(
          world.sign(author, instance.key, asVersion(instance.version), asRound(earlier), 'COMMIT', digest),
        );
      }
    }
    inject(world, victim, instance, some);
  }
  if (random.chance(20)) {
    const some = world.checks
      .tallies(instance.key, instance.version, earlier)
      .flatMap(({ preCommits }) => [...preCommits.values()]);
    inject(
      world,
      victim,
      instance,
      some.filter(() => random.chance(50)),
    );
  }
  if (random.chance(10)) world.reveal(victim.index, world.values(instance.key, instance.version).withheld);
}
