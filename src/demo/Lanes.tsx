/** The time plot: one lane per member, a mark per vote, the moment of the quorum. */
import type { ReactNode } from 'react';
import { SLOTS, within } from '../ui/parts/within.tsx';
import { Sscc, Swatch } from '../ui/parts/words.tsx';
import { ssccOfKey } from '../ui/format.ts';
import { listOf } from '../ui/i18n/lists.ts';
import { translator } from '../ui/i18n/t.ts';
import { duration, makeAxis } from './axis.ts';
import type { Cast, Mark, Picture } from './picture.ts';
import { endOf, startOf, type Recording } from './recording.ts';
import { MarkShape } from './shapes.tsx';

const t = translator('demo');

const FIRST_LANE = 26;
const LANE = 34;

export interface LanesProps {
  readonly recording: Recording;
  readonly picture: Picture;
  readonly position: number;
  readonly cast: Cast;
}

export function Lanes({ recording, picture, position, cast }: LanesProps): ReactNode {
  const start = startOf(recording);
  const axis = makeAxis(
    recording.events.map((event) => event.at),
    Math.min(position, endOf(recording) + 60_000),
  );
  const bottom = FIRST_LANE + LANE * (cast.n - 1) + 18;
  const at = (time: number): string => `${(axis.x(time) * 100).toFixed(2)}%`;
  const quorum = picture.decidedAt;
  const sscc = ssccOfKey(recording.key);
  const values = { sscc: SLOTS[0], version: recording.version, round: picture.round };
  const near = (x: number): boolean => Math.abs(axis.x(quorum ?? position) - x) < 0.14;
  return (
    <div className="plot">
      <h2>{within(t('plot.title', values), sscc ? <Sscc value={sscc} /> : recording.key)}</h2>
      <div className="plot-grid">
        <ol className="who" aria-hidden="true">
          {cast.names.map((name, i) => (
            <li key={name}>
              <Swatch index={i} />
              {name}
            </li>
          ))}
        </ol>
        <svg
          className="lanes"
          role="img"
          aria-label={inWords(picture, start, position, cast)}
          height={bottom + 26}
        >
          {axis.ticks.map((tick) => (
            <svg key={tick.label} x={`${tick.x * 100}%`} overflow="visible">
              <path className="tick-line" d={`M0 6V${bottom}`} />
              {!near(tick.x) && (
                <text className="tick-text" y={bottom + 20}>
                  {tick.label}
                </text>
              )}
            </svg>
          ))}
          {cast.names.map((name, i) => (
            <line
              key={name}
              className="lane"
              x1="0"
              x2="100%"
              y1={FIRST_LANE + LANE * i}
              y2={FIRST_LANE + LANE * i}
            />
          ))}
          {axis.breaks.map((gap, i) => (
            <svg key={i} x={`${gap.x * 100}%`} overflow="visible">
              <rect className="break" x="-4" y="6" width="8" height={bottom - 6} />
              {!near(gap.x) && (
                <text className="tick-text" y={bottom + 20}>
                  {gap.label}
                </text>
              )}
            </svg>
          ))}
          <svg x={at(quorum ?? position)} overflow="visible">
            <path className={quorum === null ? 'now-line' : 'quorum-line'} d={`M0 2V${bottom}`} />
            <text
              className={quorum === null ? 'now-text' : 'now-text is-quorum'}
              y={bottom + 20}
              textAnchor={anchor(axis.x(quorum ?? position))}
            >
              {quorum === null ? t('now') : t('plot.quorum', { time: duration(quorum - start) })}
            </text>
          </svg>
          {picture.marks.map((mark) => (
            <svg key={mark.id} x={at(mark.at)} y={FIRST_LANE + LANE * mark.member} overflow="visible">
              <MarkShape shape={mark.shape} member={mark.member} />
            </svg>
          ))}
        </svg>
      </div>
      <Key />
    </div>
  );
}

function Key(): ReactNode {
  const entries: readonly (readonly [Mark['shape'], string])[] = [
    ['proposed', t('plot.proposed')],
    ['pre-commit', t('plot.preCommit')],
    ['commit', t('plot.commit')],
    ['double', t('plot.double')],
  ];
  return (
    <p className="key quiet">
      {entries.map(([shape, words]) => (
        <span key={shape}>
          <svg width="20" height="26" viewBox="-10 -13 20 26" aria-hidden="true">
            <MarkShape shape={shape} />
          </svg>
          {words}
        </span>
      ))}
    </p>
  );
}

function anchor(x: number): 'start' | 'middle' | 'end' {
  return x < 0.08 ? 'start' : x > 0.9 ? 'end' : 'middle';
}

function inWords(picture: Picture, start: number, position: number, cast: Cast): string {
  const names = (shape: Mark['shape']): string =>
    listOf([
      ...new Set(
        picture.marks.filter((mark) => mark.shape === shape).map((mark) => cast.names[mark.member] ?? '?'),
      ),
    ]);
  const parts: string[] = [];
  const say = (shape: Mark['shape'], did: (who: string) => string): void => {
    const who = names(shape);
    if (who) parts.push(did(who));
  };
  say('proposed', (who) => t('plot.whoProposed', { who }));
  say('pre-commit', (who) => t('plot.whoPreCommitted', { who }));
  say('double', (who) => t('plot.whoDouble', { who }));
  say('commit', (who) => t('plot.whoCommitted', { who }));
  const span = duration(Math.max(0, (picture.decidedAt ?? position) - start));
  const votes = parts.join(t('plot.comma')) || t('plot.noVotes');
  return picture.decidedAt === null
    ? t('plot.inWords', { span, votes })
    : t('plot.inWordsQuorum', { span, votes, time: duration(picture.decidedAt - start) });
}
