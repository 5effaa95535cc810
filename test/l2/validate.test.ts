import { beforeEach, describe, expect, it } from 'vitest';
import { asKey, asMemberId } from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { sessionBytes } from '../../src/crypto/domains.ts';
import { MAX_STEPS } from '../../src/l2/limits.ts';
import type { CommittedSession, SessionValue } from '../../src/l2/types.ts';
import { encodeSessionValue, parseSessionValue, unsignedSession } from '../../src/l2/value.ts';
import { ALPHA, BRAVO, counterRegistry, NETWORK, post } from './counter.ts';
import { Device, KEY, Ledger, must, signAs } from './world.ts';

let ledger: Ledger;
let value: SessionValue;

beforeEach(async () => {
  ledger = new Ledger();
  const supplier = new Device(ledger);
  const created = must(await supplier.buffer.start(KEY, 'op', post('/create', { total: 5 })));
  must(await supplier.buffer.step(created.id, post('/finish')));
  must(await supplier.buffer.commit(created.id));
  supplier.hear(KEY, supplier.proposals[0]!.body);
  await supplier.buffer.idle();
  const bravo = new Device(ledger, BRAVO);
  const session = must(await bravo.buffer.start(KEY, 'dock 2', post('/open')));
  must(await bravo.buffer.step(session.id, post('/add', { n: 2 })));
  must(await bravo.buffer.step(session.id, post('/note', { text: 'fine' })));
  must(await bravo.buffer.step(session.id, post('/finish')));
  must(await bravo.buffer.commit(session.id));
  value = must(parseSessionValue(bravo.proposals[0]!.body));
});

/** Signed anew, so that only the changed thing is wrong. */
function resigned(
  session: Partial<CommittedSession>,
  record: CborValue = value.record,
  by = BRAVO,
): Uint8Array {
  const changed = { ...value.session, ...session };
  const base = ledger.head(KEY)!.digest;
  const signature = signAs(
    by.voteKey,
    sessionBytes(NETWORK, KEY, changed.rulesVersion, base, unsignedSession(changed)),
  );
  return encodeSessionValue({ record, session: { ...changed, signature } });
}
const judge = (body: Uint8Array | null) => ledger.validate(KEY, body);
const withStep = (at: number, change: (t: CommittedSession['transactions'][number]) => unknown) =>
  resigned({
    transactions: value.session.transactions.map((t, i) =>
      i === at ? change(t) : t,
    ) as CommittedSession['transactions'],
  });

