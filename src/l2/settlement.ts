/**
 * Brings a session in line with what L1 has decided. Events only say "look again"; this one function looks at the session, at the
 * certified value and at what is known of the outcome, and says what becomes of the session. It keeps that
 *
 * - a session has at most one proposal per base: its bytes are stored before they leave, and are dropped only when the base has moved;
 * - a session that won is never run again: when the outcome of its version is not known, a person decides.
 */
import type { Digest, Key, NetworkId, Version } from '../codec/brand.ts';
import { asVersion, equalBytes } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import { fail, ok, type Failure, type Result } from '../codec/result.ts';
import type { Proposer, Ticket } from './proposer.ts';
import type { Rerun, Runner } from './rerun.ts';
import type { SessionStore } from './session-store.ts';
import type { Base, HeldSession } from './stored.ts';
import type {
  CommittedSession,
  L2Ports,
  ServiceProblem,
  ServiceRegistry,
  SessionError,
  SessionStatus,
} from './types.ts';
import { problemText, type SessionBytes } from './validate.ts';
import { devicesFor, encodeSessionValue, parseSessionValue, unsignedSession } from './value.ts';

export interface SettlementOptions {
  readonly ports: L2Ports;
  readonly registry: ServiceRegistry;
  readonly sessionBytes: SessionBytes;
  /** Digest of a value from its previous digest and its body, as src/crypto/domains.ts makes it. */
  readonly valueDigest: (previous: Digest | null, body: Uint8Array) => Digest;
  /** Digest certified at an earlier version, from the history; null = not held here. */
  readonly decidedDigest?: ((key: Key, version: Version) => Promise<Digest | null>) | undefined;
  /** Body certified at an earlier version, from the history; null = not held here. Asked for sessions that two devices may have proposed. */
  readonly decidedBody?: ((key: Key, version: Version) => Promise<Uint8Array | null>) | undefined;
}

/** What the replica has told about one key and nobody has worked off yet. */
export interface KeyEvents {
  readonly decided: Map<number, Digest>;
  readonly refused: Map<Digest, RefusedEvent>;
}

export interface RefusedEvent {
  readonly rule: string;
  readonly message: string;
  /** This replica's own check found that the session may not end here, and nothing was proposed. */
  readonly isIncomplete?: boolean | undefined;
}

export type ReadBase = Base & {
  readonly record: CborValue;
  /** The session that made this version; null when there is none. */
  readonly session: CommittedSession | null;
};

/** Where a session stands in the chain of its key beyond its base. */
export type Elsewhere =
  | {
      readonly found: true;
      readonly version: Version;
      readonly digest: Digest;
      readonly session: CommittedSession;
    }
  /** `unknown`: a version is not held here. `isNextUnknown`: the one that the session was proposed for is not. */
  | { readonly found: false; readonly unknown: boolean; readonly isNextUnknown: boolean };

export interface Settlement {
  /** The newest certified value as a base; version 0 when there is none. */
  readBase(key: Key): Promise<Result<ReadBase, SessionError>>;
  /** Signs and stores a local session as voting; the proposal has not left yet. */
  seal(held: HeldSession): Promise<Result<HeldSession, SessionError>>;
  propose(held: HeldSession, ticket?: Ticket): Promise<Result<{ digest: Digest }, Failure>>;
  settle(held: HeldSession, events: KeyEvents, ticket?: Ticket): Promise<HeldSession>;
  /** Looks for the session in the versions above its base, by its id: another device may have signed it, so its digest is not known. */
  findCommitted(held: HeldSession, current: ReadBase): Promise<Elsewhere>;
  /** Committed, as the chain has it; null when steps that this device has are missing there. */
  whole(held: HeldSession, elsewhere: Elsewhere & { found: true }): Promise<HeldSession | null>;
  /** A conflict in which no response differs. */
  stuck(held: HeldSession, step: number, message: string): Promise<HeldSession>;
  /** What keeps the session from ending here, or null. */
  incomplete(held: Pick<HeldSession, 'record' | 'steps'>): ServiceProblem | null;
}

