/** Values of strangers, read into types. Exact: a field too many, or of another form, is no value of ours, so that one meaning has one form. */
import type { Value } from 'countersign';
import {
  MAX_ACCOUNT_PROOF_BYTES,
  MAX_AMOUNT,
  MAX_DONE,
  MAX_EVER,
  MAX_HEAD_PROOF_BYTES,
  MAX_OFFERS,
  MAX_OUTPUTS,
  MAX_PROOF_BYTES,
  MAX_RETIRED,
  MAX_SEQ,
  MAX_SOURCES,
} from './limits.ts';
import type {
  AccountMove,
  AccountValue,
  Expiry,
  GroupKey,
  GroupMove,
  GroupValue,
  IssueOutput,
  Merge,
  OffersValue,
  Output,
  Owner,
  Plan,
  Ref,
  Give,
  Split,
  Statement,
  Swap,
} from './types.ts';

/** null: not a group. */
export const readGroupValue = (value: Value | undefined): GroupValue | null =>
  attempt(() => groupValue(value));
/** null: not an account. */
export const readAccountValue = (value: Value | undefined): AccountValue | null =>
  attempt(() => accountValue(value));
/** null: not a list of offers. */
export const readOffersValue = (value: Value | undefined): OffersValue | null =>
  attempt(() => offersValue(value));
/** null: not a statement. */
export const readStatement = (value: Value | undefined): Statement | null => attempt(() => statement(value));

export const isGroupKey = (key: unknown): key is GroupKey =>
  typeof key === 'string' && /^points\/[0-9a-f]{40}$/.test(key);
export const isAmount = (value: unknown, most = MAX_AMOUNT): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most;
/** A day of the calendar, from 2000 to 2999. */
export const isExpiry = (value: unknown): value is Expiry =>
  value === null ||
  (typeof value === 'string' &&
    /^2\d{3}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(`${value}T00:00:00Z`)) &&
    new Date(`${value}T00:00:00Z`).toISOString().startsWith(value));
/** By its form alone: whether a key is one, or a member is, the rules ask. */
export const isOwner = (value: unknown): value is Owner =>
  typeof value === 'string' && /^(customer\/[0-9a-f]{64}|merchant\/[a-z0-9-]{1,24})$/.test(value);

class Malformed extends Error {}
type Fields = { readonly [name: string]: Value | undefined };

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** An object with exactly these fields. */
function fields(value: Value | undefined, ...names: readonly string[]): Fields {
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    throw new Malformed();
  const found = value as Fields;
  if (Object.keys(found).length !== names.length || !names.every((name) => Object.hasOwn(found, name)))
    throw new Malformed();
  return found;
}

function must<T>(value: unknown, test: (value: unknown) => value is T): T {
  if (!test(value)) throw new Malformed();
  return value;
}

function list<T>(
  value: Value | undefined,
  least: number,
  most: number,
  read: (one: Value | undefined) => T,
): T[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) throw new Malformed();
  return (value as readonly (Value | undefined)[]).map(read);
}

const isBytes =
  (least: number, most: number) =>
  (value: unknown): value is Uint8Array =>
    value instanceof Uint8Array && value.length >= least && value.length <= most;
const signature = (value: Value | undefined): Uint8Array => must(value, isBytes(64, 64));
const proof = (value: Value | undefined): Uint8Array => must(value, isBytes(1, MAX_PROOF_BYTES));
const headProof = (value: Value | undefined): Uint8Array => must(value, isBytes(1, MAX_HEAD_PROOF_BYTES));
const accountProof = (value: Value | undefined): Uint8Array =>
  must(value, isBytes(1, MAX_ACCOUNT_PROOF_BYTES));
const amount = (value: Value | undefined): number => must(value, (one): one is number => isAmount(one));
const sequence = (value: Value | undefined): number =>
  must(value, (one): one is number => isAmount(one, MAX_SEQ));
const total = (value: Value | undefined): number =>
  must(value, (one): one is number => one === 0 || isAmount(one, MAX_EVER));
const memberId = (value: Value | undefined): string =>
  must(value, (one): one is string => typeof one === 'string' && /^[a-z0-9-]{1,24}$/.test(one));
const hex = (digits: number) => (value: Value | undefined) =>
  must(
    value,
    (one): one is string => typeof one === 'string' && one.length === digits && /^[0-9a-f]*$/.test(one),
  );
const network = hex(64);

function ref(value: Value | undefined): Ref {
  const f = fields(value, 'key', 'seq', 'issuer', 'amount', 'owner', 'expires');
  return {
    key: must(f.key, isGroupKey),
    seq: sequence(f.seq),
    issuer: memberId(f.issuer),
    amount: amount(f.amount),
    owner: must(f.owner, isOwner),
    expires: must(f.expires, isExpiry),
  };
}

function output(value: Value | undefined): Output {
  const f = fields(value, 'amount', 'owner');
  return { amount: amount(f.amount), owner: must(f.owner, isOwner) };
}

function issueOutput(value: Value | undefined): IssueOutput {
  const f = fields(value, 'amount', 'owner', 'expires');
  return { amount: amount(f.amount), owner: must(f.owner, isOwner), expires: must(f.expires, isExpiry) };
}

function kindOf(value: Value | undefined): Value | undefined {
  if (value === null || typeof value !== 'object') throw new Malformed();
  return (value as Fields).kind;
}

