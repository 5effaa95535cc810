/** Quarantine and release after the inspection, line by line, by whoever may. */
import { useId, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Defect, HoldReason, Key, LineInspection, PackageRecord, Severity } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { NO_CODE } from '../bench/quality-draft.ts';
import { allowed, DEFECT_ROWS } from '../bench/texts.ts';
import { claimedNow } from '../clock.ts';
import { PackageFrame } from '../hand-off/PackageFrame.tsx';
import { HAND_OFF } from '../hand-off/texts.ts';
import { holderOf, lineHolderOf } from '../hand-off/who.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { PhotoField, type PhotoRef } from '../parts/PhotoField.tsx';
import { useAction, type Action } from '../parts/use-action.ts';
import { Instant } from '../parts/words.tsx';
import { VERDICT_WORDS } from '../package/texts.ts';
import { PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import { HOLD, REASON_WORDS, WHY_NOTHING } from './texts.ts';

export function HoldPage({ sscc }: { sscc: string }): ReactNode {
  return (
    <PackageFrame title={HOLD.title} sscc={sscc}>
      {({ record, summary }) => <Lines record={record} version={summary.version} />}
    </PackageFrame>
  );
}

function Lines({ record, version }: { record: PackageRecord; version: number }): ReactNode {
  const state = useNetwork();
  const action = useAction();
  const [did, setDid] = useState<'hold' | 'release'>('hold');
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const lines = record.inspection?.lines ?? [];
  // Who has left the network since is known by its id.
  const organisation = (id: string | null): string =>
    state.members.find((one) => one.id === id)?.organisation ?? id ?? HOLD.nobody;
  const left =
    record.status === 'in-transit' || record.status === 'delivered' || record.status === 'undelivered';
  const supplier = self?.role === 'supplier' && record.manifest.content.supplierGln === self.gln;
  const mayHold = !left && (supplier || (self?.role === 'warehouse' && holderOf(record) === self.id));
  const accepted = lines.filter((line) => line.verdict === 'accept');
  const held = lines.filter((line) => line.verdict === 'quarantine');
  const own = left ? [] : held.filter((line) => lineHolderOf(record, line.line) === self?.id);
  return (
    <div className="stack">
      <section className="sheet" aria-labelledby="lines-heading">
        <h2 id="lines-heading">{HOLD.linesHeading}</h2>
        <ul className="hold-lines">
          {record.manifest.content.lines.map((line, i) => {
            const judged = lines[i];
            const hold = record.holds?.find((one) => one.line === i);
            return (
              <li key={i}>
                <span>
                  <b>{HOLD.line(i + 1)}</b> {HOLD.lineHas(line.description, line.quantity)}
                  {judged?.verdict === 'quarantine' && (
                    <small>
                      {hold === undefined ? (
                        HOLD.heldSinceInspection(organisation(lineHolderOf(record, i)))
                      ) : (
                        <>
                          {HOLD.heldFor(
                            organisation(lineHolderOf(record, i)),
                            REASON_WORDS[hold.reason].toLowerCase(),
                          )}{' '}
                          <Instant at={hold.at} />
                        </>
                      )}
                    </small>
                  )}
                </span>
                <b className={judged === undefined ? 'quiet' : VERDICT_TONE[judged.verdict]}>
                  {judged === undefined ? HOLD.notChecked : VERDICT_WORDS[judged.verdict]}
                </b>
              </li>
            );
          })}
        </ul>
      </section>
      {own.length > 0 && (
        <Release
          key={`r${version}`}
          record={record}
          held={own}
          action={action}
          onRun={() => setDid('release')}
        />
      )}
      {mayHold && accepted.length > 0 && (
        <Hold
          key={`h${version}`}
          record={record}
          accepted={accepted}
          action={action}
          recall={supplier}
          onRun={() => setDid('hold')}
        />
      )}
      <ActionOutcome action={action} done={did === 'hold' ? HOLD.held : HOLD.released} />
      {record.status === 'released' && self?.id === holderOf(record) && (
        <>
          <p>{HOLD.needsCourier}</p>
          <Link className="btn bench main wide" href={`/packages/${record.sscc}/hand-over`}>
            {HAND_OFF.chooseCourier}
          </Link>
        </>
      )}
      {own.length === 0 && !(mayHold && accepted.length > 0) && action.session === null && (
        <p className="notice">{whyNothing(record, left, mayHold, held, organisation)}</p>
      )}
    </div>
  );
}

const VERDICT_TONE = { accept: 'good', quarantine: 'warn', reject: 'bad' } as const;

function whyNothing(
  record: PackageRecord,
  left: boolean,
  mayHold: boolean,
  held: readonly LineInspection[],
  organisation: (id: string | null) => string,
): string {
  if (left) return WHY_NOTHING.left;
  if (record.inspection === null) return WHY_NOTHING.notInspected;
  if (held.length > 0)
    return WHY_NOTHING.heldBy([
      ...new Set(held.map((line) => organisation(lineHolderOf(record, line.line)))),
    ]);
  if (mayHold) return HOLD.nothingToHold;
  return WHY_NOTHING.notYours(organisation(holderOf(record)));
}

interface FormProps {
  readonly record: PackageRecord;
  readonly action: Action;
  readonly onRun: () => void;
}

function Hold({
  record,
  accepted,
  action,
  recall,
  onRun,
}: FormProps & { readonly accepted: readonly LineInspection[]; readonly recall: boolean }): ReactNode {
  const api = useApi();
  const reasonId = useId();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [reason, setReason] = useState<HoldReason>(recall ? 'recall' : 'damage');
  const hold = (): void => {
    const lines = [...chosen].sort((a, b) => a - b);
    onRun();
    void action.run(HOLD.entering, () =>
      api.runAlone(
        `package/${record.sscc}` as Key,
        post(PATHS.quarantine, { lines, reason, at: claimedNow() }),
        localSettings().operator,
      ),
    );
  };
  return (
    <section className="sheet" aria-labelledby="hold-heading">
      <h2 id="hold-heading">{HOLD.hold}</h2>
      <div className="stack">
        <p className="muted">{HOLD.intro}</p>
        <fieldset className="choices">
          <legend className="hidden">{HOLD.choices}</legend>
          {accepted.map(({ line }) => (
            <label key={line} className={chosen.has(line) ? 'btn bench on' : 'btn bench'}>
              <input
                type="checkbox"
                checked={chosen.has(line)}
                onChange={(event) => {
                  const next = new Set(chosen);
                  if (event.currentTarget.checked) next.add(line);
                  else next.delete(line);
                  setChosen(next);
                }}
              />
              {HOLD.lineNamed(line + 1, record.manifest.content.lines[line]?.description ?? '')}
            </label>
          ))}
        </fieldset>
        <div className="field">
          <label htmlFor={reasonId}>{HOLD.reason}</label>
          <select
            id={reasonId}
            className="hand-input"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value as HoldReason)}
          >
            {Object.entries(REASON_WORDS).map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </div>
        <button
          type="button"
          className="btn bench main wide"
          disabled={chosen.size === 0 || action.busy !== null}
          onClick={hold}
        >
          {chosen.size === 0 ? HOLD.chooseFirst : HOLD.holdBack(chosen.size)}
        </button>
      </div>
    </section>
  );
}

