/** What an operator does with a session between its steps: a second device, taking over, waking, sending a whole shift. */
import type { Result, SessionError, SessionView } from '../../worker/api.ts';
import type { RemoteApi } from '../client.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { errorWords } from '../services.ts';
import type { Echo, NotSent } from './bench-types.ts';
import { feedbackBad } from './feedback.ts';
import { MIRRORED, MORE, REST, SHIFT } from './session-texts.ts';

export interface ActionContext {
  readonly api: RemoteApi;
  /** Runs one call, with words for whoever waits; null: it failed, and the screen says so. */
  run<T>(what: string, call: () => Promise<Result<T, SessionError>>): Promise<T | null>;
  /** Puts a changed session in front. */
  note(session: SessionView): void;
  good(done: Echo): void;
  /** Makes room for the next package. */
  next(done: Echo): void;
  /** Id of the session in front. */
  inFront(): string | null;
  setBusy(what: string | null): void;
  nameOf(device: string): string;
}

export interface SessionActions {
  mirrorTo(session: SessionView, device: string | null): Promise<void>;
  takeOver(sessionId: string): Promise<void>;
  /** Goes on with a session that rests. */
  wake(session: SessionView): Promise<void>;
  sendAll(sessions: readonly SessionView[]): Promise<readonly NotSent[] | null>;
}

export function sessionActions(context: ActionContext): SessionActions {
  const { api, run, note, good, next, inFront, setBusy, nameOf } = context;
  return {
    async mirrorTo(session, device) {
      const changed = await run(device === null ? MORE.leaving : MORE.asking, () =>
        api.mirrorTo(session.id, device),
      );
      if (changed === null) return;
      note(changed);
      good(
        device === null
          ? { good: true, head: MORE.nowAlone, body: MORE.nowAloneBody }
          : { good: true, head: MORE.nowAlso(nameOf(device)), body: MORE.nowAlsoBody },
      );
    },

    async takeOver(sessionId) {
      const taken = await run(MIRRORED.taking, () => api.takeOver(sessionId));
      if (taken === null) return;
      note(taken);
      good({ good: true, head: MIRRORED.taken, body: MIRRORED.takenBody });
    },

    async wake(session) {
      const woken = await run(REST.waking, () => api.unpause(session.id));
      if (woken === null) return;
      note(woken);
      const name = shortSscc(ssccOfKey(woken.key) ?? woken.key);
      good({ good: true, head: REST.resumed, body: REST.resumedBody(name) });
    },

    async sendAll(sessions) {
      setBusy(SHIFT.allBusy(sessions.length));
      try {
        const results = await api.commitAll(sessions.map((one) => one.id));
        const failed = results.flatMap((result, i) =>
          result.ok ? [] : [{ session: sessions[i]!, message: errorWords(result.error).message }],
        );
        const sent = sessions.filter((_, i) => results[i]?.ok === true);
        const done: Echo = { good: true, head: SHIFT.sent(sent.length), body: SHIFT.sentBody };
        if (sent.some((one) => one.id === inFront())) next(done);
        else if (sent.length > 0) good(done);
        // Heard after the good one, so that nobody walks away from those that stayed behind.
        if (failed.length > 0) feedbackBad();
        return failed;
      } catch {
        // The worker is gone, or the tab that holds the replica is.
        return null;
      } finally {
        setBusy(null);
      }
    },
  };
}
