/** One stall without a face: the rules and operations of examples/loyalty, timed. `?identity=<identity>`. */
import { join } from 'countersign';
import {
  allow,
  createCustomerKey,
  give,
  issue,
  merchant,
  openStreet,
  RULES_VERSION,
  type GroupKey,
  type Street,
} from '../../examples/loyalty/points/index.ts';

declare global {
  interface Window {
    readonly stall: Promise<typeof stall>;
  }
}

/** Milliseconds from the call until the page is told. */
interface Timed {
  readonly milliseconds: number;
  readonly steps: number;
}

let street: Street;
let held: GroupKey[] = [];

const stall = {
  /** Groups of its own, to be given away one by one. */
  async stock(count: number): Promise<void> {
    const outputs = Array.from({ length: count }, () => ({
      amount: 1,
      owner: merchant(street.me),
      expires: null,
    }));
    const made = await issue(street, outputs).result;
    if (!made.ok) throw new Error(made.error.message);
    held = made.value.groups.map(({ key }) => key);
  },
  /** A group of points changes owner: the paper's transaction. */
  async give(): Promise<Timed> {
    const key = held.pop();
    if (key === undefined) throw new Error('There is no group left.');
    return timed(() => give(street, key, createCustomerKey().owner));
  },
  /** New points for a customer, as the stall's page gives them: the account, then the group. */
  async issue(): Promise<Timed> {
    return timed(() => issue(street, [{ amount: 1, owner: createCustomerKey().owner, expires: null }]));
  },
};

async function timed(run: () => ReturnType<typeof give>): Promise<Timed> {
  const start = performance.now();
  const operation = run();
  const result = await operation.result;
  const milliseconds = performance.now() - start;
  if (!result.ok) throw new Error(result.error.message);
  return { milliseconds, steps: operation.steps.length };
}

async function open(): Promise<typeof stall> {
  const identity = new URLSearchParams(location.search).get('identity');
  if (identity === null) throw new Error('The address names no identity.');
  const joined = await join({ identity, rules: RULES_VERSION, allow });
  if (!joined.ok) throw new Error(joined.error.message);
  street = openStreet(joined.value);
  return stall;
}

Object.assign(window, { stall: open() });