interface Decision {
  readonly verdict: 'leave' | 'accept' | 'reject';
  /** Null: nobody looked again. */
  readonly counts: Readonly<Record<Severity, number>> | null;
  readonly photos: readonly PhotoRef[];
}

const UNDECIDED: Decision = { verdict: 'leave', counts: null, photos: [] };

function Release({
  record,
  held,
  action,
  onRun,
}: FormProps & { readonly held: readonly LineInspection[] }): ReactNode {
  const api = useApi();
  const [decisions, setDecisions] = useState<Readonly<Record<number, Decision>>>({});
  /** How many lines have a photo being read. */
  const [reading, setReading] = useState(0);
  const decided = held.filter(({ line }) => (decisions[line] ?? UNDECIDED).verdict !== 'leave');
  const release = (): void => {
    const lines = decided.map(({ line }) => {
      const { verdict, counts, photos } = decisions[line] ?? UNDECIDED;
      return {
        line,
        verdict,
        defects: counts === null ? null : defectsOf(counts),
        photos: photos.map((photo) => photo.digest),
      };
    });
    onRun();
    void action.run(HOLD.enteringVerdicts, () =>
      api.runAlone(
        `package/${record.sscc}` as Key,
        post(PATHS.release, { lines, at: claimedNow() }),
        localSettings().operator,
      ),
    );
  };
  return (
    <section className="sheet" aria-labelledby="release-heading">
      <h2 id="release-heading">{HOLD.release}</h2>
      <div className="stack">
        <p className="muted">{HOLD.releaseHint}</p>
        {held.map((line) => (
          <HeldLine
            key={line.line}
            line={line}
            description={record.manifest.content.lines[line.line]?.description ?? ''}
            decision={decisions[line.line] ?? UNDECIDED}
            onDecision={(change) =>
              setDecisions((all) => ({
                ...all,
                [line.line]: { ...(all[line.line] ?? UNDECIDED), ...change },
              }))
            }
            onReading={(begun) => setReading((count) => count + (begun ? 1 : -1))}
          />
        ))}
        <button
          type="button"
          className="btn bench main wide"
          disabled={decided.length === 0 || action.busy !== null || reading > 0}
          onClick={release}
        >
          {decided.length === 0 ? HOLD.decideFirst : HOLD.enterVerdicts(decided.length)}
        </button>
      </div>
    </section>
  );
}

