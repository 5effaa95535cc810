/** The warehouse's half of a hand-off: it signs, shows the request, takes in the courier's answer and enters both. */
import { useEffect, useEffectEvent, useId, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ActionError, HandOffView, Key, PackageRecord, Result, SessionView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { cleanGln, glnProblem } from '../doors/gln.ts';
import { errorText, langOf } from '../errors.ts';
import { MAX_CODE_LENGTH } from '../limits.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { ACTION } from '../parts/texts.ts';
import { useAction, type Action } from '../parts/use-action.ts';
import { Digest, Instant } from '../parts/words.tsx';
import { errorWords, PATHS, post } from '../services.ts';
import { localSettings } from '../theme/local-settings.ts';
import { HandOffWords } from './HandOffWords.tsx';
import { PackageFrame } from './PackageFrame.tsx';
import { ShowCode } from './ShowCode.tsx';
import { TakeText } from './TakeText.tsx';
import { codeOf, codeProblem, HAND_OFF, SENTENCE } from './texts.ts';
import { holderOf } from './who.ts';

export function HandOverPage({ sscc }: { sscc: string }): ReactNode {
  return (
    <PackageFrame title={HAND_OFF.title} sscc={sscc}>
      {({ record, summary }) => <HandOver record={record} version={summary.version} />}
    </PackageFrame>
  );
}

/** Null: it was entered. Otherwise the sentence that says why not, for who has another reading of the same text. */
export async function enterAnswer(
  action: Pick<Action, 'run'>,
  call: () => Promise<Result<SessionView | null, ActionError>>,
): Promise<string | null> {
  // An answer that came over the network may be on its way at this moment: then nothing is called.
  let refused: string = ACTION.busy(HAND_OFF.entering);
  const entered = await action.run(HAND_OFF.entering, async () => {
    refused = ACTION.noAnswerSaved;
    const result = await call();
    if (!result.ok) refused = errorWords(result.error).message;
    return result;
  });
  return entered ? null : refused;
}

function HandOver({ record, version }: { record: PackageRecord; version: number }): ReactNode {
  const state = useNetwork();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const holder = holderOf(record);
  if (record.handOff !== undefined) return <Done record={record} />;
  if (self?.id !== holder) {
    const organisation = state.members.find((one) => one.id === holder)?.organisation;
    return (
      <p className="notice warn">
        {holder === null
          ? HAND_OFF.nobodyHas
          : organisation === undefined
            ? HAND_OFF.formerHas(holder)
            : HAND_OFF.otherHas(organisation)}
      </p>
    );
  }
  if (record.status === 'labelled' && record.label !== null)
    return <Open key={version} record={record} ownGln={self.gln} courier={record.label.courierName} />;
  if (record.status === 'released') return <Assign record={record} />;
  return <p className="notice warn">{HAND_OFF.nothingToHandOver(record.status)}</p>;
}

function Open({
  record,
  ownGln,
  courier,
}: {
  record: PackageRecord;
  ownGln: string;
  courier: string;
}): ReactNode {
  const api = useApi();
  const state = useNetwork();
  const { sscc } = record;
  const action = useAction();
  const [request, setRequest] = useState<HandOffView | null>(null);
  const [live, setLive] = useState<boolean | null>(null);

  const heading = useRef<HTMLHeadingElement>(null);
  const digest = request?.digest;
  // What was pressed is gone; after a reload the focus stays where the browser has it.
  const [pressed, setPressed] = useState(false);
  useEffect(() => {
    if (pressed && digest !== undefined) heading.current?.focus();
  }, [pressed, digest]);

  const show = async (view: HandOffView): Promise<void> => {
    setPressed(true);
    setRequest(view);
    remember(sscc, view.text);
    setLive(await api.sendHandOff(view.text).catch(() => false));
  };
  const restore = useEffectEvent(async (): Promise<void> => {
    const kept = remembered(sscc);
    const read = kept === null ? null : await api.readHandOff(kept);
    // A request for another state of the package is worth nothing any more.
    if (read?.ok && read.value.record === 'same') setRequest(read.value);
    else remember(sscc, null);
  });
  useEffect(() => void restore().catch(() => undefined), []);

  const enter = async (answer: string): Promise<string | null> => {
    if (request === null) return HAND_OFF.takeNoAnswer;
    const refused = await enterAnswer(action, () =>
      api.enterHandOff(request.text, answer, localSettings().operator),
    );
    if (refused === null) remember(sscc, null);
    return refused;
  };
  // Live: the answer that came over the network is entered as if it had been scanned.
  const answered = state.handOffs?.answers.find((one) => one.digest === request?.digest)?.text;
  const enterLive = useEffectEvent((text: string) => void enter(text));
  useEffect(() => {
    if (answered !== undefined) enterLive(answered);
  }, [answered]);

  if (request === null) {
    return (
      <>
        <Prepare record={record} courier={courier} ownGln={ownGln} onReady={(view) => void show(view)} />
        <Assign record={record} />
      </>
    );
  }
  return (
    <div className="hand-columns">
      <section className="sheet" aria-labelledby="request-heading">
        <h2 id="request-heading" ref={heading} tabIndex={-1}>
          {HAND_OFF.requestTitle}
        </h2>
        <div className="stack">
          <ShowCode text={request.text} label={HAND_OFF.requestLabel} testId="hand-off-request" />
          <p className="muted">{HAND_OFF.requestHint}</p>
          <p role="status" className={live === null ? 'hidden' : live ? 'notice good' : 'notice'}>
            {live !== null && (live ? HAND_OFF.live(request.courier) : HAND_OFF.notLive(request.courier))}
          </p>
          <details className="as-code">
            <summary>{HAND_OFF.words}</summary>
            <HandOffWords view={request} />
          </details>
          <div className="hand-pair">
            <button type="button" className="btn bench" onClick={() => void show(request)}>
              {HAND_OFF.sendAgain}
            </button>
            <button
              type="button"
              className="btn bench"
              onClick={() => {
                remember(sscc, null);
                setRequest(null);
                action.clear();
              }}
            >
              {HAND_OFF.again}
            </button>
          </div>
        </div>
      </section>
      <section className="sheet" aria-labelledby="answer-heading">
        <h2 id="answer-heading">{HAND_OFF.answerTitle}</h2>
        <div className="stack">
          <p className="muted">{HAND_OFF.answerHint}</p>
          <TakeText what="answer" onText={enter} told={action.failure?.message ?? null} />
          <ActionOutcome action={action} done={HAND_OFF.entered} />
        </div>
      </section>
    </div>
  );
}

interface PrepareProps {
  readonly record: PackageRecord;
  readonly courier: string;
  readonly ownGln: string;
  readonly onReady: (view: HandOffView) => void;
}

function Prepare({ record, courier, ownGln, onReady }: PrepareProps): ReactNode {
  const api = useApi();
  const [form, setForm] = useState({ vehicle: '', seal: '', place: ownGln });
  const [problem, setProblem] = useState<string | null>(null);
  const sign = async (): Promise<void> => {
    const vehicle = codeOf(form.vehicle);
    const seal = codeOf(form.seal);
    const wrong =
      codeProblem(HAND_OFF.vehicle, vehicle) ?? codeProblem(HAND_OFF.seal, seal) ?? glnProblem(form.place);
    if (wrong !== null) return setProblem(wrong);
    const made = await api.prepareHandOff(record.sscc, { vehicle, seal, place: cleanGln(form.place) });
    if (!made.ok) return setProblem(errorText(made.error));
    onReady(made.value);
  };
  return (
    <section className="sheet" aria-labelledby="prepare-heading">
      <h2 id="prepare-heading">{HAND_OFF.toCourier(courier)}</h2>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          void sign().catch(() => setProblem(HAND_OFF.prepareNoAnswer));
        }}
      >
        <p className="muted">{HAND_OFF.intro}</p>
        <Field
          label={HAND_OFF.vehicle}
          hint={HAND_OFF.vehicleHint}
          value={form.vehicle}
          onChange={(vehicle) => setForm({ ...form, vehicle })}
        />
        <Field
          label={HAND_OFF.seal}
          hint={HAND_OFF.sealHint}
          value={form.seal}
          onChange={(seal) => setForm({ ...form, seal })}
        />
        <Field
          label={HAND_OFF.place}
          hint={HAND_OFF.placeHint}
          value={form.place}
          numeric
          onChange={(place) => setForm({ ...form, place })}
        />
        {problem !== null && (
          <p className="notice bad" role="alert" lang={langOf(problem)}>
            {problem}
          </p>
        )}
        <button type="submit" className="btn bench main wide">
          {HAND_OFF.prepare}
        </button>
      </form>
    </section>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly numeric?: boolean;
  readonly onChange: (value: string) => void;
}

