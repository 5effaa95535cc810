/**
 * The access-control callback: what every merchant's replica votes by. It looks at one key alone; what another key says comes as a proof inside the
 * value. README.md says what these rules conserve, and why each is there.
 *
 * | move | who | what it shows |
 * |---|---|---|
 * | account: issued | the issuer signs | the sum is within the cap; no retirement is open |
 * | account: opened, closed | the issuer signs the opening; anyone closes | that the groups are there; what became of each |
 * | placed | anyone | the issue or split that names exactly this group |
 * | settled | anyone | nothing: the same without proofs |
 * | given, split | the owner signs | the sum comes out |
 * | locked | anyone with the owners' signatures | the decider as it stands |
 * | merged, swapped | anyone | the locks for this plan |
 * | received, unlocked | anyone | what the decider decided |
 * | retired | anyone | the account's opening |
 *
 * Proofs nest, so what may be proven inside is bounded: a lock and an opening prove groups without proofs of their own, a retired group proves an
 * account, and nothing that embeds more than that counts as a proof (`CARRIED`).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { AccessControl, AccessTools, Change, Value } from 'countersign';
import { CAP_PER_ISSUER, MAX_AMOUNT, MAX_DONE, MAX_EVER } from './limits.ts';
import {
  accountKey,
  customerKeyOf,
  earlier,
  merchant,
  merchantOf,
  outputKey,
  planId,
  refOfValue,
  sameRef,
  signedBytes,
} from './names.ts';
import { isGroupKey, readAccountValue, readGroupValue, readOffersValue } from './shape.ts';
import type {
  AccountMove,
  AccountValue,
  Expiry,
  GroupKey,
  GroupMove,
  GroupValue,
  Output,
  Owner,
  Plan,
  Ref,
  Swap,
} from './types.ts';

/** Of these rules with `STREET_RULES`: whoever changes either raises it, and the network moves to it by an epoch. */
export const RULES_VERSION = 2;

export interface StreetRules {
  /** Points that one issuer may have outstanding. */
  readonly cap: number;
}

export const STREET_RULES: StreetRules = { cap: CAP_PER_ISSUER };

/** The rules of a street. Deterministic: the same answer at every member, now and later. */
export function createRules(rules: StreetRules): AccessControl {
  return (change, tools) => {
    const { key, value } = change;
    // A deleted key could begin anew.
    if (value === undefined) return false;
    if (isGroupKey(key)) return group(change, key, tools);
    if (key.startsWith('account/')) return account(change, key.slice('account/'.length), rules, tools);
    if (key.startsWith('offers/')) return offers(change, key.slice('offers/'.length), tools);
    return false;
  };
}

export const allow: AccessControl = createRules(STREET_RULES);

/** Whether its owner can spend a group as it stands. */
export const isLive = ({ move }: GroupValue): boolean => !ENDED.has(move.kind);

/** Whether a group's newest version carries proofs, so that it has to be settled before it is proven to another key. */
export const isCarrying = ({ move }: GroupValue): boolean => CARRIED.has(move.kind);

/** All groups of one owner and one issuer, each once, and not too much for one. */
export function mergeComesOut({ target, sources }: Extract<Plan, { kind: 'merge' }>): boolean {
  const sum = sources.reduce((so, { amount }) => so + amount, target.amount);
  return (
    sum <= MAX_AMOUNT &&
    new Set([target, ...sources].map(({ key }) => key)).size === sources.length + 1 &&
    sources.every(({ owner, issuer }) => owner === target.owner && issuer === target.issuer)
  );
}

export const swapComesOut = ({ first, second }: Swap): boolean =>
  first.key !== second.key && first.owner !== second.owner;

/** Live, and with proofs in it. */
const CARRIED: ReadonlySet<GroupMove['kind']> = new Set([
  'placed',
  'merged',
  'swapped',
  'received',
  'unlocked',
]);
const ENDED: ReadonlySet<GroupMove['kind']> = new Set(['split', 'locked', 'retired']);

// ---- points ----

