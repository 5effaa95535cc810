/** A QR code as one SVG path: no image URL, so that it passes a policy without `data:`. */
import { useMemo, type ReactNode } from 'react';
import qrcode from 'qrcode-generator';
import { CODES } from './texts.ts';

/** Quiet zone in modules, ISO/IEC 18004 section 6.3.8. */
const QUIET = 4;

export function Qr({ text, label, size = 240 }: { text: string; label: string; size?: number }): ReactNode {
  const code = useMemo(() => modules(text), [text]);
  if (code === null) return <p className="muted">{CODES.qrTooLong}</p>;
  const side = code.count + 2 * QUIET;
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      width={size}
      height={size}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={code.path} fill="#000" />
    </svg>
  );
}

function modules(text: string): { count: number; path: string } | null {
  try {
    const qr = qrcode(0, 'M');
    // ISO/IEC 18004 table 5: 5.5 bits a character where the alphabet allows, and a code that is easier to read off a screen.
    qr.addData(text, /^[0-9A-Z $%*+\-./:]*$/.test(text) ? 'Alphanumeric' : 'Byte');
    qr.make();
    const count = qr.getModuleCount();
    let path = '';
    for (let row = 0; row < count; row++) {
      for (let col = 0; col < count; col++)
        if (qr.isDark(row, col)) path += `M${col + QUIET} ${row + QUIET}h1v1h-1z`;
    }
    return { count, path };
  } catch {
    // The library throws when the text exceeds version 40.
    return null;
  }
}
