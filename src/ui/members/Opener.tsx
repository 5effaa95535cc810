/** A button that opens a small form below itself, and gets the focus back when the form is closed without doing anything. */
import { useRef, useState, type ReactNode } from 'react';

export interface OpenerProps {
  readonly label: string;
  /** Said after the label to a screen reader: which of several. */
  readonly of?: string;
  readonly className?: string;
  readonly disabled?: boolean;
  /** Beside the button. */
  readonly more?: ReactNode;
  readonly children: (close: (refocus: boolean) => void) => ReactNode;
}

export function Opener({ label, of, className = 'btn', disabled, more, children }: OpenerProps): ReactNode {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (refocus: boolean): void => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  return (
    <div className="stack-tight">
      <div className="row">
        <button
          type="button"
          ref={button}
          className={className}
          aria-expanded={open}
          disabled={disabled}
          onClick={() => setOpen(!open)}
        >
          {label}
          {of !== undefined && <span className="hidden"> {of}</span>}
        </button>
        {more}
      </div>
      {open && disabled !== true && children(close)}
    </div>
  );
}
