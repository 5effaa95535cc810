/** The session layer as the app's worker puts it together: devices, hand-over, mirrors, notices, batches and status, on whole replicas. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asKey, asVersion, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import { newInstance } from '../../src/consensus/instance.ts';
import { checkCertificate } from '../../src/crypto/certificates.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { checkDigit } from '../../src/domain/supply/gs1.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { createSessionFetch } from '../../src/l2/http.ts';
import { NOTICE_TTL_MS } from '../../src/l2/limits.ts';
import { decodeStored } from '../../src/l2/stored.ts';
import { answerPlain } from '../../src/worker/sessions/plain-http.ts';
import { transactionStatus } from '../../src/worker/sessions/status.ts';
import { mirroredViews, noticeViews, type Known } from '../../src/worker/sessions/views.ts';
import { OTHER_SSCC, SSCC } from '../domain/support.ts';
import { until } from './cluster.ts';
import {
  ALFA,
  BRAVO,
  CARGO,
  certifiedSession,
  DELTA,
  must,
  post,
  receive,
  stepsOf,
  Workplace,
  type Place,
} from './workplace.ts';

vi.mock('../../src/worker/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/worker/limits.ts')>()),
  // However busy this machine is, a batch stays together.
  BATCH_FETCH_MS: 60_000,
  BATCH_HOLD_MAX_MS: 60_000,
}));

let work: Workplace;
beforeEach(async () => {
  work = await Workplace.create();
});
afterEach(() => work.stop());

const keyOf = (place: Place): string => place.device?.device ?? work.genesis.members[place.index]!.voteKey;
const stateOf = ({ layer }: Place, id: string) => layer.sessions.get(id)?.status;
const known = (place: Place): Known => ({
  genesis: work.genesis,
  place: place.device?.member ?? (place.index as never),
  siblings: [],
  nameOf: () => undefined,
});

describe('a session on a device', () => {
  it('is proposed by its member, certified by all, and committed on the device', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7');
    must(await terminal.layer.sessions.commit(view.id));
    await work.decided(key!, 2);
    await until('told', () => stateOf(terminal, view.id)?.state === 'committed');
    const { session } = await certifiedSession(work.at(DELTA), key!);
    expect(session).toMatchObject({ id: view.id, member: 'bravo', operator: 'op-7' });
    expect(new Set(session.transactions.map(({ node }) => node))).toEqual(new Set([keyOf(terminal)]));
  });

  it('is taken by another member while its own is away', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7');
    work.kill(BRAVO);
    await until('gone', () => terminal.node.replica.linksOf(BRAVO as never).length === 0);
    must(await terminal.layer.sessions.commit(view.id));
    await work.decided(key!, 2);
    expect((await certifiedSession(work.at(CARGO), key!)).session.member).toBe('bravo');
    await until('told', () => stateOf(terminal, view.id)?.state === 'committed');
  });

  it('that ends with nobody there waits on its disk, and is handed over to the first who comes', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7');
    for (const member of [0, 1, 2, 3]) work.cluster.hub.sever(member as never, terminal.index as never);
    await until('alone', () => terminal.node.replica.links.size === 0);
    expect(must(await terminal.layer.sessions.commit(view.id)).status.state).toBe('voting');
    // Not even a crash loses it.
    work.kill(terminal.index);
    const again = await work.open(terminal.index);
    expect(stateOf(again, view.id)?.state).toBe('voting');
    work.cluster.hub.heal();
    await work.decided(key!, 2);
    await until('told', () => stateOf(again, view.id)?.state === 'committed');
  });

  it('that is handed over again is in good hands at a member that has voted for it, and goes to no other', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7');
    // Bravo votes alone: nothing is decided.
    for (const other of [ALFA, CARGO, DELTA]) work.kill(other);
    must(await terminal.layer.sessions.commit(view.id));
    const { core } = work.at(BRAVO).node.replica;
    await until('voted', () => (core.instances.get(key!)?.ownPreCommits.size ?? 0) > 0);
    const asked = new Set<number>();
    work.cluster.hub.filter = (from, to, bytes) => {
      if (from === terminal.index && bytes[1] === 21) asked.add(to);
      return true;
    };
    for (const other of [ALFA, CARGO, DELTA]) await work.open(other);
    await work.decided(key!, 2);
    await until('told', () => stateOf(terminal, view.id)?.state === 'committed');
    for (const member of asked) expect(member).toBe(BRAVO);
  });

  it('is not proposed once its member has revoked it, and the operator is told', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    await work.directoryChange(BRAVO, terminal.device!, 'add');
    await work.directoryChange(BRAVO, terminal.device!, 'revoke');
    const view = await receive(terminal, key!, 'op-7');
    must(await terminal.layer.sessions.commit(view.id));
    await until('refused', () => stateOf(terminal, view.id)?.state === 'rejected');
    expect(stateOf(terminal, view.id)).toMatchObject({ rule: 'device-revoked' });
    expect(work.at(DELTA).node.replica.heads.get(key!)?.version).toBe(1);
  });

  it('of a revoked device is voted for by nobody, whoever proposes it; one that is under way is not stopped', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7');
    for (const member of [0, 1, 2, 3]) work.cluster.hub.sever(member as never, terminal.index as never);
    await until('alone', () => terminal.node.replica.links.size === 0);
    must(await terminal.layer.sessions.commit(view.id));
    const [stored] = (await terminal.node.replica.options.store.load()).sessions;
    const { body } = must(decodeStored(stored!.id, stored!.bytes)).proposal!;
    work.kill(terminal.index);

    const { replica } = work.at(CARGO).node;
    const first = (await replica.held(key!))!;
    const previousDigest = first.entry.digest;
    const digest = replica.options.hash(valueBytes(previousDigest, body));
    const proposed = {
      key: key!,
      version: asVersion(2),
      previousDigest,
      previousBody: first.body,
      body,
    };
    expect(await work.at(CARGO).layer.validate(proposed)).toEqual({ verdict: 'valid' });
    await work.directoryChange(BRAVO, terminal.device!, 'add');
    await work.directoryChange(BRAVO, terminal.device!, 'revoke');
    // Not `invalid`: who does not hold the revocation yet must come to no other verdict.
    for (const index of [0, 1, 2, 3])
      expect(await work.at(index).layer.validate(proposed)).toMatchObject({ verdict: 'unknown' });
    const refused = await replica.propose(key!, asVersion(2), previousDigest, body);
    expect(refused).toMatchObject({ ok: false, error: { type: 'not-valid' } });

    // f members, who may lie, do not bring it under way; one more is honest, and may be locked on it.
    const preCommits = new Map<MemberIndex, never>();
    const instance = newInstance(
      replica.core.config,
      key!,
      asVersion(2),
      previousDigest,
      true,
      ALFA as MemberIndex,
    );
    instance.rounds.set(0, {
      preCommits: new Map([[digest, preCommits]]),
      polka: null,
      commits: new Map(),
    } as never);
    replica.core.instances.set(key!, instance);
    preCommits.set(ALFA as MemberIndex, null as never);
    expect(await work.at(CARGO).layer.validate(proposed)).toMatchObject({ verdict: 'unknown' });
    preCommits.set(DELTA as MemberIndex, null as never);
    expect(await work.at(CARGO).layer.validate(proposed)).toEqual({ verdict: 'valid' });
    preCommits.clear();
    instance.ownPreCommits.set(0, digest);
    expect(await work.at(CARGO).layer.validate(proposed)).toEqual({ verdict: 'valid' });
  });
});

describe('a mirrored session', () => {
  for (const last of [1, 2, 3, 4, 5, 6]) {
    it(`is finished by the other device when the first one dies after step ${last}, and nothing is asked twice`, async () => {
      const first = await work.addDevice(BRAVO, 'dock 2');
      const second = await work.addDevice(BRAVO, 'dock 3');
      const [key] = await work.announce([SSCC]);
      first.layer.sessions.setMirror(keyOf(second));
      const view = await receive(first, key!, 'op-7', last);
      expect(mirroredViews(second.layer, known(second))).toMatchObject([
        { sessionId: view.id, steps: last, holder: { key: keyOf(first) } },
      ]);
      work.kill(first.index);
      const taken = must(await second.layer.host.takeOver(view.id));
      // Everything that was acknowledged is there, as it was answered.
      expect(taken.transactions).toEqual(view.transactions);
      for (const request of stepsOf(key!).slice(last))
        must(await second.layer.sessions.step(view.id, request));
      must(await second.layer.sessions.commit(view.id));
      await work.decided(key!, 2);
      const { session } = await certifiedSession(work.at(CARGO), key!);
      expect(session.transactions.map(({ node }) => node)).toEqual(
        stepsOf(key!).map((_, i) => keyOf(i < last ? first : second)),
      );
      // The first one comes back to a session that has gone on without it, and lets it be.
      const back = await work.open(first.index);
      await until('moved', () => {
        const status = stateOf(back, view.id);
        return status?.state === 'committed' || status?.state === 'abandoned';
      });
      expect(work.at(CARGO).node.replica.heads.get(key!)?.version).toBe(2);
    });
  }

  it('goes on at the member when its device dies between the seal and the vote', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    terminal.layer.sessions.setMirror(keyOf(work.at(BRAVO)));
    const view = await receive(terminal, key!, 'op-7');
    // Sealed and agreed to; what it hands over does not arrive.
    const { filter } = work.cluster.hub;
    let dropped = 0;
    work.cluster.hub.filter = (from, to, bytes) => {
      const isHandOver = from === terminal.index && bytes[1] === 21 && bytes[19] === 1;
      if (isHandOver) dropped++;
      return !isHandOver && filter(from, to, bytes);
    };
    void terminal.layer.sessions.commit(view.id);
    await until('sealed', () => dropped > 0);
    work.kill(terminal.index);
    work.cluster.hub.filter = filter;
    must(await work.at(BRAVO).layer.host.takeOver(view.id));
    must(await work.at(BRAVO).layer.sessions.commit(view.id));
    await work.decided(key!, 2);
    await until('done', () => stateOf(work.at(BRAVO), view.id)?.state === 'committed');
    expect((await certifiedSession(work.at(CARGO), key!)).session.id).toBe(view.id);
  });

  it('takes no step at a device that the other one has taken it from', async () => {
    const first = await work.addDevice(BRAVO, 'dock 2');
    const second = await work.addDevice(BRAVO, 'dock 3');
    const [key] = await work.announce([SSCC]);
    first.layer.sessions.setMirror(keyOf(second));
    const view = await receive(first, key!, 'op-7', 2);
    must(await second.layer.host.takeOver(view.id));
    const step = await first.layer.sessions.step(view.id, stepsOf(key!)[2]!);
    expect(step.ok).toBe(false);
    must(await second.layer.sessions.step(view.id, stepsOf(key!)[2]!));
  });

  it('is not run along for a device of another member', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    terminal.layer.sessions.setMirror(keyOf(work.at(CARGO)));
    const started = await terminal.layer.sessions.start(key!, 'op-7', stepsOf(key!)[0]!);
    expect(started).toMatchObject({ ok: false, error: { type: 'mirror-unreachable' } });
    expect(work.at(CARGO).layer.host.list()).toEqual([]);
  });

  it('comes back after a restart of the device that runs it along', async () => {
    const first = await work.addDevice(BRAVO, 'dock 2');
    const second = await work.addDevice(BRAVO, 'dock 3');
    const [key] = await work.announce([SSCC]);
    first.layer.sessions.setMirror(keyOf(second));
    const view = await receive(first, key!, 'op-7', 3);
    work.kill(second.index);
    const again = await work.open(second.index);
    expect(mirroredViews(again.layer, known(again))).toMatchObject([{ sessionId: view.id, steps: 3 }]);
    await until('linked', () => again.node.replica.devices.size > 0);
    must(await first.layer.sessions.step(view.id, stepsOf(key!)[3]!));
    expect(mirroredViews(again.layer, known(again))).toMatchObject([{ steps: 4, lastStep: '/quality' }]);
  });
});

describe('a notice', () => {
  const at = (place: Place, now = performance.now()) => noticeViews(place.layer, known(place), now);

  it('tells everybody else who has a package open, on which device, until the session ends or the device falls silent', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(terminal, key!, 'op-7', 1);
    for (const index of [0, 1, 2, 3]) {
      await until('told', () => at(work.at(index)).length === 1);
      expect(at(work.at(index))).toMatchObject([
        { key, organisation: 'Bravo Logistics', device: 'dock 2', operator: 'op-7', own: index === BRAVO },
      ]);
    }
    expect(at(terminal)).toEqual([]);
    expect(at(work.at(CARGO), performance.now() + NOTICE_TTL_MS + 1)).toEqual([]);
    must(await terminal.layer.sessions.abandon(view.id));
    await until('ended', () => [0, 1, 2, 3].every((index) => at(work.at(index)).length === 0));
  });

  it('is heard by a member that was away when the session began', async () => {
    const [key] = await work.announce([SSCC]);
    work.kill(CARGO);
    await receive(work.at(BRAVO), key!, 'op-7', 1);
    await work.open(CARGO);
    await until('told', () => at(work.at(CARGO)).length === 1);
  });
});

describe('many sessions', () => {
  const SSCCS = Array.from({ length: 20 }, (_, i) => {
    const digits = `0401234500000${2000 + i}`;
    return digits + checkDigit(digits)!;
  });

  it('of a shift commit together: one signature of each kind and member, and each session by itself', async () => {
    work.stop();
    // However slow this machine is, no round ends.
    work = await Workplace.create(60_000);
    const keys = await work.announce(SSCCS);
    const bravo = work.at(BRAVO);
    const ids: string[] = [];
    for (const key of keys) ids.push((await receive(bravo, key, 'op-7')).id);
    const counter = work.cluster.count();
    const before = counter.snapshot();
    const results = await bravo.layer.sessions.commitAll(ids);
    expect(results.every((result) => result.ok)).toBe(true);
    for (const key of keys) await work.decided(key, 2);
    await until('told', () => ids.every((id) => stateOf(bravo, id)?.state === 'committed'));
    const { shares } = counter.since(before);
    // One by one it would be 4 members × 20 sessions.
    expect(shares).toBeLessThan(4 * keys.length);
    for (const [i, key] of keys.entries())
      expect((await certifiedSession(work.at(DELTA), key)).session.id).toBe(ids[i]);
  });

  it('of which one has moved on do not hold back the others', async () => {
    const keys = await work.announce([SSCC, OTHER_SSCC]);
    const bravo = work.at(BRAVO);
    const mine = await receive(bravo, keys[0]!, 'op-7');
    const other = await receive(bravo, keys[1]!, 'op-7');
    const theirs = await receive(work.at(CARGO), keys[0]!, 'op-9');
    must(await work.at(CARGO).layer.sessions.commit(theirs.id));
    await work.decided(keys[0]!, 2);
    const results = await bravo.layer.sessions.commitAll([mine.id, other.id, 'nothing']);
    expect(results.map((one) => (one.ok ? one.value.status.state : one.error.type))).toEqual([
      // In conflict since the other's was decided.
      'session-closed',
      'voting',
      'session-unknown',
    ]);
    await work.decided(keys[1]!, 2);
  });
});

describe('the status of a transaction', () => {
  it('is the same at every replica, a device included, with a certificate that stands', async () => {
    const terminal = await work.addDevice(BRAVO, 'dock 2');
    const [key] = await work.announce([SSCC]);
    const view = await receive(work.at(BRAVO), key!, 'op-7');
    must(await work.at(BRAVO).layer.sessions.commit(view.id));
    await work.decided(key!, 2);
    for (const place of [terminal, work.at(CARGO), work.at(DELTA)]) {
      const { replica } = place.node;
      const status = await transactionStatus(replica, key!, { session: view.id });
      expect(status).toMatchObject({ key, version: 2, session: view.id });
      const { ed25519, bls } = work.cluster.tools;
      expect(await checkCertificate(status!.certificate, work.cluster.epoch, { ed25519, bls })).toBe(true);
      expect(await transactionStatus(replica, key!, { version: 3 })).toBeNull();
      expect(await transactionStatus(replica, asKey('package/unknown'), {})).toBeNull();
    }
  });
});

describe('the session layer as a web service', () => {
  const ask = async (place: Place, method: string, url: string, body: CborValue = null, headers = {}) => {
    const { sessions } = place.layer;
    const fetch = createSessionFetch({
      ...sessions,
      status: async (key: Key, of) =>
        (await transactionStatus(place.node.replica, key, of)) as unknown as CborValue,
    });
    const answer = await answerPlain(fetch, {
      method,
      url,
      headers: [['Content-Type', 'application/json'], ...Object.entries<string>(headers)],
      body: body === null ? null : new TextEncoder().encode(JSON.stringify(body)),
    });
    const text = new TextDecoder().decode(answer.body ?? new Uint8Array());
    return { ...answer, json: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
  };

  it('runs a receipt from start to certificate with requests alone, as plain data', async () => {
    const [key] = await work.announce([SSCC]);
    const bravo = work.at(BRAVO);
    const [first, ...more] = stepsOf(key!);
    const started = await ask(bravo, 'POST', first!.path, first!.body, {
      'Session-Key': key,
      'Session-Operator': 'op-7',
    });
    expect(started.status).toBe(200);
    const id = new Headers(started.headers as [string, string][]).get('session')!;
    for (const { path, body } of more)
      expect((await ask(bravo, 'POST', path, body, { Session: id })).status).toBeLessThan(300);
    expect((await ask(bravo, 'POST', `/.sessions/${id}/commit`)).json).toMatchObject({
      status: { state: 'voting' },
    });
    await work.decided(key!, 2);
    const url = `https://anywhere.example/.status/${encodeURIComponent(key!)}?session=${id}`;
    expect((await ask(work.at(DELTA), 'GET', url)).json).toMatchObject({ version: 2, session: id });
  });

  it('answers a request that no browser may make with a problem document', async () => {
    const bravo = work.at(BRAVO);
    for (const [method, url] of [
      ['GET', '/.sessions'],
      ['TRACE', '/.sessions'],
      ['POST', 'http://['],
    ] as const) {
      const answer = await ask(bravo, method, url, { a: 1 });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ type: '/problems/request-malformed' });
    }
    const refused = await ask(bravo, 'POST', SERVICES.scan, post('/', {}).body);
    expect(refused.json).toMatchObject({ type: '/problems/request-malformed' });
  });
});
