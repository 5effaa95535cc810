/**
 * GS1 element strings, cut into application identifiers and their raw values. GS1 General Specifications, figures 3.2-1 (the identifiers) and
 * 7.8.6: an identifier of fixed length ends by itself, any other at a group separator or at the end. Written here, not taken from a library,
 * since a step's answer must never depend on a clock, and the parsers at hand read dates by today's.
 */
import { fail, ok, type Result } from '../../codec/result.ts';

export type ElementPair = readonly [ai: string, value: string];

export interface ElementsError {
  readonly type: 'not-elements';
  /** Why the text is no element string, to be put in brackets. */
  readonly message: string;
}

/** `0104012345001013` `10LOT` GS `17261231`, without a symbology prefix. */
export function splitElements(text: string): Result<readonly ElementPair[], ElementsError> {
  const pairs: ElementPair[] = [];
  for (let at = 0; at < text.length;) {
    const found = identifierAt(text, at);
    if (!found) return notElements(`"${text.slice(at, at + 4)}" is no application identifier`);
    const { ai, form } = found;
    const start = at + ai.length;
    const separator = text.indexOf(GS, start);
    const end = separator < 0 ? text.length : separator;
    const stop = form.fixed ? Math.min(start + form.max, end) : end;
    const value = text.slice(start, stop);
    const wrong = valueProblem(ai, form, value);
    if (wrong !== null) return notElements(wrong);
    pairs.push([ai, value]);
    at = text[stop] === GS ? stop + 1 : stop;
  }
  return pairs.length === 0 ? notElements('it is empty') : ok(pairs);
}

/** `(01)04012345001013(10)LOT`: what stands below a barcode for people. A known identifier in brackets begins an element. */
export function splitHumanReadable(text: string): Result<readonly ElementPair[], ElementsError> {
  const marks = [...text.matchAll(/\(([0-9]{2,4})\)/g)].filter((mark) => formOf(mark[1] ?? '') !== null);
  if (marks[0]?.index !== 0) return notElements(`"${text.slice(0, 6)}" is no application identifier`);
  const pairs: ElementPair[] = [];
  for (const [i, mark] of marks.entries()) {
    const ai = mark[1] ?? '';
    const value = text.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? text.length);
    const form = formOf(ai);
    const wrong = form === null ? `(${ai}) is not known` : valueProblem(ai, form, value);
    if (wrong !== null) return notElements(wrong);
    pairs.push([ai, value]);
  }
  return ok(pairs);
}

const GS = '\x1d';

const notElements = (message: string) => fail({ type: 'not-elements' as const, message });

interface Form {
  readonly digits: boolean;
  readonly min: number;
  readonly max: number;
  /** No separator is needed. */
  readonly fixed: boolean;
}

/** Identifiers do not begin with each other, so the first that fits is the one. */
function identifierAt(text: string, at: number): { readonly ai: string; readonly form: Form } | null {
  for (const length of [2, 3, 4]) {
    const ai = text.slice(at, at + length);
    const form = ai.length === length ? formOf(ai) : null;
    if (form !== null) return { ai, form };
  }
  return null;
}

function valueProblem(ai: string, form: Form, value: string): string | null {
  const { min, max, digits } = form;
  if (value.length < min || value.length > max) {
    const wanted = min === max ? String(max) : `${min} to ${max}`;
    return `(${ai}) has ${value.length} characters instead of ${wanted}`;
  }
  if (digits && !/^[0-9]*$/.test(value)) return `(${ai}) must be digits`;
  // AI encodable character set 82, figure 7.11-1; a few identifiers allow a subset of it.
  return /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/.test(value) ? null : `(${ai}) holds characters that it can't`;
}

const forms = new Map<string, Form | null>();

function formOf(ai: string): Form | null {
  if (!/^[0-9]{2,4}$/.test(ai)) return null;
  const known = forms.get(ai);
  if (known !== undefined) return known;
  const rule = RULES.find(([pattern]) => pattern.test(ai));
  const form = rule ? parseForm(rule[1]) : null;
  forms.set(ai, form);
  return form;
}

