/** Proposals to go on without a quorum: who goes on, who is left behind, who has signed, and the one tap. */
import { useState, type ReactNode, type RefObject } from 'react';
import type { BreakView, ChainBreak, Digest, EpochView, NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { Digest as Hex } from '../parts/words.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Seal } from '../seal/Seal.tsx';
import { BREAKS } from './break-texts.ts';
import {
  breakSeal,
  breakTitle,
  continuedSentences,
  goneWords,
  pastBreakSentences,
  signedAnotherWords,
  survivorsOf,
  unsignedWords,
} from './break-words.ts';
import { CallOutcome } from './CallOutcome.tsx';
import { useChange } from './use-change.ts';
import { useFocusedHeading } from './use-focused-heading.ts';
import { listed, numbersOf, numbersWords } from './words.ts';

export interface BreaksProps {
  readonly state: NetworkState;
  /** The proposal whose heading takes the focus. */
  readonly focus: Digest | null;
  readonly onFocused: () => void;
}

/** Nothing where nobody has proposed one: most networks never see it. */
export function Breaks({ state, focus, onFocused }: BreaksProps): ReactNode {
  const { breaks } = state;
  if (breaks.length === 0) return null;
  return (
    <section className="sheet" aria-labelledby="breaks-heading" data-testid="breaks">
      <h2 id="breaks-heading">{BREAKS.waiting}</h2>
      <div className="stack">
        <p className="muted">{BREAKS.waitingText}</p>
        <div className="entries">
          {breaks.map((one) => (
            <Break
              key={one.digest}
              one={one}
              state={state}
              focused={focus === one.digest}
              onFocused={onFocused}
            />
          ))}
        </div>
      </div>
    </section>
  );
}

interface BreakProps {
  readonly one: BreakView;
  readonly state: NetworkState;
  readonly focused: boolean;
  readonly onFocused: () => void;
}

function Break({ one, state, focused, onFocused }: BreakProps): ReactNode {
  const heading = useFocusedHeading(focused, onFocused);
  const next = numbersWords(numbersOf(one.survivors.length));
  const others = state.breaks.filter(({ digest }) => digest !== one.digest);
  return (
    <article className="entry change" data-testid={`break-${one.digest}`}>
      <Seal
        seal={breakSeal(one)}
        members={survivorsOf(one, state.members)}
        size={160}
        act="sign"
        live
        className="change-seal"
      />
      <div className="stack-tight">
        <h3 ref={heading} tabIndex={-1}>
          {breakTitle(one)}
        </h3>
        <dl className="facts">
          <dt>{BREAKS.called}</dt>
          <dd className="wrap-any">{one.name}</dd>
          <dt>{BREAKS.proposedBy}</dt>
          <dd>{one.proposedBy}</dd>
          <dt>{BREAKS.behind}</dt>
          <dd>{goneWords(one)}</dd>
        </dl>
        <p className="strong">{BREAKS.means(next)}</p>
        <Standing one={one} others={others} heading={heading} />
      </div>
    </article>
  );
}

interface StandingProps {
  readonly one: BreakView;
  /** The other proposals that stand here. */
  readonly others: readonly BreakView[];
  readonly heading: RefObject<HTMLHeadingElement | null>;
}

/** How far it is, and what this member can do about it. */
function Standing({ one, others, heading }: StandingProps): ReactNode {
  const missing = unsignedWords(one);
  return (
    <>
      <div role="status" className="stack-tight">
        {one.self === 'signed' && (
          <p>
            <b className="good">{BREAKS.signed}</b> {BREAKS.signedRest}
          </p>
        )}
        <p className="muted">{missing ?? BREAKS.ready}</p>
      </div>
      {one.self === 'not-listed' && (
        <p className="notice warn">
          <b>{BREAKS.notListed}</b> {BREAKS.notListedText}
        </p>
      )}
      {one.self === 'asked' &&
        (one.sameRecord && one.notHere !== null ? (
          <p className="notice">{one.notHere}</p>
        ) : one.sameRecord ? (
          <Sign one={one} others={others} heading={heading} />
        ) : (
          <p className="notice warn" data-testid="record-differs">
            {BREAKS.differs(one.proposedBy)}
          </p>
        ))}
    </>
  );
}

/** One tap, and a question that names what cannot be undone. */
function Sign({ one, others, heading }: StandingProps): ReactNode {
  const api = useApi();
  const call = useChange();
  const [asked, setAsked] = useState(false);
  const sign = async (): Promise<void> => {
    setAsked(false);
    const done = await call.run(BREAKS.signing, () => api.signBreak(one.digest));
    // The button goes away: whoever pressed it is told at the heading how far it is.
    if (done !== null) heading.current?.focus();
  };
  return (
    <div className="stack-tight">
      <div className="row">
        <button
          type="button"
          className="btn danger tall"
          disabled={call.busy !== null}
          onClick={() => setAsked(true)}
        >
          {BREAKS.sign}
          <span className="hidden">{BREAKS.signOf(breakTitle(one))}</span>
        </button>
      </div>
      <CallOutcome call={call} />
      <Irreversible
        open={asked}
        who={one}
        warning={signedAnotherWords(others)}
        action={BREAKS.sign}
        onConfirm={() => void sign()}
        onClose={() => setAsked(false)}
      />
    </div>
  );
}

/** The question before anything is signed, by whoever proposes and by whoever agrees. */
export function Irreversible({
  open,
  who,
  warning,
  action,
  onConfirm,
  onClose,
}: IrreversibleProps): ReactNode {
  const names = (of: IrreversibleProps['who']['gone']): string =>
    listed(of.map(({ organisation }) => organisation));
  return (
    <Dialog open={open} title={BREAKS.confirmHead(names(who.gone))} onClose={onClose}>
      <dl className="facts">
        <dt>{BREAKS.goesOn}</dt>
        <dd>{names(who.survivors)}</dd>
        <dt>{BREAKS.behind}</dt>
        <dd>{names(who.gone)}</dd>
      </dl>
      {warning !== undefined && <p className="notice warn">{warning}</p>}
      <p className="strong">{BREAKS.irreversible}</p>
      <p>{BREAKS.noWayBack}</p>
      <p>{BREAKS.lost}</p>
      <div className="row">
        <button type="button" className="btn danger tall" onClick={onConfirm}>
          {action}
        </button>
        <button type="button" className="btn tall" onClick={onClose}>
          {BREAKS.notNow}
        </button>
      </div>
    </Dialog>
  );
}

interface IrreversibleProps {
  readonly open: boolean;
  readonly who: Readonly<Record<'survivors' | 'gone', readonly { readonly organisation: string }[]>>;
  readonly warning?: string | undefined;
  /** What the button that signs says. */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** For as long as the network lasts: that its record has a break, or that others went on from here. Nothing where neither is so. */
export function PastBreaks({
  epoch: { breaks, continuedBy = [] },
}: {
  readonly epoch: Pick<EpochView, 'breaks' | 'continuedBy'>;
}): ReactNode {
  return (
    <>
      {continuedBy.length > 0 && (
        <section className="sheet" aria-labelledby="continued-heading" data-testid="continued">
          <h2 id="continued-heading">{BREAKS.continued}</h2>
          <div className="entries">
            {continuedBy.map((one) => (
              <Told key={one.network} sentences={continuedSentences(one)}>
                <p className="muted">{BREAKS.continuedText}</p>
              </Told>
            ))}
          </div>
        </section>
      )}
      {breaks.length > 0 && (
        <section className="sheet" aria-labelledby="past-breaks-heading" data-testid="past-breaks">
          <h2 id="past-breaks-heading">{BREAKS.broken}</h2>
          <div className="entries">
            {breaks.map((one) => (
              <Told key={one.network} sentences={pastBreakSentences(one)}>
                <Continues one={one} />
              </Told>
            ))}
          </div>
        </section>
      )}
    </>
  );
}

function Told({
  sentences,
  children,
}: {
  readonly sentences: readonly string[];
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="entry stack-tight">
      {sentences.map((sentence) => (
        <p key={sentence} className="wrap-any">
          {sentence}
        </p>
      ))}
      {children}
    </div>
  );
}

function Continues({ one }: { readonly one: ChainBreak }): ReactNode {
  return (
    <>
      <p className="muted">
        {within(
          BREAKS.continues(SLOTS[0], SLOTS[1]),
          <Hex key="from" hex={one.from} />,
          <Hex key="to" hex={one.network} />,
        )}
      </p>
      <p className="muted">{BREAKS.brokenText(one.epoch)}</p>
    </>
  );
}
