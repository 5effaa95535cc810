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
import { MAX_PAUSED_SCANS, MAX_STANDING_PROBLEMS, MAX_WAITING_SCANS } from '../limits.ts';
import { ELSEWHERE, workingWords } from '../notice-words.ts';
import { deviceName, noticesOn } from '../organisation.ts';
import { errorWords, PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import {
  NONE_PAUSED,
  type Bench,
  type BlockingProblem,
  type Echo,
  type IncomingScan,
} from './bench-types.ts';
import { feedbackBad, feedbackGood } from './feedback.ts';
import { plainText, readable, readScan } from '../scan/scan-code.ts';
import { sessionActions } from './session-actions.ts';
import { MIRRORED, MORE, REST, SHIFT } from './session-texts.ts';
import { currentStep, isFinished, openSession } from './steps.ts';
import { ALARM, errorTitle, PAUSED, SAID } from './texts.ts';

/** In front: a session's id, nothing on purpose (`next`), or whatever needs its operator (`open`). */
type Front =
  { readonly show: 'open' } | { readonly show: 'next' } | { readonly show: 'session'; readonly id: string };

export function useBench(onOtherCode: (code: string) => Echo | null): Bench {
  const api = useApi();
  const client = useClient();
  const state = useNetwork();
  const [front, setFront] = useState<Front>({ show: 'open' });
  const [newest, setNewest] = useState<{ session: SessionView; basis: NetworkState | null } | null>(null);
  const [problems, setProblems] = useState<readonly BlockingProblem[]>([]);
  const [answered, setAnswered] = useState(0);
  const [paused, setPaused] = useState(NONE_PAUSED);
  const [echo, setEcho] = useState<Echo | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  /** How many problems wait to be answered, and whether a question does: as of now, not of the last render. */
  const standing = useRef({ problems: 0, question: false });
  const isBlocked = (): boolean => standing.current.problems > 0 || standing.current.question;
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

  /** Not over the next package, which may have been scanned while this one was still being handed on. */
  const isInFront = (one: SessionView): boolean => live.current === null || live.current.id === one.id;

  const block = (given: BlockingProblem): void => {
    const next = given.read === undefined ? given : { ...given, read: readable(given.read) };
    // A second one waits behind the first: what nobody has read must not be put out of sight.
    if (standing.current.problems < MAX_STANDING_PROBLEMS) {
      standing.current.problems += 1;
      setProblems((all) => [...all, next]);
    }
    setEcho({ good: false, head: next.title, body: next.read ?? '' });
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
        title: ALARM.noAnswerTitle,
        message: ALARM.noAnswer,
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
    if (isInFront(taken.session)) note(taken.session);
    good(done);
    return true;
  };

  const scanInto = async (into: SessionView, scan: IncomingScan, sscc: string): Promise<void> => {
    const body: ScanBody = { code: scan.code, source: scan.source, at: claimedNow() };
    const taken = await run(SAID.savingScan, () => api.step(into.id, post(PATHS.scan, body)), scan.code);
    if (taken === null) return;
    note(taken.session);
    good({
      good: true,
      head: SAID.scanned(shortSscc(sscc)),
      body: SAID.scannedBody(formatTime(claimedNow())),
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
    setBusy(SAID.opening);
    const started = await api.start(key, localSettings().operator).catch(() => null);
    setBusy(null);
    if (started === null) return void (await run(SAID.opening, () => Promise.reject(new Error('no answer'))));
    if (!started.ok) {
      const elsewhere = (client.getState() ?? state).sessions.find((s) => s.id === started.error.sessionId);
      // The very package is open here already: go on with it rather than complain.
      if (elsewhere?.status.state === 'local') {
        if (elsewhere.pausedAt !== undefined) return void (await actions.wake(elsewhere));
        note(elsewhere);
        if (currentStep(elsewhere) === 'scan') return scanInto(elsewhere, scan, sscc);
        return good({
          good: true,
          head: SAID.again(shortSscc(sscc)),
          body: SAID.againHere,
        });
      }
      const alone = {
        words: MORE.startAlone,
        go: () =>
          void api
            .setMirror(null)
            // If it was not taken in, the start says so again.
            .catch(() => undefined)
            .then(() => startOn(sscc, scan, true)),
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
    // Between steps a code may be a defect's, and such codes have no check digit.
    const between = open !== null && currentStep(open) !== 'scan';
    if (found.kind === 'wrong-check-digit' && !(between && found.of === 'gtin')) {
      return block({
        type: 'wrong-check-digit',
        title: errorTitle('wrong-check-digit'),
        message: ALARM.wrongCheckDigit,
        read: found.read,
        expected: found.expected,
      });
    }
    if (open === null) {
      if (found.kind === 'package') return startOn(found.sscc, scan);
      return block({
        type: 'not-a-package',
        title: errorTitle('not-a-package'),
        message: found.kind === 'product' ? ALARM.product(found.gtin) : ALARM.notAPackage,
        read: found.text,
      });
    }
    const sscc = ssccOfKey(open.key) ?? '';
    const step = currentStep(open);
    if (step === 'scan') return scanInto(open, scan, found.kind === 'package' ? found.sscc : sscc);
    if (found.kind === 'package' && found.sscc === sscc) {
      return good({
        good: true,
        head: SAID.again(shortSscc(sscc)),
        body: SAID.againScanned,
      });
    }
    if (found.kind === 'package') {
      return block({
        type: 'other-package',
        title: errorTitle('other-package'),
        message: ALARM.otherPackage(spaced(sscc)),
        read: found.sscc,
      });
    }
    const taken = onOtherCode(found.text);
    if (taken !== null) return good(taken);
    setEcho({ good: false, head: SAID.notNeeded, body: found.text });
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
        if (isBlocked()) pause(next);
        else await latest.current?.handle(next);
      }
    } finally {
      running.current = false;
    }
  };

  /** Heard while an error or a question is on the screen: shown there, and not applied. */
  const pause = (scan: IncomingScan): void => {
    setPaused(({ count, codes }) => ({
      count: count + 1,
      codes: [...codes, readable(scan.code)].slice(-MAX_PAUSED_SCANS),
    }));
    feedbackBad();
  };

  /** Nothing that was scanned goes without a word: what was not taken stands in the echo afterwards. */
  const resume = (): void => {
    if (isBlocked()) return;
    if (paused.count > 0)
      setEcho({
        good: false,
        head: PAUSED.head(paused.count),
        body: PAUSED.again(paused.codes),
      });
    setPaused(NONE_PAUSED);
  };

  const scan = (heard: IncomingScan): void => {
    const incoming = { ...heard, code: plainText(heard.code) };
    if (isBlocked()) return pause(incoming);
    if (waiting.current.length >= MAX_WAITING_SCANS) {
      setEcho({
        good: false,
        head: PAUSED.tooManyHead,
        body: PAUSED.tooMany(readable(incoming.code)),
      });
      return feedbackBad();
    }
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
    if (isInFront(changed)) note(changed);
    if (done) good(done);
    return changed;
  };

  /** Takes the closing step, unless it was taken. */
  const finish = async (open: SessionView): Promise<boolean> => {
    if (isFinished(open)) return true;
    const finished = await run(SAID.savingLast, () =>
      api.step(open.id, post(PATHS.finish, { at: claimedNow() })),
    );
    if (finished === null) return false;
    note(finished.session);
    return true;
  };

  return {
    session,
    problem: problems[0] ?? null,
    answered,
    paused,
    echo,
    busy,
    scan,
    take,
    block,
    async send() {
      if (session === null || !(await finish(session))) return;
      await simple(SAID.handing, (id) => api.commit(id), {
        good: true,
        head: SAID.sent,
        body: SAID.sentBody,
      });
    },
    async undo() {
      await simple(SAID.takingBack, (id) => api.undo(id), {
        good: true,
        head: SAID.undone,
        body: SAID.notSent,
      });
    },
    async putAway() {
      const gone = await simple(SAID.puttingAway, (id) => api.abandon(id));
      if (gone === null) return;
      if (isInFront(gone)) setFront({ show: 'next' });
      setEcho({ good: true, head: SAID.putAway, body: SAID.notSent });
    },
    async rebase() {
      const moved = await simple(SAID.rebasing, (id) => api.rebase(id));
      // One that has turned out to be committed was not moved, and the page shows what it is.
      if (moved?.status.state === 'local') good({ good: true, head: SAID.rebased, body: SAID.rebasedBody });
    },
    async rest() {
      const resting = await simple(SAID.resting, (id) => api.pause(id));
      if (resting === null) return;
      const done = { good: true, head: REST.paused, body: REST.pausedBody };
      if (isInFront(resting)) next(done);
      else good(done);
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
      standing.current.problems = Math.max(0, standing.current.problems - 1);
      setAnswered((count) => count + 1);
      setProblems((all) => all.slice(1));
      resume();
    },
    hold() {
      standing.current.question = true;
    },
    resume() {
      standing.current.question = false;
      resume();
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
