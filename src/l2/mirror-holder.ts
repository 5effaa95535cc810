/** The holder's half of a mirrored session: before a change is stored here, the other device has run it too and has it on its disk. */
import { equalBytes } from '../codec/brand.ts';
import type { DeviceClaim } from '../codec/device.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { MAX_MIRROR_ATTEMPTS } from './limits.ts';
import {
  answerBytes,
  claimBytes,
  claimStands,
  decodeAnswer,
  encodeMirror,
  nextChain,
  type MirrorAnswer,
  type MirrorClaim,
  type MirrorOp,
} from './mirror.ts';
import { isOpen, type HeldSession, type MirrorMark } from './stored.ts';
import type { L2Ports, SessionError } from './types.ts';
import { problemText } from './validate.ts';

/** The way to the other devices of this member. */
export interface MirrorWay {
  /** Sends to the device (or member) with this key and gives its answer; null when none came in time. The other end is authenticated. */
  ask(device: string, message: Uint8Array): Promise<Uint8Array | null>;
  /** `deviceBytes` of src/crypto/device.ts. */
  readonly deviceBytes: (claim: DeviceClaim) => Uint8Array;
}

export interface MirrorHolder {
  /** Gives the session with its new mark once both agree on it. `before`: as it was, undefined for a new one. */
  replicate(before: HeldSession | undefined, next: HeldSession): Promise<Result<HeldSession, ReplicateError>>;
  /** This device's claim on a session as it stands. */
  claim(held: HeldSession): Promise<MirrorClaim>;
  stands(claim: MirrorClaim): Promise<boolean>;
  /** Tells the other device of a claim; whether it heard is found out when it matters. */
  tell(device: string, claim: MirrorClaim): void;
}

export type ReplicateError = SessionError & { readonly claim?: MirrorClaim };

