/**
 * Hand-offs and deliveries at a replica: it signs with the member's key, checks what a request says against the record that is certified
 * here, and enters what both sides have signed. Live requests come over the links; they are hints for a person, never more.
 */
import { asKey, toHex, type Digest, type Key, type MemberIndex } from '../codec/brand.ts';
import { encodeDevice } from '../codec/device.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { commitTo } from '../domain/supply/commitment.ts';
import {
  deliverBody,
  exchangeKind,
  handOffBody,
  readDeliveryReport,
  readHandOffAnswer,
  readHandOffRequest,
  requestProblem,
  writeDeliveryReport,
  writeHandOffAnswer,
  writeHandOffRequest,
  type HandOffRequest,
} from '../domain/supply/hand-off-exchange.ts';
import { deliveryBytes, handOffBytes, recordDigest, statementDigest } from '../domain/supply/hand-off.ts';
import { asPackageRecord } from '../domain/supply/summary.ts';
import { SERVICES, type PackageRecord, type PartySignature } from '../domain/supply/types.ts';
import type { CborValue } from '../codec/cbor.ts';
import { randomBytes } from '../crypto/keys.ts';
import type { VoteKey } from '../codec/brand.ts';
import type { SessionBuffer } from '../l2/session-buffer.ts';
import type { ServiceRequest } from '../l2/types.ts';
import { parseSessionValue } from '../l2/value.ts';
import type { ActionError, HandOffApi, HandOffsView, HandOffView, SessionView } from './api.ts';
import { systemClock } from './clock.ts';
import type { DirectoryIndex } from './directory.ts';
import { MAX_LIVE_HAND_OFFS } from './limits.ts';
import { certifiedValue, type ReplicaParts } from './open-replica.ts';

export interface HandOffs {
  readonly api: HandOffApi;
  /** Undefined while nothing has come. */
  view(): HandOffsView | undefined;
  /** A new version of a key: what asks for a signature on an older one is past. */
  decided(key: Key, version: number): void;
  /** A text came over a link of this member. */
  received(from: MemberIndex, text: string): Promise<void>;
}

/** Shows a text at another member's replica; false when there is no link to it. */
export type SendText = (to: MemberIndex, text: string) => boolean;

