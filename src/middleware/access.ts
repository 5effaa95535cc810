/**
 * The access-control callback as the worker sees it. Whatever it does comes out as data: a yes or no, a failure, or that it cannot say yet.
 * An answer that was given although a check could not be made is taken for the last: another member may have been able to make it, and
 * whatever a callback makes of its absence would differ there.
 */
import type { AccessAnswer, AccessPort, AskAccess, Judging, ProposedChange } from '../worker/kv/api.ts';
import { decoded, provenValue } from './decoded.ts';
import { Abstain } from './errors.ts';
import { MAX_TOOL_CALLS } from './limits.ts';
import type { AccessControl, AccessTools, Change } from './types.ts';

/** `judging`: the replica that asks. */
export function answerer(allow: AccessControl, judging: Judging): AskAccess {
  return async (proposed, signal) => {
    let unjudged: Abstain | null = null;
    let calls = 0;
    const check = async <T>(run: () => Promise<T>): Promise<T> => {
      if (++calls > MAX_TOOL_CALLS)
        throw new RangeError(`One change may have ${MAX_TOOL_CALLS} proofs and signatures checked.`);
      try {
        return await run();
      } catch (error) {
        unjudged ??= error instanceof Abstain ? error : new Abstain(`A check failed: ${wordsOf(error)}`);
        throw unjudged;
      }
    };
    const tools: AccessTools = {
      signal,
      verifyProof: (proof) =>
        check(async () => {
          // What stands in a value may be anything.
          if (!isBytes(proof)) return null;
          const judged = await judging.judgeProof(proof);
          if (judged.verdict === 'unknown') throw new Abstain(judged.message);
          return judged.verdict === 'proven' ? provenValue(judged.proven) : null;
        }),
      verifyMember: (id, bytes, signature) =>
        check(async () => {
          const member = proposed.members.find((one) => one.id === id);
          if (!member || !isBytes(bytes) || !isBytes(signature)) return false;
          return judging.verifyMember(member.publicKey, bytes, signature);
        }),
    };
    const answer = await answerOf(allow, changeOf(proposed), tools);
    return unjudged === null ? answer : { abstains: (unjudged as Abstain).message };
  };
}

/** Across a port: calls that run are known by number, so that one can be told that it is late. */
export function accessPort(ask: AskAccess): AccessPort {
  const running = new Map<number, AbortController>();
  return {
    async ask(call, change) {
      const controller = new AbortController();
      running.set(call, controller);
      try {
        return await ask(change, controller.signal);
      } finally {
        running.delete(call);
      }
    },
    late(call) {
      running
        .get(call)
        ?.abort(
          new DOMException(
            'The time for the answer is over. The change is asked about again.',
            'TimeoutError',
          ),
        );
    },
  };
}

async function answerOf(allow: AccessControl, change: Change, tools: AccessTools): Promise<AccessAnswer> {
  try {
    const allowed: unknown = await allow(change, tools);
    return { allowed: allowed === true };
  } catch (error) {
    return error instanceof Abstain ? { abstains: error.message } : { threw: wordsOf(error) };
  }
}

function changeOf({ previous, body, ...proposed }: ProposedChange): Change {
  return {
    ...proposed,
    previous: previous && { value: decoded(previous.body), digest: previous.digest },
    value: body ? decoded(body) : undefined,
  };
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
