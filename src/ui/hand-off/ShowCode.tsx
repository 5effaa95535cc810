import { useId, type ReactNode } from 'react';
import { Qr } from '../parts/Qr.tsx';
import { useCopy } from '../parts/use-copy.ts';
import { HAND_OFF } from './texts.ts';

/** A text for another device: as large a QR code as the screen has room for, and the text itself for whoever cannot scan. */
export function ShowCode({
  text,
  label,
  testId,
}: {
  text: string;
  label: string;
  testId: string;
}): ReactNode {
  const field = useId();
  const { said, copy } = useCopy(text);
  return (
    <div className="show-code" data-testid={testId}>
      <Qr text={text} label={label} size={360} />
      <details>
        <summary>{HAND_OFF.asText}</summary>
        <div className="stack-tight">
          <label className="hidden" htmlFor={field}>
            {HAND_OFF.asTextLabel(label)}
          </label>
          <textarea
            id={field}
            className="mono input"
            dir="ltr"
            readOnly
            rows={5}
            value={text}
            onFocus={(event) => event.currentTarget.select()}
          />
          <div className="row">
            <button type="button" className="btn" onClick={() => void copy()}>
              {HAND_OFF.copy}
            </button>
            <span role="status" className="muted">
              {said}
            </span>
          </div>
        </div>
      </details>
    </div>
  );
}
