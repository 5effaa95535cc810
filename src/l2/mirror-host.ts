/**
 * The mirror's half: runs what the holder has run, answers only on equal responses, keeps every operation on its disk before it answers,
 * and can take the session over.
 */
import { asVersion, equalBytes } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { Malformed } from '../codec/fields.ts';
import { fail, type Result } from '../codec/result.ts';
import { sameValue } from './canonical.ts';
import { MAX_MIRRORED_SESSIONS, MAX_STORED_SESSION_BYTES, SESSION_EXPIRY_MS } from './limits.ts';
import {
  answerBytes,
  claimBytes,
  claimFields,
  decodeMirror,
  encodeAnswer,
  encodeMirror,
  nextChain,
  readClaim,
  type MirrorAnswer,
  type MirrorClaim,
  type MirrorMessage,
} from './mirror.ts';
import { createQueues } from './queue.ts';
import { createRunner, sameResponse, type Work } from './rerun.ts';
import type { SessionBuffer } from './session-buffer.ts';
import type { SettlementOptions } from './settlement.ts';
import {
  decodeStored,
  encodeStored,
  newSession,
  stepsOf,
  viewOf,
  type HeldSession,
  type Step,
} from './stored.ts';
import type { ServiceResponse, SessionError, SessionView } from './types.ts';
import { parseSessionValue, unsignedSession } from './value.ts';

/** A session of another device of this member, as this one keeps it. */
export interface MirroredView {
  readonly session: SessionView;
  /** Key of the device that runs it. */
  readonly from: string;
}

export interface MirrorHostOptions extends SettlementOptions {
  readonly buffer: SessionBuffer;
  /** Tells the device that a session was taken from; the same way as the holder's. */
  readonly tell: (device: string, message: Uint8Array) => void;
  /** What a person sees has changed. */
  readonly changed?: () => void;
}

export interface MirrorHost {
  /** A message of a device of this member (or of the member itself), whose key the link has proved. Gives the answer's bytes. */
  handle(from: string, message: Uint8Array): Promise<Uint8Array>;
  list(): readonly MirroredView[];
  /** Takes a session over: from then on the other device's operations are refused, and this one goes on with it. */
  takeOver(id: string): Promise<Result<SessionView, SessionError>>;
  /** L1 has certified a version of a key: what is in it is mirrored no longer. */
  decided(key: string): Promise<void>;
  /**
   * Gives up what nobody will end: the holder's last word may have been lost. Drops what is committed, and what nobody has touched for
   * `idle` milliseconds (SESSION_EXPIRY_MS), as the device that runs it does.
   */
  expire(idle?: number): Promise<void>;
  /** Once, after a start, before any message, and after the buffer's own resume: what the disk holds under `isMirrorRecord` ids. */
  resume(stored: readonly { readonly id: string; readonly bytes: Uint8Array }[]): Promise<void>;
  idle(): Promise<void>;
}

/** Ids of this file's records, which lie beside the sessions of the device itself. */
export const isMirrorRecord = (id: string): boolean => id.startsWith(PREFIX);

interface Mirrored {
  readonly from: string;
  /** `mirror` holds the place in the holder's term. */
  readonly held: HeldSession;
  /** Set in the moment of taking over, until the buffer has the session. */
  readonly claim: MirrorClaim | null;
}

type Op = Extract<MirrorMessage, { type: 'op' }>;

