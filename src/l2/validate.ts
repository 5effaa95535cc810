/**
 * `valid` of docs/protocol.md for session values: re-executes every request on the certified record before it and compares every
 * response and the resulting record, byte for byte. The result depends on (key, previous certified value, value, genesis, code of the
 * rules version) alone. A replica votes only for what it has computed itself (process proposal of the session paper's algorithm 1).
 */
import type { Digest, Key, MemberIndex, NetworkId, Version } from '../codec/brand.ts';
import { asVersion } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import type { DeviceClaim, DeviceKey } from '../codec/device.ts';
import type { Genesis, MemberEntry } from '../codec/genesis.ts';
import { sameValue } from './canonical.ts';
import { runRequest } from './execute.ts';
import type {
  CommittedSession,
  HandlerContext,
  ServiceProblem,
  ServiceRegistry,
  ServiceResponse,
  SessionValue,
  Transaction,
  Verdict,
} from './types.ts';
import { devicesOf, parseSessionValue, succeeds, unsignedSession } from './value.ts';

/** `sessionBytes` of src/crypto/domains.ts, handed in: this room does not import cryptography. */
export type SessionBytes = (
  network: NetworkId,
  key: Key,
  rulesVersion: number,
  base: Digest | null,
  session: CborValue,
) => Uint8Array;