export function createSettlement(
  options: SettlementOptions & { readonly proposer: Proposer },
  store: SessionStore,
  runner: Runner,
): Settlement {
  const { ports, registry } = options;
  const rulesVersion = ports.genesis.rulesVersion;
  /** The network's rules have moved on, and this program is older: what is held here waits for the newer one as it is. */
  const isOutdated = !registry.rulesVersions.includes(rulesVersion);
  const network: NetworkId = ports.network;

  /** With the bytes that it was read from. */
  const readNewest = async (
    key: Key,
  ): Promise<Result<{ readonly base: ReadBase; readonly body: Uint8Array | null }, SessionError>> => {
    let current: Awaited<ReturnType<L2Ports['certified']>>;
    try {
      current = await ports.certified(key);
    } catch (error) {
      // Its bytes are late. Whoever waits is told, and what is open is looked at again when they come.
      return fail({ type: 'key-unknown', message: `${(error as Error).message} Try again later.` });
    }
    if (current === null) {
      const base = { version: asVersion(0), digest: null, record: null, session: null };
      return ok({ base, body: null });
    }
    const parsed = current.body === null ? null : parseSessionValue(current.body);
    if (parsed && !parsed.ok) {
      return fail({
        type: 'key-unknown',
        message: `The certified value of ${key} v${current.version} cannot be read here. Wait until it is synced again.`,
      });
    }
    const { version, digest, body } = current;
    const record = parsed?.value.record ?? null;
    return ok({ base: { version, digest, record, session: parsed?.value.session ?? null }, body });
  };

  const readBase: Settlement['readBase'] = async (key) => {
    const read = await readNewest(key);
    return read.ok ? ok(read.value.base) : read;
  };

  const incomplete: Settlement['incomplete'] = ({ record, steps }) =>
    registry.incomplete(
      record,
      steps.map((step) => step.transaction),
    );

  /** The session as voting, signed over its base; not stored yet. */
  const signed = async (held: HeldSession): Promise<Result<HeldSession, SessionError>> => {
    const session = {
      id: held.id,
      member: ports.member.id,
      operator: held.operator,
      rulesVersion,
      baseVersion: held.base.version,
      transactions: held.steps.map((step) => step.transaction),
    };
    const own = ports.device?.certificate ?? null;
    const devices = devicesFor(session.transactions, ports.member.id, own, held.nodes);
    const content = devices ? { ...session, devices } : session;
    const signature = await ports.sign(
      options.sessionBytes(network, held.key, rulesVersion, held.base.digest, unsignedSession(content)),
    );
    const body = encodeSessionValue({ record: held.record, session: { ...content, signature } });
    const parsed = parseSessionValue(body);
    if (!parsed.ok) {
      return fail({
        type: 'too-many-steps',
        message: `${parsed.error.message} Undo the last step or end the session in two parts.`,
      });
    }
    const digest = options.valueDigest(held.base.digest, body);
    return ok({ ...held, status: { state: 'voting' }, proposal: { body, digest } });
  };

  const seal: Settlement['seal'] = async (held) => {
    const next = await signed(held);
    return next.ok ? store.put(next.value) : next;
  };

  const propose: Settlement['propose'] = async ({ key, base, proposal }, ticket) => {
    if (proposal === null) throw new Error('only a voting session has a proposal');
    const version = asVersion(base.version + 1);
    return (ticket ?? options.proposer).propose({ key, version, previous: base.digest, body: proposal.body });
  };

  /** Stores a change that nobody waits for. When the disk refuses, the session stays as it was and is looked at again later. */
  const putOrKeep = async (held: HeldSession, next: HeldSession): Promise<HeldSession> => {
    const saved = await store.put(next);
    return saved.ok ? saved.value : held;
  };

  const conflict = (
    held: HeldSession,
    status: Omit<Extract<SessionStatus, { state: 'conflict' }>, 'state'>,
  ): Promise<HeldSession> =>
    putOrKeep(held, { ...held, status: { state: 'conflict', ...status }, proposal: null });

  /** A conflict in which no response differs: the last step is where the operator goes on. */
  const stuck = (held: HeldSession, step: number, message: string): Promise<HeldSession> => {
    const { response } = held.steps[step]!.transaction;
    return conflict(held, { step, before: response, after: response, message });
  };

  const stuckIncomplete = (held: HeldSession, { version }: Base, why: string): Promise<HeldSession> =>
    stuck(
      held,
      held.steps.length - 1,
      `On v${version} of ${held.key} the session is no longer complete: ${why}`,
    );

  const rebase = async (held: HeldSession, base: ReadBase, ticket?: Ticket): Promise<HeldSession> => {
    if (isOutdated) return held;
    const rerun = await runner.again(held, base);
    if (!rerun.same)
      return conflict(held, { ...differing(rerun), message: conflictMessage(held, base, rerun) });
    const local: HeldSession = {
      ...held,
      ...rerun.work,
      base,
      status: { state: 'local' },
      proposal: null,
      rebases: held.rebases + 1,
    };
    if (held.status.state !== 'voting') return putOrKeep(held, local);
    const open = incomplete(local);
    if (open !== null) return stuckIncomplete(held, base, open.message);
    const next = await signed(local);
    if (!next.ok) return stuck(held, held.steps.length - 1, next.error.message);
    const saved = await store.put(next.value);
    // Not stored: not proposed. The next event or `retry` finds the moved base again.
    if (!saved.ok) return held;
    await propose(saved.value, ticket);
    return saved.value;
  };

  /**
   * Whether the proposal was certified at the version that it was for; null = cannot be told here. The version after that tells too: its digest
   * covers the digest before it, and it could only be certified on top of the certified one.
   */
  const hasWon = async (
    { key, base }: HeldSession,
    proposal: Digest,
    events: KeyEvents,
    newest: { readonly base: ReadBase; readonly body: Uint8Array | null },
  ): Promise<boolean | null> => {
    const version = asVersion(base.version + 1);
    if (newest.base.version === version) return newest.base.digest === proposal;
    const known = events.decided.get(version) ?? (await options.decidedDigest?.(key, version)) ?? null;
    if (known !== null) return known === proposal;
    const after = asVersion(version + 1);
    const isNewest = newest.base.version === after;
    const digest = isNewest ? newest.base.digest : ((await options.decidedDigest?.(key, after)) ?? null);
    const body = isNewest ? newest.body : ((await options.decidedBody?.(key, after)) ?? null);
    if (digest === null || body === null) return null;
    return options.valueDigest(proposal, body) === digest;
  };

  const findCommitted: Settlement['findCommitted'] = async (held, current) => {
    let unknown = false;
    let isNextUnknown = false;
    for (let v = current.version; v > held.base.version; v = asVersion(v - 1)) {
      let { session, digest } = current;
      if (v !== current.version) {
        const body = (await options.decidedBody?.(held.key, v)) ?? null;
        const parsed = body && parseSessionValue(body);
        session = parsed?.ok ? parsed.value.session : null;
        digest = (await options.decidedDigest?.(held.key, v)) ?? null;
        // The lowest is looked at last.
        isNextUnknown = session === null || digest === null;
        unknown ||= isNextUnknown;
      }
      if (session !== null && digest !== null && session.id === held.id && session.member === ports.member.id)
        return { found: true, version: v, digest, session };
    }
    return { found: false, unknown, isNextUnknown };
  };

  /** The first step that the chain lacks; -1: it has all. */
  const lackingIn = (held: HeldSession, { session }: Elsewhere & { found: true }): number =>
    held.steps.findIndex((step, i) => {
      const theirs = session.transactions[i];
      return theirs === undefined || !equalBytes(step.bytes, encode(theirs as unknown as CborValue));
    });

  const whole: Settlement['whole'] = async (held, elsewhere) => {
    if (lackingIn(held, elsewhere) >= 0) return null;
    const { version, digest } = elsewhere;
    await store.finish(held, { state: 'committed', version, digest });
    return store.get(held.id) ?? held;
  };

  /** The session is in the chain. What this device has run and the chain lacks is shown, never dropped in silence. */
  const ended = async (held: HeldSession, elsewhere: Elsewhere & { found: true }): Promise<HeldSession> => {
    const done = await whole(held, elsewhere);
    if (done) return done;
    const lacking = lackingIn(held, elsewhere);
    const { version } = elsewhere;
    return stuck(
      held,
      lacking,
      `Another device of ${ports.member.organisation} has committed this session as v${version} of ${held.key}, without step ${lacking + 1} and what follows here. ` +
        `Look at the package: abandon this session, and start another one if something is missing.`,
    );
  };

  const settle: Settlement['settle'] = async (held, events, ticket) => {
    const { status, base, proposal } = held;
    if (status.state !== 'local' && status.state !== 'voting') return held;
    const next = asVersion(base.version + 1);
    const committed = async (digest: Digest): Promise<HeldSession> => {
      await store.finish(held, { state: 'committed', version: next, digest });
      return store.get(held.id) ?? held;
    };
    // The value's own bytes need not be here to know that it won.
    if (proposal !== null && events.decided.get(next) === proposal.digest) return committed(proposal.digest);

    const read = await readNewest(held.key);
    if (!read.ok || read.value.base.version < base.version) return held;
    const current = read.value.base;
    if (current.version === base.version) {
      if (proposal !== null) {
        const refusal = events.refused.get(proposal.digest);
        if (!refusal)
          return base.record === undefined && isByOtherRules(proposal.body)
            ? rebase(held, current, ticket)
            : held;
        const { rule, message } = refusal;
        if (refusal.isIncomplete) return stuckIncomplete(held, current, message);
        await store.finish(held, { state: 'rejected', rule, message });
        return store.get(held.id) ?? held;
      }
      return base.record === undefined ? reopen(held, current) : held;
    }
    // Two devices may have signed one session: the certified one is told by its id. At most one is ever certified for one version.
    if (held.mirror !== null) {
      const elsewhere = await findCommitted(held, current);
      if (elsewhere.found) return ended(held, elsewhere);
      if (elsewhere.unknown && proposal !== null && (await hasWon(held, proposal.digest, events, read.value)))
        return committed(proposal.digest);
      if (elsewhere.unknown && (proposal !== null || held.mirror.peer === null))
        return stuck(held, 0, unknownOutcome(held, current));
    } else if (proposal !== null) {
      const won = await hasWon(held, proposal.digest, events, read.value);
      if (won === true) return committed(proposal.digest);
      if (won === null) return stuck(held, 0, unknownOutcome(held, current));
      // Carried over from the epoch before, as it was signed by the rules of then.
      const before = await findCommitted(held, current);
      if (before.found) return ended(held, before);
      // What was signed again by newer rules has an earlier signature for the same version, and only the bytes there tell whether that one won.
      // They may be pruned for good, and what is under vote cannot be abandoned: a person decides.
      const isSignedAgain = held.rebases > 0 && rulesVersion > Math.min(...registry.rulesVersions);
      if (before.isNextUnknown && isSignedAgain) return stuck(held, 0, unknownOutcome(held, current));
    } else if (held.rebases > 0) {
      // Signed once, and taken up again after a conflict: a new epoch may have carried it as it was signed then.
      const before = await findCommitted(held, current);
      if (before.found) return ended(held, before);
    }
    return rebase(held, current, ticket);
  };

  /** Nobody votes any more for what was signed by the rules of an ended epoch. They change with a start only, as `base.record` tells of one. */
  const isByOtherRules = (body: Uint8Array): boolean => {
    const parsed = parseSessionValue(body);
    return parsed.ok && parsed.value.session.rulesVersion !== rulesVersion;
  };

  /** After a crash: the handlers of this copy of the app must still answer as they did. */
  const reopen = async (held: HeldSession, base: ReadBase): Promise<HeldSession> => {
    if (isOutdated) return held;
    const rerun = await runner.again(held, base);
    if (!rerun.same)
      return conflict(held, { ...differing(rerun), message: conflictMessage(held, base, rerun) });
    const next: HeldSession = { ...held, ...rerun.work, base };
    store.adopt(next);
    return next;
  };

  return { readBase, seal, propose, settle, incomplete, findCommitted, whole, stuck };
}

const unknownOutcome = (held: HeldSession, current: Base): string =>
  `While this device was away, v${held.base.version + 1} of ${held.key} was decided and v${current.version} is there now; whether this session was ` +
  `committed cannot be told here yet. Look at the history of ${held.key}: abandon this session if it is there, continue if it is not.`;

type Differing = Extract<Rerun, { same: false }>;

const differing = ({ step, before, after }: Differing) => ({ step, before, after });

function conflictMessage(held: HeldSession, base: Base, { step, after }: Differing): string {
  const { method, path } = held.steps[step]!.transaction.request;
  const why = after.status >= 300 ? `is refused: ${problemText(after.body)}` : 'gives another response.';
  const moved =
    base.version === held.base.version
      ? `After an update of this app`
      : `${held.key} has moved on to v${base.version}; on it`;
  return `${moved} step ${step + 1} (${method} ${path}) ${why} Continue with the steps that still hold, or abandon the session.`;
}