function statement(value: Value | undefined): Statement {
  switch (kindOf(value)) {
    case 'give':
      return give(value);
    case 'split':
      return split(value);
    default:
      return plan(value);
  }
}

function give(value: Value | undefined): Give {
  const f = fields(value, 'kind', 'network', 'from', 'to');
  return { kind: 'give', network: network(f.network), from: ref(f.from), to: must(f.to, isOwner) };
}

function split(value: Value | undefined): Split {
  const f = fields(value, 'kind', 'network', 'from', 'outputs');
  return {
    kind: 'split',
    network: network(f.network),
    from: ref(f.from),
    outputs: list(f.outputs, 2, MAX_OUTPUTS, output),
  };
}

function plan(value: Value | undefined): Plan {
  switch (kindOf(value)) {
    case 'merge':
      return merge(value);
    case 'swap':
      return swap(value);
    default:
      throw new Malformed();
  }
}

function merge(value: Value | undefined): Merge {
  const f = fields(value, 'kind', 'network', 'target', 'sources');
  if (f.kind !== 'merge') throw new Malformed();
  return {
    kind: 'merge',
    network: network(f.network),
    target: ref(f.target),
    sources: list(f.sources, 1, MAX_SOURCES, ref),
  };
}

function swap(value: Value | undefined): Swap {
  const f = fields(value, 'kind', 'network', 'first', 'second');
  if (f.kind !== 'swap') throw new Malformed();
  return { kind: 'swap', network: network(f.network), first: ref(f.first), second: ref(f.second) };
}

function groupMove(value: Value | undefined): GroupMove {
  const kind = kindOf(value);
  switch (kind) {
    case 'settled':
      fields(value, 'kind');
      return { kind };
    case 'given':
      return { kind, signature: signature(fields(value, 'kind', 'signature').signature) };
    case 'split': {
      const f = fields(value, 'kind', 'outputs', 'signature');
      return { kind, outputs: list(f.outputs, 2, MAX_OUTPUTS, output), signature: signature(f.signature) };
    }
    case 'locked': {
      const f = fields(value, 'kind', 'plan', 'signatures', 'proof');
      const read = plan(f.plan);
      const signers = read.kind === 'merge' ? 1 : 2;
      return {
        kind,
        plan: read,
        signatures: list(f.signatures, signers, signers, signature),
        proof: headProof(f.proof),
      };
    }
    case 'merged': {
      const f = fields(value, 'kind', 'plan', 'proofs');
      const read = merge(f.plan);
      return { kind, plan: read, proofs: list(f.proofs, read.sources.length, read.sources.length, proof) };
    }
    case 'swapped': {
      const f = fields(value, 'kind', 'plan', 'proof');
      return { kind, plan: swap(f.plan), proof: proof(f.proof) };
    }
    case 'placed':
    case 'received':
    case 'unlocked':
      return { kind, proof: proof(fields(value, 'kind', 'proof').proof) };
    case 'retired': {
      const f = fields(value, 'kind', 'round', 'proof');
      return { kind, round: sequence(f.round), proof: accountProof(f.proof) };
    }
    default:
      throw new Malformed();
  }
}

function groupValue(value: Value | undefined): GroupValue {
  const f = fields(value, 'format', 'seq', 'issuer', 'amount', 'owner', 'expires', 'done', 'move');
  if (f.format !== 1) throw new Malformed();
  return {
    format: 1,
    seq: sequence(f.seq),
    issuer: memberId(f.issuer),
    amount: amount(f.amount),
    owner: must(f.owner, isOwner),
    expires: must(f.expires, isExpiry),
    done: list(f.done, 0, MAX_DONE, hex(32)),
    move: groupMove(f.move),
  };
}

function accountMove(value: Value | undefined): AccountMove {
  const kind = kindOf(value);
  switch (kind) {
    case 'issued': {
      const f = fields(value, 'kind', 'outputs', 'signature');
      return {
        kind,
        outputs: list(f.outputs, 1, MAX_OUTPUTS, issueOutput),
        signature: signature(f.signature),
      };
    }
    case 'opened': {
      const f = fields(value, 'kind', 'signature', 'proofs');
      return { kind, signature: signature(f.signature), proofs: list(f.proofs, 1, MAX_RETIRED, headProof) };
    }
    case 'closed':
      return { kind, proofs: list(fields(value, 'kind', 'proofs').proofs, 1, MAX_RETIRED, proof) };
    default:
      throw new Malformed();
  }
}

function accountValue(value: Value | undefined): AccountValue {
  const f = fields(value, 'format', 'issued', 'retired', 'rounds', 'open', 'move');
  if (f.format !== 1) throw new Malformed();
  return {
    format: 1,
    issued: total(f.issued),
    retired: total(f.retired),
    rounds: total(f.rounds),
    open: list(f.open, 0, MAX_RETIRED, ref),
    move: accountMove(f.move),
  };
}

function offersValue(value: Value | undefined): OffersValue {
  const f = fields(value, 'format', 'offers', 'signature');
  if (f.format !== 1) throw new Malformed();
  return {
    format: 1,
    offers: list(f.offers, 0, MAX_OFFERS, (one) => {
      const o = fields(one, 'plan', 'signature');
      return { plan: swap(o.plan), signature: signature(o.signature) };
    }),
    signature: signature(f.signature),
  };
}