async function group(change: Change, key: GroupKey, tools: AccessTools): Promise<boolean> {
  const next = readGroupValue(change.value);
  if (next === null) return false;
  if (change.previous === null) return change.version === 1 && placed(key, next, tools);
  const before = readGroupValue(change.previous.value);
  if (before === null) return false;
  const { move } = next;
  if (move.kind === 'settled') return isCarrying(before) && sameBut(before, next, {});
  // Everything else is a change of its owner's will, or follows from one.
  if (next.seq !== before.seq + 1) return false;
  const { seq } = next;
  const here = refOfValue(key, before);
  const { network } = change;
  if (before.move.kind === 'locked') {
    if (move.kind !== 'received' && move.kind !== 'unlocked') return false;
    const owner = await afterDecision(key, before.move.plan, move, before.owner, tools);
    return owner !== null && sameBut(before, next, { seq, owner });
  }
  if (!isLive(before)) return false;
  switch (move.kind) {
    case 'given':
      return (
        sameBut(before, next, { seq, owner: next.owner }) &&
        isOwnerHere(next.owner, change) &&
        signedBy(before.owner, { kind: 'give', network, from: here, to: next.owner }, move.signature, tools)
      );
    case 'split': {
      const { outputs } = move;
      return (
        sameBut(before, next, { seq }) &&
        sumOf(outputs) === before.amount &&
        outputs.every(({ owner }) => isOwnerHere(owner, change)) &&
        signedBy(before.owner, { kind: 'split', network, from: here, outputs }, move.signature, tools)
      );
    }
    case 'locked':
      return sameBut(before, next, { seq }) && locked(here, move, network, tools);
    case 'merged': {
      const { plan } = move;
      const id = planId(plan);
      if (plan.network !== network || !sameRef(plan.target, here) || before.done.length >= MAX_DONE)
        return false;
      const poured = await pouredInto(plan.sources, id, move.proofs, tools);
      if (poured === null || poured.length === 0) return false;
      const amount = before.amount + sumOf(poured);
      const expires = poured.reduce<Expiry>((so, one) => earlier(so, one.expires), before.expires);
      return sameBut(before, next, { seq, amount, expires, done: [...before.done, id] });
    }
    case 'swapped': {
      const { plan } = move;
      const id = planId(plan);
      if (plan.network !== network || !sameRef(plan.second, here) || before.done.length >= MAX_DONE)
        return false;
      // Who left meanwhile gets nothing. The second's owner can still move it, which frees the first. Of that owner the same is not asked: could it
      // neither swap nor sign, the first would wait for ever.
      if (!isOwnerHere(plan.first.owner, change)) return false;
      const lock = await provenGroup(plan.first.key, move.proof, tools);
      if (lock === null || !isLockFor(lock, id)) return false;
      return sameBut(before, next, { seq, owner: plan.first.owner, done: [...before.done, id] });
    }
    case 'retired': {
      const proven = await tools.verifyProof(move.proof);
      if (proven?.key !== accountKey(before.issuer)) return false;
      const issuer = readAccountValue(proven.value);
      return (
        issuer !== null &&
        issuer.move.kind !== 'closed' &&
        move.round === issuer.rounds + 1 &&
        issuer.open.some((ref) => sameRef(ref, here)) &&
        sameBut(before, next, { seq })
      );
    }
    default:
      return false;
  }
}

/** Everything as before but for the move, and for what `to` says. */
function sameBut(
  before: GroupValue,
  next: GroupValue,
  to: Partial<Pick<GroupValue, 'seq' | 'owner' | 'amount' | 'expires' | 'done'>>,
): boolean {
  const want = { ...before, ...to };
  return (
    next.seq === want.seq &&
    next.issuer === want.issuer &&
    next.amount === want.amount &&
    next.owner === want.owner &&
    next.expires === want.expires &&
    next.done.length === want.done.length &&
    next.done.every((id, i) => id === want.done[i])
  );
}

/** A first version: exactly what its source names, where its source says. The key comes from the source, so nothing else can ever be here. */
async function placed(key: GroupKey, next: GroupValue, tools: AccessTools): Promise<boolean> {
  if (next.move.kind !== 'placed' || next.seq !== 1 || next.done.length > 0) return false;
  const proven = await tools.verifyProof(next.move.proof);
  const named = proven && outputsOf(proven);
  return (
    named?.some(
      (one) =>
        one.key === key &&
        one.issuer === next.issuer &&
        one.amount === next.amount &&
        one.owner === next.owner &&
        one.expires === next.expires,
    ) ?? false
  );
}

/** A group that a certified issue or split names. */
export type Named = Omit<Ref, 'seq'>;

