/**
 * Breadth-first over all orders in which honest replicas can sign, up to renaming replicas and values. A state is what each has signed;
 * votes, once signed, exist for ever and may be taken in by anybody at any time, which covers loss, delay, reordering and duplication.
 * `turn.ts` says what may be signed next, by the real core, and why nothing is missed.
 *
 * Checked in every state: no two certificates for different values can exist (agreement); and of every signature: one value for each
 * round and type, no COMMIT after a vote in a later round, no vote against the lock without a polka of a round between.
 */
import { asDigest } from '../../../src/codec/brand.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import { ablations } from '../ablations.ts';
import { createTurns, type Counts, type Model, type Signature, type Signed, type Value } from './turn.ts';

export interface SearchOptions {
  readonly n: number;
  /** Honest members; the rest is Byzantine. */
  readonly honest: number;
  readonly rounds: number;
  /** Most signatures in a row; Infinity: until nothing new is found. */
  readonly depth: number;
  readonly ablation?: string;
  /** Where to start, as a path shows it: `2 1 -|- 1/C1 -|2 - 2`; without it nobody has signed. */
  readonly from?: string;
  /** Every set of votes, and not one of each kind: to check the reduction. */
  readonly full?: boolean;
  readonly progress?: (states: number, depth: number) => void;
}

export interface SearchResult {
  readonly states: number;
  readonly depth: number;
  readonly exhausted: boolean;
  /** Steps that the real core took. */
  readonly steps: number;
  readonly violation: string | null;
  /** From the start to the violation. */
  readonly path: readonly string[];
}

/** Bits of a state: what a number holds exactly. */
const MAX_BITS = 52;
const BITS_PER_ROUND = 4;
const PROGRESS_STATES = 20_000;

/** Only the tie-breaker's rotation is hashed, and `turn.ts` sets that itself. */
const hash = (): ReturnType<typeof asDigest> => asDigest('0'.repeat(64));

/** What is wrong with the sizes, or null. */
export function searchable(honest: number, rounds: number): string | null {
  const most = Math.floor(MAX_BITS / BITS_PER_ROUND / honest);
  return rounds > most ? `At most ${most} rounds with ${honest} honest members.` : null;
}