export interface ValidateOptions {
  readonly network: NetworkId;
  readonly genesis: Genesis;
  readonly registry: ServiceRegistry;
  readonly sessionBytes: SessionBytes;
  /** `deviceBytes` of src/crypto/device.ts. Left out: a session with devices cannot be judged here, and gets `unknown`. */
  readonly deviceBytes?: ((claim: DeviceClaim) => Uint8Array) | undefined;
  /**
   * Revoked by the epoch's directory, as everybody in the epoch knows it: such a session is invalid. Must follow from the chain of epochs
   * alone. Left out where the past is verified: what was committed before a revocation stays committed.
   */
  readonly deviceRevoked?: ((member: MemberIndex, device: DeviceKey) => boolean) | undefined;
  /**
   * Revoked by a directory value of another key, which this replica holds and another may not hold yet: this one abstains, so that the
   * verdict `invalid` stays the same everywhere. With more than f members that abstain, no quorum forms.
   */
  readonly deviceWithdrawn?: ((member: MemberIndex, device: DeviceKey) => boolean) | undefined;
  hash(bytes: Uint8Array): Digest;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export interface ProposedValue {
  readonly key: Key;
  readonly version: Version;
  /** Digest of the certified value of version - 1; null exactly when version is 1. */
  readonly previousDigest: Digest | null;
  /** Body of that value; null when there is none, or when it is a tombstone. */
  readonly previousBody: Uint8Array | null;
  /** null: the proposed value is a tombstone. */
  readonly body: Uint8Array | null;
}

/** Every rule that a value can break. */
export type ValueRule =
  | 'tombstone-not-allowed'
  | 'key-not-allowed'
  | 'value-malformed'
  | 'rules-version-wrong'
  | 'session-base'
  | 'member-unknown'
  | 'device-certificate'
  | 'device-revoked'
  | 'session-repeated'
  | 'session-signature'
  | 'node-wrong'
  | 'step-refused'
  | 'response-differs'
  | 'workflow-incomplete'
  | 'record-differs';

/** Never rejects for anything that a value holds; rejects only when an injected function does. */
export async function validateValue(options: ValidateOptions, proposed: ProposedValue): Promise<Verdict> {
  const { registry, genesis, network } = options;
  const { key, version, previousDigest, previousBody, body } = proposed;
  if (body === null) {
    return invalid(
      'tombstone-not-allowed',
      `A delete of ${key} was proposed; this application keeps every record. Commit a session instead.`,
    );
  }
  const keyProblem = registry.keyProblem(key);
  if (keyProblem !== null) return invalid('key-not-allowed', keyProblem);
  const parsed = parseSessionValue(body);
  if (!parsed.ok) return invalid('value-malformed', parsed.error.message);
  const { session } = parsed.value;

  // A rules version that this code lacks may be right: abstain. One that it has, but that is not the network's, would let a proposer
  // choose the rules to be judged by.
  if (!registry.rulesVersions.includes(session.rulesVersion)) {
    return unknown(
      `${key} v${version} follows rules version ${session.rulesVersion}, which this copy does not know. Update it to vote.`,
    );
  }
  if (session.rulesVersion !== genesis.rulesVersion) {
    return invalid(
      'rules-version-wrong',
      `The session follows rules version ${session.rulesVersion}; the network's is ${genesis.rulesVersion}.`,
    );
  }
  if (session.baseVersion !== version - 1) {
    return invalid(
      'session-base',
      `The session builds on v${session.baseVersion} of ${key}, not on v${version - 1}. Rebase it and commit again.`,
    );
  }
  const member = genesis.members.find((entry) => entry.id === session.member);
  if (!member) return invalid('member-unknown', `${session.member} is not a member of this network.`);
  if ((version === 1) !== (previousDigest === null)) {
    return unknown(`The certified value of ${key} v${version - 1} is not here yet.`);
  }
  const chain = await deviceChain(options, session, member);
  if (chain.verdict !== 'valid') return chain;
  const signed = options.sessionBytes(
    network,
    key,
    session.rulesVersion,
    previousDigest,
    unsignedSession(session),
  );
  const { signer } = devicesOf(session);
  if (!(await options.verifyEd25519(signer?.device ?? member.voteKey, signed, session.signature))) {
    const who = signer ? `${signer.name} of ${member.organisation}` : member.organisation;
    return invalid(
      'session-signature',
      `The session is not signed by ${who} over this base. Sign it there anew.`,
    );
  }
  const before = previousBody === null ? null : parseSessionValue(previousBody);
  if (before && !before.ok)
    return unknown(`The certified value of ${key} v${version - 1} cannot be read here. Fetch it again.`);
  const last = before?.value.session;
  if (last && last.id === session.id && last.member === session.member) {
    return invalid(
      'session-repeated',
      `This session is v${version - 1} of ${key} already. Start another one.`,
    );
  }
  const previous = before?.value.record ?? null;
  return reexecute(options, parsed.value, previous, {
    key,
    network,
    genesis,
    member,
    operator: session.operator,
    baseVersion: asVersion(session.baseVersion),
    hash: (bytes) => options.hash(bytes),
    verifyEd25519: (publicKey, message, signature) => options.verifyEd25519(publicKey, message, signature),
  });
}

/** Member → device → session: every device that signed or ran a step is certified by the session's member, and none is named in vain. */
async function deviceChain(
  options: ValidateOptions,
  session: CommittedSession,
  member: MemberEntry,
): Promise<Verdict> {
  const { genesis, network } = options;
  const { signer, others } = devicesOf(session);
  const devices = signer ? [signer, ...others] : others;
  const nodes = new Set(session.transactions.map((transaction) => transaction.node));
  const place = genesis.members.indexOf(member) as MemberIndex;
  const known = new Set<string>([member.id, ...devices.map(({ device }) => device)]);
  for (const [step, { node, request }] of session.transactions.entries()) {
    if (known.has(node)) continue;
    const where = `step ${step + 1}, ${request.method} ${request.path}`;
    return invalid(
      'node-wrong',
      `At ${where}: node ${node} is neither ${member.id} nor a device named here.`,
      step,
    );
  }
  for (const certificate of devices) {
    const { device, name } = certificate;
    if (!options.deviceBytes) {
      return unknown(
        `${name} of ${member.organisation} took part; this copy does not check devices. Update it to vote.`,
      );
    }
    const stands =
      certificate.network === network &&
      // Two keys for two purposes: no vote key is a device's.
      genesis.members.every(({ voteKey }) => (voteKey as string) !== device) &&
      (certificate === signer || nodes.has(device)) &&
      (await options.verifyEd25519(member.voteKey, options.deviceBytes(certificate), certificate.signature));
    if (!stands) {
      const message = `${member.organisation} has not certified the device ${name} for this session. Have it certified, and sign the session anew.`;
      return invalid('device-certificate', message);
    }
    if (options.deviceRevoked?.(place, device) === true)
      return invalid(
        'device-revoked',
        `${member.organisation} has revoked the device ${name}. Run the session on another one.`,
      );
    if (options.deviceWithdrawn?.(place, device) === true)
      return unknown(
        `${member.organisation} has revoked the device ${name}. Run the session on another one.`,
      );
  }
  return { verdict: 'valid' };
}

/** Record of a certified body; null for none or a tombstone; undefined when it is no session value. */
export function recordOf(body: Uint8Array | null): CborValue | undefined {
  if (body === null) return null;
  const parsed = parseSessionValue(body);
  return parsed.ok ? parsed.value.record : undefined;
}

async function reexecute(
  options: ValidateOptions,
  value: SessionValue,
  previous: CborValue,
  context: Omit<HandlerContext, 'earlier'>,
): Promise<Verdict> {
  const { session } = value;
  const { registry } = options;
  let record = previous;
  const earlier: Transaction[] = [];
  for (const [step, transaction] of session.transactions.entries()) {
    const { request, response } = transaction;
    const place = `step ${step + 1}, ${request.method} ${request.path}`;
    if (!succeeds(response)) {
      return invalid(
        'step-refused',
        `At ${place}: a step that was refused with ${response.status} has no place in a session.`,
        step,
      );
    }
    const run = await runRequest(registry, session.rulesVersion, record, request, {
      ...context,
      earlier: [...earlier],
    });
    if (run.outcome === 'handler-failed') return unknown(`At ${place}: ${problemText(run.response.body)}`);
    if (response.status !== run.response.status || !sameValue(run.response.body, response.body)) {
      const why =
        run.outcome === 'success'
          ? `this replica gives another response (${differences(response, run.response)})`
          : problemText(run.response.body);
      return invalid(
        'response-differs',
        `At ${place}: the session says ${response.status}, but ${why}`,
        step,
      );
    }
    record = run.record;
    earlier.push(transaction);
  }
  const open = incompleteProblem(registry, record, earlier);
  if (open === undefined)
    return unknown(`The check for a complete workflow failed. Please report this as a bug.`);
  if (open !== null) return invalid('workflow-incomplete', open.message, session.transactions.length - 1);
  if (!sameValue(record, value.record)) {
    return invalid(
      'record-differs',
      `The steps lead to another record than the one proposed for ${context.key}.`,
    );
  }
  return { verdict: 'valid' };
}

/** undefined: the application's check threw. */
function incompleteProblem(
  registry: ServiceRegistry,
  record: CborValue,
  steps: readonly Transaction[],
): ServiceProblem | null | undefined {
  try {
    return registry.incomplete(record, steps);
  } catch {
    return undefined;
  }
}

/** The message of a problem's body, or words for its absence. */
export function problemText(body: CborValue): string {
  const message = body !== null && typeof body === 'object' && 'message' in body ? body.message : null;
  return typeof message === 'string' ? message : 'The service gave no reason.';
}

/** Names what differs, for a person: the status, or the first field of the body. */
function differences(told: ServiceResponse, own: ServiceResponse): string {
  if (told.status !== own.status) return String(own.status);
  const a = fieldsOf(told.body);
  const b = fieldsOf(own.body);
  if (!a || !b) return 'its body differs';
  const name = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .sort()
    .find((field) => !(field in a && field in b) || !sameValue(a[field]!, b[field]!));
  return `its field ${name ?? '?'} differs`;
}

function fieldsOf(body: CborValue): { readonly [field: string]: CborValue } | null {
  const isMap =
    body !== null && typeof body === 'object' && !Array.isArray(body) && !(body instanceof Uint8Array);
  return isMap ? (body as { readonly [field: string]: CborValue }) : null;
}

const unknown = (message: string): Verdict => ({ verdict: 'unknown', message });
const invalid = (rule: ValueRule, message: string, step?: number): Verdict =>
  step === undefined ? { verdict: 'invalid', rule, message } : { verdict: 'invalid', rule, message, step };
