/**
 * The acceptance suite of every `ReplicaStore`: a list of cases that throw on failure. It uses nothing of a test runner, so that a page
 * in a real browser can run it as well. Each case gets a disk of its own.
 */
import { isOfReports } from '../../src/codec/vote.ts';
import fc from 'fast-check';
import type { Digest, EpochDigest, Round, Version } from '../../src/codec/brand.ts';
import { encodeMark, OPENING_KEY, type EpochMark } from '../../src/codec/epochs.ts';
import type { InstanceLog, ReplicaStore, WriteBatch } from '../../src/store/types.ts';
import { check, same, sorted } from './assert.ts';
import { canonicalState, StoreModel } from './model.ts';
import {
  digest,
  entry,
  EPOCH,
  evidence,
  reports,
  fill,
  INCLUSION,
  key,
  log,
  LOG_ID,
  NETWORK,
  OTHER_NETWORK,
  session,
} from './samples.ts';

export interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** One disk with an identity of `LOG_ID` that is bound to `NETWORK`. */
export interface Disk {
  /** Opens a replica on it and raises the generation. Replicas opened before stay open, like a frozen tab. */
  open(): Promise<ReplicaStore>;
  /** Binds the identity; the type of the error, or null. */
  bind(network: typeof NETWORK): Promise<string | null>;
  destroy(): Promise<void>;
}

/** `runs`: of each property; fewer where a disk is slow. */
export function storeCases(newDisk: () => Promise<Disk>, runs = 50): readonly Case[] {
  const one = (name: string, body: (disk: Disk) => Promise<void>): Case => ({
    name,
    run: async () => {
      const disk = await newDisk();
      try {
        await body(disk);
      } finally {
        await disk.destroy();
      }
    },
  });
  return CASES.map(([name, body]) => one(name, body)).concat({
    name: 'a replica that restarts misses or invents nothing (random batches against a model)',
    run: () => reopenEqualsWritten(newDisk, runs),
  });
}

