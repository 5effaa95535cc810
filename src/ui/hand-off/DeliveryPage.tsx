/** How the way to the recipient ended: signed by the courier, entered by it or by the warehouse that handed over. */
import { useId, useRef, useState, type ReactNode } from 'react';
import type { Delivery, DeliveryOutcome, PackageRecord, RecipientOpening } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { cleanGln, glnProblem } from '../doors/gln.ts';
import { downloadBytes } from '../download.ts';
import { errorText } from '../errors.ts';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { PhotoField, type PhotoRef } from '../parts/PhotoField.tsx';
import { Photos } from '../parts/Photos.tsx';
import { useAction } from '../parts/use-action.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant } from '../parts/words.tsx';
import { localSettings } from '../theme/local-settings.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { PackageFrame } from './PackageFrame.tsx';
import { ShowCode } from './ShowCode.tsx';
import { TakeText } from './TakeText.tsx';
import { HAND_OFF, OUTCOME_WORDS, SENTENCE } from './texts.ts';
import { tasksFor } from './who.ts';

const OUTCOMES = Object.keys(OUTCOME_WORDS) as readonly DeliveryOutcome[];

export function DeliveryPage({ sscc }: { sscc: string }): ReactNode {
  return (
    <PackageFrame title={HAND_OFF.deliveryTitle} sscc={sscc}>
      {({ record }) => (
        <>
          <LastReport record={record} />
          {record.delivery?.recipient != null && <Receipt sscc={sscc} digest={record.delivery.recipient} />}
          <Next record={record} />
        </>
      )}
    </PackageFrame>
  );
}

/** What this member may do now: report, enter a report, or neither. */
function Next({ record }: { record: PackageRecord }): ReactNode {
  const state = useNetwork();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const { delivery, handOff } = record;
  if (tasksFor(record, self).includes('delivery')) {
    const key = delivery?.digest ?? 'first';
    return self?.role === 'courier' ? (
      <Report key={key} record={record} />
    ) : (
      <Enter key={key} record={record} />
    );
  }
  if (delivery !== undefined) return null;
  return (
    <p className="notice warn">
      {handOff === undefined ? HAND_OFF.notSignedYet : HAND_OFF.notYours(handOff.courierName)}
    </p>
  );
}

