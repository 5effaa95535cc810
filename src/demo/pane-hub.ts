/** The demo page's end of the panes: their newest states, their traces, and calls that wait for an answer. */
import type { MemberIndex, NetworkState, ProfileId, TraceEvent } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { CALL_TIMEOUT_MS, MAX_PENDING_CALLS } from './limits.ts';
import { readPaneMessage, type Answer, type Job, type PageMessage } from './pane-protocol.ts';

const t = translator('errors');

export interface PaneHubEvents {
  onState(member: MemberIndex, state: NetworkState): void;
  onTrace(member: MemberIndex, events: readonly TraceEvent[]): void;
}

export interface PaneHub {
  /** The iframe's window, whenever it is (re)mounted; null when it goes. */
  attach(member: MemberIndex, pane: Window | null): void;
  send(member: MemberIndex, message: PageMessage): void;
  call(member: MemberIndex, job: Job): Promise<Answer>;
  close(): void;
}

/** `profiles`: in member order. */
export function createPaneHub(
  profiles: readonly ProfileId[],
  events: PaneHubEvents,
  own: Window = window,
): PaneHub {
  const origin = own.location.origin;
  const panes: (Window | null)[] = profiles.map(() => null);
  const pending = new Map<string, (answer: Answer) => void>();
  let calls = 0;

  const onMessage = (event: MessageEvent<unknown>): void => {
    if (event.origin !== origin) return;
    const member = panes.findIndex((pane) => pane !== null && pane === event.source);
    if (member < 0) return;
    const message = readPaneMessage(event.data);
    // A pane may only speak for the profile that it was opened for.
    if (!message || message.profile !== profiles[member]) return;
    if (message.type === 'pane-state') events.onState(member as MemberIndex, message.state);
    else if (message.type === 'pane-trace') events.onTrace(member as MemberIndex, message.events);
    else {
      const resolve = pending.get(message.call);
      pending.delete(message.call);
      resolve?.(message.answer);
    }
  };
  own.addEventListener('message', onMessage);

  const send = (member: MemberIndex, message: PageMessage): void =>
    panes[member]?.postMessage(message, origin);

  return {
    attach(member, pane) {
      panes[member] = pane;
    },
    send,
    call(member, job) {
      if (pending.size >= MAX_PENDING_CALLS || !panes[member]) {
        return Promise.resolve({
          ok: false,
          type: 'pane-busy',
          message: t('pane-busy'),
        });
      }
      const call = `call-${(calls += 1)}`;
      return new Promise<Answer>((resolve) => {
        const timer = own.setTimeout(() => {
          pending.delete(call);
          resolve({
            ok: false,
            type: 'pane-silent',
            message: t('pane-silent'),
          });
        }, CALL_TIMEOUT_MS);
        pending.set(call, (answer) => {
          own.clearTimeout(timer);
          resolve(answer);
        });
        send(member, { type: 'control', command: 'run', call, job });
      });
    },
    close() {
      own.removeEventListener('message', onMessage);
      pending.clear();
    },
  };
}
