/** Counting defects line by line, against the limits of the sampling plan (ISO 2859-1, general level II, single normal). */
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { LineVerdict, SamplingPlan, SessionView } from '../../worker/api.ts';
import { claimedNow } from '../clock.ts';
import { formatNumber } from '../format.ts';
import { PhotoField } from '../parts/PhotoField.tsx';
import { PATHS, post } from '../services.ts';
import { MainAction, ScannerBand, type StepProps } from './step-parts.tsx';
import {
  addDefect,
  backToLine,
  countOf,
  giveVerdict,
  NO_CODE,
  overLimit,
  removeDefect,
  saveDraft,
  setPhotos,
  type QualityDraft,
} from './quality-draft.ts';
import { allowed, BENCH, DEFECT_ROWS } from './texts.ts';

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
  if (plan === undefined) return <p className="busy">Reading the sampling plan…</p>;

  const over = overLimit(counted, plan);
  const number = draft.line + 1;
  const decide = (verdict: LineVerdict): void => {
    const next = giveVerdict(draft, verdict);
    onDraft(next);
    if (next.line >= lines.length) void takeQuality(bench, session, next);
  };
  return (
    <>
      <h1>
        Check {formatNumber(plan.sampleSize)} of {formatNumber(plan.lotSize)} pieces
      </h1>
      <p className="line-name">
        <b>
          Line {number} of {lines.length}
        </b>{' '}
        {line.description}
        {line.lot !== null && `, lot ${line.lot}`}
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
          Codes:{' '}
          {counted.defects
            .filter((d) => d.code !== NO_CODE)
            .map((d) => `${d.code} (${d.severity}, ${d.count})`)
            .join(', ')}
        </p>
      )}
      <ScannerBand>
        {draft.code === null ? BENCH.bandQuality : `Code ${draft.code}: press + at its severity`}
      </ScannerBand>
      <p className={over === null ? 'verdict good' : 'verdict bad'} role="status">
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d={over === null ? 'M5 12.5l5 5L19 7' : 'M6 6L18 18M18 6L6 18'} />
        </svg>
        {over === null
          ? 'Within limits: this line can be accepted'
          : `Over the limit: ${over}. Quarantine or reject it`}
      </p>
      <div className="pair">
        <button
          type="button"
          className="btn bench"
          disabled={reading > 0}
          onClick={() => decide('quarantine')}
        >
          Quarantine line {number}
        </button>
        {over === null ? (
          <button type="button" className="btn bench" disabled={reading > 0} onClick={() => decide('reject')}>
            Reject line {number}
          </button>
        ) : (
          <button
            type="button"
            className="btn bench"
            onClick={() => (draft.line > 0 ? onDraft(backToLine(draft, draft.line - 1)) : void bench.undo())}
          >
            {draft.line > 0 ? `Back to line ${draft.line}` : BENCH.undo}
          </button>
        )}
      </div>
      <MainAction
        disabled={bench.busy !== null || reading > 0}
        onPress={() => decide(over === null ? 'accept' : 'reject')}
      >
        {over === null ? `Accept line ${number}` : `Reject line ${number}`}
      </MainAction>
      {over === null && (
        <div className="pair">
          <button
            type="button"
            className="btn bench"
            onClick={() => (draft.line > 0 ? onDraft(backToLine(draft, draft.line - 1)) : void bench.undo())}
          >
            {draft.line > 0 ? `Back to line ${draft.line}` : BENCH.undo}
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
      <h1>All {draft.lines.length} lines are counted</h1>
      <ol className="stack">
        {draft.lines.map((line, i) => (
          <li key={i} className="split">
            <span>
              <b>Line {i + 1}</b> {record?.manifest.content.lines[i]?.description}: {line.verdict}
            </span>
            <button type="button" className="btn bench" onClick={() => onDraft(backToLine(draft, i))}>
              Count line {i + 1} again
            </button>
          </li>
        ))}
      </ol>
      <MainAction disabled={bench.busy !== null} onPress={() => void takeQuality(bench, session, draft)}>
        Save the quality check
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
      head: 'Quality check saved',
      body: `${accepted} of ${lines.length} lines accepted. ${BENCH.savedHere}`,
    },
    'Saving the quality check',
  );
  if (taken) saveDraft(session.id, null);
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
        aria-label={`One ${lower} less`}
        disabled={value === 0}
        onClick={onLess}
      >
        −
      </button>
      <output aria-live="polite" aria-label={`${word} defects`}>
        {value}
      </output>
      <button type="button" className="btn bench" aria-label={`One ${lower} more`} onClick={onMore}>
        +
      </button>
    </div>
  );
}

function PlanWords({ plan }: { plan: SamplingPlan }): ReactNode {
  return (
    <span className="plan">
      Level II, letter {plan.letter}. AQL: major {plan.major.aql}, minor {plan.minor.aql}
    </span>
  );
}
