/** People at work in a shop: a supplier's office announces packages, two warehouses take them in, each at its own benches. */
import type { Key } from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import { handOffBytes, recordDigest } from '../../src/domain/supply/hand-off.ts';
import { SERVICES, type PackageRecord } from '../../src/domain/supply/types.ts';
import type { ServiceRequest, SessionView } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { accept, T0 } from '../domain/support.ts';
import type { Shop, Tab } from './shop.ts';
import { must } from './world.ts';

export interface Job {
  readonly key: Key;
  readonly sscc: string;
  readonly envelope: string;
}

/** What was said to be done, on which device: it has to be there after every crash. */
export type Acknowledged = Map<string, { readonly steps: number; readonly state: string }>;

const post = (path: string, body: Record<string, CborValue>): ServiceRequest => ({
  method: 'POST',
  path,
  body,
});

export function stepsOf({ sscc }: Job, at: number): ServiceRequest[] {
  return [
    post(SERVICES.startSession, { at }),
    post(SERVICES.scan, { code: sscc, source: 'typed', at: at + 1 }),
    post(SERVICES.validate, { at: at + 2 }),
    post(SERVICES.quality, { lines: [accept(0), accept(1)], at: at + 3 }),
    post(SERVICES.label, { courierId: 'delta-express', at: at + 4 }),
    post(SERVICES.finish, { at: at + 5 }),
  ];
}

/** Announces every package that is not there yet. */
export async function office(shop: Shop, tab: Tab, jobs: readonly Job[], told: Acknowledged): Promise<void> {
  const left = openKeys(tab);
  for (const job of jobs) {
    while (!tab.isVoter) await shop.sleep(tab, 50);
    if (tab.replica.heads.has(job.key)) continue;
    const open = left.has(job.key) ? sessionOn(tab, job.key) : undefined;
    if (open) {
      if (open.status.state === 'local') await tab.buffer.commit(open.id);
      continue;
    }
    const request = post(SERVICES.createPackage, { envelope: job.envelope, at: Date.UTC(2026, 10, 3) });
    const started = await tab.buffer.start(job.key, 'office', request);
    if (!started.ok) continue;
    told.set(`${tab.member.index} ${started.value.id}`, { steps: 1, state: 'local' });
    const committed = await tab.buffer.commit(started.value.id);
    if (committed.ok) told.set(`${tab.member.index} ${started.value.id}`, { steps: 1, state: 'voting' });
    await shop.sleep(tab, 3);
  }
}

/** Works through the packages from a place of its own; several benches of two warehouses meet at the same ones. */
export async function bench(
  shop: Shop,
  tab: Tab,
  jobs: readonly Job[],
  from: number,
  told: Acknowledged,
): Promise<void> {
  for (;;) {
    let worked = 0;
    // Opened since by another bench: `start` is refused.
    const busy = openKeys(tab);
    for (let i = 0; i < jobs.length; i++) {
      const job = jobs[(from + i) % jobs.length]!;
      const version = tab.replica.heads.get(job.key)?.version ?? 0;
      // Announced: to be taken in. Labelled: to be handed over.
      if (version !== 1 && version !== 2 && !busy.has(job.key)) continue;
      const open = busy.has(job.key) ? sessionOn(tab, job.key) : undefined;
      if (version === 2 && !open) {
        if (await dispatch(shop, tab, job, told)) worked++;
        continue;
      }
      if (open?.status.state === 'voting') continue;
      if (open?.status.state === 'conflict') {
        await tab.buffer.abandon(open.id);
        told.delete(`${tab.member.index} ${open.id}`);
        continue;
      }
      if (!open && tab.replica.heads.get(job.key)?.version !== 1) continue;
      worked++;
      await workOn(shop, tab, job, open, told);
      await shop.sleep(tab, 2);
    }
    if (worked === 0) await shop.sleep(tab, 40);
  }
}

