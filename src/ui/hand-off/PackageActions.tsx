import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useNetwork } from '../api-context.tsx';
import { usePackageDetail } from '../use-package.ts';
import { HAND_OFF, TASKS } from './texts.ts';
import { tasksFor, type PackageTask } from './who.ts';
import '../styles/hand-off.css';

/** Above a package: what this member can do with it now. Nothing where there is nothing. */
export function PackageActions({ sscc }: { sscc: string }): ReactNode {
  const state = useNetwork();
  const detail = usePackageDetail(sscc);
  const [search] = useSearchParams();
  if (detail === 'reading' || detail === null || search.has('view')) return null;
  const { record } = detail;
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const tasks = tasksFor(record, self);
  if (tasks.length === 0) return null;
  const words: Readonly<Record<PackageTask, string>> = {
    'hand-over': record.label === null ? HAND_OFF.chooseCourier : TASKS.handOver(record.label.courierName),
    delivery: self?.role === 'courier' ? HAND_OFF.reportDelivery : TASKS.enterReport,
    lines:
      record.status === 'quarantined' ? TASKS.decide : self?.role === 'supplier' ? TASKS.recall : TASKS.hold,
  };
  return (
    <nav className="package-tasks no-print" aria-label={TASKS.nav}>
      {tasks.map((task, i) => (
        <Link
          key={task}
          className={i === 0 ? 'btn bench main' : 'btn bench'}
          href={`/packages/${sscc}/${task}`}
        >
          {words[task]}
        </Link>
      ))}
    </nav>
  );
}
