/** The courier's own page: what is shown to it, what it signs, and what it has. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { HandOffView, PackageStatus, PackageSummary } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { errorText, langOf } from '../errors.ts';
import { MAX_COURIER_ROWS } from '../limits.ts';
import { commas } from '../parts/names.ts';
import { Told } from '../parts/Told.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Instant, Sscc } from '../parts/words.tsx';
import { takeFirst } from '../scan/field-wedge.ts';
import { useInOrder } from '../use-in-order.ts';
import { usePackageDetail } from '../use-package.ts';
import { HandOffWords } from './HandOffWords.tsx';
import { oneAtATime } from './one-at-a-time.ts';
import { ShowCode } from './ShowCode.tsx';
import { TakeText } from './TakeText.tsx';
import { HAND_OFF } from './texts.ts';
import { ownCouriers } from './who.ts';
import '../styles/hand-off.css';

export function CourierPage(): ReactNode {
  const state = useNetwork();
  const api = useApi();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const own = ownCouriers(self, state.couriers);
  const [request, setRequest] = useState<HandOffView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (self?.role !== 'courier' || own.length === 0) {
    return (
      <>
        <h1>{HAND_OFF.courierTitle}</h1>
        <p className="notice warn">
          {self?.role === 'courier' ? HAND_OFF.noGln(self.gln) : HAND_OFF.couriersOnly}
        </p>
      </>
    );
  }
  const read = async (text: string): Promise<string | null> => {
    const found = await api.readHandOff(text);
    if (!found.ok) return errorText(found.error);
    setRequest(found.value);
    setProblem(null);
    return null;
  };
  const readLive = async (text: string): Promise<void> => {
    setProblem(null);
    setProblem(await takeFirst([text], read, HAND_OFF.takeNoAnswer));
  };
  const shown = state.handOffs?.requests ?? [];
  return (
    <div className="hand-page">
      <div className="page-head">
        <div>
          <h1>{HAND_OFF.courierTitle}</h1>
          <p>{HAND_OFF.courierIntro(commas(own.map((one) => one.name)))}</p>
        </div>
      </div>
      {request !== null ? (
        <Sign key={request.digest} view={request} onNext={() => setRequest(null)} />
      ) : (
        <div className="hand-columns">
          <div className="stack">
            {shown.length > 0 && (
              <section className="sheet waits" aria-labelledby="live-heading" data-testid="live-requests">
                <h2 id="live-heading">{HAND_OFF.liveTitle}</h2>
                <ul className="stack-tight" aria-live="polite">
                  {shown.map((view) => (
                    <li key={view.digest}>
                      <button
                        type="button"
                        className="btn bench main wide"
                        onClick={() => void readLive(view.text)}
                      >
                        <span>
                          <Sscc value={view.statement.sscc} />{' '}
                          <small>{HAND_OFF.fromWarehouse(view.warehouse)}</small>
                        </span>
                      </button>
                    </li>
                  ))}
                </ul>
                {problem !== null && (
                  <p className="notice bad" role="alert" lang={langOf(problem)}>
                    {problem}
                  </p>
                )}
              </section>
            )}
            <section className="sheet" aria-labelledby="scan-heading">
              <h2 id="scan-heading">{HAND_OFF.scanTitle}</h2>
              <div className="stack">
                <p className="muted">{HAND_OFF.scanHint}</p>
                <TakeText what="request" onText={read} />
              </div>
            </section>
          </div>
          <div className="stack">
            <Own
              title={HAND_OFF.withYou}
              none={HAND_OFF.withYouNone}
              status="in-transit"
              names={own.map((one) => one.name)}
              task="delivery"
              word={HAND_OFF.reportDelivery}
            />
            <Own
              title={HAND_OFF.waiting}
              none={HAND_OFF.waitingNone}
              status="labelled"
              names={own.map((one) => one.name)}
              task={null}
              word=""
            />
          </div>
        </div>
      )}
    </div>
  );
}

function Sign({ view, onNext }: { view: HandOffView; onNext: () => void }): ReactNode {
  const api = useApi();
  const [signed, setSigned] = useState<{ answer: string; sent: boolean } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const detail = usePackageDetail(view.statement.sscc);
  const entered = detail !== null && detail !== 'reading' && detail.record.handOff?.digest === view.digest;
  const heading = useRef<HTMLHeadingElement>(null);
  const answer = signed?.answer;
  // The button that was pressed is gone, and the code stands above where it was.
  useEffect(() => {
    if (answer !== undefined) heading.current?.focus();
  }, [answer]);
  const signing = useRef(false);
  const sign = async (): Promise<void> => {
    setProblem(null);
    const result = await api.signHandOff(view.text);
    if (result.ok) setSigned(result.value);
    else setProblem(errorText(result.error));
  };
  return (
    <section className="sheet" aria-labelledby="sign-heading">
      <h2 id="sign-heading" ref={heading} tabIndex={-1}>
        {signed === null ? HAND_OFF.signTitle : HAND_OFF.answerShow}
      </h2>
      <div className="stack">
        <p role="status" className={signed === null ? 'hidden' : entered ? 'notice good' : 'notice'}>
          {signed !== null && (
            <>
              {entered ? HAND_OFF.signedAndIn : HAND_OFF.signed}{' '}
              {signed.sent && !entered && HAND_OFF.answerSent}
            </>
          )}
        </p>
        {signed !== null && !entered && (
          <ShowCode text={signed.answer} label={HAND_OFF.answerLabel} testId="hand-off-answer" />
        )}
        <HandOffWords view={view} />
        {problem !== null && (
          <p className="notice bad" role="alert" lang={langOf(problem)}>
            {problem}
          </p>
        )}
        {signed === null && view.problem !== null && (
          <div className="notice bad" role="alert">
            <p>
              <b>{HAND_OFF.cannotSign}</b>
            </p>
            <p>
              <Told text={view.problem} />
            </p>
          </div>
        )}
        {signed === null && view.problem === null && (
          <button
            type="button"
            className="btn bench main wide"
            onClick={() => void oneAtATime(signing, sign).catch(() => setProblem(HAND_OFF.signNoAnswer))}
          >
            {HAND_OFF.sign}
          </button>
        )}
        <button type="button" className="btn bench wide" onClick={onNext}>
          {signed === null ? HAND_OFF.dontSign : HAND_OFF.nextOne}
        </button>
      </div>
    </section>
  );
}

interface OwnProps {
  readonly title: string;
  readonly none: string;
  readonly status: PackageStatus;
  readonly names: readonly string[];
  readonly task: 'delivery' | null;
  readonly word: string;
}

function Own({ title, none, status, names, task, word }: OwnProps): ReactNode {
  const { rows, more } = useOwn(status, names);
  const heading = `own-${status}`;
  return (
    <section className="sheet" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      {rows.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        <ul className="own-rows">
          {rows.map((row) => (
            <li key={row.sscc}>
              <Link href={`/packages/${row.sscc}`} className="own-name">
                <Sscc value={row.sscc} />
                <small>{within(HAND_OFF.ownRow(row.asnId, SLOTS[0]), <Instant at={row.updatedAt} />)}</small>
              </Link>
              {task !== null && (
                <Link className="btn bench" href={`/packages/${row.sscc}/${task}`}>
                  {word}
                  <span className="hidden">{HAND_OFF.ofPackage(row.sscc)}</span>
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {more > 0 && <p className="muted">{HAND_OFF.more(more)}</p>}
    </section>
  );
}

/** Packages of these couriers with a status: the first that a search by the name finds. */
function useOwn(
  status: PackageStatus,
  names: readonly string[],
): { readonly rows: readonly PackageSummary[]; readonly more: number } {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const [held, setHeld] = useState<{ rows: readonly PackageSummary[]; more: number }>({ rows: [], more: 0 });
  const text = names.join('\n');
  const order = useInOrder(`${status}\n${text}`);
  useEffect(() => {
    const load = async (): Promise<typeof held> => {
      const answers = await Promise.all(
        text
          .split('\n')
          .map((name) => api.packages({ text: name, status, offset: 0, limit: MAX_COURIER_ROWS })),
      );
      const rows = answers.flatMap((answer, i) =>
        answer.rows.filter((row) => row.courier === text.split('\n')[i]),
      );
      const more = answers.reduce((sum, answer) => sum + Math.max(0, answer.total - MAX_COURIER_ROWS), 0);
      return { rows, more };
    };
    order.take(load(), setHeld);
  }, [api, order, status, text, packagesRevision]);
  return held;
}