export function createMirrorHolder(ports: L2Ports, way: MirrorWay | undefined): MirrorHolder {
  const { network, member } = ports;
  const self = ports.device?.key ?? member.voteKey;
  const stands: MirrorHolder['stands'] = async (claim) =>
    way !== undefined && (await claimStands(claim, { ...ports, deviceBytes: way.deviceBytes }));

  const unreachable = (held: HeldSession, why: string): Result<never, ReplicateError> =>
    fail({
      type: 'mirror-unreachable',
      message: `The second device of the session on ${held.key} has not confirmed this: ${why} Nothing was changed. Try again, or go on without it.`,
    });

  /** Sends one operation; on success the mark that both have now. */
  const send = async (
    held: HeldSession,
    mark: MirrorMark,
    op: MirrorOp,
  ): Promise<Result<MirrorMark | { resync: number }, ReplicateError>> => {
    const seq = mark.seq + 1;
    const message = { type: 'op', session: held.id, term: mark.term, seq, op } as const;
    const chain = nextChain((bytes) => ports.hash(bytes), mark.chain, message);
    const bytes = await way!.ask(mark.peer!, encodeMirror(message));
    if (bytes === null) return unreachable(held, 'it does not answer.');
    const decoded = decodeAnswer(bytes);
    if (!decoded.ok) return unreachable(held, decoded.error.message);
    const answer: MirrorAnswer = decoded.value;
    switch (answer.verdict) {
      case 'agreed': {
        const signed = answerBytes(network, held.id, mark.term, seq, chain);
        const good =
          answer.chain === chain && (await ports.verifyEd25519(mark.peer!, signed, answer.signature));
        return good
          ? ok({ ...mark, seq, chain })
          : unreachable(held, 'its answer is not for this operation.');
      }
      case 'resync':
        return ok({ resync: answer.seq });
      case 'later':
        return unreachable(held, answer.message);
      case 'noted':
        return unreachable(held, 'it answered something else.');
      case 'differs': {
        const step = held.steps[answer.step]?.transaction;
        const place = step
          ? `step ${answer.step + 1} (${step.request.method} ${step.request.path})`
          : 'the value to commit';
        const theirs =
          answer.response.status >= 300
            ? `refuses: ${problemText(answer.response.body)}`
            : 'gives another response.';
        return fail({
          type: 'mirror-differs',
          message: `At ${place} of ${held.key} the second device ${theirs} Nothing was changed. Update the app on both devices, or go on without the second.`,
          response: answer.response,
        });
      }
      case 'fenced': {
        if (answer.claim.session !== held.id || !(await stands(answer.claim)))
          return unreachable(held, 'its claim on the session is not signed by a device of this member.');
        return fail({
          type: 'session-moved',
          message: `The session on ${held.key} goes on at another device of ${member.organisation}. Go on there.`,
          claim: answer.claim,
        });
      }
    }
  };

  const replicate: MirrorHolder['replicate'] = async (before, next) => {
    const { mirror } = next;
    if (mirror === null || mirror.peer === null) return ok(next);
    if (!way) return unreachable(next, 'this device has no way to it.');
    if (!isOpen(next.status)) {
      // L1 or the operator has ended it: the mirror need not agree, and finds out by itself if this is lost.
      const message = {
        type: 'op',
        session: next.id,
        term: mirror.term,
        seq: mirror.seq + 1,
        op: { op: 'end' },
      } as const;
      void way.ask(mirror.peer, encodeMirror(message)).catch(() => null);
      return ok(next);
    }
    let mark = mirror;
    let ops = opsFrom(before, next);
    for (let attempt = 0; attempt < MAX_MIRROR_ATTEMPTS; attempt++) {
      let place: number | null = null;
      for (const op of ops) {
        const sent = await send(next, mark, op);
        if (!sent.ok) return sent;
        if ('resync' in sent.value) {
          place = sent.value.resync;
          break;
        }
        mark = sent.value;
      }
      if (place === null) return ok({ ...next, mirror: mark });
      mark = { ...mark, seq: Math.max(place, mark.seq) };
      ops = whole(next);
    }
    return unreachable(next, 'it stands at another place each time.');
  };

  /** All operations that lead to a session from nothing. */
  const whole = (held: HeldSession): MirrorOp[] => {
    const own = ports.device ? [ports.device.certificate] : [];
    const others = held.nodes.filter((one) => !own.some((mine) => equalBytes(mine, one)));
    const { key, operator, startedAt, base, rebases } = held;
    const state: MirrorOp = {
      op: 'state',
      key,
      operator,
      startedAt,
      base: { version: base.version, digest: base.digest },
      steps: held.steps.map((step) => step.bytes),
      rebases,
      nodes: [...own, ...others],
    };
    return held.proposal === null ? [state] : [state, { op: 'seal', body: held.proposal.body }];
  };

  const opsFrom = (before: HeldSession | undefined, next: HeldSession): MirrorOp[] => {
    const isNew =
      !before || before.mirror?.peer !== next.mirror?.peer || before.mirror?.term !== next.mirror?.term;
    if (isNew || before.base.version !== next.base.version) return whole(next);
    const kept = before.steps.every((step, i) => step === next.steps[i]);
    const more = next.steps.length - before.steps.length;
    if (kept && more === 0 && before.proposal === next.proposal) return [];
    if (kept && more === 0 && before.proposal === null && next.proposal !== null)
      return [{ op: 'seal', body: next.proposal.body }];
    if (kept && more === 1 && next.proposal === null) return [{ op: 'step', step: next.steps.at(-1)!.bytes }];
    return whole(next);
  };

  const claim: MirrorHolder['claim'] = async (held) => {
    const { term, seq } = held.mirror ?? { term: 1, seq: 0 };
    const fields = { session: held.id, term, seq, device: self };
    const signature = await ports.sign(claimBytes(network, fields));
    return { ...fields, certificate: ports.device?.certificate ?? null, signature };
  };

  return {
    replicate,
    claim,
    stands,
    tell: (device, made) =>
      void way?.ask(device, encodeMirror({ type: 'claim', claim: made })).catch(() => null),
  };
}