function Report({ record }: { record: PackageRecord }): ReactNode {
  const api = useApi();
  const action = useAction();
  const recipientId = useId();
  const placeId = useId();
  const [outcome, setOutcome] = useState<DeliveryOutcome | null>(null);
  const [recipient, setRecipient] = useState('');
  const [place, setPlace] = useState('');
  const [photos, setPhotos] = useState<readonly PhotoRef[]>([]);
  const [reading, setReading] = useState(false);
  const [signed, setSigned] = useState<{
    of: string;
    report: string;
    opening: RecipientOpening | null;
  } | null>(null);
  const { sscc } = record;

  const reports = useRef(false);
  const report = async (): Promise<void> => {
    if (outcome === null) return;
    const gln = cleanGln(place);
    const wrong = gln === '' ? null : glnProblem(place);
    if (wrong !== null) return action.fail({ type: 'place', message: wrong });
    const said = {
      outcome,
      place: gln === '' ? null : gln,
      recipient: outcome === 'delivered' && recipient.trim() !== '' ? recipient.trim() : null,
    };
    const of = JSON.stringify(said);
    // The same words a second time, because nothing answered the first: one report, not two that contradict each other.
    let own = signed?.of === of ? signed : null;
    if (own === null) {
      const made = await api.signDelivery(sscc, said);
      if (!made.ok) return action.fail(made.error);
      own = { of, ...made.value };
      setSigned(own);
      if (own.opening !== null) keepReceipt(sscc, own.opening);
    }
    const text = own.report;
    await action.run(HAND_OFF.reporting, () =>
      api.enterDelivery(
        text,
        photos.map((photo) => photo.digest),
        localSettings().operator,
      ),
    );
  };
  return (
    <section className="sheet" aria-labelledby="report-heading">
      <h2 id="report-heading">{HAND_OFF.outcome}</h2>
      <div className="stack">
        <fieldset className="choices" disabled={action.session !== null}>
          <legend className="hidden">{HAND_OFF.outcome}</legend>
          {OUTCOMES.map((one) => (
            <label key={one} className={one === outcome ? 'btn bench on' : 'btn bench'}>
              <input type="radio" name="outcome" checked={one === outcome} onChange={() => setOutcome(one)} />
              {OUTCOME_WORDS[one]}
            </label>
          ))}
        </fieldset>
        {outcome === 'delivered' && (
          <div className="field">
            <label htmlFor={recipientId}>{HAND_OFF.recipient}</label>
            <input
              id={recipientId}
              className="hand-input"
              value={recipient}
              maxLength={200}
              autoComplete="off"
              aria-describedby={`${recipientId}-hint`}
              onChange={(event) => setRecipient(event.currentTarget.value)}
            />
            <p id={`${recipientId}-hint`} className="hint">
              {HAND_OFF.recipientHint}
            </p>
          </div>
        )}
        <div className="field">
          <label htmlFor={placeId}>{HAND_OFF.deliveryPlace}</label>
          <input
            id={placeId}
            className="hand-input"
            value={place}
            inputMode="numeric"
            autoComplete="off"
            onChange={(event) => setPlace(event.currentTarget.value)}
          />
        </div>
        <PhotoField photos={photos} onPhotos={setPhotos} onReading={setReading} />
        {action.session === null && (
          <button
            type="button"
            className="btn bench main wide"
            disabled={outcome === null || action.busy !== null || reading}
            onClick={() =>
              void oneAtATime(reports, report).catch(() =>
                action.fail({ type: 'no-answer', message: HAND_OFF.reportNoAnswer }),
              )
            }
          >
            {outcome === null ? HAND_OFF.chooseOutcome : HAND_OFF.report}
          </button>
        )}
        <ActionOutcome action={action} done={HAND_OFF.reported} />
        {signed !== null && (
          <details className="as-code">
            <summary>{HAND_OFF.asCode}</summary>
            <ShowCode text={signed.report} label={HAND_OFF.reportLabel} testId="delivery-report" />
          </details>
        )}
      </div>
    </section>
  );
}

/** Who took it, as this device alone knows it: the courier saves it where it keeps its papers. */
function Receipt({ sscc, digest }: { sscc: string; digest: string }): ReactNode {
  const [kept, setKept] = useState(() => receiptOf(sscc));
  if (kept === null || kept.digest !== digest) return null;
  return (
    <div className="notice warn" data-testid="receipt">
      <p>{within(HAND_OFF.recipientIs(SLOTS[0]), <b>{kept.text}</b>)}</p>
      <p>{HAND_OFF.receiptHint}</p>
      <div className="row">
        <button
          type="button"
          className="btn"
          onClick={() =>
            downloadBytes(
              new TextEncoder().encode(`${JSON.stringify(kept, null, 1)}\n`),
              `${sscc}.receipt.json`,
              'application/json',
            )
          }
        >
          {HAND_OFF.receipt}
        </button>
        <button
          type="button"
          className="btn"
          onClick={() => {
            keepReceipt(sscc, null);
            setKept(null);
          }}
        >
          {HAND_OFF.receiptForget}
        </button>
      </div>
    </div>
  );
}

const receiptKey = (sscc: string): string => `countersign.receipt.${sscc}`;

function keepReceipt(sscc: string, opening: RecipientOpening | null): void {
  try {
    if (opening === null) localStorage.removeItem(receiptKey(sscc));
    else localStorage.setItem(receiptKey(sscc), JSON.stringify(opening));
  } catch {
    // Without storage there is no receipt: the report itself stands all the same.
  }
}