/** What a certified value names; empty: it is no issue and no split. */
export function outputsOf(proven: {
  readonly key: string;
  readonly version: number;
  readonly value: Value | undefined;
}): readonly Named[] {
  const { key, version, value } = proven;
  if (key.startsWith('account/')) {
    const issued = readAccountValue(value);
    if (issued?.move.kind !== 'issued') return [];
    const issuer = key.slice('account/'.length);
    return issued.move.outputs.map((one, i) => ({
      ...one,
      issuer,
      key: outputKey({ key, seq: version }, i),
    }));
  }
  if (!isGroupKey(key)) return [];
  const source = readGroupValue(value);
  if (source?.move.kind !== 'split') return [];
  const { seq, issuer, expires } = source;
  return source.move.outputs.map((one, i) => ({ ...one, issuer, expires, key: outputKey({ key, seq }, i) }));
}

async function locked(
  here: Ref,
  move: Extract<GroupMove, { kind: 'locked' }>,
  network: string,
  tools: AccessTools,
): Promise<boolean> {
  const { plan, signatures } = move;
  if (plan.network !== network) return false;
  const [decider, fits, signers]: readonly [Ref, boolean, readonly Owner[]] =
    plan.kind === 'merge'
      ? [plan.target, mergeComesOut(plan) && plan.sources.some((ref) => sameRef(ref, here)), [here.owner]]
      : [plan.second, swapComesOut(plan) && sameRef(plan.first, here), [plan.first.owner, plan.second.owner]];
  if (!fits) return false;
  for (const [i, owner] of signers.entries()) {
    if (!(await signedBy(owner, plan, signatures[i]!, tools))) return false;
  }
  // The decider is there and can decide: else nothing would ever end the wait.
  const there = await provenGroup(decider.key, move.proof, tools);
  return (
    there !== null &&
    isLive(there) &&
    !isCarrying(there) &&
    there.done.length < MAX_DONE &&
    sameRef(refOfValue(decider.key, there), decider)
  );
}

/** The sources that are locked for a merge. null: a proof does not show what became of its source. */
async function pouredInto(
  sources: readonly Ref[],
  id: string,
  proofs: readonly Uint8Array[],
  tools: AccessTools,
): Promise<readonly Ref[] | null> {
  const poured: Ref[] = [];
  for (const [i, source] of sources.entries()) {
    const now = await provenGroup(source.key, proofs[i]!, tools);
    if (now === null) return null;
    if (isLockFor(now, id)) poured.push(source);
    else if (isCarrying(now) || now.seq <= source.seq) return null;
  }
  return poured;
}

const isLockFor = ({ move }: GroupValue, id: string): boolean =>
  move.kind === 'locked' && planId(move.plan) === id;

/** Who owns a locked group once its decider has decided; null: the proof does not show that, or shows the opposite. */
async function afterDecision(
  key: GroupKey,
  plan: Plan,
  move: Extract<GroupMove, { kind: 'received' | 'unlocked' }>,
  owner: Owner,
  tools: AccessTools,
): Promise<Owner | null> {
  const decider = plan.kind === 'merge' ? plan.target : plan.second;
  const now = await provenGroup(decider.key, move.proof, tools);
  if (now === null || isCarrying(now) || now.seq <= decider.seq) return null;
  // A group remembers what it decided for as long as it is there, so any later version tells.
  const did = now.done.includes(planId(plan));
  if (move.kind === 'unlocked') return did ? null : owner;
  return did && plan.kind === 'swap' && plan.first.key === key ? plan.second.owner : null;
}

async function provenGroup(key: GroupKey, proof: Uint8Array, tools: AccessTools): Promise<GroupValue | null> {
  const proven = await tools.verifyProof(proof);
  return proven?.key === key ? readGroupValue(proven.value) : null;
}

// ---- accounts ----

