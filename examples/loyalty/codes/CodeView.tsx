/** A text as it is handed to another device: QR code, or several in turn, and the same as text to be copied. */
import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import qrcode from 'qrcode-generator';
import { FRAME_MS } from '../limits.ts';
import { T } from '../texts.ts';
import { Notice } from '../parts.tsx';
import { framesOf } from './frames.ts';
import { useShown } from './sight.ts';

export interface CodeViewProps {
  readonly text: string;
  /** What it is, for example "Your receipt": said to who cannot see the picture. */
  readonly label: string;
}

export function CodeView({ text, label }: CodeViewProps): ReactNode {
  const frames = useMemo(() => picturesOf(text), [text]);
  const [at, setAt] = useState(0);
  const [runs, setRuns] = useState(() => !matchMedia('(prefers-reduced-motion: reduce)').matches);
  const field = useId();
  const [copied, setCopied] = useState<boolean | null>(null);
  useShown(label, text);
  const several = frames.length > 1;
  useEffect(() => {
    if (!several || !runs) return;
    const timer = setInterval(() => setAt((now) => (now + 1) % frames.length), FRAME_MS);
    return () => clearInterval(timer);
  }, [several, runs, frames.length]);
  const shown = Math.min(at, frames.length - 1);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section className="code" aria-label={label} data-testid="code" data-frames={frames.length}>
      {frames.length === 0 ? (
        <Notice kind="warn">{T.code.tooLong}</Notice>
      ) : (
        <Qr
          text={frames[shown]!}
          label={several ? T.code.part(label, shown + 1, frames.length) : T.code.of(label)}
        />
      )}
      {several && (
        <div className="code-parts">
          <p className="muted" data-testid="code-part">
            {T.code.partOf(shown + 1, frames.length)}
          </p>
          <button type="button" className="btn" aria-pressed={!runs} onClick={() => setRuns(!runs)}>
            {T.code.hold}
          </button>
          <button
            type="button"
            className="btn"
            onClick={() => {
              setRuns(false);
              setAt((shown + 1) % frames.length);
            }}
          >
            {T.code.next}
          </button>
        </div>
      )}
      <details open={frames.length === 0 ? true : undefined}>
        <summary className="btn wide">{T.code.asText}</summary>
        <div className="field">
          <label htmlFor={field}>{label}</label>
          <textarea id={field} className="mono" readOnly value={text} rows={4} data-testid="code-text" />
        </div>
        <button type="button" className="btn wide" onClick={copy}>
          {T.code.copy}
        </button>
        <p role="status">{copied === null ? '' : copied ? T.code.copied : T.code.notCopied}</p>
      </details>
    </section>
  );
}

/** None where the text is too long for pictures: it can still be copied. */
function picturesOf(text: string): readonly string[] {
  try {
    return framesOf(text);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Quiet zone in modules, ISO/IEC 18004 section 6.3.8. */
const QUIET = 4;

/** One SVG path: no image URL, so that it passes a policy without `data:`. Black on white in the dark, too: scanners expect it. */
function Qr({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const { count, path } = useMemo(() => modules(text), [text]);
  const side = count + 2 * QUIET;
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function modules(text: string): { readonly count: number; readonly path: string } {
  // A screen is not torn or dirty: the lowest level of correction has the largest modules.
  const qr = qrcode(0, 'L');
  qr.addData(text, 'Byte');
  qr.make();
  const count = qr.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++)
      if (qr.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
  }
  return { count, path };
}
