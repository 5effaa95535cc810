/**
 * The access-control callback as the worker sees it. Whatever it does comes out as data: a yes or no, a failure, or that it cannot say yet.
 * An answer that was given although a check could not be made is taken for the last: another member may have been able to make it, and
 * whatever a callback makes of its absence would differ there.
 */
import type { AccessAnswer, AccessPort, AskAccess, Judging, ProposedChange } from '../worker/kv/api.ts';
import { decoded, provenValue } from './decoded.ts';
import { Abstain, isAbstain } from './errors.ts';
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
        if (signal.aborted) throw new Abstain(LATE);
        return await run();
      } catch (error) {
        unjudged ??= isAbstain(error) ? error : new Abstain(`A check failed: ${wordsOf(error)}`);
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

const LATE = 'The time for the answer is over. The change is asked about again.';

/**
 * Across a port: calls that run are known by number, so that one can be told that it is late. A replica that was opened anew may use a number
 * that still runs; the older call is the one that is late first.
 */
export function accessPort(ask: AskAccess): AccessPort {
  const running = new Set<{ readonly call: number; readonly controller: AbortController }>();
  return {
    async ask(call, change) {
      const one = { call, controller: new AbortController() };
      running.add(one);
      try {
        return await ask(change, one.controller.signal);
      } finally {
        running.delete(one);
      }
    },
    late(call) {
      for (const { call: of, controller } of running) {
        if (of !== call || controller.signal.aborted) continue;
        controller.abort(new DOMException(LATE, 'TimeoutError'));
        return;
      }
    },
  };
}

async function answerOf(allow: AccessControl, change: Change, tools: AccessTools): Promise<AccessAnswer> {
  try {
    const allowed: unknown = await allow(change, tools);
    return { allowed: allowed === true };
  } catch (error) {
    if (isAbstain(error)) return { abstains: error.message };
    // Whatever its signal made throw is the time's doing, which differs between members.
    return tools.signal.aborted ? { abstains: LATE } : { threw: wordsOf(error) };
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
