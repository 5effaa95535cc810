/** An error with which carrying on would be wrong, or a question: the whole screen, words, and nothing goes on until it is answered. */
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { langOf } from '../errors.ts';
import { ssccGroups } from '../format.ts';
import { ALARM, BENCH, PAUSED } from './texts.ts';
import type { Bench, BlockingProblem, PausedScans } from './bench-types.ts';

export function BlockingError({ bench, problem }: { bench: Bench; problem: BlockingProblem }): ReactNode {
  const heading = useId();
  const text = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const isQuestion = problem.type === 'open-elsewhere';
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    // Not on a button: the Enter at the end of a further scan would answer for the person.
    title.current?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={isQuestion ? 'alarm ask' : 'alarm'}
      role="alertdialog"
      aria-labelledby={heading}
      aria-describedby={text}
      data-testid="blocking-error"
      data-type={problem.type}
      onCancel={(event) => event.preventDefault()}
      onClose={() => bench.acknowledge()}
    >
      <div className="alarm-body">
        {isQuestion ? (
          <svg className="octagon" viewBox="0 0 64 64" width="64" height="64" aria-hidden="true">
            <circle cx="32" cy="32" r="29" />
            <path className="octagon-cross" d="M23 25a9 9 0 1 1 12 8.5c-2 .8-3 2.5-3 5.5M32 48v1" />
          </svg>
        ) : (
          <svg className="octagon" viewBox="0 0 64 64" width="64" height="64" aria-hidden="true">
            <path d="M21 2H43L62 21V43L43 62H21L2 43V21Z" />
            <path className="octagon-cross" d="M22 22L42 42M42 22L22 42" />
          </svg>
        )}
        <div className="stack">
          <h1 id={heading} ref={title} tabIndex={-1}>
            {problem.title}
          </h1>
          <div id={text} className="stack">
            {problem.read !== undefined && (
              <Read
                label={isQuestion ? BENCH.package : ALARM.read}
                code={problem.read}
                mark={problem.expected !== undefined ? 'wrong' : null}
              />
            )}
            {problem.expected !== undefined && (
              <Read label={ALARM.expected} code={problem.expected} mark="right" />
            )}
            <p lang={langOf(problem.message)}>{problem.message}</p>
          </div>
          <LaterScans paused={bench.paused} />
        </div>
      </div>
      <div className="alarm-act">
        {problem.sessionId !== undefined && (
          <button
            type="button"
            className="btn bench wide"
            onClick={() => {
              bench.show(problem.sessionId!);
              bench.acknowledge();
            }}
          >
            {ALARM.openSession}
          </button>
        )}
        {problem.ways?.map((way) => (
          <button
            key={way.words}
            type="button"
            className="btn bench wide"
            onClick={() => {
              bench.acknowledge();
              way.go();
            }}
          >
            {way.words}
          </button>
        ))}
        <button type="button" className="btn bench main wide" onClick={() => bench.acknowledge()}>
          {problem.read === undefined ? ALARM.understood : isQuestion ? ALARM.another : ALARM.again}
        </button>
      </div>
    </dialog>
  );
}

/** Scans that came meanwhile. The region is there from the start: what is put into it is read out. */
export function LaterScans({ paused }: { paused: PausedScans }): ReactNode {
  const before = paused.count - paused.codes.length;
  return (
    <div role="status" className={paused.count > 0 ? 'alarm-later' : 'hidden'}>
      {paused.count > 0 && (
        <>
          <p>{PAUSED.later(paused.count)}</p>
          <ul className="mono wrap-any">
            {paused.codes.map((code, i) => (
              <li key={i}>
                <bdi dir="ltr">{code}</bdi>
              </li>
            ))}
          </ul>
          {before > 0 && <p>{PAUSED.more(before)}</p>}
        </>
      )}
    </div>
  );
}

function Read({
  label,
  code,
  mark,
}: {
  label: string;
  code: string;
  mark: 'wrong' | 'right' | null;
}): ReactNode {
  const groups = ssccGroups(code);
  if (groups === null) {
    return (
      <p className="read">
        <span className="read-label">{label}</span>
        <span className="mono wrap-any" dir="ltr">
          {code}
        </span>
      </p>
    );
  }
  const head = `${groups[0]} ${groups[1]} ${groups[2]} ${groups[3].slice(0, -1)}`;
  return (
    <p className="read">
      <span className="read-label">{label}</span>
      <span className="digits" dir="ltr">
        {head}
        <b className={mark === null ? '' : `digit-${mark}`}>{groups[3].at(-1)}</b>
      </span>
    </p>
  );
}
