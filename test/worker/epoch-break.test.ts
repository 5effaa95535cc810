/** More than f members are gone for good: the survivors go on as a network of their own, and nobody else is moved by it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import type { BreakProposal } from '../../src/codec/epoch-messages.ts';
import { decodeMark, isBreakLink, type EpochMark } from '../../src/codec/epochs.ts';
import { encodeContinuation, type Continuation } from '../../src/codec/genesis.ts';
import { certificateSigners } from '../../src/codec/vote.ts';
import { continuationOf } from '../../src/consensus/epochs/continuation.ts';
import { continuationId, continueBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { WriteBatch } from '../../src/store/types.ts';
import { MAX_BREAKS } from '../../src/worker/limits.ts';
import { read } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';
import { until } from './cluster.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const TWO = ['Alfa', 'Bravo'];
let world: EpochWorld;
afterEach(() => world.stop());

/** Four with version 1 of `a/1`; then Cargo and Delta are gone. */
async function twoLeft(): Promise<void> {
  world = await EpochWorld.withRecord(FOUR, 'Alfa');
  for (const name of ['Cargo', 'Delta']) world.close(name);
}

const markIn = (batch: WriteBatch): EpochMark['state'] | null => {
  const bytes = batch.meta?.findLast(({ name }) => name === 'epochs/mark')?.bytes;
  const mark = bytes && decodeMark(bytes);
  return mark && mark.ok ? mark.value.state : null;
};

describe('two of four who go on', () => {
  it('agree on new versions of the record that they had, in a network of their own', async () => {
    await twoLeft();
    const before = world.person('Alfa').replica!.core.certified.get('a/1' as Key)!.digest;
    const digest = await world.goOn(TWO);
    await world.isSound(TWO, 'a/1');
    for (const name of TWO) {
      const { replica, opened } = world.person(name);
      expect(opened!.mesh).toMatchObject({ number: 1, network: digest, digest });
      expect(replica!.options.epoch.network).toBe(digest);
      expect(replica!.core.certified.get('a/1' as Key)!.version).toBe(2);
      const past = await replica!.options.store.history('a/1' as Key);
      expect(past.map((one) => [one.digest, one.certificate.epoch])).toEqual([[before, world.network]]);
      expect(replica!.epochs!.keysOf(past[0]!.certificate.epoch)?.network).toBe(world.network);
    }
  });

  it('take in a newcomer by an ordinary change, who follows the chain through the break', async () => {
    await twoLeft();
    const digest = await world.goOn(TWO);
    await world.isSound(TWO, 'a/1');
    const { replica } = world.person('Alfa');
    const echo = await world.newcomer('Echo', null, replica!.options.epoch.network);
    const change = world.propose('Alfa', [...replica!.epochs!.epoch.members, echo.entry]);
    await until('both have it', () => TWO.every((name) => world.hasDraft(name, change)));
    world.approve('Bravo', change);
    await world.join('Echo', change, 'Bravo');
    await until('the change is done', () => TWO.every((name) => world.meets(name) === 2));
    world.admit('Echo', 'Alfa');
    await world.open('Echo');
    const three = [...TWO, 'Echo'];
    await until('it has begun', () => world.begun('Echo') === 2);
    await world.isSound(three, 'a/1');
    const { chain } = world.person('Echo').opened!;
    expect(chain.map(({ network }) => network)).toEqual([world.network, digest, digest]);
    expect(chain.map(({ number }) => number)).toEqual([0, 1, 2]);
  });

  it('and then one of them alone: two breaks in one chain', async () => {
    await twoLeft();
    const first = await world.goOn(TWO, 'Two');
    await world.isSound(TWO, 'a/1');
    world.close('Bravo');
    const second = await world.goOn(['Alfa'], 'One');
    await world.isSound(['Alfa'], 'a/1');
    expect(world.version('Alfa', 'a/1')).toBe(3);
    const { chain } = world.person('Alfa').opened!;
    expect(chain.map(({ network }) => network)).toEqual([world.network, first, second]);
    expect(chain.map(({ genesis }) => genesis.name)).toEqual(['Test', 'Two', 'One']);
    await world.reopen('Alfa');
    await world.isSound(['Alfa'], 'a/1');
  });

  it('take their devices along', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.device('Terminal', 'Alfa');
    await world.open('Terminal');
    await until('it has the record', () => world.version('Terminal', 'a/1') === 1);
    for (const name of ['Cargo', 'Delta']) world.close(name);
    const digest = await world.goOn(TWO);
    await until('the device is there', () => world.meets('Terminal') === 1);
    await world.isSound(TWO, 'a/1');
    await until('it has the record of the new network', () => world.version('Terminal', 'a/1') === 2);
    expect(world.person('Terminal').opened!.mesh.network).toBe(digest);
  });
});

