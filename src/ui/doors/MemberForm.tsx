/** Who am I: the form from which a member's key is made. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import type { Role } from '../../worker/api.ts';
import { MEMBER } from './form-texts.ts';
import { cleanGln, glnProblem } from './gln.ts';
import { suggestedId, suggestedName } from './words.ts';

export interface MemberInput {
  readonly id: string;
  readonly name: string;
  readonly organisation: string;
  readonly role: Role;
  readonly gln: string;
}

const ROLES: readonly Role[] = ['supplier', 'warehouse', 'courier'];

export function MemberForm({
  action,
  busy,
  busyWords = MEMBER.making,
  start,
  idHint = MEMBER.idHint,
  onSubmit,
}: {
  action: string;
  busy: boolean;
  busyWords?: string;
  /** What is known of the member already. */
  start?: Partial<MemberInput> | undefined;
  idHint?: string | undefined;
  onSubmit: (input: MemberInput) => void;
}): ReactNode {
  const [organisation, setOrganisation] = useState(start?.organisation ?? '');
  const [name, setName] = useState<string | null>(start?.name ?? null);
  const [id, setId] = useState<string | null>(start?.id ?? null);
  const [role, setRole] = useState<Role>(start?.role ?? 'warehouse');
  const [gln, setGln] = useState(start?.gln ?? '');
  const [tried, setTried] = useState(false);
  const shortName = name ?? suggestedName(organisation);
  const shortId = id ?? suggestedId(shortName);
  const problems = {
    organisation: organisation.trim() === '' ? MEMBER.noOrganisation : null,
    name: shortName.trim() === '' ? MEMBER.noName : null,
    id: /^[a-z0-9-]{1,24}$/.test(shortId) ? null : MEMBER.badId,
    gln: glnProblem(gln),
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some((problem) => problem !== null)) return;
    onSubmit({
      id: shortId,
      name: shortName.trim(),
      organisation: organisation.trim(),
      role,
      gln: cleanGln(gln),
    });
  };
  return (
    <form className="stack" noValidate onSubmit={submit}>
      <TextField
        label={MEMBER.organisation}
        value={organisation}
        onChange={setOrganisation}
        problem={tried ? problems.organisation : null}
        autoComplete="organization"
      />
      <div className="two">
        <TextField
          label={MEMBER.name}
          hint={MEMBER.nameHint}
          value={shortName}
          onChange={setName}
          problem={tried ? problems.name : null}
        />
        <TextField
          label={MEMBER.id}
          dir="ltr"
          hint={idHint}
          value={shortId}
          onChange={setId}
          problem={tried ? problems.id : null}
        />
      </div>
      <fieldset className="field">
        <legend className="label strong">{MEMBER.role}</legend>
        {ROLES.map((each) => (
          <label key={each} className="tick">
            <input
              type="radio"
              name="role"
              value={each}
              checked={role === each}
              onChange={() => setRole(each)}
            />
            {MEMBER.roles[each]}
          </label>
        ))}
      </fieldset>
      <TextField
        label={MEMBER.gln}
        hint={MEMBER.glnHint}
        dir="ltr"
        value={gln}
        onChange={setGln}
        problem={tried || cleanGln(gln).length >= 12 ? problems.gln : null}
        inputMode="numeric"
      />
      <div className="row">
        <button type="submit" className="btn main" disabled={busy}>
          {busy ? busyWords : action}
        </button>
      </div>
    </form>
  );
}

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly inputMode?: 'numeric' | 'text';
  readonly type?: 'text' | 'date';
  /** Of what is written from left to right in every language. */
  readonly dir?: 'ltr';
  readonly autoComplete?: string;
}

export function TextField(props: TextFieldProps): ReactNode {
  const id = useId();
  const said = [props.hint ? `${id}-hint` : '', props.problem ? `${id}-problem` : '']
    .filter(Boolean)
    .join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.hint && (
        <span className="hint" id={`${id}-hint`}>
          {props.hint}
        </span>
      )}
      <input
        id={id}
        type={props.type ?? 'text'}
        dir={props.dir}
        value={props.value}
        inputMode={props.inputMode}
        autoComplete={props.autoComplete ?? 'off'}
        spellCheck={false}
        aria-invalid={props.problem ? true : undefined}
        aria-describedby={said || undefined}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {props.problem && (
        <span className="problem" id={`${id}-problem`}>
          {props.problem}
        </span>
      )}
    </div>
  );
}