interface HeldLineProps {
  readonly line: LineInspection;
  readonly description: string;
  readonly decision: Decision;
  /** What changes of it; the rest stays as it is then. */
  readonly onDecision: (change: Partial<Decision>) => void;
  readonly onReading: (reading: boolean) => void;
}

function HeldLine({ line, description, decision, onDecision, onReading }: HeldLineProps): ReactNode {
  const id = useId();
  const counts = decision.counts;
  const found = line.defects.reduce((sum, defect) => sum + defect.count, 0);
  return (
    <fieldset className="held-line">
      <legend>{HOLD.lineNamed(line.line + 1, description)}</legend>
      <p className="muted">{HOLD.defectsFound(found, line.plan.sampleSize)}</p>
      <div className="choices three">
        {(['leave', 'accept', 'reject'] as const).map((verdict) => (
          <label key={verdict} className={verdict === decision.verdict ? 'btn bench on' : 'btn bench'}>
            <input
              type="radio"
              name={`${id}-verdict`}
              checked={verdict === decision.verdict}
              onChange={() => onDecision({ verdict })}
            />
            <span>
              <span className="hidden">{HOLD.ofLine(line.line + 1)}</span> {HOLD[verdict]}
            </span>
          </label>
        ))}
      </div>
      <label className="tick">
        <input
          type="checkbox"
          checked={counts !== null}
          onChange={(event) =>
            onDecision({
              counts: event.currentTarget.checked ? { critical: 0, major: 0, minor: 0 } : null,
            })
          }
        />
        {HOLD.lookedAgain}
      </label>
      {counts !== null && (
        <>
          <div className="count-fields">
            {DEFECT_ROWS.map(({ severity, word }) => (
              <div className="field" key={severity}>
                <label htmlFor={`${id}-${severity}`}>
                  {word} <span className="muted">{allowed(line.plan, severity)}</span>
                </label>
                <input
                  id={`${id}-${severity}`}
                  className="hand-input"
                  type="number"
                  min={0}
                  max={line.plan.lotSize}
                  value={counts[severity]}
                  onChange={(event) => {
                    const value = Math.max(0, Math.trunc(event.currentTarget.valueAsNumber) || 0);
                    onDecision({ counts: { ...counts, [severity]: value } });
                  }}
                />
              </div>
            ))}
          </div>
          <PhotoField
            photos={decision.photos}
            onPhotos={(photos) => onDecision({ photos })}
            onReading={onReading}
          />
        </>
      )}
    </fieldset>
  );
}

const defectsOf = (counts: Readonly<Record<Severity, number>>): readonly Defect[] =>
  DEFECT_ROWS.flatMap(({ severity }) =>
    counts[severity] > 0 ? [{ code: NO_CODE, severity, count: counts[severity] }] : [],
  );