/** `n6`: six digits. `n..8`: one to eight. `x13..30`: 13 to 30 characters. */
function parseForm(text: string): Form {
  const [, kind, from, dots, to] = /^([nx])([0-9]*)(\.\.)?([0-9]*)$/.exec(text) ?? [];
  const max = Number(dots === undefined ? from : to);
  return {
    digits: kind === 'n',
    min: dots === undefined ? max : Number(from === '' ? 1 : from),
    max,
    fixed: dots === undefined,
  };
}

/** Figure 3.2-1. */
const RULES: readonly (readonly [RegExp, string])[] = (
  [
    ['00', 'n18'],
    ['0[1-3]', 'n14'],
    ['10|2[12]', 'x..20'],
    ['1[1-3]|1[5-7]', 'n6'],
    ['20', 'n2'],
    ['235', 'x..28'],
    ['24[01]|25[01]', 'x..30'],
    ['242', 'n..6'],
    ['243|254', 'x..20'],
    ['253', 'x13..30'],
    ['255', 'n13..25'],
    ['30|37', 'n..8'],
    ['31[0-6][0-9]|32[0-9][0-9]|33[0-7][0-9]|34[0-9][0-9]|35[0-7][0-9]|36[0-9][0-9]', 'n6'],
    ['390[0-9]|392[0-9]', 'n..15'],
    ['391[0-9]|393[0-9]', 'n4..18'],
    ['394[0-3]', 'n4'],
    ['395[0-5]', 'n6'],
    ['40[013]', 'x..30'],
    ['402', 'n17'],
    ['41[0-7]', 'n13'],
    ['420', 'x..20'],
    ['421', 'x4..12'],
    ['42[246]', 'n3'],
    ['42[35]', 'n3..15'],
    ['427', 'x..3'],
    ['430[01]|431[01]|4320', 'x..35'],
    ['430[2-6]|431[2-6]', 'x..70'],
    ['4307|4317', 'x2'],
    ['4308|4319', 'x..30'],
    ['4309', 'n20'],
    ['4318', 'x..20'],
    ['432[1-3]', 'n1'],
    ['432[45]', 'n10'],
    ['4326', 'n6'],
    ['433[0-3]', 'x6..7'],
    ['7001', 'n13'],
    ['7002|7023', 'x..30'],
    ['7003', 'n10'],
    ['7004', 'n..4'],
    ['7005', 'x..12'],
    ['7006', 'n6'],
    ['7007', 'n6..12'],
    ['7008', 'x..3'],
    ['7009', 'x..10'],
    ['7010', 'x..2'],
    ['7011', 'n6..10'],
    ['702[0-2]', 'x..20'],
    ['703[0-9]', 'x4..30'],
    ['7040', 'x4'],
    ['7041', 'x..4'],
    ['71[0-7]', 'x..20'],
    ['723[0-9]', 'x3..30'],
    ['7240', 'x..20'],
    ['7241', 'n2'],
    ['7242', 'x..25'],
    ['7250', 'n8'],
    ['7251', 'n12'],
    ['7252', 'n1'],
    ['725[349]', 'x..40'],
    ['7255', 'x..10'],
    ['7256', 'x..90'],
    ['7257', 'x..70'],
    ['7258', 'x3'],
    ['8001', 'n14'],
    ['8002|8012', 'x..20'],
    ['8003', 'x14..30'],
    ['8004|8010', 'x..30'],
    ['8005', 'n6'],
    ['8006|8017|8018|8026', 'n18'],
    ['8007', 'x..34'],
    ['8008', 'n8..12'],
    ['8009', 'x..50'],
    ['8011', 'n..12'],
    ['8013|8014|8020', 'x..25'],
    ['8019', 'n..10'],
    ['8030', 'x..90'],
    ['8110|8112|8200', 'x..70'],
    ['8111', 'n4'],
    ['90', 'x..30'],
    ['9[1-9]', 'x..90'],
  ] as const
).map(([pattern, form]) => [new RegExp(`^(?:${pattern})$`), form]);
