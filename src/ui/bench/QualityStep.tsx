/** Counting defects line by line, against the limits of the sampling plan (ISO 2859-1, general level II, single normal). */
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { LineVerdict, SamplingPlan, SessionView } from '../../worker/api.ts';
import { claimedNow } from '../clock.ts';
import { PhotoField } from '../parts/PhotoField.tsx';
import { PATHS, post } from '../services.ts';
import { MainAction, once, ScannerBand, type StepProps } from './step-parts.tsx';
import {
  addDefect,
  backToLine,
  countOf,
  giveVerdict,
  NO_CODE,
  overLimit,
  removeDefect,
  setPhotos,
  type QualityDraft,
} from './quality-draft.ts';
import { saveDraft } from './draft-store.ts';
import { allowed, BENCH, DEFECT_ROWS, QUALITY } from './texts.ts';

interface Props extends StepProps {
  readonly session: SessionView;
  readonly draft: QualityDraft;
  readonly onDraft: (draft: QualityDraft) => void;
}

export function QualityStep({ bench, session, record, detail, draft, onDraft }: Props): ReactNode {
  const lines = record?.manifest.content.lines ?? [];
  // Defects may be counted while a photo is being read.
  const latest = useRef(draft);
  useLayoutEffect(() => {
    latest.current = draft;
  });
  /** Choices of photos being read; one may belong to a line that is no longer in front. */
  const [reading, setReading] = useState(0);
  const line = lines[draft.line];
  const counted = draft.lines[draft.line];
  const plan = detail?.sampling[draft.line];
  if (line === undefined || counted === undefined)
    return <AllCounted {...{ bench, session, record, detail, draft, onDraft }} />;
  if (plan === undefined)
    return (
      <>
        <h1>{BENCH.steps.quality}</h1>
        <p className="busy">{QUALITY.reading}</p>
      </>
    );

  const over = overLimit(counted, plan);
  const number = draft.line + 1;
  const decide = (verdict: LineVerdict): void => {
    const next = giveVerdict(draft, verdict);
    onDraft(next);
    if (next.line >= lines.length) void takeQuality(bench, session, next);
  };
  const back = (): void => {
    if (draft.line > 0) onDraft(backToLine(draft, draft.line - 1));
    else if (bench.busy === null) void bench.undo();
  };
  return (
    <>
      <h1>{QUALITY.title(plan.sampleSize, plan.lotSize)}</h1>
      <p className="line-name">
        {/* The next line comes under the same button, which keeps the focus: it is told. */}
        <span role="status">
          <b>{QUALITY.line(number, lines.length)}</b>{' '}
          {line.lot === null ? line.description : QUALITY.withLot(line.description, line.lot)}
        </span>
        <PlanWords plan={plan} />
      </p>
      {DEFECT_ROWS.map(({ severity, word }) => (
        <Counter
          key={severity}
          word={word}
          limit={allowed(plan, severity)}
          value={countOf(counted, severity)}
          onLess={() => onDraft(removeDefect(draft, severity))}
          onMore={() => onDraft(addDefect(draft, severity))}
        />
      ))}
      {counted.defects.some((d) => d.code !== NO_CODE) && (
        <p className="muted">
          {QUALITY.codes(
            counted.defects
              .filter((d) => d.code !== NO_CODE)
              .map((d) => QUALITY.code(d.code, d.severity, d.count)),
          )}
        </p>
      )}
      <ScannerBand>{draft.code === null ? BENCH.bandQuality : QUALITY.codeWaits(draft.code)}</ScannerBand>
      <p className={over === null ? 'verdict good' : 'verdict bad'} role="status">
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d={over === null ? 'M5 12.5l5 5L19 7' : 'M6 6L18 18M18 6L6 18'} />
        </svg>
        {over === null ? QUALITY.within : QUALITY.over(over)}
      </p>
      <div className="pair">
        <button
          type="button"
          className="btn bench"
          disabled={reading > 0}
          {...once(() => decide('quarantine'))}
        >
          {QUALITY.quarantine(number)}
        </button>
        {over === null ? (
          <button
            type="button"
            className="btn bench"
            disabled={reading > 0}
            {...once(() => decide('reject'))}
          >
            {QUALITY.reject(number)}
          </button>
        ) : (
          <button type="button" className="btn bench" {...once(back)}>
            {draft.line > 0 ? QUALITY.back(draft.line) : BENCH.undo}
          </button>
        )}
      </div>
      <MainAction
        disabled={bench.busy !== null || reading > 0}
        onPress={() => decide(over === null ? 'accept' : 'reject')}
      >
        {over === null ? QUALITY.accept(number) : QUALITY.reject(number)}
      </MainAction>
      {over === null && (
        <div className="pair">
          <button type="button" className="btn bench" {...once(back)}>
            {draft.line > 0 ? QUALITY.back(draft.line) : BENCH.undo}
          </button>
        </div>
      )}
      <PhotoField
        key={draft.line}
        photos={counted.photos}
        onPhotos={(photos) => onDraft(setPhotos(latest.current, draft.line, photos))}
        onReading={(begun) => setReading((count) => count + (begun ? 1 : -1))}
      />
    </>
  );
}

