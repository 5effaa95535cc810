import { useId, type ReactNode } from 'react';
import { Field } from '../parts.tsx';
import { T } from '../texts.ts';

/** How many points: typed, or by buttons that add. */
export function AmountField({
  label,
  value,
  problem,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const field = useId();
  const add = (more: number): void => onChange(String((/^\d{1,9}$/.test(value) ? Number(value) : 0) + more));
  return (
    <div className="stack-tight">
      <Field id={field} label={label} problem={problem}>
        {(control) => (
          <input
            {...control}
            className="amount"
            inputMode="numeric"
            autoComplete="off"
            maxLength={9}
            value={value}
            onChange={({ currentTarget }) => onChange(currentTarget.value)}
          />
        )}
      </Field>
      <div className="row adders">
        {ADD.map((more) => (
          <button key={more} type="button" className="btn" onClick={() => add(more)}>
            {T.amount.add(more)}
          </button>
        ))}
      </div>
    </div>
  );
}

const ADD = [1, 5, 10] as const;
