/** Inputs for decoders: noise, valid inputs with damage, and CBOR that is sound as CBOR and wrong as a message. */
import { decode, encode, type CborValue } from '../../../src/codec/cbor.ts';

/** Deterministic: the same seed gives the same inputs. */
export interface Dice {
  /** Uniform below `limit`. */
  below(limit: number): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
  one<T>(from: readonly T[]): T;
}

/** xorshift32 (Marsaglia 2003). */
export function createDice(seed: number): Dice {
  let state = seed >>> 0 || 0x9e3779b9;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
  return {
    below: (limit) => (limit <= 1 ? 0 : next() % limit),
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = next() & 0xff;
      return out;
    },
    one: (from) => from[next() % from.length]!,
  };
}

const LENGTHS = [0, 1, 4, 8, 15, 16, 17, 31, 32, 33, 48, 64, 96, 200];
const NUMBERS = [
  0,
  1,
  2,
  3,
  15,
  16,
  23,
  24,
  63,
  64,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -1,
  -(2 ** 40),
];
const TEXTS = [
  '',
  'member',
  'applicant',
  'device',
  'package/095200000000000017',
  'offer',
  'answer',
  'candidate',
  'announce',
  'signal',
  'shutdown',
  'ws://x/',
  'wss://x',
  '\u0000',
  '\ud800',
  '𝕏'.repeat(40),
  'a'.repeat(300),
  '__proto__',
  'constructor',
];

export function randomValue(dice: Dice, fields: readonly string[], depth = 0): CborValue {
  switch (dice.below(depth > 4 ? 5 : 8)) {
    case 0:
      return dice.one(NUMBERS);
    case 1:
      return dice.below(40);
    case 2:
      return dice.bytes(dice.one(LENGTHS));
    case 3:
      return dice.one(TEXTS);
    case 4:
      return dice.one<CborValue>([null, true, false]);
    case 5: {
      const map: { [field: string]: CborValue } = Object.create(null) as { [field: string]: CborValue };
      for (let i = dice.below(6); i > 0; i--)
        map[fields.length > 0 && dice.below(4) > 0 ? dice.one(fields) : dice.one(TEXTS)] = randomValue(
          dice,
          fields,
          depth + 1,
        );
      return map;
    }
    default:
      return Array.from({ length: dice.below(6) }, () => randomValue(dice, fields, depth + 1));
  }
}

/** One change somewhere in a value: another in its place, one left out, one twice. */
function changed(dice: Dice, value: CborValue, fields: readonly string[]): CborValue {
  if (Array.isArray(value) && value.length > 0 && dice.below(4) > 0) {
    const list = [...(value as readonly CborValue[])];
    const at = dice.below(list.length);
    switch (dice.below(6)) {
      case 0:
        list.splice(at, 1);
        break;
      case 1:
        list.splice(at, 0, list[at]!);
        break;
      default:
        list[at] = changed(dice, list[at]!, fields);
    }
    return list;
  }
  if (
    value !== null &&
    typeof value === 'object' &&
    !(value instanceof Uint8Array) &&
    !Array.isArray(value) &&
    dice.below(4) > 0
  ) {
    const map = { ...(value as { readonly [field: string]: CborValue }) };
    const names = Object.keys(map);
    const name = names.length > 0 ? dice.one(names) : 'x';
    if (dice.below(6) === 0) delete map[name];
    else map[name] = changed(dice, map[name] ?? null, fields);
    return map;
  }
  if (typeof value === 'number' && dice.below(2) === 0) return value + dice.below(5) - 2;
  if (value instanceof Uint8Array && dice.below(2) === 0) return dice.bytes(value.length);
  return randomValue(dice, fields, 2);
}

/** Bytes changed, cut, inserted or doubled. */
function damaged(dice: Dice, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (let i = dice.below(4); i >= 0; i--) {
    const at = dice.below(out.length + 1);
    switch (dice.below(5)) {
      case 0:
        out = out.slice(0, at);
        break;
      case 1:
        out = joined(out.subarray(0, at), dice.bytes(dice.below(8)), out.subarray(at));
        break;
      case 2:
        out = joined(out.subarray(0, at), out.subarray(dice.below(out.length + 1)));
        break;
      default:
        if (at < out.length) out[at] = dice.below(2) ? dice.below(256) : out[at]! ^ (1 << dice.below(8));
    }
  }
  return out;
}

/** Long enough for every field; what is larger is tested by the limits' own tests. */
const MAX_INPUT = 4_096;

/**
 * The next input. `corpus` holds valid ones, and grows by what a decoder took. `prefix`: bytes before the CBOR, as in a frame; those of the
 * corpus have it too.
 */
export function nextInput(
  dice: Dice,
  corpus: readonly Uint8Array[],
  fields: readonly string[],
  prefix: number,
): Uint8Array<ArrayBuffer> {
  const kind = dice.below(10);
  const seed = corpus.length > 0 ? dice.one(corpus) : new Uint8Array();
  let out: Uint8Array<ArrayBuffer>;
  if (kind === 0) out = dice.bytes(dice.below(120));
  else if (kind <= 3) out = damaged(dice, seed);
  else {
    const body = decode(seed.subarray(prefix), MAX_INPUT);
    const value =
      body.ok && dice.below(8) > 0 ? changed(dice, body.value, fields) : randomValue(dice, fields);
    out = joined(seed.subarray(0, prefix), encodable(value));
  }
  return out.length > MAX_INPUT ? out.slice(0, MAX_INPUT) : out;
}

function encodable(value: CborValue): Uint8Array {
  try {
    return encode(value);
  } catch {
    // A number or a text that has no canonical form: our encoder refuses to make what the decoder must refuse to take.
    return new Uint8Array([0xf9, 0x7e, 0x00]);
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
