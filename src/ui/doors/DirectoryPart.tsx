/** Step 3 of creating: whose signature counts on a manifest, and which couriers a label may name. */
import { useState, type FormEvent, type ReactNode } from 'react';
import type { CourierEntry, SupplierKeyEntry } from '../../worker/api.ts';
import type { Collected } from './create-memory.ts';
import { allCouriers } from './couriers.ts';
import { exampleDirectory } from './example.ts';
import { DIRECTORY, MEMBER, periodWords } from './form-texts.ts';
import { cleanGln, glnProblem } from './gln.ts';
import { TextField } from './MemberForm.tsx';
import type { CollectedMember } from './use-collected.ts';

export interface DirectoryPartProps {
  readonly collected: Collected;
  readonly members: readonly CollectedMember[];
  readonly onChange: (part: Partial<Pick<Collected, 'couriers' | 'supplierKeys'>>) => void;
}

export function DirectoryPart({ collected, members, onChange }: DirectoryPartProps): ReactNode {
  const couriers = allCouriers(collected, members);
  const { supplierKeys } = collected;
  const example = exampleDirectory();
  return (
    <section className="sheet stack" aria-labelledby="directory">
      <h2 id="directory">{DIRECTORY.title}</h2>
      <p className="muted">{DIRECTORY.text}</p>
      <h3>{DIRECTORY.keys}</h3>
      {supplierKeys.length > 0 && (
        <ul className="member-list">
          {supplierKeys.map((key) => (
            <li key={`${key.keyId}${key.publicKey}`}>
              <div>
                <p className="strong">{key.name}</p>
                <p className="muted wrap-any">
                  <bdi>{key.keyId}</bdi> · <bdi>GLN {key.gln}</bdi> ·{' '}
                  <bdi className="mono">{key.publicKey.slice(0, 16)}…</bdi>
                  <Period entry={key} />
                </p>
              </div>
              <button
                type="button"
                className="btn"
                aria-label={DIRECTORY.takeOutKey(key.name)}
                onClick={() => onChange({ supplierKeys: supplierKeys.filter((other) => other !== key) })}
              >
                {DIRECTORY.takeOut}
              </button>
            </li>
          ))}
        </ul>
      )}
      <SupplierKeyForm
        taken={supplierKeys}
        onAdd={(key) => onChange({ supplierKeys: [...supplierKeys, key] })}
      />
      <h3>{DIRECTORY.couriers}</h3>
      {couriers.length > 0 && (
        <ul className="member-list">
          {couriers.map((courier) => (
            <li key={courier.id}>
              <div>
                <p className="strong">{courier.name}</p>
                <p className="muted">
                  {DIRECTORY.id} <bdi className="mono">{courier.id}</bdi> · <bdi>GLN {courier.gln}</bdi>
                </p>
              </div>
              {collected.couriers.includes(courier) ? (
                <button
                  type="button"
                  className="btn"
                  aria-label={DIRECTORY.takeOutCourier(courier.name)}
                  onClick={() =>
                    onChange({ couriers: collected.couriers.filter((other) => other !== courier) })
                  }
                >
                  {DIRECTORY.takeOut}
                </button>
              ) : (
                <span className="muted">{DIRECTORY.isMember}</span>
              )}
            </li>
          ))}
        </ul>
      )}
      <CourierForm
        taken={couriers}
        onAdd={(courier) => onChange({ couriers: [...collected.couriers, courier] })}
      />
      {example && (
        <div className="row">
          <button
            type="button"
            className="btn"
            onClick={() =>
              onChange({
                supplierKeys: [
                  ...supplierKeys,
                  ...example.supplierKeys.filter(
                    (key) => !supplierKeys.some((other) => other.keyId === key.keyId),
                  ),
                ],
                couriers: [
                  ...collected.couriers,
                  ...example.couriers.filter((courier) => !couriers.some((other) => other.id === courier.id)),
                ],
              })
            }
          >
            {DIRECTORY.example}
          </button>
          <span className="muted">{DIRECTORY.exampleText}</span>
        </div>
      )}
    </section>
  );
}