const CASES: readonly (readonly [string, (disk: Disk) => Promise<void>])[] = [
  [
    'a new identity has votes that it never cast',
    async (disk) => {
      const store = await disk.open();
      same(
        await store.load(),
        { logs: [], certified: [], evidence: [], sessions: [], meta: new Map() },
        'not empty',
      );
      same([store.logId, store.network], [LOG_ID, NETWORK], 'another identity');
    },
  ],
  [
    'an acknowledged vote is gone after a restart',
    async (disk) => {
      await put(await disk.open(), FULL);
      const again = await disk.open();
      const model = new StoreModel();
      model.write(FULL);
      same(canonicalState(await again.load()), canonicalState(model.state()), 'state');
      same(await again.value(digest(1)), fill(300, 9), 'value');
      same(await again.value(digest(99)), undefined, 'a value that was never written');
    },
  ],
  [
    'votes and certificates of a batch lose the way to what was signed',
    async (disk) => {
      const plain = log(key('a'), 1);
      const votes = plain.ownVotes.map((vote) => ({ ...vote, batch: INCLUSION }));
      const polka = plain.lock!.polka.map((vote) => ({ ...vote, batch: INCLUSION }));
      const open = { ...plain, ownVotes: votes, lock: { ...plain.lock!, polka } };
      const heads = (['votes', 'aggregate'] as const).map((form, i) => {
        const bare = entry(key(`b${i}`), 1, { form });
        const groups = bare.certificate.groups.map((group) => ({ ...group, batch: INCLUSION }));
        // The other form beside it, as where one member signed the entry alone.
        groups.push(...(entry(key('c'), 1).certificate.groups as typeof groups));
        return { ...bare, certificate: { ...bare.certificate, groups } };
      });
      await put(await disk.open(), { logs: [open], certified: heads });
      const again = await (await disk.open()).load();
      same(again.logs, [open], 'log');
      same(again.certified, heads, 'heads');
    },
  ],
  [
    'a later write is overtaken by an earlier one',
    async (disk) => {
      const store = await disk.open();
      const batches = Array.from({ length: 40 }, (_, i): WriteBatch => ({
        logs: [log(key('a'), 1, i)],
        meta: [{ name: 'turn', bytes: fill(1, i) }],
        // Different stores in each: the order must hold between transactions that do not otherwise overlap.
        ...(i % 2 === 0
          ? { values: [{ digest: digest(1), bytes: fill(1, i) }] }
          : { sessions: [session('s', i)] }),
      }));
      const acknowledged: number[] = [];
      await Promise.all(
        batches.map(async (batch, i) => {
          await put(store, batch);
          acknowledged.push(i);
        }),
      );
      same(
        acknowledged,
        batches.map((_, i) => i),
        'acknowledged in another order',
      );
      const state = await store.load();
      same(
        [state.logs[0]?.round, state.meta.get('turn'), state.sessions],
        [39, fill(1, 39), [session('s', 39)]],
        'last',
      );
    },
  ],
  [
    'a read that follows a write does not see it',
    async (disk) => {
      const store = await disk.open();
      const written = put(store, {
        values: [{ digest: digest(1), bytes: fill(3, 1) }],
        logs: [log(key('a'), 1)],
      });
      const [bytes, state] = await Promise.all([store.value(digest(1)), store.load()]);
      await written;
      same(bytes, fill(3, 1), 'value');
      same(state.logs, [log(key('a'), 1)], 'log');
    },
  ],
  [
    'half of a failed batch stays behind',
    async (disk) => {
      const store = await disk.open();
      await put(store, { certified: [entry(key('a'), 2)] });
      const before = await store.load();
      const contradiction = { ...entry(key('a'), 2), digest: digest(77) };
      const type = await failure(store, { ...FULL, certified: [entry(key('b'), 1), contradiction] });
      same(type, 'store-failed', 'type');
      const again = await disk.open();
      same(await again.load(), before, 'something was written');
      same(await again.value(digest(1)), undefined, 'a value was written');
    },
  ],
  [
    'half of a batch with a malformed record stays behind',
    async (disk) => {
      const store = await disk.open();
      const malformed = { id: 's', bytes: (() => 1) as unknown as Uint8Array };
      same(await failure(store, { logs: [log(key('a'), 1)], sessions: [malformed] }), 'store-failed', 'type');
      same((await (await disk.open()).load()).logs, [], 'the log was written');
    },
  ],
  [
    'a write after a failed write leaves a gap in the log',
    async (disk) => {
      const store = await disk.open();
      await put(store, { certified: [entry(key('a'), 1)] });
      // Handed over together: the second must not be applied although nothing is wrong with it.
      const results = await Promise.all([
        store.write({ certified: [{ ...entry(key('a'), 1), digest: digest(77) }] }),
        store.write({ logs: [log(key('b'), 1)] }),
      ]);
      same(
        results.map((r) => r.ok),
        [false, false],
        'one was acknowledged',
      );
      same(await failure(store, { logs: [log(key('c'), 1)] }), 'store-failed', 'a later one');
      same((await (await disk.open()).load()).logs, [], 'a log after the gap');
    },
  ],
  [
    'a frozen tab whose lock was stolen writes a second vote',
    async (disk) => {
      const frozen = await disk.open();
      await put(frozen, { logs: [log(key('a'), 1)] });
      const holder = await disk.open();
      check(holder.generation === frozen.generation + 1, 'the generation was not raised by one');
      const before = await holder.load();
      same(
        await failure(frozen, { ...FULL, certified: [entry(key('a'), 1)] }),
        'store-fenced',
        'first write',
      );
      same(await failure(frozen, { meta: [{ name: 'm', bytes: null }] }), 'store-fenced', 'second write');
      same(await holder.load(), before, 'the frozen tab changed something');
      await put(holder, { logs: [log(key('a'), 1, 1)] });
      same((await holder.load()).logs[0]?.round, 1, 'the holder cannot write');
    },
  ],
  [
    'the generation is forgotten by a restart',
    async (disk) => {
      const generations: number[] = [];
      for (let i = 0; i < 3; i++) {
        const store = await disk.open();
        generations.push(store.generation);
        store.close();
      }
      same(
        generations.map((g) => g - generations[0]!),
        [0, 1, 2],
        'generations',
      );
    },
  ],
  [
    'a superseded certificate is lost',
    async (disk) => {
      const store = await disk.open();
      const versions = [1, 2, 3].map((v) => entry(key('a'), v, { byte: v }));
      await put(store, { certified: [versions[0]!], history: [entry(key('ab'), 1)] });
      await put(store, { certified: versions.slice(1), logs: [log(key('a'), 4)] });
      same((await store.load()).certified, [versions[2]], 'head');
      same(await store.history(key('a')), versions.slice(0, 2), 'history');
      same(await store.history(key('ab')), [entry(key('ab'), 1)], 'history of a key with the same beginning');
      same(await store.history(key('none')), [], 'history of an unknown key');
    },
  ],
  [
    'pruning takes more than the past of its own key, or the head, or what the same batch brings',
    async (disk) => {
      const store = await disk.open();
      const versions = [1, 2, 3, 4].map((v) => entry(key('a'), v, { byte: v }));
      await put(store, {
        certified: [versions[3]!],
        history: [...versions.slice(0, 3), entry(key('ab'), 1)],
      });
      await put(store, { dropHistory: [{ key: key('a'), below: 3 as Version }] });
      same(await store.history(key('a')), versions.slice(2, 3), 'from version 3 on');
      same(await store.history(key('ab')), [entry(key('ab'), 1)], 'history of a key with the same beginning');
      await put(store, { dropHistory: [{ key: key('a'), below: 9 as Version }], history: [versions[1]!] });
      same(await store.history(key('a')), [versions[1]], 'what the batch brings');
      same((await store.load()).certified, [versions[3]], 'head');
    },
  ],
  [
    'what is put aside comes back, or takes more with it than its own key',
    async (disk) => {
      const store = await disk.open();
      const versions = [1, 2, 3, 4].map((v) => entry(key('a'), v, { byte: v }));
      await put(store, {
        certified: [versions[3]!, entry(key('ab'), 2), entry(key('b'), 1)],
        history: [...versions.slice(0, 3), entry(key('ab'), 1)],
      });
      await put(store, {
        aside: [
          { key: key('a'), head: versions[1]! },
          { key: key('b'), head: null },
        ],
      });
      const left = [versions[1], entry(key('ab'), 2)];
      same((await store.load()).certified, left, 'heads');
      same(await store.history(key('a')), versions.slice(0, 1), 'history below');
      same(await store.history(key('ab')), [entry(key('ab'), 1)], 'history of a key with the same beginning');
      // Another value of the same version is no contradiction to what is gone.
      const other = entry(key('a'), 3, { byte: 9 });
      await put(store, { certified: [{ ...other, digest: digest(77) }] });
      same((await store.load()).certified[0], { ...other, digest: digest(77) }, 'the next version');
      same(await store.history(key('a')), versions.slice(0, 2), 'history of the next version');
      store.close();
      const again = await disk.open();
      same((await again.load()).certified[0]!.digest, digest(77), 'after a restart');
    },
  ],
  [
    'a late, older certificate takes the place of the head',
    async (disk) => {
      const store = await disk.open();
      await put(store, { certified: [entry(key('a'), 3)] });
      await put(store, { certified: [entry(key('a'), 2)] });
      same((await store.load()).certified, [entry(key('a'), 3)], 'head');
      same(await store.history(key('a')), [], 'history');
    },
  ],
  [
    'a write that is queued while an earlier one still reads goes by the heads of before',
    async (disk) => {
      let store = await disk.open();
      await put(store, { certified: [entry(key('b'), 1)] });
      await put(store, { certified: [entry(key('a'), 1)] });
      store.close();
      store = await disk.open();
      await put(store, { certified: [entry(key('b'), 1, { previous: null })] });
      // The first of the two has to read the head of `a`; the second knew that of `b`.
      await Promise.all([
        put(store, { certified: [entry(key('a'), 2), entry(key('b'), 3)] }),
        put(store, { certified: [entry(key('b'), 2)] }),
      ]);
      same(sorted((await store.load()).certified), sorted([entry(key('a'), 2), entry(key('b'), 3)]), 'heads');
      same(await store.history(key('b')), [entry(key('b'), 1, { previous: null })], 'history');
    },
  ],
  [
    'what was put aside while an earlier write still read is taken for the head',
    async (disk) => {
      let store = await disk.open();
      await put(store, { certified: [entry(key('b'), 1)] });
      store.close();
      store = await disk.open();
      await Promise.all([
        put(store, { certified: [entry(key('b'), 5)] }),
        put(store, { aside: [{ key: key('b'), head: entry(key('b'), 1) }] }),
      ]);
      await put(store, { certified: [entry(key('b'), 2)] });
      same((await store.load()).certified, [entry(key('b'), 2)], 'head');
    },
  ],
  [
    'aggregating a certificate loses the link to the version before',
    async (disk) => {
      const store = await disk.open();
      const previous = digest(5);
      await put(store, { certified: [entry(key('a'), 2, { form: 'votes', previous })] });
      await put(store, { certified: [entry(key('a'), 2, { byte: 8 })] });
      same((await store.load()).certified, [entry(key('a'), 2, { byte: 8, previous })], 'link kept');
      same(await store.history(key('a')), [], 'the same version is no history');
      await put(store, { certified: [entry(key('b'), 1)] });
      await put(store, { certified: [entry(key('b'), 1, { previous: null })] });
      same((await store.load()).certified[1], entry(key('b'), 1, { previous: null }), 'link added');
    },
  ],
  [
    'fetched history sorts version 10 before version 9',
    async (disk) => {
      const store = await disk.open();
      const fetched = [10, 9, 2, 100].map((v) => entry(key('a'), v));
      await put(store, { history: fetched });
      same(
        (await store.history(key('a'))).map((e) => e.version),
        [2, 9, 10, 100],
        'order',
      );
    },
  ],
  [
    'what one batch drops and writes is gone',
    async (disk) => {
      const store = await disk.open();
      await put(store, FULL);
      await put(store, {
        dropLogs: [key('a'), key('b')],
        logs: [log(key('a'), 2)],
        dropValues: [digest(1), digest(2)],
        values: [{ digest: digest(1), bytes: fill(2, 2) }],
        dropSessions: ['one', 'two'],
        sessions: [session('one', 7)],
        meta: [{ name: 'kept', bytes: null }],
      });
      const state = await store.load();
      same([state.logs, state.sessions], [[log(key('a'), 2)], [session('one', 7)]], 'state');
      check(!state.meta.has('kept'), 'a meta record was not removed');
      same([await store.value(digest(1)), await store.value(digest(2))], [fill(2, 2), undefined], 'values');
    },
  ],
  [
    'a record changes with the buffer that it was written from or read into',
    async (disk) => {
      const store = await disk.open();
      const shared = fill(100, 1);
      const view = shared.subarray(10, 14);
      const written = put(store, {
        values: [{ digest: digest(1), bytes: view }],
        sessions: [{ id: 's', bytes: view }],
      });
      shared.fill(2);
      await written;
      const read = (await store.value(digest(1)))!;
      same(read, fill(4, 1), 'value');
      check(read.buffer.byteLength === 4, 'the whole buffer behind a view was stored');
      read.fill(3);
      (await store.load()).sessions[0]!.bytes.fill(3);
      same(await store.value(digest(1)), fill(4, 1), 'value after the reader changed its copy');
      same(
        (await store.load()).sessions,
        [{ id: 's', bytes: fill(4, 1) }],
        'session after the reader changed its copy',
      );
    },
  ],
  [
    'one conviction found twice is two records, or two convictions are one',
    async (disk) => {
      const store = await disk.open();
      await put(store, { evidence: [evidence(1), evidence(2)] });
      await put(store, { evidence: [evidence(1), evidence(1, key('other')), evidence(1, key('e'), 2)] });
      same((await store.load()).evidence.length, 4, 'records');
      await put(store, { evidence: [reports(1), reports(2)] });
      await put(store, { evidence: [reports(1), reports(1, 2)] });
      const held = (await store.load()).evidence.filter(({ evidence: one }) => isOfReports(one));
      same(held.length, 3, 'records of reports');
      same(
        held.find((one) => one.member === 2),
        reports(2),
        'two reports as they were written',
      );
    },
  ],
  [
    'a meta record of the replica replaces the identity',
    async (disk) => {
      const store = await disk.open();
      const names = ['identity', 'generation', 'binding', 'settings', '', 'own/generation', '\uffff'];
      await put(store, { meta: names.map((name, i) => ({ name, bytes: fill(1, i) })) });
      const again = await disk.open();
      check(again.generation === store.generation + 1, 'the generation was overwritten');
      same((await again.load()).meta, new Map(names.map((name, i) => [name, fill(1, i)])), 'meta');
    },
  ],
  [
    'a closed epoch takes a vote for a package, or refuses one for its opening, or refuses logs that have no new vote',
    async (disk) => {
      const store = await disk.open();
      const signed = log(key('a'), 1);
      // With the mark, what was signed before it: one write decides and closes.
      await put(store, { logs: [signed], meta: [mark('closed')] });
      await put(store, { logs: [{ ...signed, round: 1 as Round, previousRound: signed.lock!.polka }] });
      await put(store, { logs: [log(OPENING_KEY, 1)] });
      await put(store, {
        logs: [{ ...log(key('b'), 1), ownVotes: [] }],
        dropLogs: [key('a')],
        certified: [entry(key('a'), 1)],
      });
      // Before each, a start that has read nothing: what the disk says counts, not what is remembered.
      for (const logs of [
        [log(key('a'), 2)],
        [{ ...signed, key: key('b') }],
        [log(OPENING_KEY, 1), log(key('c'), 1)],
      ]) {
        const again = await disk.open();
        const before = await (await disk.open()).load();
        const other = await disk.open();
        same(await failure(again, {}), 'store-fenced', 'the fence comes first');
        same(await failure(other, { logs, sessions: [session('s')] }), 'store-epoch-closed', 'type');
        same(await failure(other, {}), 'store-epoch-closed', 'a write after it');
        same(await (await disk.open()).load(), before, 'something of it was written');
      }
      // One that has written the mark itself.
      const last = await disk.open();
      await last.load();
      same(await failure(last, { logs: [log(key('d'), 1)] }), 'store-epoch-closed', 'after a read');
    },
  ],
  [
    'an epoch that was left for a continuation takes a vote, also one for an opening',
    async (disk) => {
      const store = await disk.open();
      const signed = log(key('a'), 1);
      await put(store, { logs: [signed], meta: [mark('left')] });
      await put(store, { logs: [{ ...signed, round: 1 as Round, previousRound: signed.lock!.polka }] });
      for (const added of [log(key('b'), 1), log(OPENING_KEY, 1), { ...signed, key: key('c') }])
        same(await failure(await disk.open(), { logs: [added] }), 'store-epoch-closed', added.key);
      await put(await disk.open(), { meta: [mark('begun', digest(9))], dropLogs: [key('a')] });
    },
  ],
  [
    'an epoch that was left takes a vote, or the one that was begun takes none',
    async (disk) => {
      const store = await disk.open();
      await put(store, { meta: [mark('closed')], logs: [log(key('a'), 1)] });
      await put(store, { meta: [mark('begun', digest(9))], dropLogs: [key('a')] });
      const inNew = ({ ownVotes, ...rest }: InstanceLog): InstanceLog => ({
        ...rest,
        ownVotes: ownVotes.map((vote) => ({ ...vote, epoch: digest(9) as string as EpochDigest })),
      });
      await put(store, { logs: [inNew(log(key('a'), 1))] });
      const results = await Promise.all([
        store.write({ meta: [mark('closed', digest(9))] }),
        store.write({ logs: [inNew(log(key('b'), 1))] }),
      ]);
      same(
        results.map((r) => r.ok || r.error.type),
        [true, 'store-epoch-closed'],
        'a write behind the one with the mark',
      );
      const again = await disk.open();
      same(
        await failure(again, { logs: [log(key('a'), 1)] }),
        'store-epoch-closed',
        'a vote of the epoch that was left',
      );
    },
  ],
  [
    'a mark that cannot be read allows votes',
    async (disk) => {
      const store = await disk.open();
      await put(store, { meta: [{ name: 'epochs/mark', bytes: fill(3, 7) }] });
      same(await failure(store, { logs: [log(key('a'), 1)] }), 'store-failed', 'type');
    },
  ],
  [
    'an empty batch passes the fence',
    async (disk) => {
      const frozen = await disk.open();
      await put(frozen, {});
      await disk.open();
      same(await failure(frozen, {}), 'store-fenced', 'type');
    },
  ],
  [
    'a closed store still writes, or loses what was handed over before',
    async (disk) => {
      const store = await disk.open();
      const running = put(store, { logs: [log(key('a'), 1)] });
      store.close();
      same(await failure(store, { logs: [log(key('b'), 1)] }), 'store-closed', 'type');
      await running;
      check(
        await store.load().then(
          () => false,
          () => true,
        ),
        'a closed store was read',
      );
      same((await (await disk.open()).load()).logs, [log(key('a'), 1)], 'logs');
    },
  ],
  [
    'an identity moves to another network',
    async (disk) => {
      same(await disk.bind(OTHER_NETWORK), 'store-bound-elsewhere', 'another network');
      same(await disk.bind(NETWORK), null, 'the same network');
      check((await disk.open()).network === NETWORK, 'the network was changed');
    },
  ],
];

