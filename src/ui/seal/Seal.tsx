/** The product's one picture: who signed (outer ring), whether it is enough (inner bond), and the same in words (centre). */
import type { ReactNode } from 'react';
import type { SealState } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import {
  arcPath,
  bondShare,
  fixed,
  placeOf,
  pointAt,
  sealMetrics,
  shareArc,
  type SealMetrics,
  type SealSize,
} from './seal-geometry.ts';
import { gaugeStrokes, memberInk, placeStrokes, type Stroke } from './seal-inks.ts';
import { sealNames, sealSentence, tallySentence, type SealAct } from './seal-sentence.ts';

const t = translator('seal');

/** What the seal needs of a member; `MemberView` fits. In member order. A seal of an earlier epoch has its own. */
export interface SealMember {
  readonly name: string;
  readonly initials: string;
}

export interface SealProps {
  readonly seal: SealState;
  readonly members: readonly SealMember[];
  readonly size: SealSize;
  /** Drawn size in CSS pixels, when it differs from the drawing's own. */
  readonly drawnSize?: number;
  readonly version?: number;
  /** Second line of a closed seal's centre at 160, for example the claimed time. */
  readonly time?: string;
  /** A copy beside the same words: hidden from screen readers. */
  readonly decorative?: boolean;
  /** New ink fades in; the ring closes with a stamp. Only for votes that happen now. */
  readonly live?: boolean;
  /** What the members do one by one, where it is no vote; a `commit` mark then stands for having done it. */
  readonly act?: SealAct;
  readonly className?: string;
}

export function Seal(props: SealProps): ReactNode {
  const { seal, size, version } = props;
  const members = sealNames<SealMember>(seal, props.members);
  const m = sealMetrics(size, seal.n);
  const commits = seal.marks.filter((mark) => mark === 'commit').length;
  const signed = commits + seal.marks.filter((mark) => mark === 'pre').length;
  const names = members.map((member) => member.name);
  const sentence = props.decorative
    ? null
    : props.act
      ? tallySentence(props.act, seal, names)
      : sealSentence(seal, names, version);
  const classes = ['seal', `seal-${size}`, `is-${seal.outcome}`];
  if (m.detail !== 'who') classes.push('one-ink');
  if (props.live) classes.push('seal-live');
  if (props.className) classes.push(props.className);
  const drawn = props.drawnSize ?? size;
  return (
    <svg
      className={classes.join(' ')}
      viewBox={`0 0 ${size} ${size}`}
      width={drawn}
      height={drawn}
      {...(sentence === null ? { 'aria-hidden': true } : { role: 'img', 'aria-label': sentence })}
    >
      {m.detail === 'gauge' ? (
        <g className="place">{strokes(gaugeStrokes(m, seal.marks, seal.evidence))}</g>
      ) : (
        seal.marks.map((_, i) => <Place key={i} index={i} m={m} seal={seal} members={members} />)
      )}
      <Bond m={m} seal={seal} commits={commits} signed={signed} />
      <Centre
        m={m}
        seal={seal}
        commits={commits}
        signed={signed}
        version={version}
        time={props.time}
        act={props.act}
      />
    </svg>
  );
}

interface PlaceProps {
  readonly index: number;
  readonly m: SealMetrics;
  readonly seal: SealState;
  readonly members: readonly SealMember[];
}

function Place({ index, m, seal, members }: PlaceProps): ReactNode {
  const arc = placeOf(index, seal.n, m);
  const { colour, ink } = memberInk(index);
  const lied = seal.evidence[index] === true;
  const mark = seal.marks[index]!;
  const initials = members[index]?.initials;
  // Initials need some 20 px of arc each, or they run into one another.
  const room = m.initials !== null && m.detail === 'who' && (2 * Math.PI * m.initials) / seal.n > 20;
  return (
    <g
      className={m.detail === 'who' ? `place m${colour}` : 'place'}
      data-mark={mark}
      data-evidence={lied || undefined}
    >
      {strokes(placeStrokes(m, arc, mark, lied, ink))}
      {room && initials !== undefined && (
        <Initials m={m} angle={(arc.from + arc.to) / 2} text={initials} lied={lied} />
      )}
    </g>
  );
}

function Initials({
  m,
  angle,
  text,
  lied,
}: {
  m: SealMetrics;
  angle: number;
  text: string;
  lied: boolean;
}): ReactNode {
  const { x, y } = pointAt(m, m.initials ?? 0, angle);
  const side = Math.cos(angle) > 0.3 ? 'start' : Math.cos(angle) < -0.3 ? 'end' : 'middle';
  return (
    <text
      className={lied ? 'initials initials-lied' : 'initials'}
      // The side of the ring that a text grows to is the drawing's, whichever way the page reads.
      direction="ltr"
      textAnchor={side}
      x={fixed(x)}
      y={fixed(y + 4 + 4 * Math.sin(angle))}
    >
      {lied ? `${text} ≠` : text}
    </text>
  );
}

