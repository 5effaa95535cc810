import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { PackageRecord, SessionView } from '../../worker/api.ts';
import { formatNumber, formatTime, shortSscc } from '../format.ts';
import { nothingAccepted, STEPS, type Step } from './steps.ts';
import { BENCH, RAIL, SEND, SUPPLIER } from './texts.ts';

export interface StepRailProps {
  readonly step: Step;
  readonly session: SessionView | null;
  readonly record: PackageRecord | null;
  /** The session is committed: no step waits any more. */
  readonly finished: boolean;
}

/** A bar of six marks on a phone, a list with what each step gave on a tablet. */
export function StepRail({ step, session, record, finished }: StepRailProps): ReactNode {
  const here = STEPS.indexOf(step);
  return (
    <nav className="rail" aria-label={BENCH.rail} data-testid="step-rail">
      <div className="rail-head">
        <p className="rail-word">
          {BENCH.step(here + 1, STEPS.length)} <b>{BENCH.steps[step]}</b>
        </p>
        <Link href="/packages">{BENCH.menu}</Link>
      </div>
      <ol>
        {STEPS.map((each, i) => {
          const done = finished || i < here || (each === 'start' && session !== null);
          const current = !finished && each === step;
          const said = done ? saidBy(each, session, record) : null;
          return (
            <li
              key={each}
              className={current ? 'here' : done ? 'done' : 'todo'}
              aria-current={current ? 'step' : undefined}
            >
              <span className="rail-number" aria-hidden="true">
                {done && !current ? (
                  <svg viewBox="0 0 20 20" width="20" height="20">
                    <path d="M4 10.5l4 4L16 6" />
                  </svg>
                ) : (
                  formatNumber(i + 1)
                )}
              </span>
              <span className="rail-text">
                {BENCH.steps[each]}
                <span className="hidden">{done && !current ? BENCH.stepDone : ''}</span>
                {said !== null && <small>{said}</small>}
              </span>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function saidBy(step: Step, session: SessionView | null, record: PackageRecord | null): string | null {
  switch (step) {
    case 'start':
      return session === null ? null : RAIL.startedBy(session.operator, formatTime(session.startedAt));
    case 'scan':
      return record === null ? null : RAIL.scanned(shortSscc(record.sscc));
    case 'supplier':
      return record?.supplierCheck ? SUPPLIER.valid(record.supplierCheck.supplier) : null;
    case 'quality': {
      if (!record?.inspection) return null;
      const count = (verdict: string): number =>
        record.inspection!.lines.filter((l) => l.verdict === verdict).length;
      return SEND.counts(count('accept'), count('quarantine'), count('reject'));
    }
    case 'label':
      return (
        record?.label?.courierName ??
        (session !== null && nothingAccepted(session) ? RAIL.nothingAccepted : null)
      );
    case 'send':
      return null;
  }
}
