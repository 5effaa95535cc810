/** A call of MembersApi from a button: what is awaited, and why it was refused. */
import { useRef, useState } from 'react';
import type { Failure, Result } from '../../worker/api.ts';
import { MEMBERS } from './texts.ts';
import { errorText } from '../errors.ts';

export interface ChangeCall {
  /** What is being awaited, in words; null: nothing. */
  readonly busy: string | null;
  readonly failure: string | null;
  /** Null: refused, or one is under way already. */
  run<T>(what: string, call: () => Promise<Result<T, Failure>>): Promise<{ readonly value: T } | null>;
}

export function useChange(): ChangeCall {
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const running = useRef(false);
  return {
    busy,
    failure,
    async run(what, call) {
      if (running.current) return null;
      running.current = true;
      setBusy(what);
      setFailure(null);
      try {
        const done = await call();
        if (done.ok) return { value: done.value };
        setFailure(errorText(done.error));
        return null;
      } catch {
        setFailure(MEMBERS.noAnswer);
        return null;
      } finally {
        running.current = false;
        setBusy(null);
      }
    },
  };
}
