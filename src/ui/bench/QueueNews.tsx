/** What becomes of sessions that are not in front, said when it happens: a refusal behind the back of its operator would be a silent error. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { feedbackNews } from './feedback.ts';
import { isInspection } from './steps.ts';
import { NEWS } from './texts.ts';

interface Props {
  readonly sessions: readonly SessionView[];
  readonly inFront: string | null;
}

export function QueueNews({ sessions, inFront }: Props): ReactNode {
  const before = useRef<ReadonlyMap<string, SessionView['status']['state']>>(new Map());
  const [news, setNews] = useState('');
  useEffect(() => {
    const changed = sessions.filter(
      (s) => s.id !== inFront && isInspection(s) && before.current.get(s.id) === 'voting',
    );
    before.current = new Map(sessions.map((s) => [s.id, s.status.state]));
    const words = changed.map(newsOf).filter((text) => text !== null);
    if (words.length === 0) return;
    setNews(words.join(' '));
    if (changed.some((s) => s.status.state === 'conflict' || s.status.state === 'rejected')) feedbackNews();
  }, [sessions, inFront]);
  return (
    <p role="status" className="hidden" data-testid="queue-news">
      {news}
    </p>
  );
}

/** Null where nothing has ended. */
export function newsOf(session: SessionView): string | null {
  const sscc = shortSscc(ssccOfKey(session.key) ?? session.key);
  const { status } = session;
  if (status.state === 'committed') return NEWS.committed(sscc, status.version);
  if (status.state === 'conflict') return NEWS.conflict(sscc);
  return status.state === 'rejected' ? NEWS.rejected(sscc) : null;
}
