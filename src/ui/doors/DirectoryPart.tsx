/** Step 3 of creating: whose signature counts on a manifest, and which couriers a label may name. */
import { useState, type FormEvent, type ReactNode } from 'react';
import type { CourierEntry, SupplierKeyEntry } from '../../worker/api.ts';
import type { Collected } from './create-memory.ts';
import { allCouriers } from './couriers.ts';
import { exampleDirectory } from './example.ts';
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
      <h2 id="directory">3. Directory</h2>
      <p className="muted">
        Optional now, but without a supplier’s key no manifest is accepted, and without a courier no label can
        be made.
      </p>
      <h3>Keys that sign manifests</h3>
      {supplierKeys.length > 0 && (
        <ul className="member-list">
          {supplierKeys.map((key) => (
            <li key={`${key.keyId}${key.publicKey}`}>
              <div>
                <p className="strong">{key.name}</p>
                <p className="muted wrap-any">
                  {key.keyId} · GLN {key.gln} · <span className="mono">{key.publicKey.slice(0, 16)}…</span>
                  {period(key)}
                </p>
              </div>
              <button
                type="button"
                className="btn"
                aria-label={`Take out the key of ${key.name}`}
                onClick={() => onChange({ supplierKeys: supplierKeys.filter((other) => other !== key) })}
              >
                Take out
              </button>
            </li>
          ))}
        </ul>
      )}
      <SupplierKeyForm
        taken={supplierKeys}
        onAdd={(key) => onChange({ supplierKeys: [...supplierKeys, key] })}
      />
      <h3>Couriers</h3>
      {couriers.length > 0 && (
        <ul className="member-list">
          {couriers.map((courier) => (
            <li key={courier.id}>
              <div>
                <p className="strong">{courier.name}</p>
                <p className="muted">
                  id <span className="mono">{courier.id}</span> · GLN {courier.gln}
                </p>
              </div>
              {collected.couriers.includes(courier) ? (
                <button
                  type="button"
                  className="btn"
                  aria-label={`Take out ${courier.name}`}
                  onClick={() =>
                    onChange({ couriers: collected.couriers.filter((other) => other !== courier) })
                  }
                >
                  Take out
                </button>
              ) : (
                <span className="muted">a member</span>
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
            Fill with example data
          </button>
          <span className="muted">The keys of examples/data, to try things out. Not for real packages.</span>
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
    name: form.name.trim() === '' ? 'Type the supplier’s name.' : null,
    keyId:
      form.keyId.trim() === ''
        ? 'Type the key id that its manifests name.'
        : taken.some((key) => key.keyId === form.keyId.trim())
          ? `A key with the id ${form.keyId.trim()} is in the directory already.`
          : null,
    publicKey: /^[0-9a-f]{64}$/.test(publicKey)
      ? null
      : `An Ed25519 public key has 64 hex digits; this has ${publicKey.length}.`,
    gln: glnProblem(form.gln),
    until: form.from && form.until && form.until < form.from ? 'The period ends before it begins.' : null,
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
          Add a supplier’s key
        </button>
      </div>
    );
  }
  const set = (part: Partial<typeof blank>): void => setForm({ ...form, ...part });
  const shown = (problem: string | null): string | null => (tried ? problem : null);
  return (
    <form className="inset stack" noValidate onSubmit={submit} aria-label="A supplier’s key">
      <div className="two">
        <TextField
          label="Supplier"
          value={form.name}
          onChange={(name) => set({ name })}
          problem={shown(problems.name)}
        />
        <TextField
          label="GLN of the supplier"
          value={form.gln}
          onChange={(gln) => set({ gln })}
          problem={shown(problems.gln)}
          inputMode="numeric"
        />
      </div>
      <TextField
        label="Key id"
        hint="The keyid in its signed manifests."
        value={form.keyId}
        onChange={(keyId) => set({ keyId })}
        problem={shown(problems.keyId)}
      />
      <TextField
        label="Public key"
        hint="Ed25519, 64 hex digits."
        value={form.publicKey}
        onChange={(value) => set({ publicKey: value })}
        problem={shown(problems.publicKey)}
      />
      <div className="two">
        <TextField
          label="Accepted from"
          hint="Empty: always."
          type="date"
          value={form.from}
          onChange={(from) => set({ from })}
        />
        <TextField
          label="Accepted until"
          hint="Empty: without end."
          type="date"
          value={form.until}
          onChange={(until) => set({ until })}
          problem={shown(problems.until)}
        />
      </div>
      <div className="row">
        <button type="submit" className="btn main">
          Add this key
        </button>
        <button type="button" className="btn" onClick={() => setOpen(false)}>
          Cancel
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
    name: form.name.trim() === '' ? 'Type the courier’s name.' : null,
    id: !/^[a-z0-9-]{1,24}$/.test(form.id)
      ? 'Use 1 to 24 of a–z, 0–9 and -.'
      : taken.some((courier) => courier.id === form.id)
        ? `A courier with the id ${form.id} is in the directory already.`
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
          Add a courier
        </button>
      </div>
    );
  }
  const shown = (problem: string | null): string | null => (tried ? problem : null);
  return (
    <form className="inset stack" noValidate onSubmit={submit} aria-label="A courier">
      <TextField
        label="Courier"
        value={form.name}
        onChange={(name) => setForm({ ...form, name })}
        problem={shown(problems.name)}
      />
      <div className="two">
        <TextField
          label="Courier id"
          value={form.id}
          onChange={(id) => setForm({ ...form, id })}
          problem={shown(problems.id)}
        />
        <TextField
          label="GLN of the courier"
          value={form.gln}
          onChange={(gln) => setForm({ ...form, gln })}
          problem={shown(problems.gln)}
          inputMode="numeric"
        />
      </div>
      <div className="row">
        <button type="submit" className="btn main">
          Add this courier
        </button>
        <button type="button" className="btn" onClick={() => setOpen(false)}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function seconds(date: string, time: string): number | null {
  return date === '' ? null : Math.floor(Date.parse(date + time) / 1000);
}

function period(key: SupplierKeyEntry): string {
  const day = (value: number): string => new Date(value * 1000).toISOString().slice(0, 10);
  if (key.validFrom === null && key.validUntil === null) return '';
  if (key.validUntil === null) return ` · from ${day(key.validFrom!)}`;
  return key.validFrom === null
    ? ` · until ${day(key.validUntil)}`
    : ` · ${day(key.validFrom)} to ${day(key.validUntil)}`;
}
