/** A pane without a replica: plays a scripted trace when the page asks for a session. For looking at the page only. */
import type { MemberIndex, NetworkState, SessionView, TraceEvent } from '../../../src/worker/api.ts';
import { readPageMessage, type Answer, type Job, type PaneMessage } from '../../../src/demo/pane-protocol.ts';
import { fakeState, HONEST, KEY, LIE, T0 } from '../fake.ts';

const member = Number(new URLSearchParams(location.search).get('member')) as MemberIndex;
const profile = new URLSearchParams(location.search).get('profile')!;
const lie = new URLSearchParams(location.search).get('lie') === '1';
let state: NetworkState = { ...fakeState(member), profile };
const post = (message: PaneMessage): void => parent.postMessage(message, location.origin);
const tell = (change: Partial<NetworkState>): void => {
  state = { ...state, ...change };
  post({ type: 'pane-state', profile, state });
};
const session = (status: SessionView['status']): SessionView => ({
  id: 's1',
  key: KEY,
  operator: 'op',
  startedAt: Date.now(),
  baseVersion: 1 as SessionView['baseVersion'],
  transactions: [],
  record: null,
  status,
  rebases: 0,
});
const channel = new BroadcastChannel('preview');
channel.onmessage = (message: MessageEvent<{ version: number; start: number; lie: boolean }>) =>
  play(message.data);
function play({ version, start, lie: lied }: { version: number; start: number; lie: boolean }): void {
  const events: TraceEvent[] = (lied ? LIE : HONEST)
    .filter(([observer]) => observer === member)
    .map(
      ([, entry]) =>
        ({
          ...entry,
          version: version as TraceEvent['version'] & number,
          at: entry.at - T0 + start,
        }) as TraceEvent,
    );
  setTimeout(() => {
    post({ type: 'pane-trace', profile, events });
    if (lied && (member === 0 || member === 3))
      tell({ evidence: [{ member: 2 as MemberIndex, heldSince: Date.now(), evidence: {} as never }] });
    if (version === 2 && member === 1)
      tell({ sessions: [session({ state: 'committed', version: 2 as never, digest: '' as never })] });
  }, 60);
}
addEventListener('message', (event) => {
  const message = readPageMessage(event.data);
  if (!message) return;
  const faults = state.faults!;
  if (message.command === 'run') answerJob(message.call, message.job);
  else if (message.command === 'offline')
    tell({
      faults: { ...faults, offline: message.on },
      members: state.members.map((m) => ({ ...m, here: m.self || !message.on })),
    });
  else if (message.command === 'lying') tell({ faults: { ...faults, lying: message.on } });
  else if (message.command === 'delay') tell({ faults: { ...faults, delayMs: message.milliseconds } });
});
function answerJob(call: string, job: Job): void {
  const answer: Answer = { ok: true, sessionId: 's1', key: KEY };
  if (job.kind === 'announce' || job.kind === 'commit') {
    const run = {
      version: job.kind === 'announce' ? 1 : 2,
      start: Date.now(),
      lie: lie && job.kind === 'commit',
    };
    channel.postMessage(run);
    play(run);
    if (job.kind === 'commit') tell({ sessions: [session({ state: 'voting' })] });
  }
  post({ type: 'pane-answer', profile, call, answer });
}
setTimeout(() => tell({}), 200);