function SupplierKeyForm({
  taken,
  onAdd,
}: {
  taken: readonly SupplierKeyEntry[];
  onAdd: (key: SupplierKeyEntry) => void;
}): ReactNode {
  const blank = { keyId: '', publicKey: '', gln: '', name: '', from: '', until: '' };
  const [open, setOpen] = useState(false);
  const [form, setForm] = useState(blank);
  const [tried, setTried] = useState(false);
  const publicKey = form.publicKey.replace(/\s/g, '').toLowerCase();
  const problems = {
    name: form.name.trim() === '' ? DIRECTORY.noSupplier : null,
    keyId:
      form.keyId.trim() === ''
        ? DIRECTORY.noKeyId
        : taken.some((key) => key.keyId === form.keyId.trim())
          ? DIRECTORY.takenKeyId(form.keyId.trim())
          : null,
    publicKey: /^[0-9a-f]{64}$/.test(publicKey) ? null : DIRECTORY.badKey(publicKey.length),
    gln: glnProblem(form.gln),
    until: form.from && form.until && form.until < form.from ? DIRECTORY.badPeriod : null,
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some((problem) => problem !== null)) return;
    onAdd({
      keyId: form.keyId.trim(),
      publicKey,
      gln: cleanGln(form.gln),
      name: form.name.trim(),
      validFrom: seconds(form.from, 'T00:00:00Z'),
      validUntil: seconds(form.until, 'T23:59:59Z'),
    });
    setForm(blank);
    setTried(false);
    setOpen(false);
  };
  if (!open) {
    return (
      <div className="row">
        <button type="button" className="btn" onClick={() => setOpen(true)}>
          {DIRECTORY.addKey}
        </button>
      </div>
    );
  }
  const set = (part: Partial<typeof blank>): void => setForm({ ...form, ...part });
  const shown = (problem: string | null): string | null => (tried ? problem : null);
  return (
    <form className="inset stack" noValidate onSubmit={submit} aria-label={DIRECTORY.keyForm}>
      <div className="two">
        <TextField
          label={DIRECTORY.supplier}
          value={form.name}
          onChange={(name) => set({ name })}
          problem={shown(problems.name)}
        />
        <TextField
          label={DIRECTORY.supplierGln}
          dir="ltr"
          value={form.gln}
          onChange={(gln) => set({ gln })}
          problem={shown(problems.gln)}
          inputMode="numeric"
        />
      </div>
      <TextField
        label={DIRECTORY.keyId}
        hint={DIRECTORY.keyIdHint}
        dir="ltr"
        value={form.keyId}
        onChange={(keyId) => set({ keyId })}
        problem={shown(problems.keyId)}
      />
      <TextField
        label={DIRECTORY.publicKey}
        hint={DIRECTORY.publicKeyHint}
        dir="ltr"
        value={form.publicKey}
        onChange={(value) => set({ publicKey: value })}
        problem={shown(problems.publicKey)}
      />
      <div className="two">
        <TextField
          label={DIRECTORY.from}
          hint={DIRECTORY.fromHint}
          type="date"
          value={form.from}
          onChange={(from) => set({ from })}
        />
        <TextField
          label={DIRECTORY.until}
          hint={DIRECTORY.untilHint}
          type="date"
          value={form.until}
          onChange={(until) => set({ until })}
          problem={shown(problems.until)}
        />
      </div>
      <div className="row">
        <button type="submit" className="btn main">
          {DIRECTORY.addThisKey}
        </button>
        <button type="button" className="btn" onClick={() => setOpen(false)}>
          {DIRECTORY.cancel}
        </button>
      </div>
    </form>
  );
}

function CourierForm({
  taken,
  onAdd,
}: {
  taken: readonly CourierEntry[];
  onAdd: (courier: CourierEntry) => void;
}): ReactNode {
  const blank = { id: '', name: '', gln: '' };
  const [open, setOpen] = useState(false);
  const [form, setForm] = useState(blank);
  const [tried, setTried] = useState(false);
  const problems = {
    name: form.name.trim() === '' ? DIRECTORY.noCourier : null,
    id: !/^[a-z0-9-]{1,24}$/.test(form.id)
      ? MEMBER.badId
      : taken.some((courier) => courier.id === form.id)
        ? DIRECTORY.takenCourierId(form.id)
        : null,
    gln: glnProblem(form.gln),
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some((problem) => problem !== null)) return;
    onAdd({ id: form.id, name: form.name.trim(), gln: cleanGln(form.gln) });
    setForm(blank);
    setTried(false);
    setOpen(false);
  };
  if (!open) {
    return (
      <div className="row">
        <button type="button" className="btn" onClick={() => setOpen(true)}>
          {DIRECTORY.addCourier}
        </button>
      </div>
    );
  }
  const shown = (problem: string | null): string | null => (tried ? problem : null);
  return (
    <form className="inset stack" noValidate onSubmit={submit} aria-label={DIRECTORY.courierForm}>
      <TextField
        label={DIRECTORY.courier}
        value={form.name}
        onChange={(name) => setForm({ ...form, name })}
        problem={shown(problems.name)}
      />
      <div className="two">
        <TextField
          label={DIRECTORY.courierId}
          dir="ltr"
          value={form.id}
          onChange={(id) => setForm({ ...form, id })}
          problem={shown(problems.id)}
        />
        <TextField
          label={DIRECTORY.courierGln}
          dir="ltr"
          value={form.gln}
          onChange={(gln) => setForm({ ...form, gln })}
          problem={shown(problems.gln)}
          inputMode="numeric"
        />
      </div>
      <div className="row">
        <button type="submit" className="btn main">
          {DIRECTORY.addThisCourier}
        </button>
        <button type="button" className="btn" onClick={() => setOpen(false)}>
          {DIRECTORY.cancel}
        </button>
      </div>
    </form>
  );
}

function seconds(date: string, time: string): number | null {
  return date === '' ? null : Math.floor(Date.parse(date + time) / 1000);
}

function Period({ entry }: { entry: SupplierKeyEntry }): ReactNode {
  const words = periodWords(entry);
  return words !== null && ` · ${words}`;
}
