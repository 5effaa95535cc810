/** Forms that change an entry: a new key with its proof, and the end of one. */
import { useId, useState, type ReactNode } from 'react';
import type {
  ActionError,
  DirectoryKind,
  Key,
  NewDirectoryKey,
  PartyEntry,
  Result,
} from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { useAction } from '../parts/use-action.ts';
import { DIRECTORY_PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import { dayOf, emptyKey, keyOf, periodOf, signatureOf, type KeyForm } from './key-form.ts';
import { RevokeForm } from './RevokeForm.tsx';
import { DIRECTORY } from './texts.ts';

export const entryKey = (kind: DirectoryKind, id: string): Key => `directory/${kind}/${id}` as Key;

export type ProvenKey = NewDirectoryKey & { readonly proof: Uint8Array };

export interface NewKeyState {
  readonly own: boolean;
  readonly form: KeyForm;
  readonly bytes: string | null;
  readonly signature: string;
}

export const newKeyState = (own: boolean): NewKeyState => ({
  own,
  form: emptyKey(claimedNow()),
  bytes: null,
  signature: '',
});

/** The key as a request carries it, or why not. `api` proves this browser's own key. */
export async function provenKey(
  state: NewKeyState,
  kind: PartyEntry['kind'],
  id: string,
  api: ReturnType<typeof useApi>,
): Promise<Result<ProvenKey, ActionError | { type: string; message: string }>> {
  if (state.own) {
    const period = periodOf(state.form);
    return period.ok ? api.proveOwnKey(kind, id, period.value) : period;
  }
  const key = keyOf(state.form);
  if (!key.ok) return key;
  const proof = signatureOf(state.signature);
  return proof.ok ? { ok: true, value: { ...key.value, proof: proof.value } } : proof;
}

interface NewKeyProps {
  readonly state: NewKeyState;
  readonly onState: (next: NewKeyState) => void;
  readonly kind: PartyEntry['kind'];
  /** Empty while the entry has no id yet. */
  readonly id: string;
  /** May this browser's own manifest key be chosen? */
  readonly canOwn: boolean;
}

export function NewKeyFields({ state, onState, kind, id, canOwn }: NewKeyProps): ReactNode {
  const api = useApi();
  const name = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const set = (change: Partial<KeyForm>): void =>
    onState({ ...state, form: { ...state.form, ...change }, bytes: null });
  const show = async (): Promise<void> => {
    setProblem(null);
    if (id === '') return setProblem(DIRECTORY.fillFirst);
    const key = keyOf(state.form);
    if (!key.ok) return setProblem(key.error.message);
    onState({ ...state, bytes: await api.keyProofBytes(kind, id, key.value) });
  };
  const text = (label: string, field: 'keyId' | 'publicKey', mono = false): ReactNode => (
    <div className="field">
      <label htmlFor={`${name}-${field}`}>{label}</label>
      <input
        id={`${name}-${field}`}
        className={mono ? 'mono' : ''}
        dir={mono ? 'ltr' : undefined}
        value={state.form[field]}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => set({ [field]: event.currentTarget.value })}
      />
    </div>
  );
  const day = (label: string, field: 'from' | 'until'): ReactNode => (
    <div className="field">
      <label htmlFor={`${name}-${field}`}>{label}</label>
      <input
        id={`${name}-${field}`}
        type="date"
        value={state.form[field]}
        onChange={(event) => set({ [field]: event.currentTarget.value })}
      />
    </div>
  );
  return (
    <>
      {canOwn && (
        <fieldset className="choices">
          <legend className="hidden">{DIRECTORY.whichKey}</legend>
          {([true, false] as const).map((own) => (
            <label key={String(own)} className={own === state.own ? 'btn on' : 'btn'}>
              <input
                type="radio"
                name={`${name}-which`}
                checked={own === state.own}
                onChange={() => onState({ ...state, own, bytes: null })}
              />
              {own ? DIRECTORY.ownKey : DIRECTORY.otherKey}
            </label>
          ))}
        </fieldset>
      )}
      {!state.own && text(DIRECTORY.keyId, 'keyId')}
      {!state.own && text(DIRECTORY.publicKey, 'publicKey', true)}
      <div className="date-fields">
        {day(DIRECTORY.from, 'from')}
        {day(DIRECTORY.until, 'until')}
      </div>
      {!state.own && (
        <>
          <div className="row">
            <button
              type="button"
              className="btn"
              onClick={() => void show().catch(() => setProblem(DIRECTORY.noBytes))}
            >
              {DIRECTORY.showBytes}
            </button>
          </div>
          {state.bytes !== null && (
            <div className="field">
              <label htmlFor={`${name}-bytes`}>{DIRECTORY.bytes}</label>
              <textarea
                id={`${name}-bytes`}
                className="mono"
                dir="ltr"
                readOnly
                rows={4}
                value={state.bytes}
                aria-describedby={`${name}-bytes-hint`}
                onFocus={(event) => event.currentTarget.select()}
              />
              <p id={`${name}-bytes-hint`} className="hint">
                {DIRECTORY.bytesHint}
              </p>
            </div>
          )}
          <div className="field">
            <label htmlFor={`${name}-signature`}>{DIRECTORY.signature}</label>
            <textarea
              id={`${name}-signature`}
              className="mono"
              dir="ltr"
              rows={3}
              spellCheck={false}
              value={state.signature}
              onChange={(event) => onState({ ...state, signature: event.currentTarget.value })}
            />
          </div>
        </>
      )}
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

export function RotateForm({ entry, onClose }: { entry: PartyEntry; onClose: () => void }): ReactNode {
  const api = useApi();
  const network = useNetwork();
  const action = useAction();
  const name = useId();
  const self = network.self === null ? null : (network.members[network.self] ?? null);
  const canOwn = entry.kind === 'supplier' && self?.gln === entry.gln;
  const [state, setState] = useState(() => newKeyState(canOwn));
  const standing = entry.keys.filter((key) => key.revokedAt === null);
  const [ends, setEnds] = useState('');
  const [endsOn, setEndsOn] = useState(() => dayOf(claimedNow()));
  const enter = async (): Promise<void> => {
    const key = await provenKey(state, entry.kind, entry.id, api);
    if (!key.ok) return action.fail(key.error);
    const last = Date.parse(`${endsOn}T23:59:59Z`) / 1000;
    if (ends !== '' && Number.isNaN(last))
      return action.fail({ type: 'ends', message: DIRECTORY.endsProblem });
    await action.run(DIRECTORY.rotating, () =>
      api.runAlone(
        entryKey(entry.kind, entry.id),
        post(DIRECTORY_PATHS.rotate, {
          key: key.value,
          ends: ends === '' ? null : { keyId: ends, validUntil: last },
          at: claimedNow(),
        }),
        localSettings().operator,
      ),
    );
  };
  return (
    <form
      className="stack inner-form"
      aria-label={DIRECTORY.rotateFor(entry.name)}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void enter().catch(() => action.fail(NO_ANSWER));
      }}
    >
      <NewKeyFields state={state} onState={setState} kind={entry.kind} id={entry.id} canOwn={canOwn} />
      <div className="date-fields">
        <div className="field">
          <label htmlFor={`${name}-ends`}>{DIRECTORY.ends}</label>
          <select id={`${name}-ends`} value={ends} onChange={(event) => setEnds(event.currentTarget.value)}>
            <option value="">{DIRECTORY.endsNone}</option>
            {standing.map((key) => (
              <option key={key.keyId} value={key.keyId}>
                {key.keyId}
              </option>
            ))}
          </select>
        </div>
        {ends !== '' && (
          <div className="field">
            <label htmlFor={`${name}-on`}>{DIRECTORY.endsOn}</label>
            <input
              id={`${name}-on`}
              type="date"
              value={endsOn}
              onChange={(event) => setEndsOn(event.currentTarget.value)}
            />
          </div>
        )}
      </div>
      <div className="row">
        <button type="submit" className="btn main" disabled={action.busy !== null || action.session !== null}>
          {DIRECTORY.rotateAction}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          {action.session === null ? DIRECTORY.cancel : DIRECTORY.close}
        </button>
      </div>
      <ActionOutcome action={action} done={DIRECTORY.entered} />
    </form>
  );
}

export interface RevokeProps {
  readonly kind: DirectoryKind;
  readonly id: string;
  /** Null: all keys of the entry, or the device. */
  readonly keyId: string | null;
  readonly what: string;
  readonly onClose: () => void;
}

export function RevokeEntry({ kind, id, keyId, what, onClose }: RevokeProps): ReactNode {
  const api = useApi();
  return (
    <RevokeForm
      label={what}
      text={DIRECTORY.revokeText}
      revoke={(reason) =>
        api.runAlone(
          entryKey(kind, id),
          post(DIRECTORY_PATHS.revoke, { keyId, reason, at: claimedNow() }),
          localSettings().operator,
        )
      }
      onClose={onClose}
    />
  );
}

export const NO_ANSWER = {
  type: 'no-answer',
  message: DIRECTORY.noAnswer,
};
