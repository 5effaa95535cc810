/** Inside a pane's iframe: tells the demo page what this replica does, and does what the page's buttons ask. */
import { proxy } from 'comlink';
import type { PackageRecord, Result, SessionError, SessionView } from '../worker/api.ts';
import type { UiClient } from '../ui/client.ts';
import { translator } from '../ui/i18n/t.ts';
import { MAX_EVENTS_PER_MESSAGE, MAX_PANE_TEXT } from './limits.ts';
import {
  readPageMessage,
  type Answer,
  type Job,
  type PageMessage,
  type PaneMessage,
} from './pane-protocol.ts';
import { demoManifest, requestFor } from './workflow.ts';

const t = translator('demo');

/** Returns the way out. `page`: the window of the demo page, of our own origin. */
export function attachPane(client: UiClient, page: Window, own: Window = window): () => void {
  const origin = own.location.origin;
  const post = (message: PaneMessage): void => page.postMessage(message, origin);
  const profile = (): string | null => client.getState()?.profile ?? null;
  const tell = (): void => {
    const state = client.getState();
    if (state) post({ type: 'pane-state', profile: state.profile, state });
  };
  const onMessage = (event: MessageEvent<unknown>): void => {
    if (event.origin !== origin || event.source !== page) return;
    const message = readPageMessage(event.data);
    if (message)
      void obey(client, message, (call, answer) => {
        const id = profile();
        if (id) post({ type: 'pane-answer', profile: id, call, answer });
      });
  };
  own.addEventListener('message', onMessage);
  const unsubscribe = client.subscribe(tell);
  tell();
  let attached = true;
  void client.api.trace(
    proxy((events) => {
      const id = profile();
      if (!attached || !id) return;
      for (let i = 0; i < events.length; i += MAX_EVENTS_PER_MESSAGE) {
        post({ type: 'pane-trace', profile: id, events: events.slice(i, i + MAX_EVENTS_PER_MESSAGE) });
      }
    }),
  );
  return () => {
    attached = false;
    own.removeEventListener('message', onMessage);
    unsubscribe();
  };
}

async function obey(
  client: UiClient,
  message: PageMessage,
  answer: (call: string, answer: Answer) => void,
): Promise<void> {
  switch (message.command) {
    case 'offline':
      await client.api.setOffline(message.on);
      return;
    case 'lying':
      await client.api.setLying(message.on);
      return;
    case 'delay':
      await client.api.setDelay(message.milliseconds);
      return;
    case 'run':
      answer(message.call, await perform(client, message.job));
  }
}

/** Does one job by the same calls that the pane's own pages make. */
export async function perform(client: UiClient, job: Job, now: () => number = Date.now): Promise<Answer> {
  switch (job.kind) {
    case 'announce':
      return announce(client, job.notice, now());
    case 'start': {
      // Not here yet is no error of the session: the runner waits and asks again.
      const sscc = job.key.slice('package/'.length);
      if ((await client.api.package(sscc)) === null) {
        return refusal('key-unknown', t('pane.notHere', { sscc }));
      }
      return toAnswer(await client.api.start(job.key as SessionView['key'], job.operator));
    }
    case 'commit':
      return toAnswer(await client.api.commit(job.sessionId));
    case 'step': {
      const session = client.getState()?.sessions.find((entry) => entry.id === job.sessionId);
      if (!session) return refusal('session-unknown', t('pane.sessionGone'));
      const request = requestFor(job.step, session.record as unknown as PackageRecord, job.courierId, now());
      const done = await client.api.step(job.sessionId, request);
      return done.ok ? toAnswer({ ok: true, value: done.value.session }) : toAnswer(done);
    }
  }
}

async function announce(client: UiClient, notice: string | null, now: number): Promise<Answer> {
  if (notice !== null) {
    const read = await client.api.readManifests(notice);
    if (!read.ok) return refusal(read.error.type, read.error.message);
    for (const manifest of read.value) {
      if (await isKnown(client, manifest.sscc)) continue;
      return toAnswer(await client.api.createPackage(manifest.envelope));
    }
  }
  const state = client.getState();
  const self = state?.members.find((member) => member.self);
  const shipTo = state?.members.find((member) => member.role === 'warehouse');
  if (!state || !self || !shipTo) return refusal('not-a-voter', t('pane.notReady'));
  // Nine digits of the clock: unused unless two packages are announced within one second of eleven days.
  const manifest = demoManifest(self.gln, shipTo.gln, Math.floor(now / 1000) % 1_000_000_000, now);
  const signed = await client.api.signManifest(JSON.stringify(manifest));
  if (!signed.ok) return refusal(signed.error.type, signed.error.message);
  return toAnswer(await client.api.createPackage(signed.value.envelope));
}

/** On the record, or already proposed from here and still waiting for votes. */
async function isKnown(client: UiClient, sscc: string): Promise<boolean> {
  const key = `package/${sscc}`;
  const state = client.getState();
  const pending = state?.sessions.some(
    (session) => session.key === key && session.status.state !== 'abandoned',
  );
  if (pending || state?.instances.some((instance) => instance.key === key)) return true;
  return (await client.api.package(sscc)) !== null;
}

function toAnswer(result: Result<SessionView, SessionError>): Answer {
  if (result.ok) return { ok: true, sessionId: result.value.id, key: result.value.key };
  return refusal(result.error.type, result.error.message);
}

function refusal(type: string, message: string): Answer {
  return { ok: false, type, message: message.slice(0, MAX_PANE_TEXT) };
}