function Field({ label, hint, value, numeric = false, onChange }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="hand-input"
        value={value}
        inputMode={numeric ? 'numeric' : 'text'}
        autoComplete="off"
        autoCapitalize={numeric ? 'off' : 'characters'}
        maxLength={numeric ? 20 : MAX_CODE_LENGTH}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} className="hint">
        {hint}
      </p>
    </div>
  );
}

/** Another courier, or a first one after a release. */
function Assign({ record }: { record: PackageRecord }): ReactNode {
  const api = useApi();
  const { couriers } = useNetwork();
  const action = useAction();
  const [chosen, setChosen] = useState<string | null>(null);
  const now = record.label?.courierId ?? null;
  const others = couriers.filter((one) => one.id !== now);
  const courier = others.find((one) => one.id === chosen) ?? null;
  if (others.length === 0) {
    return now === null ? <p className="notice warn">{HAND_OFF.noCourier}</p> : null;
  }
  const assign = (): void => {
    if (courier === null) return;
    void action.run(HAND_OFF.assigning, () =>
      api.runAlone(
        `package/${record.sscc}` as Key,
        post(PATHS.assign, { courierId: courier.id, at: claimedNow() }),
        localSettings().operator,
      ),
    );
  };
  return (
    <section className="sheet" aria-labelledby="assign-heading">
      <h2 id="assign-heading">{now === null ? HAND_OFF.chooseCourier : HAND_OFF.otherCourier}</h2>
      <div className="stack">
        {now !== null && <p className="muted">{HAND_OFF.otherCourierHint}</p>}
        <fieldset className="choices">
          <legend className="hidden">{HAND_OFF.chooseCourier}</legend>
          {others.map((one) => (
            <label key={one.id} className={one.id === chosen ? 'btn bench on' : 'btn bench'}>
              <input
                type="radio"
                name="new-courier"
                checked={one.id === chosen}
                onChange={() => setChosen(one.id)}
              />
              {one.name}
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className={now === null ? 'btn bench main wide' : 'btn bench wide'}
          disabled={courier === null || action.busy !== null}
          onClick={assign}
        >
          {courier === null ? HAND_OFF.chooseCourierFirst : HAND_OFF.assign(courier.name)}
        </button>
        <ActionOutcome action={action} done={HAND_OFF.assigned} />
      </div>
    </section>
  );
}

function Done({ record }: { record: PackageRecord }): ReactNode {
  const handOff = record.handOff!;
  return (
    <section className="sheet" aria-labelledby="done-heading" data-testid="hand-off-done">
      <h2 id="done-heading">{HAND_OFF.entered}</h2>
      <dl className="hand-facts">
        <dt>{HAND_OFF.courier}</dt>
        <dd>{handOff.courierName}</dd>
        <dt>{HAND_OFF.signedAt}</dt>
        <dd>
          <Instant at={handOff.time} />
        </dd>
        <dt>{HAND_OFF.courierKey}</dt>
        <dd>
          <Digest hex={handOff.courierKey} />
        </dd>
        <dt>{SENTENCE.vehicle}</dt>
        <dd>{handOff.vehicle ?? HAND_OFF.notSaid}</dd>
        <dt>{SENTENCE.seal}</dt>
        <dd>{handOff.seal ?? HAND_OFF.none}</dd>
        <dt>{HAND_OFF.bothDigest}</dt>
        <dd>
          <Digest hex={handOff.digest} />
        </dd>
      </dl>
      <p>
        <Link className="btn bench wide" href={`/packages/${record.sscc}`}>
          {HAND_OFF.openPackage}
        </Link>
      </p>
    </section>
  );
}

// ---- a request outlives a reload of the page: the courier may be scanning it ----

const storageKey = (sscc: string): string => `countersign.hand-off.${sscc}`;

function remember(sscc: string, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(storageKey(sscc));
    else sessionStorage.setItem(storageKey(sscc), text);
  } catch {
    // Without storage it lives as long as the page.
  }
}

function remembered(sscc: string): string | null {
  try {
    return sessionStorage.getItem(storageKey(sscc));
  } catch {
    return null;
  }
}