export function search(options: SearchOptions): SearchResult {
  const { n, honest, rounds, depth: limit } = options;
  const ablation = options.ablation === undefined ? null : ablations[options.ablation]!;
  const model: Model = { n, honest, rounds, ablation, full: options.full === true };
  const turns = createTurns(model, hash);
  const q = quorum(n);
  const byzantine = n - honest;
  const bits = BITS_PER_ROUND * rounds;
  const size = 2 ** bits;
  const all = ablation?.judgedByConsequences !== true;
  const certificateQuorum = ablation?.certificateQuorum?.(n) ?? q;

  const decode = (code: number): Signed[] =>
    Array.from({ length: rounds }, (_, r) => ({
      vote: ((code / 16 ** r) & 3) as Signed['vote'],
      commit: ((Math.floor(code / 16 ** r) >> 2) & 3) as Signed['commit'],
    }));
  const swapped = new Map<number, number>();
  const swap = (code: number): number => {
    let found = swapped.get(code);
    if (found === undefined) {
      const other = (x: number): number => (x === 1 ? 2 : x === 2 ? 1 : 0);
      found = decode(code).reduce((sum, s, r) => sum + (other(s.vote) + 4 * other(s.commit)) * 16 ** r, 0);
      swapped.set(code, found);
    }
    return found;
  };
  const pack = (codes: number[]): number =>
    codes.sort((a, b) => a - b).reduce((sum, code) => sum * size + code, 0);
  const canonical = (codes: readonly number[]): number => Math.min(pack([...codes]), pack(codes.map(swap)));
  const unpack = (state: number): number[] => {
    const codes: number[] = [];
    for (let i = 0; i < honest; i++) {
      codes.push(state % size);
      state = Math.floor(state / size);
    }
    return codes;
  };
  const decoded = new Map<number, Signed[]>();
  const signedOf = (code: number): Signed[] => {
    let found = decoded.get(code);
    if (!found) {
      found = decode(code);
      decoded.set(code, found);
    }
    return found;
  };

  /** A polka for the value can exist: honest votes and the Byzantine member's. */
  const polkaCanBe = (cluster: readonly Signed[][], round: number, value: Value): boolean =>
    cluster.filter((signed) => signed[round]!.vote === value).length + byzantine >= q;

  function wrong(
    own: readonly Signed[],
    { round, type, value }: Signature,
    cluster: readonly Signed[][],
  ): string | null {
    const before = type === 'COMMIT' ? own[round]!.commit : own[round]!.vote;
    if (before !== 0 && before !== value) return `self-contradiction: two values in round ${round}, ${type}`;
    if (!all) return null;
    if (type === 'COMMIT') {
      if (own.some((signed, r) => r > round && signed.vote))
        return `COMMIT in round ${round} after a later vote`;
      return polkaCanBe(cluster, round, value) ? null : `COMMIT in round ${round} without a polka`;
    }
    if (own[round]!.commit) return `vote after the own commit in round ${round}`;
    let locked = -1;
    for (let r = 0; r < round; r++) if (own[r]!.commit) locked = r;
    if (locked < 0 || own[locked]!.commit === value) return null;
    for (let r = locked + 1; r < round; r++) if (polkaCanBe(cluster, r, value)) return null;
    return `lock rule: committed in round ${locked}, votes against it in round ${round}`;
  }

  /** Two certificates for different values can be put together. */
  function forked(cluster: readonly Signed[][]): boolean {
    const can = (value: Value): boolean => {
      const most = ablation?.mixesRounds
        ? cluster.filter((signed) => signed.some(({ commit }) => commit === value)).length
        : Math.max(
            ...Array.from({ length: rounds }, (_, r) => cluster.filter((s) => s[r]!.commit === value).length),
          );
      return most > 0 && most + byzantine >= certificateQuorum;
    };
    return can(1) && can(2);
  }

  const seen = new Map<number, number>();
  const codeOf = (shown: string): number =>
    shown.split(' ').reduce((sum, one, r) => {
      const [vote, commit = 'C0'] = one.split('/');
      return sum + ((vote === '-' ? 0 : Number(vote)) + 4 * Number(commit.slice(1))) * 16 ** r;
    }, 0);
  const start = options.from === undefined ? 0 : canonical(options.from.split('|').map(codeOf));
  seen.set(start, -1);
  let frontier: number[] = [start];
  let depth = 0;
  const result = (violation: string | null, at: number | null): SearchResult => ({
    states: seen.size,
    depth,
    exhausted: frontier.length === 0,
    steps: turns.steps,
    violation,
    path: at === null ? [] : pathTo(at),
  });
  function pathTo(state: number): string[] {
    const path: string[] = [];
    for (let at = state; at >= 0; at = seen.get(at)!) {
      const shown = unpack(at).map((code) =>
        signedOf(code)
          .map(({ vote, commit }) => `${vote || '-'}${commit ? `/C${commit}` : ''}`)
          .join(' '),
      );
      path.unshift(`[${shown.join('] [')}]`);
    }
    return path;
  }

  let told = 0;
  while (frontier.length > 0 && depth < limit) {
    const later: number[] = [];
    depth++;
    for (const state of frontier) {
      const codes = unpack(state);
      const cluster = codes.map(signedOf);
      for (let i = 0; i < honest; i++) {
        // Two replicas that signed the same are one case.
        if (codes.indexOf(codes[i]!) < i) continue;
        const own = cluster[i]!;
        const others: Counts[] = [];
        for (let r = 0; r < rounds; r++) {
          let ones = 0;
          let twos = 0;
          for (let j = 0; j < honest; j++) {
            if (j === i) continue;
            const { vote } = cluster[j]![r]!;
            if (vote === 1) ones++;
            else if (vote === 2) twos++;
          }
          others.push([ones, twos]);
        }
        for (const signature of turns.next(own, others)) {
          const { round, type, value } = signature;
          const what = wrong(own, signature, cluster);
          if (what !== null) return result(what, state);
          if ((type === 'COMMIT' ? own[round]!.commit : own[round]!.vote) === value) continue;
          const after = [...codes];
          after[i] = codes[i]! + value * (type === 'COMMIT' ? 4 : 1) * 16 ** round;
          const name = canonical(after);
          if (seen.has(name)) continue;
          seen.set(name, state);
          if (forked(after.map(signedOf))) return result('agreement: two certificates can be made', name);
          later.push(name);
        }
      }
      if (seen.size - told >= PROGRESS_STATES) {
        told = seen.size;
        options.progress?.(seen.size, depth);
      }
    }
    frontier = later;
  }
  return result(null, null);
}