export function createMirrorHost(options: MirrorHostOptions): MirrorHost {
  const { ports, registry, buffer } = options;
  const { network, member } = ports;
  const self = ports.device?.key ?? member.voteKey;
  const runner = createRunner(ports, registry);
  const queues = createQueues();
  const mirrored = new Map<string, Mirrored>();

  const save = async (next: Mirrored): Promise<boolean> => {
    const saved = await ports.saveSession(PREFIX + next.held.id, encodeRecord(next));
    if (saved.ok) mirrored.set(next.held.id, next);
    return saved.ok;
  };
  const drop = async (id: string): Promise<void> => {
    mirrored.delete(id);
    await ports.dropSession(PREFIX + id);
    options.changed?.();
  };

  const dropUnclaimed = (id: string): Promise<void> =>
    queues.run(id, async () => {
      const known = mirrored.get(id);
      if (known && !known.claim) await drop(id);
    });

  const decided = async (key: string): Promise<void> => {
    const concerned = [...mirrored.values()].filter(({ held }) => held.key === key);
    if (concerned.length === 0) return;
    const current = await ports.certified(concerned[0]!.held.key);
    if (!current?.body) return;
    const committed = new Set([sessionIn(current.body)]);
    // A mirror that was away hears of the newest version only, and the session may be in one before it.
    const lowest = Math.min(...concerned.map(({ held }) => held.base.version));
    for (let version = current.version - 1; version > lowest; version--) {
      const body = (await options.decidedBody?.(concerned[0]!.held.key, asVersion(version))) ?? null;
      if (body) committed.add(sessionIn(body));
    }
    for (const { held } of concerned) if (committed.has(held.id)) await dropUnclaimed(held.id);
  };

  // ---- operations ----

  const agreed = async (held: HeldSession): Promise<MirrorAnswer> => {
    const { term, seq, chain } = held.mirror!;
    return {
      verdict: 'agreed',
      chain,
      signature: await ports.sign(answerBytes(network, held.id, term, seq, chain)),
    };
  };

  const keep = async (
    from: string,
    message: Op,
    before: string,
    held: HeldSession,
  ): Promise<MirrorAnswer> => {
    const chain = nextChain((bytes) => ports.hash(bytes), before, message);
    const mirror = { peer: null, term: message.term, seq: message.seq, chain };
    const next = { ...held, mirror, touchedAt: ports.wallClock() };
    if (!(await save({ from, held: next, claim: null })))
      return later('its disk takes nothing. Free some space there.');
    options.changed?.();
    return agreed(next);
  };

  const takeOp = async (from: string, message: Op): Promise<MirrorAnswer> => {
    const { session: id, term, seq, op } = message;
    // Taken over here: the session's own record says so, as long as this device has it.
    const fence = await buffer.claimOn(id, { term, seq, device: from });
    if (fence) return { verdict: 'fenced', claim: fence };
    const known = mirrored.get(id);
    if (known?.claim) return { verdict: 'fenced', claim: known.claim };
    const place = known?.held.mirror ?? null;
    if (known && place && (term < place.term || (term === place.term && from !== known.from)))
      return later('another device runs this session now.');
    if (op.op === 'end') {
      if (known && term === place?.term) await drop(id);
      return { verdict: 'noted' };
    }
    if (op.op === 'state') {
      if (place && term === place.term && seq <= place.seq) return { verdict: 'resync', seq: place.seq };
      if (!known && mirrored.size >= MAX_MIRRORED_SESSIONS)
        return later('it mirrors as many sessions as it may.');
      return takeState(from, message, op);
    }
    if (!known || !place || place.term !== term || seq !== place.seq + 1)
      return { verdict: 'resync', seq: place?.term === term ? place.seq : 0 };
    return op.op === 'step'
      ? takeStep(from, message, op, known.held)
      : takeSeal(from, message, op, known.held);
  };

  const takeState = async (
    from: string,
    message: Op,
    op: Op['op'] & { op: 'state' },
  ): Promise<MirrorAnswer> => {
    const keyProblem = registry.keyProblem(op.key);
    const steps = keyProblem === null ? stepsOf(op.steps) : null;
    if (!steps) return later(keyProblem ?? 'the steps are malformed.');
    const base = await baseOf(message.session, op);
    if (!base)
      return later(`${op.key} v${op.base.version} is not what it has. Wait until both are synchronised.`);
    let work: Work | null = null;
    for (const [index, step] of steps.entries()) {
      const run: Work | MirrorAnswer = await again(work, step, index, op.operator, op.key, base);
      if ('verdict' in run) return run;
      work = run;
    }
    const start = { id: message.session, key: op.key, operator: op.operator, at: op.startedAt, base };
    const held: HeldSession = { ...newSession(start), ...work!, rebases: op.rebases, nodes: op.nodes };
    return keep(from, message, '', held);
  };

  const takeStep = async (
    from: string,
    message: Op,
    op: Op['op'] & { op: 'step' },
    held: HeldSession,
  ): Promise<MirrorAnswer> => {
    const [step] = stepsOf([op.step]) ?? [];
    if (!step || held.proposal !== null) return { verdict: 'resync', seq: held.mirror!.seq };
    const run = await again(held, step, held.steps.length, held.operator, held.key, {
      ...held.base,
      record: null,
    });
    return 'verdict' in run ? run : keep(from, message, held.mirror!.chain, { ...held, ...run });
  };

  /** What would be proposed is what has been run here, signed by the device that asks. */
  const takeSeal = async (
    from: string,
    message: Op,
    op: Op['op'] & { op: 'seal' },
    held: HeldSession,
  ): Promise<MirrorAnswer> => {
    const parsed = parseSessionValue(op.body);
    const differs: MirrorAnswer = { verdict: 'differs', step: held.steps.length, response: SEAL_DIFFERS };
    if (!parsed.ok) return differs;
    const { record, session } = parsed.value;
    const same =
      session.id === held.id &&
      session.member === member.id &&
      session.operator === held.operator &&
      session.baseVersion === held.base.version &&
      session.rulesVersion === ports.genesis.rulesVersion &&
      session.transactions.length === held.steps.length &&
      session.transactions.every((t, i) =>
        equalBytes(encode(t as unknown as CborValue), held.steps[i]!.bytes),
      ) &&
      sameValue(record, held.record);
    if (!same) return differs;
    const signed = options.sessionBytes(
      network,
      held.key,
      session.rulesVersion,
      held.base.digest,
      unsignedSession(session),
    );
    if (!(await ports.verifyEd25519(from, signed, session.signature))) return differs;
    const proposal = { body: op.body, digest: options.valueDigest(held.base.digest, op.body) };
    return keep(from, message, held.mirror!.chain, { ...held, status: { state: 'voting' }, proposal });
  };

  /** Runs one step of the other device on the working copy here. */
  const again = async (
    work: Work | null,
    step: Step,
    index: number,
    operator: string,
    key: HeldSession['key'],
    base: HeldSession['base'] & { readonly record: CborValue },
  ): Promise<Work | MirrorAnswer> => {
    const { request, response, node } = step.transaction;
    const execution = await runner.run(base, operator, work, request, key);
    if (!sameResponse(execution, response))
      return { verdict: 'differs', step: index, response: execution.response };
    const next = runner.append(work, execution, node);
    const same = equalBytes(next.steps.at(-1)!.bytes, step.bytes);
    return same ? next : { verdict: 'differs', step: index, response: execution.response };
  };

  /** The record that the steps begin on, from the certified value here. */
  const baseOf = async (
    id: string,
    { key, base }: Op['op'] & { op: 'state' },
  ): Promise<(HeldSession['base'] & { readonly record: CborValue }) | null> => {
    const known = mirrored.get(id)?.held.base;
    if (known && known.version === base.version && known.digest === base.digest && known.record !== undefined)
      return { ...known, record: known.record };
    const current = await ports.certified(key);
    if ((current?.version ?? 0) !== base.version || (current?.digest ?? null) !== base.digest) return null;
    if (!current || current.body === null)
      return { version: asVersion(base.version), digest: base.digest, record: null };
    const parsed = parseSessionValue(current.body);
    return parsed.ok ? { version: base.version, digest: base.digest, record: parsed.value.record } : null;
  };

  const takeClaim = async (from: string, claim: MirrorClaim): Promise<MirrorAnswer> => {
    if (claim.device !== from) return { verdict: 'noted' };
    const stronger = await buffer.claimed(claim);
    if (stronger) return { verdict: 'fenced', claim: stronger };
    const known = mirrored.get(claim.session);
    // Its holder goes on without a mirror, or another device has it.
    if (known && !known.claim && claim.term > (known.held.mirror?.term ?? 0)) await drop(claim.session);
    return { verdict: 'noted' };
  };

  // ---- taking over ----

  const adopt = async (
    taken: Mirrored & { claim: MirrorClaim },
  ): Promise<Result<SessionView, SessionError>> => {
    const { held, claim, from } = taken;
    const adopted = await buffer.adopt({
      ...held,
      mirror: { peer: null, term: claim.term, seq: claim.seq, chain: '' },
    });
    if (!adopted.ok) return adopted;
    await drop(held.id);
    options.tell(from, encodeMirror({ type: 'claim', claim }));
    return adopted;
  };

  const takeOver: MirrorHost['takeOver'] = (id) =>
    queues.run(id, async () => {
      const known = mirrored.get(id);
      if (!known) {
        const message = `This device does not mirror a session ${id}. Look at the sessions of this member's other devices.`;
        return fail({ type: 'session-unknown' as const, message });
      }
      // Before anything is claimed: the other device goes on as long as this one cannot.
      const problem = buffer.adoptProblem(known.held);
      if (problem) return fail(problem);
      const { term, seq } = known.held.mirror!;
      const fields = { session: id, term: term + 1, seq, device: self };
      const claim: MirrorClaim = known.claim ?? {
        ...fields,
        certificate: ports.device?.certificate ?? null,
        signature: await ports.sign(claimBytes(network, fields)),
      };
      const taken = { ...known, claim };
      if (!(await save(taken))) {
        const message =
          'The session could not be stored here, so it was not taken over. Free some space and try again.';
        return fail({ type: 'store-failed' as const, message });
      }
      return adopt(taken);
    });

  return {
    handle: async (from, bytes) => {
      const message = decodeMirror(bytes);
      if (!message.ok) return encodeAnswer(later(message.error.message));
      const { value } = message;
      const id = value.type === 'op' ? value.session : value.claim.session;
      const run = () => (value.type === 'op' ? takeOp(from, value) : takeClaim(from, value.claim));
      return encodeAnswer(await queues.run(id, run));
    },
    list: () => [...mirrored.values()].map(({ held, from }) => ({ session: viewOf(held), from })),
    takeOver,
    decided,
    expire: async (idle = SESSION_EXPIRY_MS) => {
      for (const key of new Set([...mirrored.values()].map(({ held }) => held.key))) await decided(key);
      for (const { held } of [...mirrored.values()])
        if (ports.wallClock() - held.touchedAt > idle) await dropUnclaimed(held.id);
    },
    resume: async (stored) => {
      for (const { id, bytes } of stored) {
        if (!isMirrorRecord(id) || mirrored.size >= MAX_MIRRORED_SESSIONS) continue;
        const record = decodeRecord(id.slice(PREFIX.length), bytes);
        // What cannot be read is no worse than a mirror that was never there: the holder sends it again.
        if (!record) await ports.dropSession(id);
        else mirrored.set(record.held.id, record);
      }
      for (const record of [...mirrored.values()])
        if (record.claim) await queues.run(record.held.id, () => adopt({ ...record, claim: record.claim! }));
    },
    idle: () => queues.idle(),
  };
}

const PREFIX = 'mirror-';
const FORMAT = 1;

const sessionIn = (body: Uint8Array): string | null => {
  const parsed = parseSessionValue(body);
  return parsed.ok ? parsed.value.session.id : null;
};

const later = (message: string): MirrorAnswer => ({ verdict: 'later', message });

const SEAL_DIFFERS: ServiceResponse = {
  status: 409,
  body: { type: 'mirror-differs', message: 'The value to commit is not what the second device has run.' },
};

function encodeRecord({ from, held, claim }: Mirrored): Uint8Array {
  return encode([FORMAT, from, encodeStored(held), claim && claimFields(claim)]);
}

function decodeRecord(id: string, bytes: Uint8Array): Mirrored | null {
  const decoded = decode(bytes, MAX_STORED_SESSION_BYTES);
  if (!decoded.ok || !Array.isArray(decoded.value) || decoded.value.length !== 4) return null;
  const [format, from, session, claim] = decoded.value as readonly CborValue[];
  if (format !== FORMAT || typeof from !== 'string' || !(session instanceof Uint8Array)) return null;
  const held = decodeStored(id, session);
  if (!held.ok || held.value.mirror === null) return null;
  try {
    return { from, held: held.value, claim: claim === null ? null : readClaim(claim) };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}
