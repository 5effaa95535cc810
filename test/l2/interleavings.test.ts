/**
 * Random interleavings of what an operator does, what others commit, and crashes at every call to the replica, checked against a model:
 * - what was acknowledged is there after a resume, and nothing else but at most the calls that were cut off;
 * - no session has two proposals of different bytes for one base;
 * - every proposal is valid at another replica at its version;
 * - a session is in the chain at most once, and the certified total is the sum of the steps that the chain holds.
 * RUNS=20000 in the environment runs it for longer.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import type { SessionView } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { ALPHA, BRAVO, post, type Counter } from './counter.ts';
import { Device, KEY, Ledger, must } from './world.ts';

type Command =
  | { readonly do: Simple }
  | { readonly do: 'add'; readonly n: number }
  | { readonly do: 'note' }
  | { readonly do: 'rival'; readonly path: '/add' | '/note' }
  | { readonly do: 'kill'; readonly afterCalls: number; readonly effect: boolean }
  | { readonly do: 'full'; readonly disk: boolean }
  | { readonly do: 'busy'; readonly replica: boolean };

type Simple =
  'start' | 'finish' | 'undo' | 'commit' | 'abandon' | 'rebase' | 'retry' | 'restart' | 'certify' | 'settle';
const simple = (...names: Simple[]) => names.map((name) => fc.constant<Command>({ do: name }));
const command: fc.Arbitrary<Command> = fc.oneof(
  ...simple(
    'start',
    'start',
    'finish',
    'finish',
    'undo',
    'commit',
    'commit',
    'abandon',
    'rebase',
    'retry',
    'restart',
    'certify',
    'certify',
    'settle',
    'settle',
  ),
  fc.record({ do: fc.constant('add' as const), n: fc.integer({ min: 1, max: 9 }) }),
  fc.constant<Command>({ do: 'note' }),
  fc.record({
    do: fc.constant('rival' as const),
    path: fc.constantFrom('/add' as const, '/add' as const, '/note' as const),
  }),
  fc.record({ do: fc.constant('kill' as const), afterCalls: fc.nat(5), effect: fc.boolean() }),
  fc.record({ do: fc.constant('full' as const), disk: fc.boolean() }),
  fc.record({ do: fc.constant('busy' as const), replica: fc.boolean() }),
);

class Run {
  readonly ledger = new Ledger();
  readonly device = new Device(this.ledger, BRAVO, {
    decidedDigest: async (key, version) => this.ledger.chain(key)[version - 1]?.digest ?? null,
  });
  readonly rival = new Device(this.ledger, ALPHA);
  /** The session as it was when all was last quiet; null while calls have been made since. */
  private quiet: { id: string; steps: string; state: string } | null = null;
  /** Tags of steps whose success was announced, with their session; emptied when a call may take some back. */
  private readonly announced = new Map<number, string>();
  private takingBack = 0;
  private pending: Promise<unknown>[] = [];
  private tags = 0;
  /** A rebase or a conflict that the disk could not take is made again after a restart: then the state may differ. */
  private diskWasFull = false;
  checkedAfterKill = 0;

  async begin(): Promise<void> {
    const created = must(await this.rival.buffer.start(KEY, 'op', post('/create', { total: 0 })));
    must(await this.rival.buffer.step(created.id, post('/finish')));
    must(await this.rival.buffer.commit(created.id));
    this.rival.hear(KEY, this.rival.proposals.pop()!.body);
    await this.rival.buffer.idle();
  }

  private current(): SessionView | undefined {
    return this.device.buffer.list()[0];
  }

  /** Fires a call without waiting, so that calls, decisions and kills overlap. */
  private fire(call: Promise<unknown>): void {
    this.quiet = null;
    this.pending.push(call);
  }

  private step(id: string, path: string, body: { [key: string]: CborValue }): void {
    const tag = ++this.tags;
    const call = this.device.buffer.step(id, post(path, { ...body, tag }));
    this.fire(
      call.then((result) => {
        if (result.ok && this.takingBack === 0) this.announced.set(tag, id);
      }),
    );
  }

  private takeBack(call: Promise<unknown>): void {
    this.announced.clear();
    this.takingBack++;
    this.fire(call);
  }

  async perform(c: Command): Promise<void> {
    const { buffer } = this.device;
    const id = this.current()?.id ?? 'none';
    switch (c.do) {
      case 'start':
        return this.fire(buffer.start(KEY, 'dock', post('/open')));
      case 'add':
        return this.step(id, '/add', { n: c.n });
      case 'note':
        return this.step(id, '/note', { text: 'mine' });
      case 'finish':
        return this.step(id, '/finish', {});
      case 'commit':
      case 'abandon':
        return this.fire(buffer[c.do](id));
      case 'undo':
      case 'rebase':
        return this.takeBack(buffer[c.do](id));
      case 'retry':
        this.quiet = null;
        return buffer.retry();
      case 'kill':
        this.device.kill = { afterCalls: c.afterCalls, effect: c.effect };
        return;
      case 'full':
        this.diskWasFull ||= c.disk;
        this.device.saveError = c.disk ? { type: 'disk-full', message: 'Full.' } : null;
        return;
      case 'busy':
        this.device.proposeError = c.replica ? { type: 'already-voted', message: 'Voted.' } : null;
        return;
      case 'rival':
        return this.rivalCommits(c.path);
      case 'certify': {
        const version = this.ledger.chain(KEY).length + 1;
        const open = this.device.proposals.find((p) => p.version === version);
        this.quiet = null;
        if (open) this.device.hear(KEY, open.body);
        return;
      }
      case 'settle':
        return this.settle();
      case 'restart':
        return this.restart();
    }
  }

  private async rivalCommits(path: '/add' | '/note'): Promise<void> {
    this.quiet = null;
    const { buffer, proposals } = this.rival;
    const session = must(await buffer.start(KEY, 'rival', post('/open')));
    must(await buffer.step(session.id, post(path, { n: 1, text: 'r', tag: 0 })));
    must(await buffer.step(session.id, post('/finish')));
    must(await buffer.commit(session.id));
    const certified = this.rival.hear(KEY, proposals.pop()!.body);
    this.device.buffer.decided(KEY, certified.version, certified.digest);
    await buffer.idle();
  }

  /** Waits until all is quiet or the device is cut off; a device that is cut off comes back. */
  async settle(): Promise<void> {
    const quiet = async () => {
      await Promise.all(this.pending);
      await this.device.buffer.idle();
    };
    await Promise.race([quiet(), this.device.killed]);
    if (this.device.isAlive) this.remember();
    else await this.restart();
  }

  private remember(): void {
    this.pending = [];
    this.takingBack = 0;
    const view = this.current();
    this.quiet =
      view && !this.diskWasFull
        ? { id: view.id, steps: tagsOf(view).join(), state: view.status.state }
        : null;
    this.announced.clear();
    if (view) for (const tag of tagsOf(view)) this.announced.set(tag, view.id);
  }

  /** Whatever was announced is there after a restart; and when no call was made since all was quiet, nothing has changed. */
  async restart(): Promise<void> {
    const { quiet } = this;
    const announced = new Map(this.announced);
    if (!this.device.isAlive) this.checkedAfterKill += announced.size;
    await this.device.restart();
    await this.device.buffer.idle();
    this.diskWasFull = this.device.saveError !== null;
    expect(this.device.buffer.damaged()).toEqual([]);
    for (const [tag, id] of announced) {
      const view = this.device.buffer.get(id);
      expect(view && tagsOf(view), 'announced steps').toContain(tag);
    }
    if (quiet) {
      const view = this.device.buffer.get(quiet.id);
      expect(view && { id: view.id, steps: tagsOf(view).join(), state: view.status.state }).toEqual(quiet);
    }
    this.remember();
  }

  async check(): Promise<void> {
    expect(this.device.errors).toEqual([]);
    const proposed = new Map<string, string>();
    for (const p of this.device.proposals) {
      const place = `${p.sessionId} on ${p.version - 1} ${p.previous}`;
      expect(proposed.get(place) ?? p.digest, 'one proposal per base').toBe(p.digest);
      proposed.set(place, p.digest);
      // A proposal for a base that was never certified cannot be judged, and must not exist.
      expect(await this.ledger.validateAt(KEY, p.version, p.body)).toEqual({ verdict: 'valid' });
    }
    const ids: string[] = [];
    let total = 0;
    for (const { body } of this.ledger.chain(KEY)) {
      const { record, session } = must(parseSessionValue(body!));
      ids.push(`${session.member} ${session.id}`);
      for (const { request } of session.transactions)
        if (request.path === '/add') total += (request.body as { n: number }).n;
      expect((record as Counter).total).toBe(total);
    }
    expect(new Set(ids).size, 'a session is committed once').toBe(ids.length);
    for (const view of this.device.buffer.list()) {
      const won = ids.includes(`bravo ${view.id}`);
      if (view.status.state === 'committed') expect(won).toBe(true);
      if (won) expect(view.status.state, 'a session that won is shown as committed').toBe('committed');
    }
  }
}