export function createHandOffs(
  parts: ReplicaParts,
  sessions: SessionBuffer,
  directory: DirectoryIndex,
  send: SendText,
): HandOffs {
  const { replica, genesis, binding, member, device, signer, tools, options } = parts;
  const { network } = binding;
  const { hash } = tools;
  const verify = (key: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    tools.ed25519.verify(key as VoteKey, message, signature);
  let requests: readonly HandOffView[] = [];
  let answers: HandOffsView['answers'] = [];
  /** Texts of others that are being checked: more at once are dropped, and can be shown again. */
  let judging = 0;
  /** Digests of the requests that this device shows. */
  let asked: readonly Digest[] = [];

  const packageKey = (sscc: string): Key => asKey(`package/${sscc}`);
  const now = (): number => Math.trunc(systemClock.wall());
  const couriers = () => directory.overlaid({ ...genesis.directory }).couriers;

  const signed = async (statement: Uint8Array): Promise<PartySignature> => ({
    key: device?.device ?? member.voteKey,
    signature: await signer.signEd25519(statement),
    device: device && encodeDevice(device),
  });

  const held = async (
    sscc: string,
  ): Promise<{ version: number; record: PackageRecord; digest: Digest } | null> => {
    const found = await certifiedValue(replica, packageKey(sscc));
    const value = found?.body ? parseSessionValue(found.body) : null;
    if (!found || !value?.ok) return null;
    const record = asPackageRecord(value.value.record);
    return record && { version: found.entry.version, record, digest: recordDigest(hash, value.value.record) };
  };

  /** Whom this member signs for. */
  const ownCourier = (id: string) =>
    member.role === 'courier' && couriers().some((one) => one.id === id && one.gln === member.gln);

  const view = async (text: string, request: HandOffRequest): Promise<HandOffView> => {
    const { handOff, statement } = request;
    const found = await held(handOff.sscc).catch(() => null);
    const record =
      found === null || found.version < handOff.version
        ? 'absent'
        : found.version === handOff.version && found.digest === handOff.record
          ? 'same'
          : 'other';
    const warehouse = genesis.members.find((one) => one.id === handOff.warehouse);
    const digest = statementDigest(hash, statement);
    if (handOff.warehouse === member.id)
      asked = [...asked.filter((one) => one !== digest), digest].slice(-MAX_LIVE_HAND_OFFS);
    const lines = found?.record.manifest.content.lines ?? [];
    const accepted = new Set(
      found?.record.inspection?.lines.flatMap((line) => (line.verdict === 'accept' ? [line.line] : [])),
    );
    return {
      text: text.trim().toUpperCase(),
      statement: handOff,
      digest,
      warehouse: warehouse?.organisation ?? handOff.warehouse,
      courier: couriers().find((one) => one.id === handOff.courier)?.name ?? handOff.courier,
      contents: lines.flatMap((line, i) =>
        accepted.has(i) ? [{ description: line.description, pieces: line.quantity }] : [],
      ),
      record,
      problem: await whyNot(request, warehouse?.voteKey, record, found?.record.handOff?.digest),
    };
  };

  const whyNot = async (
    request: HandOffRequest,
    warehouseKey: string | undefined,
    record: HandOffView['record'],
    entered: string | undefined,
  ): Promise<string | null> => {
    const { handOff } = request;
    if (!ownCourier(handOff.courier)) {
      return `It names the courier ${handOff.courier}, and this device is ${member.organisation}’s. Only that courier’s own device can sign it.`;
    }
    const problem = await requestProblem(request, { network, courier: handOff.courier }, verify);
    if (problem !== null) return problem.message;
    // A device's certificate is checked by every replica when the hand-off is entered.
    if (request.warehouse.device === null && request.warehouse.key !== warehouseKey) {
      return `The key that signed it is not the one of ${handOff.warehouse}. Don’t sign it; ask the warehouse to make it again.`;
    }
    if (entered === statementDigest(hash, request.statement))
      return 'It is entered already: you have signed it.';
    return record === 'other'
      ? `Package ${handOff.sscc} has changed since, or its record is not the one that you hold. Ask the warehouse to make the request again.`
      : null;
  };

  const read = async (
    text: string,
  ): Promise<Result<{ request: HandOffRequest; view: HandOffView }, ActionError>> => {
    const request = readHandOffRequest(text);
    if (!request.ok) return request;
    return ok({ request: request.value, view: await view(text, request.value) });
  };

  const runAlone: HandOffApi['runAlone'] = async (key, request, operator) => {
    const complete = await directory.attach(key, request);
    if (!complete.ok) return complete;
    const started = await sessions.start(key, operator, complete.value, { alone: true });
    return started.ok ? sessions.commit(started.value.id) : started;
  };

  const post = (path: string, body: object): ServiceRequest => ({
    method: 'POST',
    path,
    body: body as CborValue,
  });

  const api: HandOffApi = {
    runAlone,

    async prepareHandOff(sscc, { vehicle, seal, place }) {
      const found = await held(sscc);
      if (!found) return fail(unknownPackage(sscc));
      const { label, status } = found.record;
      if (status !== 'labelled' || label === null) {
        return fail({
          type: 'nothing-to-hand-over',
          message: `Package ${sscc} is ${status}, so there is nothing to hand over. Inspect it, and choose a courier first.`,
        });
      }
      const statement = handOffBytes({
        network,
        sscc,
        version: found.version,
        record: found.digest,
        warehouse: member.id,
        courier: label.courierId,
        vehicle,
        seal,
        place,
        time: now(),
      });
      if (!statement.ok) return statement;
      const text = writeHandOffRequest(statement.value, await signed(statement.value));
      if (!text.ok) return text;
      const made = await read(text.value);
      return made.ok ? ok(made.value.view) : made;
    },

    async readHandOff(text) {
      const found = await read(text);
      return found.ok ? ok(found.value.view) : found;
    },

    async sendHandOff(text) {
      const request = readHandOffRequest(text);
      if (!request.ok) return false;
      const gln = couriers().find((one) => one.id === request.value.handOff.courier)?.gln;
      const to = genesis.members.findIndex((one) => one.role === 'courier' && one.gln === gln);
      return to >= 0 && send(to as MemberIndex, text);
    },

    async signHandOff(text) {
      const found = await read(text);
      if (!found.ok) return found;
      const { request, view: seen } = found.value;
      if (seen.problem !== null) return fail({ type: 'request-elsewhere', message: seen.problem });
      const answer = writeHandOffAnswer(hash, request.statement, await signed(request.statement));
      if (!answer.ok) return answer;
      const to = genesis.members.findIndex((one) => one.id === request.handOff.warehouse);
      const sent = to >= 0 && send(to as MemberIndex, answer.value);
      requests = requests.filter((one) => one.digest !== seen.digest);
      options.changed(true);
      return ok({ answer: answer.value, sent });
    },

    async enterHandOff(requestText, answerText, operator) {
      const request = readHandOffRequest(requestText);
      if (!request.ok) return request;
      const answer = readHandOffAnswer(answerText);
      if (!answer.ok) return answer;
      const body = handOffBody(hash, request.value, answer.value, now());
      if (!body.ok) return body;
      return runAlone(packageKey(request.value.handOff.sscc), post(SERVICES.handOff, body.value), operator);
    },

    async signDelivery(sscc, { outcome, place, recipient }) {
      const found = await held(sscc);
      const handOff = found?.record.handOff;
      if (!found || !handOff) return fail(unknownPackage(sscc));
      if (member.gln !== handOff.courierGln) {
        return fail({
          type: 'not-a-courier',
          message: `${handOff.courierName} has package ${sscc}, and signs its delivery on its own device. Scan its report here.`,
        });
      }
      const key = packageKey(sscc);
      let opening: { digest: Digest; salt: Uint8Array; text: string } | null = null;
      if (recipient !== null) {
        const salt = randomBytes(SALT_BYTES);
        const digest = commitTo(hash, network, key, { name: RECIPIENT, text: recipient, salt });
        if (!digest.ok) return fail({ type: 'secret-malformed', message: digest.error.message });
        opening = { digest: digest.value, salt, text: recipient };
      }
      const statement = deliveryBytes({
        network,
        sscc,
        handOff: handOff.digest as Digest,
        courier: handOff.courierId,
        outcome,
        place,
        recipient: opening?.digest ?? null,
        time: now(),
      });
      if (!statement.ok) return statement;
      const report = writeDeliveryReport(statement.value, await signed(statement.value));
      if (!report.ok) return report;
      return ok({
        report: report.value,
        opening: opening && {
          network,
          key,
          name: RECIPIENT,
          text: opening.text,
          salt: toHex(opening.salt),
          digest: opening.digest,
        },
      });
    },

    async readDelivery(report) {
      const found = readDeliveryReport(report);
      return found.ok ? ok(found.value.delivery) : found;
    },

    async enterDelivery(text, photos, operator): Promise<Result<SessionView, ActionError>> {
      const report = readDeliveryReport(text);
      if (!report.ok) return report;
      const { sscc } = report.value.delivery;
      const body = deliverBody(report.value, photos, now());
      return runAlone(packageKey(sscc), post(SERVICES.deliver, body), operator);
    },

    digestOf: (bytes) => Promise.resolve(hash(bytes)),
  };

  return {
    api,
    view: () => (requests.length + answers.length === 0 ? undefined : { requests, answers }),
    decided(key, version) {
      requests = requests.filter(
        ({ statement }) => packageKey(statement.sscc) !== key || statement.version >= version,
      );
    },
    async received(from, text) {
      if (judging >= MAX_LIVE_HAND_OFFS) return;
      judging += 1;
      try {
        await take(from, text);
      } finally {
        judging -= 1;
      }
    },
  };

  async function take(from: MemberIndex, text: string): Promise<void> {
    if (exchangeKind(text) === 'answer') {
      const answer = readHandOffAnswer(text);
      // Whether the signature counts is judged when it is entered; only what this device has asked for is kept.
      if (!answer.ok || !asked.includes(answer.value.statement)) return;
      const digest = answer.value.statement;
      answers = [...answers.filter((one) => one.digest !== digest), { digest, text }].slice(
        -MAX_LIVE_HAND_OFFS,
      );
      return options.changed(true);
    }
    const found = await read(text);
    // What this courier may not sign is not shown: nobody can fill its list with it.
    if (!found.ok || found.value.view.problem !== null) return;
    if (genesis.members[from]?.id !== found.value.view.statement.warehouse) return;
    const { statement } = found.value.view;
    // Judged while a newer version came, or one whose bytes are on their way: it would be listed for ever.
    if ((replica.heads.get(packageKey(statement.sscc))?.version ?? 0) > statement.version) return;
    requests = [
      // A newer request for the same package takes the place of the older one.
      ...requests.filter((one) => one.statement.sscc !== statement.sscc),
      found.value.view,
    ].slice(-MAX_LIVE_HAND_OFFS);
    options.changed(true);
  }
}

/** NIST SP 800-132 asks for 128 bits and more. */
const SALT_BYTES = 32;
const RECIPIENT = 'recipient';

const unknownPackage = (sscc: string): ActionError => ({
  type: 'package-unknown',
  message: `Package ${sscc} is not held by this device, or no courier has signed for it. Check the number, or wait until it is here.`,
});
