/**
 * One session's whole life, cut off at each call that the session buffer makes to disk, replica or signer, once with and once without the
 * call's effect; then the device comes back and goes on from what it was told.
 */
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/codec/result.ts';
import type { SessionError, SessionView } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { ALPHA, BRAVO, post, type Counter } from './counter.ts';
import { Device, KEY, Ledger, must, type Kill } from './world.ts';

type Answer = Result<unknown, SessionError>;

/** What the device was told, and what its ledger then has to hold. */
class Life {
  readonly ledger = new Ledger();
  readonly device: Device;
  readonly rival = new Device(this.ledger, ALPHA);
  id = '';
  /** Numbers of the steps that were acknowledged and not taken back. */
  told: number[] = [];
  /** A call that takes a step back is under way: the step may be there or not. */
  undoing: number | null = null;
  /** The second kill, counted from the first start after the first one. */
  again: Kill | null = null;
  diedTwice = false;

  constructor(batched: boolean) {
    this.device = new Device(
      this.ledger,
      BRAVO,
      { decidedDigest: async (key, version) => this.ledger.chain(key)[version - 1]?.digest ?? null },
      { batched },
    );
  }

  async begin(): Promise<void> {
    const created = must(await this.rival.buffer.start(KEY, 'op', post('/create', { total: 0 })));
    must(await this.rival.buffer.step(created.id, post('/finish')));
    must(await this.rival.buffer.commit(created.id));
    this.rival.hear(KEY, this.rival.proposals.pop()!.body);
    await this.rival.buffer.idle();
  }

  /** False: the device was cut off before it answered. */
  async answered(call: Promise<Answer>): Promise<boolean> {
    const answer = await Promise.race([call, this.device.killed.then(() => null)]);
    if (answer === null) return false;
    must(answer);
    return true;
  }

  step(tag: number, path: string, body: Record<string, number> = {}): () => Promise<boolean> {
    return async () => {
      if (this.tags().includes(tag)) return true;
      const done = await this.answered(this.device.buffer.step(this.id, post(path, { ...body, tag })));
      if (done) this.told.push(tag);
      return done;
    };
  }

  undo(tag: number): () => Promise<boolean> {
    return async () => {
      if (!this.tags().includes(tag)) return true;
      this.undoing = tag;
      const done = await this.answered(this.device.buffer.undo(this.id));
      if (!done) return false;
      this.undoing = null;
      this.told = this.told.filter((one) => one !== tag);
      return true;
    };
  }

  /** The call that is made unless what it is for has come about before the crash. */
  once(isDone: () => boolean, call: () => Promise<Answer>): () => Promise<boolean> {
    return async () => isDone() || this.answered(call());
  }

  view(): SessionView | undefined {
    return this.device.buffer.get(this.id);
  }

  tags(): number[] {
    return (this.view()?.transactions ?? []).map((t) =>
      Number((t.request.body as Record<string, unknown> | null)?.tag ?? 0),
    );
  }

  /** Everything that was acknowledged is here again, and nothing that nobody asked for. */
  check(): void {
    expect(this.device.errors).toEqual([]);
    expect(this.device.buffer.damaged()).toEqual([]);
    const tags = this.tags().filter((tag) => tag > 0);
    for (const tag of this.told)
      if (tag !== this.undoing) expect(tags, `step ${tag} was acknowledged`).toContain(tag);
    if (this.undoing !== null && !tags.includes(this.undoing))
      this.told = this.told.filter((tag) => tag !== this.undoing);
    expect(new Set(tags).size, 'no step runs twice').toBe(tags.length);
    const perBase = new Map<string, string>();
    for (const { sessionId, version, previous, digest } of this.device.proposals) {
      const place = `${sessionId} ${version} ${previous}`;
      expect(perBase.get(place) ?? digest, 'one proposal for one base').toBe(digest);
      perBase.set(place, digest);
    }
  }

  /** A tab that takes up its sessions may die as well; the next one does not. */
  async restart(): Promise<void> {
    const again = this.again;
    this.again = null;
    this.device.killAtStart = again;
    await Promise.race([this.device.restart().then(() => this.device.buffer.idle()), this.device.killed]);
    if (!this.device.isAlive) {
      this.diedTwice = true;
      await this.device.restart();
    }
    this.device.kill = null;
    await this.device.buffer.idle();
    const open = this.device.buffer.list();
    // An answer to `start` that never came: the session may be there all the same, and the operator finds it in the list.
    if (this.id === '') this.id = open.find((one) => one.status.state === 'local')?.id ?? '';
    if (this.id !== '') expect(this.view(), 'the session was acknowledged').toBeDefined();
    this.check();
  }
}