/** Hands a package over that this warehouse has labelled. False: it is another's, or not here. */
async function dispatch(shop: Shop, tab: Tab, job: Job, told: Acknowledged): Promise<boolean> {
  const held = await tab.replica.held(job.key);
  const value = held?.body && parseSessionValue(held.body);
  if (!value || !value.ok || held.entry.version !== 2) return false;
  const record = value.value.record;
  const { member } = value.value.session;
  const { id } = shop.genesis.members[tab.member.index]!;
  if (member !== id || (record as unknown as PackageRecord).status !== 'labelled') return false;
  const time = T0 + 3_700_000;
  const statement = must(
    handOffBytes({
      network: shop.epoch.network,
      sscc: job.sscc,
      version: held.entry.version,
      record: recordDigest(tab.replica.options.hash, record),
      warehouse: id,
      courier: 'delta-express',
      vehicle: null,
      seal: null,
      place: '9521141000014',
      time,
    }),
  );
  const signed = async (index: number): Promise<Record<string, CborValue>> => {
    const { signer } = shop.crypto.tools(index, null);
    return { key: signer.voteKey, signature: await signer.signEd25519(statement), device: null };
  };
  const courier = shop.genesis.members.findIndex(({ role }) => role === 'courier');
  const body = {
    statement,
    warehouse: await signed(tab.member.index),
    courier: await signed(courier),
    at: time + 1,
  };
  const name = `dock ${tab.member.index}`;
  const started = await tab.buffer.start(job.key, name, post(SERVICES.handOff, body));
  if (!started.ok) return false;
  told.set(`${tab.member.index} ${started.value.id}`, { steps: 1, state: 'local' });
  await shop.sleep(tab, 1);
  const committed = await tab.buffer.commit(started.value.id);
  if (committed.ok) told.set(`${tab.member.index} ${started.value.id}`, { steps: 1, state: 'voting' });
  await shop.sleep(tab, 2);
  return true;
}

async function workOn(
  shop: Shop,
  tab: Tab,
  job: Job,
  open: SessionView | undefined,
  told: Acknowledged,
): Promise<void> {
  const isHandOff = open?.transactions[0]?.request.path === SERVICES.handOff;
  const requests = isHandOff ? [open.transactions[0]!.request] : stepsOf(job, Date.UTC(2026, 10, 3, 9));
  let session = open;
  for (let i = open?.transactions.length ?? 0; i < requests.length; i++) {
    if (session === undefined) {
      const started = await tab.buffer.start(job.key, `bench ${tab.member.index}`, requests[i]!);
      if (!started.ok) return;
      session = started.value;
    } else {
      const stepped = await tab.buffer.step(session.id, requests[i]!);
      if (!stepped.ok) return;
    }
    told.set(`${tab.member.index} ${session.id}`, { steps: i + 1, state: 'local' });
    await shop.sleep(tab, 1);
  }
  const committed = await tab.buffer.commit(session!.id);
  if (committed.ok)
    told.set(`${tab.member.index} ${session!.id}`, { steps: requests.length, state: 'voting' });
}

/** The first acknowledged step that a tab no longer has, or null. Called when a tab has come back. */
export function lost(tab: Tab, told: Acknowledged): string | null {
  for (const [name, { steps }] of told) {
    const [index, id] = name.split(' ') as [string, string];
    if (Number(index) !== tab.member.index) continue;
    const view = tab.buffer.get(id);
    // Finished ones are pruned; what was committed is checked in the chain.
    if (view && view.transactions.length < steps && view.status.state !== 'conflict')
      return `${name}: ${view.transactions.length} of ${steps} steps, ${view.status.state}`;
    if (!view && told.get(name)!.state === 'local') return `${name}: gone`;
  }
  return null;
}

const isOpen = ({ status }: SessionView): boolean =>
  status.state === 'local' || status.state === 'voting' || status.state === 'conflict';

const openKeys = (tab: Tab): ReadonlySet<Key> =>
  new Set(tab.buffer.list().flatMap((s) => (isOpen(s) ? [s.key] : [])));

const sessionOn = (tab: Tab, key: Key): SessionView | undefined =>
  tab.buffer.list().find((s) => s.key === key && isOpen(s));