describe('a signature that the network goes on', () => {
  it('ends all signing in the epoch that is left, in this run and after a restart, whoever comes back', async () => {
    await twoLeft();
    // A vote may be under way when the person signs.
    const digest = world.proposeBreak(TWO);
    await world.put('Alfa', 'b/1').catch(() => undefined);
    await digest;
    await until('it is opened again', () => world.person('Alfa').starts === 2);
    expect(world.person('Alfa').standing).toMatchObject({ kind: 'observer' });
    const after: string[] = [];
    for (const hub of world.hubs.values())
      hub.filter = (_from, _to, bytes) => {
        const message = read(bytes);
        const votes = message.type === 'votes' ? message.votes : [];
        after.push(...votes.filter(({ author }) => author === 0).map(({ key }) => key));
        return true;
      };
    for (const name of ['Cargo', 'Delta']) await world.open(name);
    const others = ['Bravo', 'Cargo', 'Delta'];
    await until('the others vote', () =>
      others.every((name) => world.person(name).standing.kind === 'voter'),
    );
    await world.put('Bravo', 'c/1');
    await until('they agree, and Alfa hears of it', () =>
      FOUR.every((name) => world.version(name, 'c/1') === 1),
    );
    await world.reopen('Alfa');
    const change = world.propose('Bravo', world.genesis.members);
    await until('Alfa has the draft', () => world.hasDraft('Alfa', change));
    world.approve('Alfa', change);
    await world.put('Cargo', 'c/2');
    await until('they agree again', () => FOUR.every((name) => world.version(name, 'c/2') === 1));
    expect(world.person('Alfa').standing).toMatchObject({ kind: 'observer' });
    expect(after.filter((key) => key.startsWith('c/'))).toEqual([]);
    const { machine } = world.person('Bravo').replica!.epochs!;
    expect([...machine.drafts.get(change)!.approvals.keys()]).not.toContain(0);
    for (const { key, certificate } of world.person('Cargo').replica!.heads.values())
      if (key.startsWith('c/')) expect(certificateSigners(certificate)).not.toContain(0);
    // By whatever way a vote came: the disk takes none.
    const own = world.person('Alfa').disk.openReplica();
    const log = { key: 'd/1' as Key, version: 1, round: 0, lock: null, previousRound: [], values: [] };
    const vote = { key: log.key, version: 1, round: 0, type: 'PRE-COMMIT', digest: '1'.repeat(64) };
    const forbidden = { ...vote, epoch: world.network, author: 0, signature: new Uint8Array(64) };
    const said = await own.write({ logs: [{ ...log, ownVotes: [forbidden] } as never] });
    expect(said).toMatchObject({ ok: false, error: { type: 'store-epoch-closed' } });
  });

  it('is refused for another record, and the proposal can be made again', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    for (const name of ['Cargo', 'Delta']) world.close(name);
    const digest = await world.proposeBreak(TWO);
    await until('Bravo can sign', () => world.canSign('Bravo', digest));
    const hash = await createHash();
    // Somebody shows Bravo what the others had certified.
    const hidden = await world.certificate('x/1', hash(new Uint8Array([7])), ['Alfa', 'Cargo', 'Delta']);
    await world.person('Bravo').replica!.decisions.take([hidden], null);
    await until('Bravo has it', () => world.version('Bravo', 'x/1') === 1);
    expect(await world.signBreak('Bravo', digest)).toBe('record-differs');
    await until('Alfa has it', () => world.version('Alfa', 'x/1') === 1);
    const again = await world.person('Bravo').replica!.epochs!.breaks.propose({
      members: TWO.map((name) => world.person(name).entry.id),
      name: 'Again',
    });
    if (!again.ok) throw new Error(again.error.message);
    expect(await world.signBreak('Alfa', again.value.digest)).toBe('signed');
    await until('both go on', () => TWO.every((name) => world.begun(name) === 1));
    expect(world.person('Alfa').replica!.epochs!.newest.genesis.name).toBe('Again');
    expect(TWO.map((name) => world.version(name, 'x/1'))).toEqual([1, 1]);
  });

  it('is refused by name where it makes no sense', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.device('Terminal', 'Alfa');
    await world.open('Terminal');
    const ids = (...names: string[]) => names.map((name) => world.person(name).entry.id);
    const propose = async (by: string, members: ReturnType<typeof ids>, name = 'X'): Promise<string> => {
      const said = await world.person(by).replica!.epochs!.breaks.propose({ members, name });
      return said.ok ? 'proposed' : said.error.type;
    };
    expect(await propose('Alfa', ids('Alfa', 'Bravo', 'Cargo'))).toBe('quorum-is-there');
    expect(await propose('Alfa', ids('Bravo', 'Cargo'))).toBe('self-missing');
    expect(await propose('Alfa', [...ids('Alfa'), 'nobody' as never])).toBe('member-unknown');
    expect(await propose('Alfa', ids('Alfa', 'Bravo'), '  ')).toBe('name-missing');
    expect(await propose('Terminal', ids('Alfa', 'Bravo'))).toBe('not-a-voter');
    const { breaks } = world.person('Alfa').replica!.epochs!;
    expect(await breaks.sign('e'.repeat(64) as Digest)).toMatchObject({ error: { type: 'break-unknown' } });
    expect(world.person('Alfa').replica!.epochs!.machine.left).toBe(false);
    expect(world.person('Alfa').standing.kind).toBe('voter');
  });
});

