/** Sessions that were closed because nobody touched them: told once, until the operator has read it. */
import { useState, type ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { formatDayAndTime, shortSscc, ssccOfKey } from '../format.ts';
import { readSeen, writeSeen } from './seen.ts';
import { ENDED } from './session-texts.ts';
import { isInspection } from './steps.ts';

export function Expired({ sessions }: { sessions: readonly SessionView[] }): ReactNode {
  const [seen, setSeen] = useState(readSeen);
  const expired = sessions.filter(
    (s) =>
      isInspection(s) && s.status.state === 'abandoned' && s.status.why === 'expired' && !seen.includes(s.id),
  );
  if (expired.length === 0) return null;
  return (
    <section aria-labelledby="expired-heading" data-testid="expired">
      <h2 id="expired-heading">{ENDED.expiredTitle}</h2>
      <p className="expired-text">{ENDED.expired}</p>
      <ul className="expired-list">
        {expired.map((session) => (
          <li key={session.id}>
            <b>
              <bdi>{shortSscc(ssccOfKey(session.key) ?? session.key)}</bdi>
            </b>{' '}
            <small>{ENDED.begun(formatDayAndTime(session.startedAt))}</small>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="btn bench wide"
        onClick={() => setSeen(writeSeen(expired.map((session) => session.id)))}
      >
        {ENDED.understood}
      </button>
    </section>
  );
}