/** Every line has a verdict, but the step itself was refused or not yet saved. */
function AllCounted({ bench, session, draft, onDraft, record }: Props): ReactNode {
  return (
    <>
      <h1>{QUALITY.all(draft.lines.length)}</h1>
      <ol className="stack">
        {draft.lines.map((line, i) => (
          <li key={i} className="split">
            <span>
              <b>{QUALITY.lineName(i + 1)}</b>{' '}
              {QUALITY.lineIs(record?.manifest.content.lines[i]?.description ?? '', line.verdict)}
            </span>
            <button type="button" className="btn bench" onClick={() => onDraft(backToLine(draft, i))}>
              {QUALITY.again(i + 1)}
            </button>
          </li>
        ))}
      </ol>
      <MainAction disabled={bench.busy !== null} onPress={() => void takeQuality(bench, session, draft)}>
        {QUALITY.save}
      </MainAction>
    </>
  );
}

async function takeQuality(bench: Props['bench'], session: SessionView, draft: QualityDraft): Promise<void> {
  const lines = draft.lines.map((line, i) => ({
    line: i,
    defects: line.defects,
    photos: line.photos.map((photo) => photo.digest),
    verdict: line.verdict ?? 'quarantine',
  }));
  const accepted = lines.filter((l) => l.verdict === 'accept').length;
  const taken = await bench.take(
    post(PATHS.quality, { lines, at: claimedNow() }),
    {
      good: true,
      head: QUALITY.saved,
      body: QUALITY.savedBody(accepted, lines.length),
    },
    QUALITY.saving,
  );
  if (taken) void saveDraft(session.id, null);
}

interface CounterProps {
  readonly word: string;
  readonly limit: string;
  readonly value: number;
  readonly onLess: () => void;
  readonly onMore: () => void;
}

function Counter({ word, limit, value, onLess, onMore }: CounterProps): ReactNode {
  const name = useId();
  const lower = word.toLowerCase();
  return (
    <div className="counter" role="group" aria-labelledby={name}>
      <p id={name}>
        <b>{word}</b>
        <span>{limit}</span>
      </p>
      <button
        type="button"
        className="btn bench"
        aria-label={QUALITY.less(lower)}
        disabled={value === 0}
        onClick={onLess}
      >
        −
      </button>
      <output aria-live="polite" aria-label={QUALITY.defects(word)}>
        {value}
      </output>
      <button type="button" className="btn bench" aria-label={QUALITY.more(lower)} onClick={onMore}>
        +
      </button>
    </div>
  );
}

function PlanWords({ plan }: { plan: SamplingPlan }): ReactNode {
  return (
    <span className="plan">{QUALITY.plan(plan.letter, String(plan.major.aql), String(plan.minor.aql))}</span>
  );
}