interface TallyProps {
  readonly m: SealMetrics;
  readonly seal: SealState;
  readonly commits: number;
  readonly signed: number;
}

function Bond({ m, seal, commits, signed }: TallyProps): ReactNode {
  if (m.bond === null) return null;
  const { centre, bond, bondWidth } = m;
  if (seal.outcome === 'closed') {
    return <circle className="bond-closed" cx={centre} cy={centre} r={bond} strokeWidth={bondWidth} />;
  }
  if (seal.outcome === 'conflict') {
    // Two halves that do not meet.
    const shift = m.size > 48 ? 3 : 1.4;
    return (
      <g className="bond-conflict" strokeWidth={bondWidth}>
        <path
          transform={`translate(${-shift} ${shift * 0.6})`}
          d={arcPath(m, bond, { from: Math.PI * 0.54, to: Math.PI * 1.46 })}
        />
        <path
          transform={`translate(${shift} ${-shift * 0.6})`}
          d={arcPath(m, bond, { from: -Math.PI * 0.46, to: Math.PI * 0.46 })}
        />
      </g>
    );
  }
  if (seal.outcome !== 'voting') return null;
  return (
    <g className="bond">
      {signed > 0 && <path strokeWidth={1} d={arcPath(m, bond, shareArc(bondShare(signed, seal.q)))} />}
      {commits > 0 && (
        <path strokeWidth={bondWidth} d={arcPath(m, bond, shareArc(bondShare(commits, seal.q)))} />
      )}
    </g>
  );
}

interface CentreProps extends TallyProps {
  readonly version: number | undefined;
  readonly time: string | undefined;
  readonly act: SealAct | undefined;
}

function Centre({ m, seal, commits, signed, version, time, act }: CentreProps): ReactNode {
  const big = m.size === 160;
  const c = m.centre;
  const unit = m.size === 160 ? 10 : m.size === 48 ? 5.4 : 2.6;
  const weight = m.size === 160 ? 4 : m.size === 48 ? 2.6 : 1.9;
  const sign = (kind: 'good' | 'bad' | 'conflict', lift: number): ReactNode => (
    <path
      className={`sign sign-${kind}`}
      strokeWidth={weight}
      d={signPath(kind, unit)}
      transform={`translate(${c} ${c - lift})`}
    />
  );
  const words = (text: string, cls: string, drop: number): ReactNode => (
    <text className={cls} x={c} y={fixed(c + drop)}>
      {text}
    </text>
  );
  switch (seal.outcome) {
    case 'closed':
      return (
        <>
          {sign('good', big ? 15 : 0)}
          {big && act !== undefined && words(t('centre.act', { act }), 'words-small', 13)}
          {big && version !== undefined && words(t('centre.version', { version }), 'words', 11)}
          {big && time !== undefined && words(time, 'words-small', 25)}
        </>
      );
    case 'conflict':
      return (
        <>
          {sign('conflict', big ? 8 : 0)}
          {big && words(t('centre.conflict'), 'words-small', 18)}
        </>
      );
    case 'rejected':
      return (
        <>
          {sign('bad', big ? 8 : 0)}
          {big && words(t('centre.rejected'), 'words-small', 18)}
        </>
      );
    default: {
      // More than a quorum may pre-commit: "4 of 3" says nothing.
      const count = Math.min(commits > 0 ? commits : signed, seal.q);
      if (m.size === 20) return null;
      if (!big) return words(String(count), count > 99 ? 'number-long' : 'number', 5.4);
      return (
        <>
          {words(t('centre.count', { count, q: seal.q }), seal.q > 9 ? 'words words-long' : 'words', 2)}
          {words(
            act !== undefined
              ? t('centre.act', { act })
              : t(commits > 0 ? 'centre.commit' : signed > 0 ? 'centre.preCommit' : 'centre.waiting'),
            'words-small',
            17,
          )}
        </>
      );
    }
  }
}

function signPath(kind: 'good' | 'bad' | 'conflict', u: number): string {
  const p = (x: number, y: number): string => `${fixed(x * u)} ${fixed(y * u)}`;
  if (kind === 'good') return `M${p(-1, 0.05)}L${p(-0.3, 0.75)}L${p(1, -0.7)}`;
  if (kind === 'bad') return `M${p(-0.7, -0.7)}L${p(0.7, 0.7)}M${p(0.7, -0.7)}L${p(-0.7, 0.7)}`;
  return `M${p(-0.9, -0.35)}L${p(0.9, -0.35)}M${p(-0.9, 0.35)}L${p(0.9, 0.35)}M${p(0.5, -1)}L${p(-0.5, 1)}`;
}

function strokes(list: readonly Stroke[]): ReactNode {
  return list.map((stroke, i) => (
    <path
      key={i}
      className={stroke.ink}
      d={stroke.d}
      strokeWidth={stroke.width}
      strokeDasharray={stroke.dash}
      strokeDashoffset={stroke.dashOffset}
    />
  ));
}
