/** The operator's bench: one instruction, a scan sink, the step rail, the last scan, one big action. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { Link } from 'wouter';
import type { PackageDetail, SessionView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { ssccOfKey } from '../format.ts';
import { isHandheld } from '../host.ts';
import { instanceOf } from '../instances.ts';
import { alsoWords } from '../notice-words.ts';
import { noticesOn } from '../organisation.ts';
import { StandingBanners } from '../layout/Banners.tsx';
import { SHELL } from '../layout/texts.ts';
import { StatusBadge } from '../parts/StatusBadge.tsx';
import { Sscc } from '../parts/words.tsx';
import { recordOf } from '../services.ts';
import { useInOrder } from '../use-in-order.ts';
import { useLocalSettings } from '../theme/local-settings.ts';
import { BlockingError } from './BlockingError.tsx';
import { decodeImage } from '../scan/decode-image.ts';
import { SCAN } from '../scan/texts.ts';
import { useCameraButton } from '../scan/use-camera-button.tsx';
import { EndedView, RestingView } from './RestingView.tsx';
import { Expired } from './Expired.tsx';
import { LabelStep } from './LabelStep.tsx';
import { MirroredHere, TakeOver } from './MirroredHere.tsx';
import { defectCode } from './quality-draft.ts';
import { QualityStep } from './QualityStep.tsx';
import { QueueNews } from './QueueNews.tsx';
import { readSeen, writeSeen } from './seen.ts';
import { readable } from '../scan/scan-code.ts';
import { ConflictView, RejectedView, SentView } from './SentViews.tsx';
import { MirrorLost, SessionMore } from './SessionMore.tsx';
import { Shift } from './Shift.tsx';
import { SendStep, SupplierStep } from './ShortSteps.tsx';
import { StepRail } from './StepRail.tsx';
import { currentStep } from './steps.ts';
import { BENCH, errorTitle, QUALITY, SAID } from './texts.ts';
import { MainAction, PutAwayButton, type StepProps } from './step-parts.tsx';
import type { Echo } from './bench-types.ts';
import { useBench } from './use-bench.ts';
import { useQualityDraft } from './use-quality-draft.ts';
import { useWakeLock } from '../wake-lock/use-wake-lock.ts';
import { useHeldFocus, useScanner } from '../scan/use-scanner.ts';
import { VotingQueue } from './VotingQueue.tsx';
import '../styles/bench.css';

export function BenchPage(): ReactNode {
  const state = useNetwork();
  const settings = useLocalSettings();
  const [asked, setAsked] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const work = useRef<HTMLElement>(null);

  const bench = useBench((code): Echo | null => {
    if (draft === null || session === null || step !== 'quality') return null;
    const read = defectCode(code);
    if (read === null) return null;
    changeDraft({ ...draft, code: read });
    return { good: true, head: SAID.code(read), body: SAID.codeBody };
  });
  const { session } = bench;
  const step = currentStep(session);
  // Work that stands still because its device is gone comes before the next package, where an operator sees it.
  const orphaned = session === null && state.mirrored.some((one) => !one.linked && !one.voting);
  const resting = session?.status.state === 'local' && session.pausedAt !== undefined;
  const record = session === null ? null : recordOf(session);
  const detail = usePackage(session);
  const lines = record?.manifest.content.lines.length ?? 0;
  const { draft, change: changeDraft } = useQualityDraft(
    session !== null && step === 'quality' ? session.id : null,
    lines,
  );

  useWakeLock(session?.status.state === 'local' && !resting);
  useScanner({ field, onScan: bench.scan });
  const hasSink = step === 'scan' && !resting;
  // A terminal's scanner may write into the field that has the focus and press no keys: there has to be one on every step.
  const [handheld] = useState(isHandheld);
  useHeldFocus(field, (hasSink || handheld) && bench.problem === null);
  useEffect(() => {
    document.title = SHELL.documentTitle(BENCH.title);
  }, []);

  // A new instruction comes into sight, and a screen reader begins there: what was pressed is no longer on the page.
  const inFront = session?.id ?? null;
  const isReading = step === 'quality' && (draft === null || detail === null);
  const instruction = [inFront, step, session?.status.state, resting, isReading, bench.problem === null].join(
    ' ',
  );
  const shown = useRef(instruction);
  const [told, setTold] = useState('');
  useEffect(() => {
    if (shown.current === instruction) return;
    shown.current = instruction;
    window.scrollTo(0, 0);
    const heading = work.current?.querySelector('h1');
    // Where the field keeps the focus, the instruction is told instead.
    if (handheld) setTold(heading?.textContent ?? '');
    // A frame beside others (the demo's panes) takes no focus from them.
    if (document.activeElement !== document.body || (window.parent !== window && !document.hasFocus()))
      return;
    heading?.setAttribute('tabindex', '-1');
    (handheld && field.current !== null ? field.current : heading)?.focus({ preventScroll: true });
  }, [instruction, handheld]);

  const isRejected = session?.status.state === 'rejected';
  const [seen, setSeen] = useState(readSeen);
  useEffect(() => {
    if (isRejected && inFront !== null)
      setSeen((ids) => (ids.includes(inFront) ? ids : writeSeen([inFront])));
  }, [isRejected, inFront]);

  const ask = (sessionId: string | null): void => {
    // A dialog tells once more that it was closed.
    if (sessionId === asked) return;
    setAsked(sessionId);
    if (sessionId === null) bench.resume();
    else bench.hold();
  };

  const self = state.self === null ? null : state.members[state.self];
  const instance = session === null ? null : instanceOf(state, session);
  const tally = instance === null ? null : { commits: instance.commits, needed: instance.needed };
  const props = { bench, session, record, detail };

  return (
    <div className="bench-page" data-step={step}>
      <div className="bench-frame">
        <header className="bench-top">
          <p className="bench-place">
            <b>{self?.organisation ?? state.network.name}</b>
            <span>{BENCH.place(settings.bench, settings.operator)}</span>
          </p>
          <Link className="btn bench-menu" href="/packages">
            {BENCH.menu}
          </Link>
          <StatusBadge
            status={session?.status ?? { state: 'local' }}
            seal={instance?.seal ?? null}
            members={state.members}
            tally={tally}
            announce
          />
        </header>
        <StandingBanners state={state} />
        <StepRail
          step={step}
          session={session}
          record={record}
          finished={session?.status.state === 'committed'}
        />
        <main
          className="bench-work"
          ref={work}
          tabIndex={-1}
          aria-busy={bench.busy !== null}
          data-places-focus
        >
          {hasSink && <ScanStep {...props} field={field} />}
          {orphaned && <MirroredHere state={state} bench={bench} onAsk={ask} />}
          {resting && <RestingView bench={bench} session={session} />}
          {session !== null && session.status.state === 'local' && !resting && (
            <>
              <MirrorLost bench={bench} session={session} />
              <Others words={alsoWords(noticesOn(state, session.key))} />
              {step === 'supplier' && <SupplierStep {...props} session={session} />}
              {step === 'quality' && draft !== null && (
                <QualityStep
                  key={session.id}
                  {...props}
                  session={session}
                  draft={draft}
                  onDraft={changeDraft}
                />
              )}
              {step === 'quality' && draft === null && (
                <>
                  <h1>{BENCH.steps.quality}</h1>
                  <p className="busy">{QUALITY.readingDraft}</p>
                </>
              )}
              {step === 'label' && <LabelStep {...props} session={session} />}
              {step === 'send' && <SendStep {...props} session={session} />}
              <SessionMore bench={bench} session={session} />
            </>
          )}
          {session !== null &&
            (session.status.state === 'voting' || session.status.state === 'committed') && (
              <SentView bench={bench} session={session} instance={instance} detail={detail} />
            )}
          {session?.status.state === 'abandoned' && session.status.why !== undefined && (
            <EndedView bench={bench} session={session} why={session.status.why} />
          )}
          {session?.status.state === 'conflict' && (
            <ConflictView bench={bench} session={session} status={session.status} />
          )}
          {session?.status.state === 'rejected' && (
            <RejectedView bench={bench} session={session} status={session.status} instance={instance} />
          )}
          {handheld && !hasSink && (
            <input
              ref={field}
              className="hidden"
              tabIndex={-1}
              inputMode="none"
              autoComplete="off"
              aria-label={BENCH.sinkLabel}
              data-testid="hidden-sink"
            />
          )}
          <Busy what={bench.busy} />
          <LastScan echo={bench.echo} />
        </main>
        <aside className="queue" aria-label={BENCH.queue}>
          <VotingQueue state={state} inFront={inFront} seen={seen} onShow={bench.show} />
          <QueueNews sessions={state.sessions} inFront={inFront} />
          <Shift state={state} bench={bench} />
          {!orphaned && <MirroredHere state={state} bench={bench} onAsk={ask} />}
          <Expired sessions={state.sessions} />
        </aside>
      </div>
      <p role="status" className="hidden">
        {told}
      </p>
      <TakeOver state={state} bench={bench} asked={asked} onClose={() => ask(null)} />
      {bench.problem !== null && <BlockingError key={bench.answered} bench={bench} problem={bench.problem} />}
    </div>
  );
}

interface ScanStepProps extends StepProps {
  readonly session: SessionView | null;
  readonly field: RefObject<HTMLInputElement | null>;
}

function ScanStep({ bench, session, field }: ScanStepProps): ReactNode {
  const [typing, setTyping] = useState(false);
  const [reading, setReading] = useState(false);
  const sscc = session === null ? null : ssccOfKey(session.key);
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setReading(true);
    const decoded = await decodeImage(file).finally(() => setReading(false));
    if (decoded.ok) bench.scan({ code: decoded.value, source: 'image' });
    else
      bench.block({
        type: decoded.error.type,
        title: errorTitle(decoded.error.type),
        message: decoded.error.message,
      });
  };
  const camera = useCameraButton({
    wanted: 'label',
    taken: 'package',
    stays: true,
    paused: bench.problem !== null || bench.busy !== null,
    otherwise: SCAN.elsewhereBench,
    onCode: (code) => bench.scan({ code, source: 'camera' }),
  });
  const takeTyped = (): void => {
    const input = field.current;
    const code = input?.value.trim() ?? '';
    if (!input || code === '') return void input?.focus();
    input.value = '';
    setTyping(false);
    bench.scan({ code, source: 'typed' });
  };
  return (
    <>
      <h1>{session === null ? BENCH.scanFirst : BENCH.scanAgain}</h1>
      {sscc !== null && (
        <p className="muted">
          {BENCH.package} <Sscc value={sscc} />
        </p>
      )}
      {camera.panel}
      <Busy what={reading ? SCAN.readingPhoto : null} />
      <div className={camera.open ? 'sink compact' : 'sink'}>
        <label htmlFor="scan-sink">{BENCH.sinkLabel}</label>
        <input
          ref={field}
          id="scan-sink"
          data-testid="scan-sink"
          inputMode={typing ? 'numeric' : 'none'}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          aria-describedby="scan-sink-hint"
        />
        <p id="scan-sink-hint">{BENCH.sinkHint}</p>
      </div>
      <div className="pair">
        {camera.button}
        <label className="btn bench file">
          {BENCH.usePhoto}
          <input
            type="file"
            accept="image/*"
            disabled={reading}
            onChange={(event) => {
              const input = event.currentTarget;
              void choose(input.files?.[0]).finally(() => (input.value = ''));
            }}
          />
        </label>
        {session === null ? null : <PutAwayButton bench={bench} />}
      </div>
      <MainAction
        onPress={() => {
          if (typing) return takeTyped();
          // A phone shows its keys when a field that wants them gets the focus, not when the field in focus begins to want them.
          flushSync(() => setTyping(true));
          field.current?.blur();
          field.current?.focus();
        }}
      >
        {typing ? BENCH.takeTyped : BENCH.typeInstead}
      </MainAction>
    </>
  );
}

/** Somebody else has the same package open: said, never in the way. */
function Others({ words }: { words: string | null }): ReactNode {
  return (
    <p role="status" className={words === null ? 'hidden' : 'others'} data-testid="others">
      {words}
    </p>
  );
}

