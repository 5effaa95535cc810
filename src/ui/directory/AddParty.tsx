import { useId, useState, type ReactNode } from 'react';
import type { MemberView, PartyEntry } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { cleanGln, glnProblem } from '../doors/gln.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { useAction } from '../parts/use-action.ts';
import { DIRECTORY_PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import { entryKey, NewKeyFields, newKeyState, NO_ANSWER, provenKey } from './KeyForms.tsx';
import { DIRECTORY } from './texts.ts';

interface Props {
  readonly self: MemberView | null;
  readonly members: readonly MemberView[];
  readonly entries: readonly PartyEntry[];
}

/** A new entry: a member's own, or a warehouse's for whoever is no member. */
export function AddParty({ self, members, entries }: Props): ReactNode {
  const warehouse = self?.role === 'warehouse';
  const ownKind = self === null || warehouse ? null : self.role === 'courier' ? 'courier' : 'supplier';
  const done = ownKind !== null && entries.some((entry) => entry.kind === ownKind && entry.gln === self?.gln);
  return (
    <section className="sheet" aria-labelledby="add-heading">
      <h2 id="add-heading">{DIRECTORY.add}</h2>
      <div className="stack">
        <p className="muted">{DIRECTORY.addText}</p>
        {self === null ? (
          <p className="notice">{DIRECTORY.addNobody}</p>
        ) : done ? (
          <p className="notice">{DIRECTORY.addDone(self.organisation)}</p>
        ) : (
          <AddForm self={self} members={members} ownKind={ownKind} />
        )}
      </div>
    </section>
  );
}

interface FormProps {
  readonly self: MemberView;
  readonly members: readonly MemberView[];
  /** Null: a warehouse, which enters others. */
  readonly ownKind: PartyEntry['kind'] | null;
}

function AddForm({ self, members, ownKind }: FormProps): ReactNode {
  const api = useApi();
  const action = useAction();
  const name = useId();
  const [kind, setKind] = useState<PartyEntry['kind']>(ownKind ?? 'courier');
  const [form, setForm] = useState({
    id: '',
    gln: ownKind === null ? '' : self.gln,
    name: ownKind === null ? '' : self.organisation,
  });
  const canOwn = ownKind === 'supplier';
  const [key, setKey] = useState(() => newKeyState(canOwn));
  const gln = cleanGln(form.gln);
  const id = kind === 'supplier' ? gln : form.id.trim();

  const enter = async (): Promise<void> => {
    const wrong = problemOf({ ...form, gln }, kind, id, ownKind === null ? members : []);
    if (wrong !== null) return action.fail({ type: 'form', message: wrong });
    const proven = await provenKey(key, kind, id, api);
    if (!proven.ok) return action.fail(proven.error);
    await action.run(DIRECTORY.adding, () =>
      api.runAlone(
        entryKey(kind, id),
        post(DIRECTORY_PATHS.add, {
          name: form.name.trim(),
          ...(kind === 'courier' ? { gln } : {}),
          key: proven.value,
          at: claimedNow(),
        }),
        localSettings().operator,
      ),
    );
  };
  const field = (label: string, part: 'id' | 'gln' | 'name', numeric = false): ReactNode => (
    <div className="field">
      <label htmlFor={`${name}-${part}`}>{label}</label>
      <input
        id={`${name}-${part}`}
        value={form[part]}
        inputMode={numeric ? 'numeric' : 'text'}
        autoComplete="off"
        spellCheck={false}
        readOnly={part === 'gln' && ownKind !== null}
        onChange={(event) => {
          setForm({ ...form, [part]: event.currentTarget.value });
          // A proof is for one entry.
          if (part !== 'name') setKey({ ...key, bytes: null });
        }}
      />
    </div>
  );
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void enter().catch(() => action.fail(NO_ANSWER));
      }}
    >
      {ownKind === null && (
        <div className="field">
          <label htmlFor={`${name}-kind`}>{DIRECTORY.kind}</label>
          <select
            id={`${name}-kind`}
            value={kind}
            onChange={(event) => {
              setKind(event.currentTarget.value as PartyEntry['kind']);
              setKey({ ...key, bytes: null });
            }}
          >
            <option value="courier">{DIRECTORY.kinds.courier}</option>
            <option value="supplier">{DIRECTORY.kinds.supplier}</option>
          </select>
        </div>
      )}
      {field(DIRECTORY.name, 'name')}
      {kind === 'courier' && field(DIRECTORY.id, 'id')}
      {field(DIRECTORY.gln, 'gln', true)}
      <NewKeyFields state={key} onState={setKey} kind={kind} id={id} canOwn={canOwn} />
      <button type="submit" className="btn main" disabled={action.busy !== null}>
        {DIRECTORY.enter}
      </button>
      <ActionOutcome action={action} done={DIRECTORY.entered} />
    </form>
  );
}

function problemOf(
  form: { readonly gln: string; readonly name: string },
  kind: PartyEntry['kind'],
  id: string,
  members: readonly MemberView[],
): string | null {
  if (form.name.trim() === '') return DIRECTORY.nameProblem;
  if (kind === 'courier' && !/^[a-z0-9-]{1,24}$/.test(id)) return DIRECTORY.idProblem;
  const wrong = glnProblem(form.gln);
  if (wrong !== null) return wrong;
  const member = members.find((one) => one.gln === form.gln);
  return member === undefined ? null : DIRECTORY.memberProblem(form.gln, member.organisation);
}