function receiptOf(sscc: string): RecipientOpening | null {
  try {
    const kept = JSON.parse(
      localStorage.getItem(receiptKey(sscc)) ?? 'null',
    ) as Partial<RecipientOpening> | null;
    return kept !== null && typeof kept.text === 'string' && typeof kept.digest === 'string'
      ? (kept as RecipientOpening)
      : null;
  } catch {
    return null;
  }
}

/** The warehouse's side: a courier's phone without a network shows its report as a code. */
function Enter({ record }: { record: PackageRecord }): ReactNode {
  const api = useApi();
  const action = useAction();
  const [report, setReport] = useState<{ text: string; delivery: Delivery } | null>(null);
  const read = async (text: string): Promise<string | null> => {
    const found = await api.readDelivery(text);
    if (!found.ok) return errorText(found.error);
    if (found.value.sscc !== record.sscc) return HAND_OFF.otherPackage(found.value.sscc);
    setReport({ text, delivery: found.value });
    return null;
  };
  return (
    <section className="sheet" aria-labelledby="enter-heading">
      <h2 id="enter-heading">{HAND_OFF.enterReport}</h2>
      <div className="stack">
        <p className="muted">{HAND_OFF.enterReportHint}</p>
        {report === null ? (
          <TakeText what="report" onText={read} />
        ) : (
          <>
            <dl className="hand-facts">
              <dt>{HAND_OFF.outcomeLabel}</dt>
              <dd>{OUTCOME_WORDS[report.delivery.outcome]}</dd>
              <dt>{SENTENCE.time}</dt>
              <dd>
                <Instant at={report.delivery.time} />
              </dd>
              <dt>{SENTENCE.place}</dt>
              <dd>{glnOf(report.delivery.place)}</dd>
            </dl>
            {action.session === null && (
              <button
                type="button"
                className="btn bench main wide"
                disabled={action.busy !== null}
                onClick={() =>
                  void action.run(HAND_OFF.reporting, () =>
                    api.enterDelivery(report.text, [], localSettings().operator),
                  )
                }
              >
                {HAND_OFF.enter}
              </button>
            )}
            <button
              type="button"
              className="btn bench wide"
              onClick={() => {
                setReport(null);
                action.clear();
              }}
            >
              {HAND_OFF.scanAnother}
            </button>
          </>
        )}
        <ActionOutcome action={action} done={HAND_OFF.reported} />
      </div>
    </section>
  );
}

function LastReport({ record }: { record: PackageRecord }): ReactNode {
  const { delivery, handOff } = record;
  if (delivery === undefined || handOff === undefined) return null;
  return (
    <section className="sheet" aria-labelledby="last-heading" data-testid="last-delivery">
      <h2 id="last-heading">{HAND_OFF.attempt(OUTCOME_WORDS[delivery.outcome], delivery.attempt)}</h2>
      <dl className="hand-facts">
        <dt>{HAND_OFF.signedBy}</dt>
        <dd>
          {within(HAND_OFF.signedByKey(handOff.courierName, SLOTS[0]), <Digest hex={delivery.courierKey} />)}
        </dd>
        <dt>{SENTENCE.time}</dt>
        <dd>
          <Instant at={delivery.time} />
        </dd>
        <dt>{SENTENCE.place}</dt>
        <dd>{glnOf(delivery.place)}</dd>
        <dt>{HAND_OFF.recipient}</dt>
        <dd>{delivery.recipient === null ? HAND_OFF.notSaid : <Digest hex={delivery.recipient} />}</dd>
        <dt>{HAND_OFF.photos}</dt>
        <dd>
          {delivery.photos.length === 0 ? (
            HAND_OFF.noPhotos
          ) : (
            <Photos digests={delivery.photos} of={HAND_OFF.photosOf} />
          )}
        </dd>
      </dl>
    </section>
  );
}

const glnOf = (gln: string | null): string => (gln === null ? HAND_OFF.notSaid : HAND_OFF.gln(gln));
