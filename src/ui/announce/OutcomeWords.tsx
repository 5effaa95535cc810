import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useNetwork } from '../api-context.tsx';
import { langOf } from '../errors.ts';
import { instanceOf } from '../instances.ts';
import { StatusBadge } from '../parts/StatusBadge.tsx';
import { OUTCOME } from './texts.ts';
import type { Announcements } from './use-announcements.ts';

/** What became of one announcement: its badge follows the vote. */
export function OutcomeWords({
  sscc,
  announcements,
}: {
  sscc: string;
  announcements: Announcements;
}): ReactNode {
  const state = useNetwork();
  const outcome = announcements.outcomes[sscc];
  if (outcome === undefined) return null;
  if (outcome.state === 'waiting') return <span className="muted">{OUTCOME.waiting}</span>;
  if (outcome.state === 'sending') return <span className="muted">{OUTCOME.sending}</span>;
  if (outcome.state === 'failed') {
    return (
      <p className="notice bad" role="alert" lang={langOf(outcome.message)}>
        {outcome.message}
      </p>
    );
  }
  const session = state.sessions.find((s) => s.id === outcome.sessionId);
  const instance = session === undefined ? null : instanceOf(state, session);
  return (
    <Link href={`/packages/${sscc}`}>
      <span className="hidden">{OUTCOME.package(sscc)}</span>
      {session === undefined ? (
        OUTCOME.sent
      ) : (
        <StatusBadge
          status={session.status}
          seal={instance?.seal ?? null}
          members={state.members}
          tally={instance === null ? null : { commits: instance.commits, needed: instance.needed }}
        />
      )}
    </Link>
  );
}
