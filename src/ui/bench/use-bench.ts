/** The bench's state machine: one session in front, scans one after the other, an error that stops all of it. */
import { useLayoutEffect, useRef, useState } from 'react';
import type {
  Key,
  NetworkState,
  Result,
  ScanBody,
  ServiceRequest,
  SessionError,
  SessionView,
} from '../../worker/api.ts';
import { useApi, useClient, useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { formatTime, shortSscc, ssccGroups, ssccOfKey } from '../format.ts';
import { MAX_PAUSED_SCANS } from '../limits.ts';
import { ELSEWHERE, workingWords } from '../notice-words.ts';
import { deviceName, noticesOn } from '../organisation.ts';
import { errorWords, PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import type { Bench, BlockingProblem, Echo, IncomingScan } from './bench-types.ts';
import { feedbackBad, feedbackGood } from './feedback.ts';
import { readable, readScan } from './scan-code.ts';
import { sessionActions } from './session-actions.ts';
import { MIRRORED, MORE, REST, SHIFT } from './session-texts.ts';
import { currentStep, isFinished, openSession } from './steps.ts';
import { errorTitle } from './texts.ts';

/** In front: a session's id, nothing on purpose (`next`), or whatever needs its operator (`open`). */
type Front =
  { readonly show: 'open' } | { readonly show: 'next' } | { readonly show: 'session'; readonly id: string };

export function useBench(onOtherCode: (code: string) => Echo | null): Bench {
  const api = useApi();
  const client = useClient();
  const state = useNetwork();
  const [front, setFront] = useState<Front>({ show: 'open' });
  const [newest, setNewest] = useState<{ session: SessionView; basis: NetworkState | null } | null>(null);
  const [problem, setProblem] = useState<BlockingProblem | null>(null);
  const [paused, setPaused] = useState<readonly string[]>([]);
  const [echo, setEcho] = useState<Echo | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const blocked = useRef(false);
  const waiting = useRef<IncomingScan[]>([]);
  const running = useRef(false);
  const latest = useRef<{ handle: (scan: IncomingScan) => Promise<void> } | null>(null);

  const session = sessionInFront(front, state, newest);
  // It stays in front: when it moves or expires its operator is told, and no session of another tab takes its place.
  if (front.show === 'open' && session !== null) setFront({ show: 'session', id: session.id });
  // Scans run one after the other between renders; each must see what the one before it has changed.
  const live = useRef<SessionView | null>(session);

  const note = (changed: SessionView): void => {
    live.current = changed;
    setNewest({ session: changed, basis: client.getState() });
    setFront({ show: 'session', id: changed.id });
  };

  const block = (next: BlockingProblem): void => {
    blocked.current = true;
    setProblem(next);
    setEcho({ good: false, head: next.title, body: next.read ? readable(next.read) : '' });
    feedbackBad();
  };

  const blockBy = (error: SessionError, read?: string, ways = waysOutOf(error)): void => {
    const words = errorWords(error);
    block({
      type: words.type,
      title: errorTitle(words.type),
      message: words.message,
      ...(read === undefined ? {} : { read }),
      ...(error.sessionId === undefined ? {} : { sessionId: error.sessionId }),
      ...(ways.length === 0 ? {} : { ways }),
    });
  };

  /** Without its second device the session can go on; the operator decides it, since the promise to have it twice ends there. */
  const waysOutOf = ({ type }: SessionError): NonNullable<BlockingProblem['ways']> => {
    const held = live.current;
    if (held?.mirror === undefined || (type !== 'mirror-unreachable' && type !== 'mirror-differs')) return [];
    if (held.status.state !== 'local') return [];
    const go = (): void => {
      // The state that says that it has given way to the other device may come after the error.
      const now = client.getState()?.sessions.find((one) => one.id === held.id) ?? held;
      if (now.status.state === 'local') void actions.mirrorTo(held, null);
    };
    return [{ words: MORE.goOnAlone, go }];
  };

  const good = (done: Echo): void => {
    setEcho(done);
    feedbackGood();
  };

  /** Runs one call, with words for whoever waits; a failure blocks. */
  const run = async <T>(
    what: string,
    call: () => Promise<Result<T, SessionError>>,
    read?: string,
  ): Promise<T | null> => {
    setBusy(what);
    try {
      const result = await call();
      if (result.ok) return result.value;
      blockBy(result.error, read);
      return null;
    } catch {
      // The worker is gone, or the tab that holds the replica is.
      block({
        type: 'no-answer',
        title: 'No answer from the replica',
        message:
          'The step may or may not have been saved. Reload this page; it shows what was saved, and goes on from there.',
      });
      return null;
    } finally {
      setBusy(null);
    }
  };

  /** Makes room for the next package. */
  const next = (done: Echo): void => {
    setFront({ show: 'next' });
    good(done);
  };

  const actions = sessionActions({
    api,
    run,
    note,
    good,
    next,
    inFront: () => live.current?.id ?? null,
    setBusy,
    nameOf: (device) => deviceName(state, device),
  });

  const take = async (request: ServiceRequest, done: Echo, what: string): Promise<boolean> => {
    if (session === null) return false;
    const taken = await run(what, () => api.step(session.id, request));
    if (taken === null) return false;
    note(taken.session);
    good(done);
    return true;
  };

  const scanInto = async (into: SessionView, scan: IncomingScan, sscc: string): Promise<void> => {
    const body: ScanBody = { code: scan.code, source: scan.source, at: claimedNow() };
    const taken = await run('Saving the scan', () => api.step(into.id, post(PATHS.scan, body)), scan.code);
    if (taken === null) return;
    note(taken.session);
    good({
      good: true,
      head: `Last scan: package ${shortSscc(sscc)}`,
      body: `On the supplier's notice. Saved on this device, ${formatTime(claimedNow())}.`,
    });
  };

  /** Who else has it open, before anything is started: a question, since a notice binds nobody. */
  const askFirst = (key: Key, sscc: string, scan: IncomingScan): boolean => {
    const now = client.getState() ?? state;
    const words = workingWords(noticesOn(now, key));
    if (words === null || now.sessions.some((s) => s.key === key && s.status.state === 'local')) return false;
    const here = now.mirrored.find((one) => one.key === key);
    const again = { words: ELSEWHERE.startAnyway, go: () => void startOn(sscc, scan, true) };
    block({
      type: 'open-elsewhere',
      title: errorTitle('open-elsewhere'),
      message: `${words} ${here === undefined ? ELSEWHERE.question : ELSEWHERE.mirrored}`,
      read: sscc,
      ways:
        here === undefined
          ? [again]
          : [{ words: MIRRORED.takeOver, go: () => void actions.takeOver(here.sessionId) }, again],
    });
    return true;
  };

  const startOn = async (sscc: string, scan: IncomingScan, asked = false): Promise<void> => {
    const key = `package/${sscc}` as Key;
    if (!asked && askFirst(key, sscc, scan)) return;
    setBusy('Opening the package');
    const started = await api.start(key, localSettings().operator).catch(() => null);
    setBusy(null);
    if (started === null)
      return void (await run('Opening the package', () => Promise.reject(new Error('no answer'))));
    if (!started.ok) {
      const elsewhere = (client.getState() ?? state).sessions.find((s) => s.id === started.error.sessionId);
      // The very package is open here already: go on with it rather than complain.
      if (elsewhere?.status.state === 'local') {
        if (elsewhere.pausedAt !== undefined) return void (await actions.wake(elsewhere));
        note(elsewhere);
        if (currentStep(elsewhere) === 'scan') return scanInto(elsewhere, scan, sscc);
        return good({
          good: true,
          head: `Package ${shortSscc(sscc)} again`,
          body: 'Its session was open on this device. It goes on where it stood.',
        });
      }
      const alone = {
        words: MORE.startAlone,
        go: () => void api.setMirror(null).then(() => startOn(sscc, scan, true)),
      };
      return blockBy(started.error, sscc, started.error.type.startsWith('mirror-') ? [alone] : []);
    }
    note(started.value);
    await scanInto(started.value, scan, sscc);
  };

  const handle = async (scan: IncomingScan): Promise<void> => {
    const found = readScan(scan.code);
    const held = live.current?.status.state === 'local' ? live.current : null;
    // A session that rests, or that waits to be sent, does not stand in the way of the next package.
    const open = held === null || held.pausedAt !== undefined || isFinished(held) ? null : held;
    if (found.kind === 'wrong-check-digit') {
      return block({
        type: 'wrong-check-digit',
        title: errorTitle('wrong-check-digit'),
        message:
          'The label was misread or is damaged. Nothing was saved. Scan it again. If it fails twice, type the number printed under the bars.',
        read: found.read,
        expected: found.expected,
      });
    }
    if (open === null) {
      if (found.kind === 'package') return startOn(found.sscc, scan);
      return block({
        type: 'not-a-package',
        title: errorTitle('not-a-package'),
        message:
          'Nothing was saved. Scan the long barcode that starts with (00), or type the 18 digits under it.',
        read: found.text,
      });
    }
    const sscc = ssccOfKey(open.key) ?? '';
    const step = currentStep(open);
    if (step === 'scan') return scanInto(open, scan, found.kind === 'package' ? found.sscc : sscc);
    if (found.kind === 'package' && found.sscc === sscc) {
      return good({
        good: true,
        head: `Package ${shortSscc(sscc)} again`,
        body: 'It was scanned already. Nothing was added.',
      });
    }
    if (found.kind === 'package') {
      return block({
        type: 'other-package',
        title: errorTitle('other-package'),
        message: `The session in front of you is for ${spaced(sscc)}. Nothing was changed. Finish it or put it away, then scan this one again.`,
        read: found.sscc,
      });
    }
    const taken = onOtherCode(found.text);
    if (taken !== null) return good(taken);
    setEcho({ good: false, head: 'This code is not needed now', body: found.text });
    feedbackBad();
  };

  useLayoutEffect(() => {
    live.current = session;
    latest.current = { handle };
  });

  const drain = async (): Promise<void> => {
    if (running.current) return;
    running.current = true;
    try {
      for (let next = waiting.current.shift(); next !== undefined; next = waiting.current.shift()) {
        if (blocked.current) pause(next);
        else await latest.current?.handle(next);
      }
    } finally {
      running.current = false;
    }
  };

  const pause = (scan: IncomingScan): void => {
    setPaused((list) => [...list, readable(scan.code)].slice(-MAX_PAUSED_SCANS));
    feedbackBad();
  };

  const scan = (incoming: IncomingScan): void => {
    if (blocked.current || waiting.current.length >= MAX_PAUSED_SCANS) return pause(incoming);
    waiting.current.push(incoming);
    void drain();
  };

  const simple = async (
    what: string,
    call: (id: string) => Promise<Result<SessionView, SessionError>>,
    done?: Echo,
  ): Promise<SessionView | null> => {
    if (session === null) return null;
    const changed = await run(what, () => call(session.id));
    if (changed === null) return null;
    note(changed);
    if (done) good(done);
    return changed;
  };

  /** Takes the closing step, unless it was taken. */
  const finish = async (open: SessionView): Promise<boolean> => {
    if (isFinished(open)) return true;
    const finished = await run('Saving the last step', () =>
      api.step(open.id, post(PATHS.finish, { at: claimedNow() })),
    );
    if (finished === null) return false;
    note(finished.session);
    return true;
  };

  return {
    session,
    problem,
    paused,
    echo,
    busy,
    scan,
    take,
    block,
    async send() {
      if (session === null || !(await finish(session))) return;
      await simple('Handing it to the members', (id) => api.commit(id), {
        good: true,
        head: 'Session saved on this device',
        body: 'It goes on by itself, even after a restart.',
      });
    },
    async undo() {
      await simple('Taking back the last step', (id) => api.undo(id), {
        good: true,
        head: 'Last step taken back',
        body: 'Nothing of it was sent.',
      });
    },
    async putAway() {
      if ((await simple('Putting it away', (id) => api.abandon(id))) === null) return;
      setFront({ show: 'next' });
      setEcho({ good: true, head: 'Session put away', body: 'Nothing of it was sent.' });
    },
    async rebase() {
      await simple('Running the steps on the new record', (id) => api.rebase(id), {
        good: true,
        head: 'Steps run on the new record',
        body: 'Those that still hold were kept. Go on with the rest.',
      });
    },
    async rest() {
      if ((await simple('Letting it rest', (id) => api.pause(id))) === null) return;
      next({ good: true, head: REST.paused, body: REST.pausedBody });
    },
    async goOn() {
      if (session !== null) await actions.wake(session);
    },
    async alsoOn(device) {
      if (session !== null) await actions.mirrorTo(session, device);
    },
    takeOver: actions.takeOver,
    async keepForLater() {
      if (session === null || !(await finish(session))) return;
      next({ good: true, head: SHIFT.keptHead, body: SHIFT.keptBody });
    },
    sendAll: actions.sendAll,
    next() {
      setFront({ show: 'next' });
      setEcho(null);
    },
    show(sessionId) {
      setFront({ show: 'session', id: sessionId });
    },
    acknowledge() {
      blocked.current = false;
      setProblem(null);
      setPaused([]);
    },
  };
}

function sessionInFront(
  front: Front,
  state: NetworkState,
  newest: { session: SessionView; basis: NetworkState | null } | null,
): SessionView | null {
  if (front.show === 'next') return null;
  if (front.show === 'open') return openSession(state.sessions);
  // A call's answer is newer than the state that was there when it came, and older than any that comes after.
  if (newest !== null && newest.session.id === front.id && newest.basis === state) return newest.session;
  const known = state.sessions.find((s) => s.id === front.id);
  // Put away in another tab: nothing of it is left to show.
  if (known?.status.state === 'abandoned' && known.status.why === undefined) return null;
  return known ?? (newest?.session.id === front.id ? newest.session : null);
}

function spaced(sscc: string): string {
  return ssccGroups(sscc)?.join(' ') ?? sscc;
}
