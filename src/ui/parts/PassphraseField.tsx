/** A field for a passphrase. Whether it is shown is the form's to say, for all its fields: `ShowPassphrase`. */
import { useId, type ReactNode, type Ref } from 'react';
import { SHOW_PASSPHRASE } from './texts.ts';

export interface PassphraseFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** In words; null: nothing is wrong. */
  readonly problem: string | null;
  readonly shown: boolean;
  /** Whether password managers are to make one up or to fill one in. */
  readonly kind: 'new-password' | 'current-password';
  readonly field?: Ref<HTMLInputElement>;
}

export function PassphraseField(props: PassphraseFieldProps): ReactNode {
  const { label, hint, value, onChange, problem, shown, kind, field } = props;
  const id = useId();
  const said = [hint === undefined ? '' : `${id}-hint`, problem === null ? '' : `${id}-problem`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <input
        id={id}
        ref={field}
        type={shown ? 'text' : 'password'}
        value={value}
        autoComplete={kind}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        aria-invalid={problem === null ? undefined : true}
        aria-describedby={said || undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {problem !== null && (
        <span className="problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </div>
  );
}

/** A tick, whose state every screen reader tells; the fields keep their focus and their text. */
export function ShowPassphrase({
  shown,
  onChange,
}: {
  shown: boolean;
  onChange: (shown: boolean) => void;
}): ReactNode {
  return (
    <label className="tick">
      <input type="checkbox" checked={shown} onChange={(event) => onChange(event.currentTarget.checked)} />
      {SHOW_PASSPHRASE}
    </label>
  );
}
