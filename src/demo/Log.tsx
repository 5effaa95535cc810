/** "What just happened": votes of the recording and moves of the driven session, newest first. */
import type { ReactNode } from 'react';
import { translator } from '../ui/i18n/t.ts';
import type { Told } from './controller.ts';
import { MAX_LOG_LINES } from './limits.ts';
import type { LogLine, Segment } from './sentences.ts';

const t = translator('demo');

export interface LogProps {
  readonly lines: readonly LogLine[];
  readonly told: readonly Told[];
  /** A sentence for a vote that waits, shown above all else. */
  readonly waiting: string | null;
  readonly tabUrl: string;
}

interface Entry {
  readonly id: string;
  readonly at: number;
  readonly time: string;
  readonly tone: string;
  readonly text: readonly Segment[];
}

export function Log({ lines, told, waiting, tabUrl }: LogProps): ReactNode {
  const entries: Entry[] = [
    ...lines,
    ...told
      .filter((entry) => entry.tone !== 'waiting' && entry.tone !== 'good')
      .map((entry) => ({
        id: `told|${entry.at}|${entry.title}`,
        at: entry.at,
        time: t('log.step'),
        tone: entry.tone,
        text:
          entry.tone === 'bad' ? [{ strong: `${entry.title}.` }, ` ${entry.detail}`] : [`${entry.title}.`],
      })),
  ];
  // Stable: lines of one instant keep the order in which they were told.
  entries.sort((a, b) => b.at - a.at);
  return (
    <div className="log">
      <h2 id="demo-log">{t('log.title')}</h2>
      {/* The list scrolls on its own, so the keyboard must reach it (WCAG 2.1.1). */}
      <ol tabIndex={0} aria-labelledby="demo-log">
        {waiting && (
          <li className="now">
            <span className="time">{t('now')}</span>
            <p>{waiting}</p>
          </li>
        )}
        {entries.slice(0, MAX_LOG_LINES).map((entry) => (
          <li key={entry.id} className={entry.tone}>
            <span className="time">{entry.time}</span>
            <p>
              {entry.text.map((segment, i) => (
                <Piece key={i} segment={segment} />
              ))}
              {entry.id.startsWith('found|') && (
                <>
                  {' '}
                  <a href={`${tabUrl}/network`} target="_blank" rel="noopener">
                    {t('log.evidence')}
                  </a>
                </>
              )}
            </p>
          </li>
        ))}
        {entries.length === 0 && !waiting && (
          <li>
            <span className="time" />
            <p>{t('log.empty')}</p>
          </li>
        )}
      </ol>
    </div>
  );
}

function Piece({ segment }: { segment: Segment }): ReactNode {
  if (typeof segment === 'string') return segment;
  if ('strong' in segment) return <b>{segment.strong}</b>;
  return <span className="mono digest">{segment.digest}</span>;
}