describe('valid', () => {
  it('an honest session gets the vote of another replica', async () => {
    expect(await judge(encodeSessionValue(value))).toEqual({ verdict: 'valid' });
    expect(await judge(resigned({}))).toEqual({ verdict: 'valid' });
  });

  it('a replica that answers a step otherwise gets no vote, and the rule names the step', async () => {
    const body = withStep(1, (t) => ({ ...t, response: { status: 200, body: { added: 3 } } }));
    expect(await judge(body)).toMatchObject({ verdict: 'invalid', rule: 'response-differs', step: 1 });
  });

  it('a record that does not follow from the steps gets no vote', async () => {
    const body = resigned({}, { ...(value.record as object), total: 8 } as CborValue);
    expect(await judge(body)).toMatchObject({ verdict: 'invalid', rule: 'record-differs' });
  });

  it('a refused step has no place in a session, even if it would be refused here as well', async () => {
    const body = withStep(1, (t) => ({
      ...t,
      request: post('/add', { n: 'x' }),
      response: { status: 400, body: { type: 'number-missing', message: 'Send a number n.' } },
    }));
    expect(await judge(body)).toMatchObject({ rule: 'step-refused', step: 1 });
  });

  it('a forged role gets no vote', async () => {
    const body = withStep(1, (t) => ({ ...t, request: post('/courier-only', { n: 2 }) }));
    expect(await judge(body)).toMatchObject({ rule: 'response-differs', step: 1 });
  });

  it('a session that stops in mid-workflow gets no vote', async () => {
    const body = resigned({ transactions: value.session.transactions.slice(0, 3) }, {
      ...(value.record as object),
      open: true,
    } as CborValue);
    expect(await judge(body)).toMatchObject({ rule: 'workflow-incomplete', step: 2 });
  });

  it('a session of a stranger, of another signer, or signed over another base gets no vote', async () => {
    expect(await judge(resigned({ member: asMemberId('mallory') }))).toMatchObject({
      rule: 'member-unknown',
    });
    expect(await judge(resigned({}, value.record, ALPHA))).toMatchObject({ rule: 'session-signature' });
    const base = ledger.head(KEY)!.digest;
    const elsewhere = [
      sessionBytes(NETWORK, KEY, 1, null, unsignedSession(value.session)),
      sessionBytes(NETWORK, asKey('account/another'), 1, base, unsignedSession(value.session)),
    ];
    for (const bytes of elsewhere) {
      const signature = signAs(BRAVO.voteKey, bytes);
      const body = encodeSessionValue({ ...value, session: { ...value.session, signature } });
      expect(await judge(body)).toMatchObject({ rule: 'session-signature' });
    }
    expect(await judge(resigned({ baseVersion: 0 }))).toMatchObject({ rule: 'session-base' });
    expect(await judge(withStep(0, (t) => ({ ...t, node: 'alpha' })))).toMatchObject({
      rule: 'node-wrong',
      step: 0,
    });
  });

  it('a value that won its version cannot be replayed on the next', async () => {
    ledger.certify(KEY, encodeSessionValue(value));
    expect(await judge(encodeSessionValue(value))).toMatchObject({ rule: 'session-base' });
  });

  it('deletes and foreign keys get no vote', async () => {
    expect(await judge(null)).toMatchObject({ rule: 'tombstone-not-allowed' });
    expect(await ledger.validate(asKey('parcel/1'), encodeSessionValue(value))).toMatchObject({
      rule: 'key-not-allowed',
    });
  });

  it('unknown rules, a missing base and a failing handler mean abstain, never invalid', async () => {
    expect(await judge(resigned({ rulesVersion: 9 }))).toMatchObject({ verdict: 'unknown' });
    expect(await judge(withStep(1, (t) => ({ ...t, request: post('/boom') })))).toMatchObject({
      verdict: 'unknown',
    });
    const elsewhere = new Ledger();
    expect(await elsewhere.validateAt(KEY, 2 as never, encodeSessionValue(value))).toMatchObject({
      verdict: 'unknown',
    });
  });

  it('a proposer cannot choose older rules to be judged by', async () => {
    const two = new Ledger(counterRegistry([1, 2]), 2);
    for (const { body } of ledger.chain(KEY)) two.certify(KEY, body);
    expect(await two.validate(KEY, encodeSessionValue(value))).toMatchObject({
      verdict: 'invalid',
      rule: 'rules-version-wrong',
    });
  });

  it('malformed bodies are refused before anything is executed', async () => {
    const { session } = value;
    const bad: CborValue[] = [
      { record: null },
      { record: null, session: session as never, more: 1 },
      { record: null, session: { ...session, more: 1 } as never },
      { record: null, session: { ...session, id: 'x' } as never },
      { record: null, session: { ...session, operator: 'x'.repeat(25) } as never },
      { record: null, session: { ...session, operator: ' x' } as never },
      { record: null, session: { ...session, signature: new Uint8Array(63) } as never },
      { record: null, session: { ...session, baseVersion: 1.5 } as never },
      { record: null, session: { ...session, transactions: [] } as never },
      {
        record: null,
        session: { ...session, transactions: Array(MAX_STEPS + 1).fill(session.transactions[0]) } as never,
      },
      {
        record: null,
        session: { ...session, transactions: [{ ...session.transactions[0], extra: 1 }] } as never,
      },
      {
        record: null,
        session: {
          ...session,
          transactions: [
            {
              node: 'bravo',
              request: { method: 'PATCH', path: '/x', body: null },
              response: { status: 200, body: null },
            },
          ],
        } as never,
      },
    ];
    for (const body of bad)
      expect(await judge(encode(body))).toMatchObject({ verdict: 'invalid', rule: 'value-malformed' });
    const good = encodeSessionValue(value);
    for (let at = 0; at < good.length; at += 1) {
      const flipped = good.slice();
      flipped[at]! ^= 1;
      expect((await judge(flipped)).verdict, `byte ${at}`).not.toBe('valid');
    }
  });
});
