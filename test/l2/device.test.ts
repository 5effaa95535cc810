/** Member → device → session: who may sign for whom, and how a device's sessions reach a member. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import type { DeviceKey } from '../../src/codec/device.ts';
import { fail, ok } from '../../src/codec/result.ts';
import { sessionBytes } from '../../src/crypto/domains.ts';
import {
  decodeHandOver,
  decodeHandOverAnswer,
  encodeHandOver,
  handOverTo,
  takeHandOver,
} from '../../src/l2/handover.ts';
import type { CommittedSession, SessionProposal, SessionValue } from '../../src/l2/types.ts';
import { encodeSessionValue, parseSessionValue, unsignedSession } from '../../src/l2/value.ts';
import { ALPHA, BRAVO, NETWORK, post } from './counter.ts';
import { BRAVO_INDEX, certificateFor } from './pair.ts';
import { Device, digestOf, KEY, Ledger, must, signAs } from './world.ts';
import { Duplex, Terminal } from './pair.ts';

let ledger: Ledger;
let terminal: Terminal;
let value: SessionValue;
let proposal: SessionProposal;

beforeEach(async () => {
  ledger = new Ledger();
  const supplier = new Device(ledger, ALPHA);
  const created = must(await supplier.buffer.start(KEY, 'op', post('/create', { total: 5 })));
  must(await supplier.buffer.step(created.id, post('/finish')));
  must(await supplier.buffer.commit(created.id));
  supplier.hear(KEY, supplier.proposals[0]!.body);
  terminal = new Terminal(ledger, new Duplex(), '7');
  const session = must(await terminal.buffer.start(KEY, 'dock 2', post('/open')));
  must(await terminal.buffer.step(session.id, post('/add', { n: 2 })));
  must(await terminal.buffer.step(session.id, post('/finish')));
  must(await terminal.buffer.commit(session.id));
  proposal = terminal.proposals[0]!;
  value = must(parseSessionValue(proposal.body));
});

function signedBy(key: string, session: Partial<CommittedSession>): Uint8Array {
  const changed = { ...value.session, ...session };
  const bytes = sessionBytes(NETWORK, KEY, 1, ledger.head(KEY)!.digest, unsignedSession(changed));
  return encodeSessionValue({ record: value.record, session: { ...changed, signature: signAs(key, bytes) } });
}
const judge = (body: Uint8Array) => ledger.validate(KEY, body);
const nodes = (node: string): CommittedSession['transactions'] =>
  value.session.transactions.map((t) => ({ ...t, node }));

describe('a session signed by a device', () => {
  it('is valid with the certificate of its member, and names the device at each step', async () => {
    expect(await judge(proposal.body)).toEqual({ verdict: 'valid' });
    expect(value.session.transactions.every((t) => t.node === terminal.key)).toBe(true);
  });

  it('is valid where its member had another place when it certified the device: members change', async () => {
    const certificate = certificateFor(terminal.key, { member: 0 });
    const body = signedBy(terminal.key, { devices: { signer: certificate, others: [] } });
    expect(await judge(body)).toEqual({ verdict: 'valid' });
  });

  it('is invalid with a certificate of another network, another member, a stranger, or for another key', async () => {
    const other = '9'.repeat(64);
    for (const certificate of [
      certificateFor(terminal.key, { network: 'cd'.repeat(32) }),
      certificateFor(terminal.key, { member: 0, by: ALPHA.voteKey }),
      certificateFor(terminal.key, { by: ALPHA.voteKey }),
      certificateFor(terminal.key, { by: terminal.key }),
    ]) {
      expect(
        await judge(signedBy(terminal.key, { devices: { signer: certificate, others: [] } })),
      ).toMatchObject({
        verdict: 'invalid',
        rule: 'device-certificate',
      });
    }
    const foreign = signedBy(other, { devices: { signer: certificateFor(other), others: [] } });
    expect(await judge(foreign)).toMatchObject({ rule: 'node-wrong', step: 0 });
    // A certificate is public: who copies it has not the key.
    expect(await judge(signedBy(other, {}))).toMatchObject({ rule: 'session-signature' });
    expect(await judge(signedBy(BRAVO.voteKey, {}))).toMatchObject({ rule: 'session-signature' });
  });

  it('is invalid without the certificate of every device that ran a step, and with one that ran none', async () => {
    const { voteKey } = BRAVO;
    const bare = { ...value.session, transactions: nodes('bravo') };
    delete (bare as { devices?: unknown }).devices;
    const bytes = sessionBytes(NETWORK, KEY, 1, ledger.head(KEY)!.digest, unsignedSession(bare));
    const plain = { record: value.record, session: { ...bare, signature: signAs(voteKey, bytes) } };
    expect(await judge(encodeSessionValue(plain))).toEqual({ verdict: 'valid' });
    // Run by the device, signed by the member, as after a take-over.
    const taken = signedBy(voteKey, { devices: { signer: null, others: [certificateFor(terminal.key)] } });
    expect(await judge(taken)).toEqual({ verdict: 'valid' });
    const idle = signedBy(voteKey, {
      transactions: nodes('bravo'),
      devices: { signer: null, others: [certificateFor(terminal.key)] },
    });
    expect(await judge(idle)).toMatchObject({ rule: 'device-certificate' });
    const unnamed = signedBy(voteKey, {
      transactions: nodes('9'.repeat(64)),
      devices: { signer: null, others: [certificateFor(terminal.key)] },
    });
    expect(await judge(unnamed)).toMatchObject({ rule: 'node-wrong' });
  });

  it('is invalid when the epoch has revoked the device; where only a directory value says so, this replica abstains', async () => {
    const asked: [number, DeviceKey][] = [];
    ledger.rules = { deviceRevoked: (member, device) => (asked.push([member, device]), true) };
    expect(await judge(proposal.body)).toMatchObject({ verdict: 'invalid', rule: 'device-revoked' });
    expect(asked).toEqual([[BRAVO_INDEX, terminal.key]]);
    ledger.rules = { deviceWithdrawn: () => true };
    expect(await judge(proposal.body)).toMatchObject({ verdict: 'unknown' });
    ledger.rules = { deviceBytes: undefined };
    expect(await judge(proposal.body)).toMatchObject({ verdict: 'unknown' });
  });

  it('cannot have its devices malformed, doubled, out of order or empty', async () => {
    const one = certificateFor('7'.repeat(64));
    const two = certificateFor('8'.repeat(64));
    for (const devices of [
      { signer: null, others: [] },
      { signer: one, others: [one] },
      { signer: null, others: [two, one] },
      { signer: null, others: [one, one] },
      { signer: new Uint8Array(3), others: [] },
      { signer: null, others: [new Uint8Array(3)] },
      { signer: one },
      { signer: one, others: [], more: 1 },
    ]) {
      const body = signedBy(terminal.key, { devices: devices as never });
      expect(await judge(body)).toMatchObject({ verdict: 'invalid', rule: 'value-malformed' });
    }
  });

  it('cannot be committed a second time on itself', async () => {
    ledger.certify(KEY, proposal.body);
    const again = { ...value.session, baseVersion: 2 };
    const bytes = sessionBytes(NETWORK, KEY, 1, ledger.head(KEY)!.digest, unsignedSession(again));
    const body = encodeSessionValue({
      record: value.record,
      session: { ...again, signature: signAs(terminal.key, bytes) },
    });
    expect(await judge(body)).toMatchObject({ verdict: 'invalid', rule: 'session-repeated' });
  });

  it('every byte of its certificate counts', async () => {
    const good = proposal.body;
    const at = Buffer.from(good).indexOf(Buffer.from(terminal.certificate));
    expect(at).toBeGreaterThan(0);
    for (let i = 0; i < terminal.certificate.length; i++) {
      const flipped = good.slice();
      flipped[at + i]! ^= 1;
      expect((await judge(flipped)).verdict, `byte ${i}`).not.toBe('valid');
    }
  });
});

describe('handing over', () => {
  const member = (taken: SessionProposal[], revoked = false) => ({
    revoked,
    propose: async (proposals: readonly SessionProposal[]) => {
      taken.push(...proposals);
      return proposals.map(({ previous, body }) => ok({ digest: digestOf(previous, body) }));
    },
  });

  it('goes to the own member, and to another one when that is silent or cannot propose', async () => {
    const taken: SessionProposal[] = [];
    const asked: string[] = [];
    const propose = handOverTo({
      members: () => ['bravo', 'alpha', 'cargo'],
      ask: async (name, message) => {
        asked.push(name);
        if (name === 'bravo') return null;
        if (name === 'alpha') {
          const observer = async (all: readonly SessionProposal[]) =>
            all.map(() => fail({ type: 'not-a-voter', message: 'Observes.' }));
          return takeHandOver(message, { revoked: false, propose: observer });
        }
        return takeHandOver(message, member(taken));
      },
    });
    const [result] = await propose([proposal]);
    expect(must(result!)).toEqual({ digest: digestOf(proposal.previous, proposal.body) });
    expect(asked).toEqual(['bravo', 'alpha', 'cargo']);
    // The very bytes: whoever proposes them can change nothing.
    expect(taken).toMatchObject([{ key: KEY, version: 2, previous: proposal.previous, body: proposal.body }]);
    expect(await judge(taken[0]!.body)).toEqual({ verdict: 'valid' });
  });

  it('says so when nobody is there, and when the device is revoked', async () => {
    const nobody = handOverTo({ members: () => [], ask: async () => null });
    expect(await nobody([proposal])).toMatchObject([{ ok: false, error: { type: 'no-member' } }]);
    const taken: SessionProposal[] = [];
    const revoked = handOverTo({
      members: () => ['bravo'],
      ask: (_, message) => takeHandOver(message, member(taken, true)),
    });
    expect(await revoked([proposal])).toMatchObject([{ ok: false, error: { type: 'device-revoked' } }]);
    expect(taken).toEqual([]);
  });

  it('a shift goes in as few messages as its size allows, and a bad answer costs only a retry', async () => {
    const many = Array.from({ length: 300 }, () => ({ ...proposal, body: new Uint8Array(20_000) }));
    const sizes: number[] = [];
    const taken: SessionProposal[] = [];
    const propose = handOverTo({
      members: () => ['liar', 'bravo'],
      ask: async (name, message) => {
        if (name === 'liar') return new Uint8Array([1, 2, 3]);
        sizes.push(must(decodeHandOver(message)).length);
        return takeHandOver(message, member(taken));
      },
    });
    expect((await propose(many)).every((one) => one.ok)).toBe(true);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(300);
    expect(sizes.length).toBeLessThanOrEqual(4);
    expect(decodeHandOver(new Uint8Array([0xff])).ok).toBe(false);
    expect(decodeHandOverAnswer(encodeHandOver([proposal])).ok).toBe(false);
  });

  it('keeps a session at the device until somebody takes it', async () => {
    const view = terminal.buffer.list()[0]!;
    expect(view.status.state).toBe('voting');
    terminal.buffer.retry();
    await terminal.buffer.idle();
    expect(new Set(terminal.proposals.map((p) => p.digest)).size).toBe(1);
    expect(terminal.proposals.length).toBe(2);
    const record = value.record as { [name: string]: CborValue };
    expect(record.total).toBe(7);
  });
});
