/** Announcing many packages: one after the other, each a session and a vote of its own; a refusal stops none of the rest. */
import { useRef, useState } from 'react';
import type { SessionError } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { errorWords } from '../services.ts';
import { ANNOUNCE } from './texts.ts';

export type Outcome =
  | { readonly state: 'waiting' }
  | { readonly state: 'sending' }
  | { readonly state: 'sent'; readonly sessionId: string }
  | { readonly state: 'failed'; readonly message: string };

export interface Announcements {
  /** By SSCC. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly running: boolean;
  announce(envelopes: readonly { readonly sscc: string; readonly envelope: string }[]): Promise<void>;
}

export function useAnnouncements(): Announcements {
  const api = useApi();
  const [outcomes, setOutcomes] = useState<Readonly<Record<string, Outcome>>>({});
  const [running, setRunning] = useState(false);
  const busy = useRef(false);
  const set = (sscc: string, outcome: Outcome): void => setOutcomes((all) => ({ ...all, [sscc]: outcome }));
  return {
    outcomes,
    running,
    async announce(envelopes) {
      if (busy.current) return;
      busy.current = true;
      setRunning(true);
      setOutcomes((all) => ({
        ...all,
        ...Object.fromEntries(envelopes.map((e) => [e.sscc, { state: 'waiting' } as const])),
      }));
      try {
        for (const { sscc, envelope } of envelopes) {
          set(sscc, { state: 'sending' });
          const result = await api.createPackage(envelope).catch((): { ok: false; error: SessionError } => ({
            ok: false,
            error: { type: 'store-failed', message: ANNOUNCE.noAnswer },
          }));
          set(
            sscc,
            result.ok
              ? { state: 'sent', sessionId: result.value.id }
              : { state: 'failed', message: errorWords(result.error).message },
          );
        }
      } finally {
        busy.current = false;
        setRunning(false);
      }
    },
  };
}
