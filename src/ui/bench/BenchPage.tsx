/** The operator's bench: one instruction, a scan sink, the step rail, the last scan, one big action. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Link } from 'wouter';
import type { PackageDetail, SessionView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { ssccOfKey } from '../format.ts';
import { instanceOf } from '../instances.ts';
import { alsoWords } from '../notice-words.ts';
import { noticesOn } from '../organisation.ts';
import { StandingBanners } from '../layout/Banners.tsx';
import { StatusBadge } from '../parts/StatusBadge.tsx';
import { Sscc } from '../parts/words.tsx';
import { recordOf } from '../services.ts';
import { useLocalSettings } from '../theme/local-settings.ts';
import { BlockingError } from './BlockingError.tsx';
import { decodeImage } from './decode-image.ts';
import { EndedView, RestingView } from './RestingView.tsx';
import { Expired } from './Expired.tsx';
import { LabelStep } from './LabelStep.tsx';
import { MirroredHere, TakeOver } from './MirroredHere.tsx';
import { loadDraft, saveDraft, type QualityDraft } from './quality-draft.ts';
import { QualityStep } from './QualityStep.tsx';
import { readable } from './scan-code.ts';
import { ConflictView, RejectedView, SentView } from './SentViews.tsx';
import { MirrorLost, SessionMore } from './SessionMore.tsx';
import { Shift } from './Shift.tsx';
import { SendStep, SupplierStep } from './ShortSteps.tsx';
import { StepRail } from './StepRail.tsx';
import { currentStep } from './steps.ts';
import { BENCH, errorTitle } from './texts.ts';
import { MainAction, PutAwayButton, type StepProps } from './step-parts.tsx';
import type { Echo } from './bench-types.ts';
import { useBench } from './use-bench.ts';
import { useHeldFocus, useScanner } from './use-scanner.ts';
import { VotingQueue } from './VotingQueue.tsx';
import '../styles/bench.css';

export function BenchPage(): ReactNode {
  const state = useNetwork();
  const settings = useLocalSettings();
  const [drafts, setDrafts] = useState<Readonly<Record<string, QualityDraft>>>({});
  const [asked, setAsked] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const work = useRef<HTMLElement>(null);

  const bench = useBench((code): Echo | null => {
    if (draft === null || session === null || step !== 'quality') return null;
    changeDraft({ ...draft, code: code.slice(0, MAX_DEFECT_CODE) });
    return {
      good: true,
      head: `Defect code ${code.slice(0, MAX_DEFECT_CODE)}`,
      body: 'Press + at its severity.',
    };
  });
  const { session } = bench;
  const step = currentStep(session);
  // Work that stands still because its device is gone comes before the next package, where an operator sees it.
  const orphaned = session === null && state.mirrored.some((one) => !one.linked && !one.voting);
  const resting = session?.status.state === 'local' && session.pausedAt !== undefined;
  const record = session === null ? null : recordOf(session);
  const detail = usePackage(session);
  const lines = record?.manifest.content.lines.length ?? 0;
  const draft =
    session === null || step !== 'quality' ? null : (drafts[session.id] ?? loadDraft(session.id, lines));
  const changeDraft = (next: QualityDraft): void => {
    if (session === null) return;
    saveDraft(session.id, next);
    setDrafts((all) => ({ ...all, [session.id]: next }));
  };

  useScanner({ field, onScan: bench.scan });
  useHeldFocus(field, step === 'scan' && !resting && bench.problem === null);
  useEffect(() => {
    document.title = `${BENCH.title} · Countersign`;
  }, []);

  // Whatever was chosen from the queue, which may lie below: its instruction comes into sight.
  const inFront = session?.id ?? null;
  const shown = useRef(inFront);
  useEffect(() => {
    if (shown.current === inFront) return;
    shown.current = inFront;
    window.scrollTo(0, 0);
    if (document.activeElement === document.body) work.current?.focus({ preventScroll: true });
  }, [inFront]);

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
            <span>
              {settings.bench}, {settings.operator}
            </span>
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
        <main className="bench-work" ref={work} tabIndex={-1} aria-busy={bench.busy !== null}>
          {step === 'scan' && !resting && <ScanStep {...props} field={field} />}
          {orphaned && <MirroredHere state={state} bench={bench} onAsk={setAsked} />}
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
          <Busy what={bench.busy} />
          <LastScan echo={bench.echo} />
        </main>
        <aside className="queue" aria-label={BENCH.queue}>
          <VotingQueue state={state} inFront={session?.id ?? null} onShow={bench.show} />
          <Shift state={state} bench={bench} />
          {!orphaned && <MirroredHere state={state} bench={bench} onAsk={setAsked} />}
          <Expired sessions={state.sessions} />
        </aside>
      </div>
      <TakeOver state={state} bench={bench} asked={asked} onClose={() => setAsked(null)} />
      {bench.problem !== null && <BlockingError bench={bench} problem={bench.problem} />}
    </div>
  );
}

/** A defect code, characters: the longest in use are some 12. */
const MAX_DEFECT_CODE = 24;

interface ScanStepProps extends StepProps {
  readonly session: SessionView | null;
  readonly field: RefObject<HTMLInputElement | null>;
}

function ScanStep({ bench, session, field }: ScanStepProps): ReactNode {
  const [typing, setTyping] = useState(false);
  const sscc = session === null ? null : ssccOfKey(session.key);
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const decoded = await decodeImage(file);
    if (decoded.ok) bench.scan({ code: decoded.value.code, source: 'image' });
    else
      bench.block({
        type: decoded.error.type,
        title: errorTitle(decoded.error.type),
        message: decoded.error.message,
      });
  };
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
          Package <Sscc value={sscc} />
        </p>
      )}
      <div className="sink">
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
        <label className="btn bench file">
          {BENCH.usePhoto}
          <input
            type="file"
            accept="image/*"
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
          setTyping(true);
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
  return what === null ? null : <p className="busy">{what}…</p>;
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
              <span className="hidden">{echo.good ? 'Done: ' : 'Not taken: '}</span>
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
  useEffect(() => {
    if (sscc === null) return;
    let wanted = true;
    api.package(sscc).then(
      (detail) => wanted && setHeld({ sscc, detail }),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [api, sscc, packagesRevision, session?.status.state]);
  return held !== null && held.sscc === sscc ? held.detail : null;
}