function Busy({ what }: { what: string | null }): ReactNode {
  // Hidden for the first 300 ms by a delay in the style sheet: most steps answer within a frame.
  return what === null ? null : <p className="busy">{BENCH.busy(what)}</p>;
}

function LastScan({ echo }: { echo: Echo | null }): ReactNode {
  return (
    <div role="status" className="echo-live">
      {echo !== null && (
        <div className={echo.good ? 'echo good-echo' : 'echo bad-echo'}>
          <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
            <path d={echo.good ? 'M7 16.5l6 6L25 9' : 'M8 8L24 24M24 8L8 24'} />
          </svg>
          <div>
            <p className="echo-head">
              <span className="hidden">{echo.good ? BENCH.done : BENCH.notTaken}</span>
              {echo.head}
            </p>
            {echo.body !== '' && <p className="echo-body">{readable(echo.body)}</p>}
          </div>
        </div>
      )}
    </div>
  );
}

/** The certified package of the session in front, fetched again when it changes. */
function usePackage(session: SessionView | null): PackageDetail | null {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const sscc = session === null ? null : ssccOfKey(session.key);
  const [held, setHeld] = useState<{ sscc: string; detail: PackageDetail | null } | null>(null);
  const answers = useInOrder(sscc ?? '');
  useEffect(() => {
    if (sscc !== null) answers.take(api.package(sscc), (detail) => setHeld({ sscc, detail }));
  }, [api, answers, sscc, packagesRevision, session?.status.state]);
  return held !== null && held.sscc === sscc ? held.detail : null;
}