/** Starts, steps, an undo, a pause, a rival that commits first, and the commit, or an end without one. */
function script(life: Life, ending: 'commit' | 'commitAll' | 'abandon'): (() => Promise<boolean>)[] {
  const { device, ledger } = life;
  const state = () => life.view()?.status.state;
  const start = async (): Promise<boolean> => {
    if (life.id !== '') return true;
    const call = device.buffer.start(KEY, 'dock', post('/open'));
    const done = await life.answered(call);
    if (done) life.id = must(await call).id;
    return done;
  };
  const rival = async (): Promise<boolean> => {
    if (ledger.chain(KEY).length > 1) return true;
    const { buffer, proposals } = life.rival;
    const session = must(await buffer.start(KEY, 'rival', post('/open')));
    must(await buffer.step(session.id, post('/add', { n: 100, tag: 0 })));
    must(await buffer.step(session.id, post('/finish')));
    must(await buffer.commit(session.id));
    const certified = life.rival.hear(KEY, proposals.pop()!.body);
    await buffer.idle();
    device.buffer.decided(KEY, certified.version, certified.digest);
    return quiet();
  };
  const quiet = async (): Promise<boolean> => {
    await Promise.race([device.buffer.idle(), device.killed]);
    return device.isAlive;
  };
  const commit = life.once(
    () => state() === 'voting' || state() === 'committed',
    async () => {
      if (ending === 'commit') return device.buffer.commit(life.id);
      const [only] = await device.buffer.commitAll([life.id]);
      return only!;
    },
  );
  const decide = async (): Promise<boolean> => {
    const version = ledger.chain(KEY).length + 1;
    const proposal = device.proposals.findLast((p) => p.version === version);
    if (state() === 'voting' && proposal) device.hear(KEY, proposal.body);
    return quiet();
  };
  const pause = life.once(
    () => life.view()!.pausedAt !== null,
    () => device.buffer.pause(life.id),
  );
  const unpause = life.once(
    () => life.view()!.pausedAt === null,
    () => device.buffer.unpause(life.id),
  );
  const steps = [start, life.step(1, '/add', { n: 3 }), life.step(2, '/add', { n: 5 }), life.undo(2)];
  if (ending === 'abandon')
    return [
      ...steps,
      life.once(
        () => state() === 'abandoned',
        () => device.buffer.abandon(life.id),
      ),
    ];
  // The rival commits while the session is local, so it is rebased; a second time it is decided itself.
  return [...steps, pause, unpause, rival, life.step(3, '/finish'), commit, decide];
}

/** Runs the script, cut off at one call, unless it comes to its end before. */
async function run(
  ending: 'commit' | 'commitAll' | 'abandon',
  batched: boolean,
  at: number,
  effect: boolean,
  again: Kill | null = null,
): Promise<{ readonly wasCut: boolean; readonly diedTwice: boolean }> {
  const life = new Life(batched);
  life.again = again;
  await life.begin();
  life.device.kill = { afterCalls: at, effect };
  let wasCut = false;
  for (const act of script(life, ending)) {
    for (let tries = 0; !(await act()); tries++) {
      if (tries > 1) throw new Error('cut off twice, with one kill');
      wasCut = true;
      await life.restart();
    }
    life.check();
  }
  // The kill may have fallen into work that nobody waits for.
  await Promise.race([life.device.buffer.idle(), life.device.killed]);
  if (!life.device.isAlive) {
    wasCut = true;
    await life.restart();
  }
  await judge(life, ending);
  return { wasCut, diedTwice: life.diedTwice };
}

async function judge(life: Life, ending: string): Promise<void> {
  // A decision that a dying tab did not see is found in the replica's own state at the next start.
  await life.restart();
  const chain = life.ledger.chain(KEY).map(({ body }) => must(parseSessionValue(body!)));
  const own = chain.filter(({ session }) => session.member === BRAVO.id);
  if (ending === 'abandon') {
    expect(own).toEqual([]);
    expect(life.view()!.status.state).toBe('abandoned');
    return;
  }
  expect(own, 'committed, once').toHaveLength(1);
  expect((chain.at(-1)!.record as unknown as Counter).total).toBe(103);
  expect(life.view()!.status.state).toBe('committed');
  expect(life.tags()).toEqual([0, 1, 3]);
}

describe('a session killed at every await of its life', () => {
  for (const [ending, batched] of [
    ['commit', false],
    ['commit', true],
    ['commitAll', true],
    ['abandon', false],
  ] as const) {
    it(`that ends in ${ending}${batched ? ', of a replica that takes batches' : ''}: no acknowledged step is lost, and it is committed at most once`, async () => {
      for (const effect of [false, true]) {
        let at = 0;
        for (; (await run(ending, batched, at, effect)).wasCut; at++) {
          // And again while the tab that follows takes the session up.
          for (let then = 0; ; then++)
            if (!(await run(ending, batched, at, effect, { afterCalls: then, effect })).diedTwice) break;
        }
        // Worth nothing if the life were over after a few calls.
        expect(at).toBeGreaterThan(ending === 'abandon' ? 5 : 12);
      }
    });
  }
});
