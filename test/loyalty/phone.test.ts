/** What a customer's phone keeps when it is handed a copy of a purse, or another card of its street (examples/loyalty/customer, street-card.ts). */
import { describe, expect, it } from 'vitest';
import { merged, type Purse, type Receipt } from '../../examples/loyalty/customer/purse.ts';
import {
  cardText,
  otherName,
  readCard,
  streetCode,
  type StreetCard,
} from '../../examples/loyalty/street-card.ts';

const receipt = (key: string, version: number, away = false): Receipt => ({
  key,
  version,
  amount: 10 * version,
  issuer: 'bakery',
  expires: null,
  signed: 3,
  proof: '',
  away,
});
const purse = (...receipts: Receipt[]): Purse => ({ format: 1, secret: 's', street: null, receipts });
const card: StreetCard = {
  name: 'Mill Lane',
  network: '0123456789abcdef'.repeat(4),
  genesis: '',
  chain: [],
  stalls: [
    { id: 'b', label: 'Bakery' },
    { id: 'c', label: 'Coffee' },
  ],
};

describe('a copy of the same key', () => {
  const versions = (of: Purse): Record<string, number> =>
    Object.fromEntries(of.receipts.map((one) => [one.key, one.version]));

  it('adds what is newer in it and drops nothing that is newer here', () => {
    const here = purse(receipt('points/a', 3), receipt('points/b', 1), receipt('points/here', 1));
    const copy = purse(receipt('points/a', 2), receipt('points/b', 4), receipt('points/copy', 1));
    const { purse: both, taken } = merged(here, copy);
    expect(versions(both)).toEqual({ 'points/a': 3, 'points/b': 4, 'points/here': 1, 'points/copy': 1 });
    expect(taken).toBe(2);
  });

  it('does not count again what was signed away since it was saved', () => {
    const { purse: both, taken } = merged(purse(receipt('points/a', 1, true)), purse(receipt('points/a', 1)));
    expect(both.receipts.map((one) => one.away)).toEqual([true]);
    expect(taken).toBe(0);
  });
});

describe('a card', () => {
  it('with other names of the same street is noticed, and one with the same names is not', () => {
    expect(otherName(card, { ...card, chain: ['AA'] })).toBeNull();
    expect(otherName(card, { ...card, name: 'Mill Road' })).toEqual({ was: 'Mill Lane', says: 'Mill Road' });
    const renamed = { ...card, stalls: [card.stalls[0]!, { id: 'c', label: 'Fish' }] };
    expect(otherName(card, renamed)).toEqual({ was: 'Coffee', says: 'Fish' });
  });

  it('in which a new stall bears the name of a known one is noticed', () => {
    const more = (label: string): StreetCard => ({ ...card, stalls: [{ id: 'x', label }] });
    expect(otherName(card, more('Coffee'))).toEqual({ was: null, says: 'Coffee' });
    expect(otherName(card, more('Fish'))).toBeNull();
  });

  it('any names are taken once the known ones are forgotten', () => {
    expect(otherName({ ...card, stalls: [] }, { ...card, name: 'Mill Road' })).toBeNull();
  });

  it('with two stalls of one name is none', () => {
    expect(readCard(cardText(card))).toEqual(card);
    const twice = { ...card, stalls: [card.stalls[0]!, { id: 'x', label: 'Bakery' }] };
    expect(readCard(cardText(twice))).toBeNull();
  });

  it('shows 20 digits of the street', () => {
    expect(streetCode(card.network)).toBe('0123 4567 89ab cdef 0123');
  });
});