const tagsOf = (view: SessionView): number[] =>
  view.transactions.map((t) => Number((t.request.body as { [key: string]: CborValue } | null)?.tag ?? 0));

describe('interleavings of steps, decisions and crashes', () => {
  it('lose nothing acknowledged, contradict nothing proposed, commit nothing twice', async () => {
    let proposals = 0;
    let committed = 0;
    let conflicts = 0;
    let afterKill = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(command, fc.nat(3)), { minLength: 5, maxLength: 60, size: 'max' }),
        async (commands) => {
          const run = new Run();
          await run.begin();
          for (const [c, pause] of commands) {
            await run.perform(c);
            // Three of four calls are waited for; the rest overlap with what comes next, at some point of their way.
            if (pause > 0) await run.settle();
            else for (let tick = 0; tick < 5; tick++) await Promise.resolve();
          }
          run.device.saveError = null;
          run.device.proposeError = null;
          await run.settle();
          await run.restart();
          await run.check();
          proposals += run.device.proposals.length;
          committed += run.device.buffer.list().filter((v) => v.status.state === 'committed').length;
          afterKill += run.checkedAfterKill;
          conflicts += run.device.changes.filter((v) => v.status.state === 'conflict').length;
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 600) },
    );
    // The property is worth nothing if the runs never get this far.
    expect(Math.min(proposals, committed, conflicts, afterKill)).toBeGreaterThan(5);
  });
});
