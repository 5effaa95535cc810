/** The customer's phone: what it reads, shows and signs. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  answerRequest,
  answerText,
  confirmationOf,
  createCustomerKey,
  customerText,
  isAnswerTo,
  MAX_OUTPUTS,
  MAX_SOURCES,
  MAX_TEXT_LENGTH,
  merchant,
  readAnswer,
  readCustomer,
  readReceipt,
  readRequest,
  receiptOf,
  receiptText,
  requestText,
  type Owner,
  type Ref,
  type Request,
} from '../../examples/loyalty/points/index.ts';
import { toText } from '../../examples/loyalty/points/bytes64.ts';
import { encodeValue, type Value } from '../../src/index.ts';

const ana = createCustomerKey(new Uint8Array(32).fill(1));
const ben = createCustomerKey(new Uint8Array(32).fill(2));
const network = 'a'.repeat(64);
const ref = (n: number, to: Partial<Ref> = {}): Ref => ({
  key: `points/${String(n).padStart(40, '0')}`,
  seq: 1_000_000_000 + n,
  issuer: 'merchant-with-a-long-id-',
  amount: 1000 + n,
  owner: ana.owner,
  expires: '2027-12-31',
  ...to,
});
const of = (statement: Request['statement']): Request => ({
  statement,
  customer: ana.owner,
  merchantSignature: null,
});
const parts = (amount: number): readonly number[] =>
  Array.from({ length: MAX_OUTPUTS }, (_, i) => (i === 0 ? amount - MAX_OUTPUTS + 1 : 1));

const requests: Record<string, Request> = {
  give: of({ kind: 'give', network, from: ref(1), to: merchant('butcher') }),
  back: of({ kind: 'give', network, from: ref(1), to: ana.owner }),
  part: of({
    kind: 'split',
    network,
    from: ref(1),
    outputs: [
      { amount: 1, owner: merchant('butcher') },
      { amount: 1000, owner: ana.owner },
    ],
  }),
  'the largest split': of({
    kind: 'split',
    network,
    from: ref(1),
    outputs: parts(1001).map((amount) => ({ amount, owner: ben.owner })),
  }),
  'the largest merge': of({
    kind: 'merge',
    network,
    target: ref(0),
    sources: Array.from({ length: MAX_SOURCES }, (_, i) => ref(i + 1)),
  }),
  swap: of({
    kind: 'swap',
    network,
    first: ref(1),
    second: ref(2, { owner: merchant('butcher'), issuer: 'butcher' }),
  }),
};

describe('texts between pages and phones', () => {
  it('come back as they were, and fit into a code', () => {
    for (const [name, request] of Object.entries(requests)) {
      const text = requestText(request);
      expect(text.length, name).toBeLessThanOrEqual(MAX_TEXT_LENGTH);
      expect(readRequest(` ${text}\n`), name).toEqual({ ok: true, value: request });
      const answer = answerRequest(request, ana);
      if (!answer.ok) throw new Error(answer.error.message);
      expect(readAnswer(answerText(answer.value)), name).toEqual(answer);
      expect(isAnswerTo(request, answer.value), name).toBe(true);
    }
    expect(readCustomer(customerText(ana.owner))).toEqual({ ok: true, value: ana.owner });
    const proof = new Uint8Array(3000).map((_, i) => i);
    expect(readReceipt(receiptText(proof))).toEqual({ ok: true, value: proof });
  });

  it('say what is wrong with others', () => {
    const text = requestText(requests.give!);
    const wrong: Record<string, readonly [string, string]> = {
      empty: ['', 'text-foreign'],
      'a link': ['https://example.org/', 'text-foreign'],
      'another kind': [customerText(ana.owner), 'text-foreign'],
      'a later version': [text.replace('LP1', 'LP2'), 'text-version'],
      'a letter misread': [
        text.slice(0, 20) + (text[20] === 'A' ? 'B' : 'A') + text.slice(21),
        'text-damaged',
      ],
      'cut short': [text.slice(0, -3), 'text-damaged'],
      'a sign that is none': [text.slice(0, 20) + '!' + text.slice(21), 'text-damaged'],
      'too long': [`LP1Q.${'A'.repeat(MAX_TEXT_LENGTH)}`, 'text-too-long'],
    };
    for (const [name, [given, type]] of Object.entries(wrong))
      expect(readRequest(given), name).toMatchObject({ ok: false, error: { type } });
    const say = (what: unknown): string => toText('LP1Q.', new TextEncoder().encode(JSON.stringify(what)));
    const [from, to] = [['0'.repeat(40), 1, 5, null, 'bakery', ana.owner], merchant('butcher')];
    expect(readRequest(say([ana.owner, 'give', network, from, to])).ok).toBe(true);
    const odd: Record<string, unknown> = {
      'no list': {},
      nothing: null,
      'for a merchant': [merchant('bakery'), 'give', network, from, to],
      'another kind': [ana.owner, 'take', network, from, to],
      'a field too many': [ana.owner, 'give', network, from, to, 1],
      'half a point': [ana.owner, 'give', network, from.with(2, 0.5), to],
      'no points': [ana.owner, 'give', network, from.with(2, 0), to],
      'another network id': [ana.owner, 'give', 'A'.repeat(64), from, to],
      'a day that is none': [ana.owner, 'give', network, from.with(3, '2027-02-29'), to],
      'an owner that is none': [ana.owner, 'give', network, from, 'butcher'],
    };
    for (const [name, what] of Object.entries(odd))
      expect(readRequest(say(what)), name).toMatchObject({ ok: false, error: { type: 'text-malformed' } });
    const small = toText('LP1C.', new Uint8Array(32).fill(1, 0, 1));
    expect(readCustomer(small)).toMatchObject({ ok: false, error: { type: 'text-malformed' } });
    expect(() => customerText(merchant('bakery'))).toThrow(TypeError);
  });

  it('whatever a camera reads is a text or an error, never a failure', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.constantFrom('', 'LP1Q.', 'LP1A.', 'LP1C.'),
        (text, mark) => {
          for (const read of [readRequest, readAnswer, readCustomer, readReceipt])
            expect(read(mark + text).ok).toBe(false);
        },
      ),
    );
  });
});

describe('what the person is asked', () => {
  it('is all that the signature can bring about', () => {
    const shown = (name: string, owner: Owner = ana.owner) => confirmationOf(requests[name]!, owner, network);
    const all = { amount: 1001, issuer: 'merchant-with-a-long-id-', expires: '2027-12-31' };
    expect(shown('give')).toMatchObject({
      ok: true,
      value: { kind: 'pay', movements: [{ ...all, from: ana.owner, to: merchant('butcher') }], keeps: [] },
    });
    expect(shown('part')).toMatchObject({
      ok: true,
      value: { kind: 'pay', movements: [{ amount: 1, to: merchant('butcher') }], keeps: [{ amount: 1000 }] },
    });
    expect(shown('back')).toMatchObject({
      ok: true,
      value: { kind: 'call-back', movements: [], keeps: [all] },
    });
    expect(shown('the largest merge')).toMatchObject({
      ok: true,
      value: { kind: 'merge', movements: [], keeps: [{ amount: 8028, expires: '2027-12-31' }] },
    });
    expect(shown('swap')).toMatchObject({
      ok: true,
      value: {
        kind: 'swap',
        movements: [
          { amount: 1001, from: ana.owner, to: merchant('butcher') },
          { amount: 1002, from: merchant('butcher'), to: ana.owner },
        ],
      },
    });
  });

  it('and what does not come out, or is not for this phone, is not signed', () => {
    const swap = requests.swap!.statement as Extract<Request['statement'], { kind: 'swap' }>;
    const merge = requests['the largest merge']!.statement as Extract<
      Request['statement'],
      { kind: 'merge' }
    >;
    const split = requests.part!.statement as Extract<Request['statement'], { kind: 'split' }>;
    const wrong: Record<string, readonly [Request, string]> = {
      'another street': [of({ ...swap, network: 'b'.repeat(64) }), 'other-network'],
      'another customer': [{ ...requests.give!, customer: ben.owner }, 'other-customer'],
      'points of another': [
        of({ kind: 'give', network, from: ref(1, { owner: ben.owner }), to: ana.owner }),
        'request-wrong',
      ],
      'a split that does not add up': [
        of({ ...split, outputs: [split.outputs[0]!, split.outputs[0]!] }),
        'request-wrong',
      ],
      'a merge with points of another': [
        of({ ...merge, sources: [ref(9, { owner: ben.owner })] }),
        'request-wrong',
      ],
      'an exchange of others': [of({ ...swap, first: ref(1, { owner: ben.owner }) }), 'request-wrong'],
      'an exchange of a group for itself': [
        of({ ...swap, second: { ...swap.first, owner: ben.owner } }),
        'request-wrong',
      ],
      'something unreadable': [of({ ...swap, extra: 1 } as unknown as Request['statement']), 'request-wrong'],
    };
    for (const [name, [request, type]] of Object.entries(wrong))
      expect(answerRequest(request, ana, network), name).toMatchObject({ ok: false, error: { type } });
  });

  it('an answer is for one request alone', () => {
    const answers = Object.values(requests).map((request) => answerRequest(request, ana));
    for (const [i, request] of Object.values(requests).entries()) {
      for (const [j, answer] of answers.entries()) {
        if (!answer.ok) throw new Error(answer.error.message);
        expect(isAnswerTo(request, answer.value)).toBe(i === j);
        // Nor by calling it one.
        const own = answers[i]!;
        const statement = own.ok ? own.value.statement : '';
        expect(isAnswerTo(request, { ...answer.value, statement })).toBe(i === j);
      }
    }
    const byBen = answerRequest({ ...requests.give!, customer: ben.owner }, ben);
    expect(byBen).toMatchObject({ ok: false, error: { type: 'request-wrong' } });
  });
});

describe('receipts', () => {
  it('tell points and nothing else', () => {
    const value = {
      format: 1, seq: 2, issuer: 'bakery', amount: 5, owner: ana.owner, expires: null, done: [],
      move: { kind: 'given', signature: new Uint8Array(64) },
    } as unknown as Value; // prettier-ignore
    const key = ref(1).key;
    const proven = { key, version: 3, value, signedBy: ['a', 'b', 'c'] };
    expect(receiptOf(proven)).toMatchObject({
      ok: true,
      value: { key, version: 3, live: true, group: value },
    });
    expect(receiptOf({ ...proven, key: 'account/bakery' })).toMatchObject({
      error: { type: 'receipt-foreign' },
    });
    expect(receiptOf({ ...proven, value: encodeValue(value) })).toMatchObject({
      error: { type: 'receipt-foreign' },
    });
  });
});
