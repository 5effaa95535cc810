/** One action of a person that becomes a session of its own: running, refused, or handed to the members. */
import { useRef, useState } from 'react';
import type { ActionError, Result, SessionView } from '../../worker/api.ts';
import { errorWords } from '../services.ts';
import { ACTION } from './texts.ts';

export interface ActionFailure {
  readonly type: string;
  readonly message: string;
  /** A session of this device that stands in the way. */
  readonly sessionId?: string;
}

export interface Action {
  /** What is being awaited, in words; null: nothing. */
  readonly busy: string | null;
  readonly failure: ActionFailure | null;
  /** The session that came of it, as it was then; the state tells what becomes of it. */
  readonly session: SessionView | null;
  /** True when the session was handed to the members; a call that needed none gives null. */
  run(what: string, call: () => Promise<Result<SessionView | null, ActionError>>): Promise<boolean>;
  fail(failure: ActionFailure): void;
  clear(): void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<ActionFailure | null>(null);
  const [session, setSession] = useState<SessionView | null>(null);
  const running = useRef(false);
  return {
    busy,
    failure,
    session,
    async run(what, call) {
      if (running.current) return false;
      running.current = true;
      setBusy(what);
      setFailure(null);
      try {
        const result = await call();
        if (result.ok) {
          setSession(result.value);
          return true;
        }
        const { sessionId } = result.error;
        setFailure({ ...errorWords(result.error), ...(sessionId === undefined ? {} : { sessionId }) });
        return false;
      } catch {
        setFailure({ type: 'no-answer', message: ACTION.noAnswerSaved });
        return false;
      } finally {
        running.current = false;
        setBusy(null);
      }
    },
    fail(next) {
      setSession(null);
      setFailure(next);
    },
    clear() {
      setFailure(null);
      setSession(null);
    },
  };
}