/** `epoch`: that of the samples' votes unless another is named. */
const mark = (
  state: EpochMark['state'],
  epoch: Digest = EPOCH as string as Digest,
): { name: string; bytes: Uint8Array } => ({
  name: 'epochs/mark',
  bytes: encodeMark({ state, epoch: epoch as string as EpochDigest, by: digest(8) }),
});

const FULL: WriteBatch = {
  logs: [log(key('a'), 1, 1), { ...log(key('b'), 3, -1), lock: null, ownVotes: [], values: [] }],
  certified: [
    entry(key('c'), 1, { form: 'votes', previous: null }),
    entry(key('d'), 4, { previous: digest(3) }),
  ],
  history: [entry(key('d'), 3)],
  values: [
    { digest: digest(1), bytes: fill(300, 9) },
    { digest: digest(2), bytes: fill(0, 0) },
  ],
  evidence: [evidence(2), reports(3)],
  sessions: [session('one'), session('two')],
  meta: [{ name: 'kept', bytes: fill(5, 5) }],
};

async function put(store: ReplicaStore, batch: WriteBatch): Promise<void> {
  const result = await store.write(batch);
  if (!result.ok) throw new Error(`write failed: ${result.error.type}: ${result.error.message}`);
}

async function failure(store: ReplicaStore, batch: WriteBatch): Promise<string> {
  const result = await store.write(batch);
  return result.ok ? 'it was written' : result.error.type;
}

