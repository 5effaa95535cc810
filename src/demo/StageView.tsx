/** The stage: a pane in each corner, their links behind, the seal where the links cross, messages on their way. */
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { MemberIndex, SealState } from '../worker/api.ts';
import { SLOTS, within } from '../ui/parts/within.tsx';
import { Swatch } from '../ui/parts/words.tsx';
import { Seal, type SealMember } from '../ui/seal/Seal.tsx';
import { translator } from '../ui/i18n/t.ts';
import { along, labelAt, lineBetween, type Box, type LinkView } from './links.ts';
import type { Packet } from './picture.ts';

const t = translator('demo');

export interface StageViewProps {
  readonly links: readonly LinkView[];
  readonly packets: readonly Packet[];
  readonly names: readonly string[];
  readonly members: readonly SealMember[];
  readonly seal: SealState;
  readonly version: number | undefined;
  readonly time: string | undefined;
  /** What the seal is about, for example `Package …1112`. */
  readonly subject: string;
  readonly eye: MemberIndex;
  readonly onEye: (member: MemberIndex) => void;
  /** The four pane cards, in member order. */
  readonly children: readonly ReactNode[];
}

const ON_SMALL: readonly Box[] = [
  { left: 0, top: 0, width: 100, height: 32 },
  { left: 228, top: 0, width: 100, height: 32 },
  { left: 228, top: 204, width: 100, height: 32 },
  { left: 0, top: 204, width: 100, height: 32 },
];

export function StageView(props: StageViewProps): ReactNode {
  const { links, packets, names } = props;
  const ref = useRef<HTMLDivElement>(null);
  const size = useBoxes(ref, names.length);
  return (
    <div className="stage" ref={ref}>
      {size && (
        <svg className="links" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          {links.map((link) => {
            const line = lineBetween(link.a, link.b, size.boxes);
            const label = labelAt(link, line);
            return (
              <g key={`${link.a}-${link.b}`}>
                <line className={`link is-${link.health}`} {...line} />
                <g transform={`translate(${label.x} ${label.y})`}>
                  <rect className="plate" x="-36" y="-13" width="72" height="26" rx="13" />
                  <text className={link.health === 'cut' ? 'link-words is-cut' : 'link-words'} y="5">
                    {link.words}
                  </text>
                </g>
              </g>
            );
          })}
          {packets.map((packet) => {
            const { x, y } = along(lineBetween(packet.from, packet.to, size.boxes), packet.progress);
            return <PacketShape key={packet.id} packet={packet} x={x} y={y} />;
          })}
        </svg>
      )}
      <figure className="centre">
        <svg className="links-small" viewBox="0 0 328 236" aria-hidden="true">
          {links.map((link) => (
            <line
              key={`${link.a}-${link.b}`}
              className={`link is-${link.health}`}
              {...middles(link.a, link.b)}
            />
          ))}
          {packets.map((packet) => {
            const { x, y } = along(middles(packet.from, packet.to), packet.progress);
            return <PacketShape key={packet.id} packet={packet} x={x} y={y} />;
          })}
        </svg>
        {names.map((name, i) => (
          <span key={name} className={`node node-${i}`} aria-hidden="true">
            <Swatch index={i} />
            {name}
          </span>
        ))}
        <Seal
          seal={props.seal}
          members={props.members}
          size={160}
          version={props.version}
          time={props.time}
          live
          className="big-seal"
        />
        <figcaption>
          <label>
            {within(
              t('stage.seen', { subject: props.subject, who: SLOTS[0] }),
              <select
                value={props.eye}
                onChange={(event) => props.onEye(Number(event.target.value) as MemberIndex)}
              >
                {names.map((name, i) => (
                  <option key={name} value={i}>
                    {name}
                  </option>
                ))}
              </select>,
            )}
          </label>
        </figcaption>
      </figure>
      {props.children}
    </div>
  );
}

function PacketShape({ packet, x, y }: { packet: Packet; x: number; y: number }): ReactNode {
  const ink = `m${(packet.from % 8) + 1}`;
  return (
    <rect
      className={packet.hollow ? `packet hollow ${ink}` : `packet ${ink}`}
      x={x - 7}
      y={y - 7}
      width="14"
      height="14"
      rx="2"
    />
  );
}

function middles(a: number, b: number): { x1: number; y1: number; x2: number; y2: number } {
  const from = ON_SMALL[a]!;
  const to = ON_SMALL[b]!;
  return {
    x1: from.left + from.width / 2,
    y1: from.top + from.height / 2,
    x2: to.left + to.width / 2,
    y2: to.top + to.height / 2,
  };
}

interface Measured {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
}

/** Positions of the pane cards within the stage, measured again whenever it or one of them changes size. */
function useBoxes(ref: React.RefObject<HTMLElement | null>, count: number): Measured | null {
  const [size, setSize] = useState<Measured | null>(null);
  useLayoutEffect(() => {
    const stage = ref.current;
    if (!stage) return;
    const panes = [...stage.querySelectorAll<HTMLElement>('.demo-pane')];
    const measure = (): void => {
      const boxes = panes.map((pane) => ({
        left: pane.offsetLeft,
        top: pane.offsetTop,
        width: pane.offsetWidth,
        height: pane.offsetHeight,
      }));
      setSize(
        boxes.length === count ? { width: stage.clientWidth, height: stage.clientHeight, boxes } : null,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(stage);
    for (const pane of panes) observer.observe(pane);
    return () => observer.disconnect();
  }, [ref, count]);
  return size;
}