describe('whoever has not signed', () => {
  it('is moved by no break of others, complete as it may be, and its network goes on', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const three = FOUR.slice(0, 3);
    // A liar goes on alone, and tells everybody.
    await world.goOn(['Delta'], 'Delta alone');
    const { links } = world.person('Delta').replica!.epochs!;
    expect(links.some(isBreakLink)).toBe(true);
    for (const name of three)
      await world.person(name).replica!.epochs!.talk.takeBundle({ links, secret: null });
    await world.isSound(three, 'a/1');
    for (const name of three) {
      const { epochs } = world.person(name).replica!;
      expect(epochs!.newest.number).toBe(0);
      expect(epochs!.breaks.elsewhere.map(({ genesis }) => genesis.name)).toEqual(['Delta alone']);
    }
    const { opened } = world.person('Delta');
    expect(opened!.mesh.members.map(({ id }) => id)).toEqual(['delta']);
  });

  it('does not lose its link for telling of a break that is none of ours', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.goOn(['Delta'], 'Delta alone');
    const [link] = world.person('Delta').replica!.epochs!.links;
    const id = world.inject('Alfa', 'Bravo', { type: 'chain', first: 1, links: [link!] });
    await until(
      'Alfa has seen it',
      () => world.person('Alfa').replica!.epochs!.breaks.elsewhere.length === 1,
    );
    expect(world.person('Alfa').replica!.links.has(id)).toBe(true);
    // The same with a signature that is none: that is a lie.
    if (!isBreakLink(link!)) throw new Error('a break was expected');
    const forged = {
      ...link,
      signatures: link.signatures.map((one) => one.map((byte, i) => (i === 9 ? byte ^ 1 : byte))),
    };
    world.inject('Alfa', 'Cargo', { type: 'chain', first: 1, links: [forged] });
    await until('the liar is cut off', () => world.person('Alfa').replica!.links.size === 1);
  });

  it('sees a proposal that calls it gone', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.proposeBreak(TWO);
    await until('Cargo has it', () => world.person('Cargo').replica!.epochs!.breaks.all.length === 1);
    const { breaks } = world.person('Cargo').replica!.epochs!;
    expect(breaks.isOwn(breaks.all[0]!.genesis)).toBe(false);
    const { network } = breaks.all[0]!;
    expect(await breaks.sign(network as string as Digest)).toMatchObject({ error: { type: 'self-missing' } });
    // The way into it is for those who go on.
    expect(world.canSign('Cargo', network as string as Digest)).toBe(false);
  });
});