async function reopenEqualsWritten(newDisk: () => Promise<Disk>, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(batches, fc.boolean()), { maxLength: 12 }), async (steps) => {
      const disk = await newDisk();
      try {
        const model = new StoreModel();
        let store = await disk.open();
        const running: Promise<void>[] = [];
        for (const [batch, restart] of steps) {
          running.push(put(store, batch));
          model.write(batch);
          if (!restart) continue;
          await Promise.all(running);
          store = await disk.open();
        }
        await Promise.all(running);
        store = await disk.open();
        same(canonicalState(await store.load()), canonicalState(model.state()), 'state');
        for (const k of KEYS) same(await store.history(k), model.history(k), `history of ${k}`);
        for (let i = 0; i < 4; i++) same(await store.value(digest(i)), model.value(digest(i)), `value ${i}`);
      } finally {
        await disk.destroy();
      }
    }),
    { numRuns: runs },
  );
}

const KEYS = [key('a'), key('aa'), key('b')];
const keys = fc.constantFrom(...KEYS);
const small = fc.nat({ max: 3 });
const names = fc.constantFrom('x', 'y', 'generation');
const list = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(items, { maxLength: 3 });
const entries = fc
  .record({
    k: keys,
    version: fc.integer({ min: 1, max: 5 }),
    form: fc.constantFrom('votes' as const, 'aggregate' as const),
    byte: small,
    previous: fc.constantFrom(undefined, null, digest(1)),
  })
  .map(({ k, version, form, byte, previous }) =>
    entry(k, version, { form, byte, ...(previous !== undefined && { previous }) }),
  );

const batches: fc.Arbitrary<WriteBatch> = fc.record(
  {
    logs: list(fc.tuple(keys, small, small).map(([k, version, round]) => log(k, version + 1, round))),
    dropLogs: list(keys),
    certified: list(entries),
    dropHistory: list(fc.tuple(keys, small).map(([k, below]) => ({ key: k, below: (below + 1) as Version }))),
    history: list(entries),
    aside: list(
      fc.tuple(entries, fc.boolean()).map(([head, stays]) => ({ key: head.key, head: stays ? head : null })),
    ),
    values: list(fc.tuple(small, small).map(([d, byte]) => ({ digest: digest(d), bytes: fill(byte, byte) }))),
    dropValues: list(small.map(digest)),
    evidence: list(fc.tuple(small, keys).map(([member, k]) => evidence(member, k))),
    sessions: list(fc.tuple(names, small).map(([id, byte]) => session(id, byte))),
    dropSessions: list(names),
    meta: list(fc.record({ name: names, bytes: fc.option(small.map((byte) => fill(2, byte))) })),
  },
  { requiredKeys: [] },
);