async function account(
  change: Change,
  issuer: string,
  { cap }: StreetRules,
  tools: AccessTools,
): Promise<boolean> {
  const next = readAccountValue(change.value);
  const before = change.previous === null ? NOTHING_ISSUED : readAccountValue(change.previous.value);
  if (next === null || before === null) return false;
  const { move } = next;
  // A close is anyone's, and of an issuer that has left, too: else its groups would wait for ever.
  if (move.kind !== 'closed' && !isMember(issuer, change)) return false;
  switch (move.kind) {
    case 'issued': {
      const issued = before.issued + sumOf(move.outputs);
      return (
        // A close, which is anyone's, would hide what this issue names before it is in place.
        before.open.length === 0 &&
        accountIs(next, { ...before, issued }) &&
        issued <= MAX_EVER &&
        issued - before.retired <= cap &&
        move.outputs.every(({ owner }) => isOwnerHere(owner, change)) &&
        tools.verifyMember(
          issuer,
          signedBytes({
            kind: 'issue',
            network: change.network,
            issuer,
            version: change.version,
            outputs: move.outputs,
          }),
          move.signature,
        )
      );
    }
    case 'opened':
      return (
        before.open.length === 0 &&
        accountIs(next, { ...before, open: next.open }) &&
        (await opened(change, issuer, before.rounds + 1, next.open, move, tools))
      );
    case 'closed': {
      if (before.open.length === 0 || move.proofs.length !== before.open.length) return false;
      let retired = before.retired;
      for (const [i, ref] of before.open.entries()) {
        const now = await provenGroup(ref.key, move.proofs[i]!, tools);
        if (now === null) return false;
        if (now.move.kind === 'retired' && now.move.round === before.rounds + 1) retired += ref.amount;
        else if (isCarrying(now) || now.seq <= ref.seq) return false;
      }
      return accountIs(next, { ...before, retired, rounds: before.rounds + 1, open: [] });
    }
  }
}

const NOTHING_ISSUED: Omit<AccountValue, 'move'> = { format: 1, issued: 0, retired: 0, rounds: 0, open: [] };

const accountIs = (next: AccountValue, want: Omit<AccountValue, 'move'>): boolean =>
  next.issued === want.issued &&
  next.retired === want.retired &&
  next.rounds === want.rounds &&
  next.open.length === want.open.length &&
  next.open.every((ref, i) => sameRef(ref, want.open[i]!));

async function opened(
  { network, version }: Change,
  issuer: string,
  round: number,
  groups: readonly Ref[],
  move: Extract<AccountMove, { kind: 'opened' }>,
  tools: AccessTools,
): Promise<boolean> {
  if (groups.length === 0 || move.proofs.length !== groups.length) return false;
  if (new Set(groups.map(({ key }) => key)).size !== groups.length) return false;
  if (!groups.every((ref) => ref.issuer === issuer && ref.owner === merchant(issuer))) return false;
  const bytes = signedBytes({ kind: 'retirement', network, issuer, version, round, groups });
  if (!(await tools.verifyMember(issuer, bytes, move.signature))) return false;
  for (const [i, ref] of groups.entries()) {
    const there = await provenGroup(ref.key, move.proofs[i]!, tools);
    if (there === null || !isLive(there) || isCarrying(there) || !sameRef(refOfValue(ref.key, there), ref))
      return false;
  }
  return true;
}

// ---- offers ----

async function offers(change: Change, member: string, tools: AccessTools): Promise<boolean> {
  const next = readOffersValue(change.value);
  if (next === null || !isMember(member, change)) return false;
  const { network, version } = change;
  for (const { plan, signature } of next.offers) {
    if (plan.network !== network || plan.first.owner !== merchant(member) || !swapComesOut(plan))
      return false;
    if (!(await tools.verifyMember(member, signedBytes(plan), signature))) return false;
  }
  const list = signedBytes({ kind: 'offers', network, merchant: member, version, offers: next.offers });
  return tools.verifyMember(member, list, next.signature);
}

// ---- who ----

const isMember = (id: string, { members }: Change): boolean => members.some((member) => member.id === id);

/** Points that nobody could spend are not given away: a customer's key must be one, and a merchant a member. */
function isOwnerHere(owner: Owner, change: Change): boolean {
  const member = merchantOf(owner);
  return member === null ? customerKeyOf(owner) !== null : isMember(member, change);
}

async function signedBy(
  owner: Owner,
  statement: Parameters<typeof signedBytes>[0],
  signature: Uint8Array,
  tools: AccessTools,
): Promise<boolean> {
  const member = merchantOf(owner);
  const bytes = signedBytes(statement);
  if (member !== null) return tools.verifyMember(member, bytes, signature);
  const key = customerKeyOf(owner);
  // One pure-JavaScript library on every member: browsers' own differ in which odd signatures they accept.
  return key !== null && ed25519.verify(signature, bytes, key, { zip215: false });
}

const sumOf = (parts: readonly Pick<Output, 'amount'>[]): number =>
  parts.reduce((sum, { amount }) => sum + amount, 0);
