/** Small parts that all pages share. */
import { useEffect, useRef, type ReactNode } from 'react';

/** A page's heading takes the focus when it is shown, so that a screen reader says where one is. */
export function Heading({
  children,
  focus = true,
}: {
  readonly children: ReactNode;
  readonly focus?: boolean;
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, [focus]);
  return (
    <h2 ref={heading} tabIndex={-1}>
      {children}
    </h2>
  );
}

export function Notice({
  kind = 'plain',
  children,
  testId,
}: {
  readonly kind?: 'plain' | 'good' | 'warn' | 'wrong';
  readonly children: ReactNode;
  readonly testId?: string;
}): ReactNode {
  return (
    <div className={`notice ${kind}`} data-testid={testId}>
      {children}
    </div>
  );
}

/** What a field's control is given, so that its hint and its problem are said with it. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

export function Field({
  label,
  hint,
  problem,
  id,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly id: string;
  readonly children: (control: ControlProps) => ReactNode;
}): ReactNode {
  const wrong = problem !== undefined && problem !== null;
  const [hintId, problemId] = [`${id}-hint`, `${id}-problem`];
  const describedBy = hint === undefined ? problemId : `${hintId} ${problemId}`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
      {children({ id, 'aria-describedby': describedBy, 'aria-invalid': wrong })}
      <p id={problemId} role="alert" className="problem">
        {problem ?? ''}
      </p>
    </div>
  );
}

export function Save({
  name,
  type,
  bytes,
  onSaved,
  children,
}: {
  readonly name: string;
  readonly type: string;
  readonly bytes: () => BlobPart;
  /** The browser has been handed the file. */
  readonly onSaved?: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([bytes()], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The browser has begun to read it by then, however slow the disk.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    onSaved?.();
  };
  return (
    <button type="button" className="btn" onClick={save}>
      {children}
    </button>
  );
}
