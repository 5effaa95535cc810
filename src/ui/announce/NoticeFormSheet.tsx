import { useId, useState, type ReactNode } from 'react';
import { useApi, useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { errorText, langOf } from '../errors.ts';
import { MAX_FORM_LINES } from '../limits.ts';
import { OutcomeWords } from './OutcomeWords.tsx';
import { EMPTY_LINE, manifestOf, suggestSscc, type LineForm, type NoticeForm } from './notice-form.ts';
import { ANNOUNCE, FIELD } from './texts.ts';
import type { Announcements } from './use-announcements.ts';

/** A notice written and signed here. */
export function NoticeFormSheet({ announcements }: { announcements: Announcements }): ReactNode {
  const api = useApi();
  const state = useNetwork();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const receivers = state.members.filter((m) => m.role === 'warehouse');
  const [form, setForm] = useState<NoticeForm>({
    asnId: '',
    sscc: '',
    shipToGln: receivers[0]?.gln ?? '',
    lines: [EMPTY_LINE],
  });
  const [problem, setProblem] = useState<{ field: string; message: string } | null>(null);
  const [sent, setSent] = useState<string | null>(null);
  const setLine = (at: number, change: Partial<LineForm>): void =>
    setForm((f) => ({ ...f, lines: f.lines.map((line, i) => (i === at ? { ...line, ...change } : line)) }));

  const submit = async (): Promise<void> => {
    setProblem(null);
    setSent(null);
    if (self === null) return setProblem({ field: '', message: ANNOUNCE.noMember });
    const manifest = manifestOf(form, self.gln, new Date(claimedNow()).toISOString());
    if (!manifest.ok)
      return setProblem({
        field: manifest.error.type.replace('field:', ''),
        message: manifest.error.message,
      });
    const signed = await api.signManifest(JSON.stringify(manifest.value));
    if (!signed.ok) return setProblem({ field: '', message: errorText(signed.error) });
    setSent(manifest.value.sscc);
    await announcements.announce([{ sscc: manifest.value.sscc, envelope: signed.value.envelope }]);
  };
  const field = (name: string): { problem: string | null } => ({
    problem: problem?.field === name ? problem.message : null,
  });

  return (
    <section className="sheet" aria-labelledby="form-heading">
      <h2 id="form-heading">{ANNOUNCE.formTitle}</h2>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit().catch(() => setProblem({ field: '', message: ANNOUNCE.formNoAnswer }));
        }}
      >
        <p className="muted">{ANNOUNCE.formText}</p>
        <Text
          label={FIELD.notice}
          value={form.asnId}
          {...field('asnId')}
          onChange={(asnId) => setForm({ ...form, asnId })}
        />
        <div className="stack-tight">
          <Text
            label={FIELD.sscc}
            value={form.sscc}
            inputMode="numeric"
            {...field('sscc')}
            onChange={(sscc) => setForm({ ...form, sscc })}
          />
          {self !== null && (
            <button
              type="button"
              className="link"
              onClick={() => setForm({ ...form, sscc: suggestSscc(self.gln, claimedNow()) })}
            >
              {ANNOUNCE.suggest}
            </button>
          )}
        </div>
        <div className="field">
          <label htmlFor="ship-to">{FIELD.shipTo}</label>
          <select
            id="ship-to"
            value={form.shipToGln}
            onChange={(event) => setForm({ ...form, shipToGln: event.currentTarget.value })}
          >
            {receivers.map((m) => (
              <option key={m.index} value={m.gln}>
                {m.organisation}
              </option>
            ))}
          </select>
        </div>
        {form.lines.map((line, i) => (
          <fieldset key={i} className="notice-line">
            <legend>{FIELD.line(i + 1)}</legend>
            <Text
              label="GTIN"
              value={line.gtin}
              inputMode="numeric"
              {...field(`lines.${i}.gtin`)}
              onChange={(gtin) => setLine(i, { gtin })}
            />
            <Text
              label={FIELD.description}
              value={line.description}
              {...field(`lines.${i}.description`)}
              onChange={(description) => setLine(i, { description })}
            />
            <div className="pair-fields">
              <Text
                label={FIELD.lot}
                value={line.lot}
                problem={null}
                onChange={(lot) => setLine(i, { lot })}
              />
              <Text
                label={FIELD.pieces}
                value={line.quantity}
                inputMode="numeric"
                {...field(`lines.${i}.quantity`)}
                onChange={(quantity) => setLine(i, { quantity })}
              />
              <Text
                label={FIELD.expires}
                type="date"
                value={line.expiry}
                problem={null}
                onChange={(expiry) => setLine(i, { expiry })}
              />
            </div>
            {form.lines.length > 1 && (
              <button
                type="button"
                className="link"
                onClick={() => setForm({ ...form, lines: form.lines.filter((_, k) => k !== i) })}
              >
                {ANNOUNCE.removeLine(i + 1)}
              </button>
            )}
          </fieldset>
        ))}
        {form.lines.length < MAX_FORM_LINES && (
          <button
            type="button"
            className="btn"
            onClick={() => setForm({ ...form, lines: [...form.lines, EMPTY_LINE] })}
          >
            {ANNOUNCE.addLine}
          </button>
        )}
        {problem !== null && (
          <p className="notice bad" role="alert" lang={langOf(problem.message)}>
            {problem.message}
          </p>
        )}
        <div className="row">
          <button type="submit" className="btn main" disabled={announcements.running}>
            {ANNOUNCE.sign}
          </button>
          {sent !== null && <OutcomeWords sscc={sent} announcements={announcements} />}
        </div>
      </form>
    </section>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  readonly type?: 'text' | 'date';
  readonly inputMode?: 'numeric' | 'text';
  readonly onChange: (value: string) => void;
}

function Text({ label, value, problem, type = 'text', inputMode = 'text', onChange }: TextProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        inputMode={inputMode}
        autoComplete="off"
        value={value}
        aria-invalid={problem !== null || undefined}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {problem !== null && (
        <p id={`${id}-problem`} className="problem">
          {problem}
        </p>
      )}
    </div>
  );
}