describe('what R of the break lacks', () => {
  it('is refused afterwards, however well it was certified', async () => {
    await twoLeft();
    await world.goOn(TWO);
    const hash = await createHash();
    const hidden = await world.certificate('x/1', hash(new Uint8Array([7])), ['Bravo', 'Cargo', 'Delta']);
    await world.put('Alfa', 'x/1');
    await world.agree(TWO, 'x/1', 1);
    const { replica } = world.person('Alfa');
    const own = replica!.core.certified.get('x/1' as Key)!.digest;
    await replica!.decisions.take([{ ...hidden, key: 'x/1' as Key }], null);
    const other = await world.certificate('x/2', hash(new Uint8Array([8])), ['Bravo', 'Cargo', 'Delta']);
    await replica!.decisions.take([other], null);
    await world.isSound(TWO, 'a/1');
    expect(replica!.core.certified.get('x/1' as Key)!.digest).toBe(own);
    expect(world.version('Alfa', 'x/2')).toBe(0);
  });

  it('does not stay with a survivor whom the others told what they went on to certify after it had signed', async () => {
    const seven = [...FOUR, 'Echo', 'Foxtrot', 'Golf'];
    world = await EpochWorld.withRecord(seven, 'Alfa');
    const root = world.person('Bravo').replica!.certifiedRoot();
    const digest = await world.proposeBreak(TWO);
    await until('Bravo can sign', () => world.canSign('Bravo', digest));
    await until('Alfa is opened again', () => world.person('Alfa').starts === 2);
    // The five are a quorum without them. Bravo hears nothing of what they do.
    const about = ['break', 'join-secret', 'chain'];
    for (const hub of world.hubs.values())
      hub.filter = (_from, to, bytes) => to !== 1 || about.includes(read(bytes).type);
    const five = seven.slice(2);
    await world.put('Cargo', 'a/1');
    await world.agree(five, 'a/1', 2);
    await until('Alfa has it', () => world.version('Alfa', 'a/1') === 2);
    const foreign = world.person('Cargo').replica!.heads.get('a/1' as Key)!.certificate;
    // Also after a restart.
    await world.reopen('Alfa');
    expect(await world.signBreak('Bravo', digest)).toBe('signed');
    await until('both are there', () => TWO.every((name) => world.meets(name) === 1));
    await until('both have begun', () => TWO.every((name) => world.begun(name) === 1));
    expect(TWO.map((name) => world.person(name).replica!.certifiedRoot())).toEqual([root, root]);
    expect(TWO.map((name) => world.person(name).opened!.mesh.began!.root)).toEqual([root, root]);
    for (const name of TWO) await world.person(name).replica!.decisions.take([foreign], null);
    expect(TWO.map((name) => world.version(name, 'a/1'))).toEqual([1, 1]);
    await world.isSound(TWO, 'a/1');
    const heads = TWO.map((name) => world.person(name).replica!.heads.get('a/1' as Key)!);
    expect(heads.map(({ version, certificate }) => [version, certificate.epoch])).toEqual([
      [2, digest],
      [2, digest],
    ]);
    expect(heads[0]!.digest).not.toBe(foreign.digest);
  });

  it('goes where it was shown to one survivor after it had signed, and to a device that slept', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const hidden = await world.terminalAndHidden('Alfa', ['Bravo', 'Cargo', 'Delta']);
    world.close('Alfa');
    for (const name of ['Cargo', 'Delta']) world.close(name);
    const terminal = world.person('Terminal');
    // Bravo is not linked to it either: it alone has this.
    for (const hub of world.hubs.values()) hub.filter = () => false;
    await terminal.replica!.decisions.take([hidden], null);
    await until('the device has it', () => world.version('Terminal', 'x/1') === 1);
    await terminal.replica!.outbox.durable();
    world.close('Terminal');
    for (const hub of world.hubs.values()) hub.filter = () => true;
    await world.open('Alfa');
    const digest = await world.proposeBreak(TWO);
    await until('Bravo can sign', () => world.canSign('Bravo', digest));
    await until('Alfa is opened again', () => world.person('Alfa').starts === 3);
    // After Alfa has signed: Alfa's state grows, and Bravo's must not.
    for (const hub of world.hubs.values())
      hub.filter = (_from, _to, bytes) => ['break', 'join-secret', 'chain'].includes(read(bytes).type);
    await world.person('Alfa').replica!.decisions.take([hidden], null);
    await until('Alfa has it', () => world.version('Alfa', 'x/1') === 1);
    expect(await world.signBreak('Bravo', digest)).toBe('signed');
    await until('both are there', () => TWO.every((name) => world.meets(name) === 1));
    await until('both have begun', () => TWO.every((name) => world.begun(name) === 1));
    for (const hub of world.hubs.values()) hub.filter = () => true;
    await world.isSound(TWO, 'a/1');
    expect(TWO.map((name) => world.version(name, 'x/1'))).toEqual([0, 0]);
    await world.put('Bravo', 'x/1');
    await world.agree(TWO, 'x/1', 1);
    await world.open('Terminal');
    await world.bringIn('Terminal', 'Alfa', 1);
    await until('the device has what the two agreed on', () => world.version('Terminal', 'x/1') === 1);
    await world.agree(['Alfa', 'Bravo', 'Terminal'], 'x/1', 1);
    const { data } = world.person('Alfa').disk.snapshot();
    expect([...data.meta.keys()].filter((name) => name.startsWith('aside/'))).toEqual(['aside/1/x/1']);
  });
});

describe('a survivor that is killed', () => {
  /** As people and pages do it who do not know what the other disk holds: propose, sign, and ask at the other's door. */
  async function bothGoOn(): Promise<void> {
    const end = performance.now() + 40_000;
    while (!TWO.every((name) => world.meets(name) === 1 && world.begun(name) === 1)) {
      if (performance.now() > end) throw new Error('they do not go on');
      const isOver = TWO.some((name) => world.meets(name) === 1);
      const alfa = world.person('Alfa').replica!.epochs!.breaks;
      if (!isOver && !alfa.all.some(({ signatures }) => signatures.has(0 as never)))
        await world.proposeBreak(TWO).catch(() => null);
      for (const { network } of world.person('Bravo').replica!.epochs!.breaks.all)
        if (world.canSign('Bravo', network as string as Digest))
          await world.person('Bravo').replica!.epochs!.breaks.sign(network as string as Digest);
      for (const [name, from] of [TWO, [...TWO].reverse()] as [string, string][])
        if (world.meets(from) === 1 && world.meets(name) === 0) world.knock(name, from);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it.each(TWO)(
    '(%s) before or after any write from its signature on, goes on with the other and contradicts nothing',
    { timeout: 240_000 },
    async (who) => {
      const deaths: string[] = [];
      for (const kind of ['refuse', 'lose-answer'] as const) {
        for (let k = 0; ; k++) {
          await twoLeft();
          const person = world.person(who);
          let at = -1;
          let dead = false;
          person.disk.setFault((batch) => {
            if (at < 0 && markIn(batch) !== 'left') return null;
            if (dead || ++at !== k) return null;
            dead = true;
            return { kind, error: { type: 'store-failed', message: 'The test pulls the plug.' } };
          });
          const digest = await world.proposeBreak(TWO).catch(() => null);
          // One that dies at once may take its proposal with it.
          const bravoHasIt = (): boolean => digest !== null && world.canSign('Bravo', digest);
          await until('Bravo can sign, or it died', () => dead || bravoHasIt());
          if (digest && bravoHasIt()) await world.signBreak('Bravo', digest);
          await until('it goes on, or it died', () => dead || world.meets(who) === 1);
          person.disk.setFault(null);
          if (dead) {
            deaths.push(`${kind} ${k}`);
            world.close(who);
            await world.open(who);
          }
          await bothGoOn();
          await world.isSound(TWO, 'a/1');
          world.stop();
          if (!dead) break;
        }
      }
      // The signature, the link, BEGIN: at least these.
      expect(deaths.length).toBeGreaterThanOrEqual(6);
    },
  );
});

describe('a proposal that is not what it should be', () => {
  it('costs its sender the link, and is neither kept nor told on', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const { breaks, epoch } = world.person('Alfa').replica!.epochs!;
    const root = world.person('Alfa').replica!.certifiedRoot() as Digest;
    const made = (ids: readonly string[]): Continuation =>
      continuationOf(epoch, { name: 'Lies', root, joinSecret: 'a'.repeat(64) }, ids)!;
    const signed = async (genesis: Continuation, by: string, author = 3): Promise<BreakProposal> => {
      const id = continuationId(genesis, await createHash());
      const bytes = continueBytes(epoch.network, epoch.digest, id);
      const signature = await world.person(by).signer.signEd25519(bytes);
      const one = { author: author as MemberIndex, signature };
      return { genesis: encodeContinuation(genesis), signatures: [one] };
    };
    const lies: BreakProposal[] = [
      // In the name of another.
      await signed(made(['alfa', 'bravo']), 'Delta', 0),
      // By one who would not go on.
      await signed(made(['alfa', 'bravo']), 'Delta'),
      // Of a quorum.
      await signed(made(['alfa', 'bravo', 'delta']), 'Delta'),
      // With another entry.
      await signed({ ...made(['delta']), members: [{ ...world.person('Delta').entry, name: 'D' }] }, 'Delta'),
      { genesis: new Uint8Array([1]), signatures: (await signed(made(['delta']), 'Delta')).signatures },
    ];
    for (const lie of lies) {
      await until(
        'Delta is linked',
        () => world.person('Alfa').replica!.linksOf(3 as MemberIndex).length > 0,
      );
      const id = world.inject('Alfa', 'Delta', { type: 'break', ...lie });
      await until('the link is gone', () => !world.person('Alfa').replica!.links.has(id));
      expect(breaks.all).toEqual([]);
      await world.reopen('Delta');
    }
    // One that leaves another epoch is nobody's fault.
    await until('Delta is linked', () => world.person('Alfa').replica!.linksOf(3 as MemberIndex).length > 0);
    const old = made(['delta']);
    const elsewhere = { ...old, continues: { ...old.continues, digest: 'b'.repeat(64) as never } };
    const id = world.inject('Alfa', 'Delta', { type: 'break', ...(await signed(elsewhere, 'Delta')) });
    await world.isSound(FOUR, 'a/1');
    expect(breaks.all).toEqual([]);
    expect(world.person('Alfa').replica!.links.has(id)).toBe(true);
  });

  it('does not crowd out that of another', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const mine = await world.proposeBreak(TWO);
    await until('Cargo has it', () => world.person('Cargo').replica!.epochs!.breaks.all.length === 1);
    const { epoch } = world.person('Cargo').replica!.epochs!;
    const root = world.person('Cargo').replica!.certifiedRoot() as Digest;
    for (let i = 0; i < 2 * MAX_BREAKS; i++) {
      const next = { name: `Lies ${i}`, root, joinSecret: 'a'.repeat(64) };
      const genesis = continuationOf(epoch, next, ['delta'])!;
      const id = continuationId(genesis, await createHash());
      const bytes = continueBytes(epoch.network, epoch.digest, id);
      const signature = await world.person('Delta').signer.signEd25519(bytes);
      const one = { author: 3 as MemberIndex, signature };
      world.inject('Cargo', 'Delta', {
        type: 'break',
        genesis: encodeContinuation(genesis),
        signatures: [one],
      });
    }
    const { breaks } = world.person('Cargo').replica!.epochs!;
    await until('the last has come', () => breaks.all.some(({ genesis }) => genesis.name === 'Lies 7'));
    expect(breaks.all).toHaveLength(MAX_BREAKS);
    expect(breaks.all.map(({ network }) => network as string)).toContain(mine);
  });
});
