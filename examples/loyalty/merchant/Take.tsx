/** Taking points: what the customer has, how many are asked for, the request on the screen, the answer scanned. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Heading, Notice } from '../parts.tsx';
import {
  isExpired,
  MAX_SOURCES,
  requestMerge,
  requestPayment,
  type Group,
  type Operation,
  type Outcome,
  type Owner,
  type Request,
} from '../points/index.ts';
import { customerCode, T } from '../texts.ts';
import { AmountField } from './AmountField.tsx';
import { AskCustomer } from './AskCustomer.tsx';
import type { TaskProps } from './Counter.tsx';
import { useDesk, useDoing, useRecord } from './desk.ts';
import { OperationView } from './OperationView.tsx';
import { ScanCustomer } from './ScanCustomer.tsx';
import { daysDiffer, readAmount, soonest, stallName, sumsByIssuer, today, total } from './words.ts';

interface Asked {
  readonly kind: 'merge' | 'payment';
  readonly request: Request;
  readonly amount: number;
  readonly issuer: string;
  /** What the person should know before the customer signs. */
  readonly warning: string | null;
}

export function Take({ onDone, onOperation }: TaskProps): ReactNode {
  const desk = useDesk();
  const { street } = desk;
  const [customer, setCustomer] = useState<Owner | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  /** A merge that is under way, after which the payment is asked for. */
  const [merging, setMerging] = useState<(Asked & { readonly id: number }) | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (customer === null)
    return <ScanCustomer title={T.take.title} onCustomer={setCustomer} onBack={onDone} />;
  const code = customerCode(customer);
  const ask = async (groups: readonly Group[], amount: number, issuer: string): Promise<void> => {
    setProblem(null);
    // The smallest that is large enough leaves the fewest small ones.
    const [one] = groups.filter((group) => group.amount >= amount).sort((a, b) => a.amount - b.amount);
    const parts = enough(groups, amount);
    const made =
      one === undefined
        ? await requestMerge(
            street,
            parts.map(({ key }) => key),
          )
        : await requestPayment(street, { from: one.key, amount, today: today() });
    if (!made.ok) return setProblem(made.error.message);
    const warning = one === undefined && daysDiffer(parts) ? T.take.earlier(soonest(parts)) : null;
    setAsked({ kind: one === undefined ? 'merge' : 'payment', request: made.value, amount, issuer, warning });
  };
  const submitted = (operation: Operation<Outcome>): void => {
    if (asked === null) return;
    if (asked.kind === 'merge') {
      const id = desk.follow(T.title.merge(code), operation, { receiptsFor: customer });
      setMerging({ ...asked, id });
      return setAsked(null);
    }
    const about = { receiptsFor: customer, paid: true };
    onOperation(desk.follow(T.title.take(asked.amount, code), operation, about));
  };
  if (asked !== null) {
    return (
      <AskCustomer
        key={asked.kind}
        title={asked.kind === 'merge' ? T.take.mergeFirst(asked.amount) : T.take.ask(asked.amount)}
        request={asked.request}
        warning={asked.warning}
        onSubmitted={submitted}
        onBack={() => setAsked(null)}
      />
    );
  }
  if (merging !== null) {
    return (
      <Merged
        id={merging.id}
        onDone={onDone}
        onGoOn={(group) => {
          setMerging(null);
          void ask([group], merging.amount, merging.issuer);
        }}
      />
    );
  }
  return <Choose customer={customer} problem={problem} onAsk={ask} onBack={onDone} />;
}

/** The largest first, until they are enough. */
function enough(groups: readonly Group[], amount: number): readonly Group[] {
  const chosen: Group[] = [];
  for (const group of [...groups].sort((a, b) => b.amount - a.amount)) {
    if (total(chosen) >= amount || chosen.length > MAX_SOURCES) break;
    chosen.push(group);
  }
  return chosen;
}

function Merged({
  id,
  onDone,
  onGoOn,
}: {
  readonly id: number;
  readonly onDone: () => void;
  readonly onGoOn: (group: Group) => void;
}): ReactNode {
  const merged = useDoing().find((one) => one.id === id)?.groups?.[0];
  return (
    <>
      <OperationView id={id} onDone={onDone} />
      {merged !== undefined && (
        <button type="button" className="btn main" onClick={() => onGoOn(merged)}>
          {T.take.goOn}
        </button>
      )}
    </>
  );
}

interface ChooseProps {
  readonly customer: Owner;
  readonly problem: string | null;
  readonly onAsk: (groups: readonly Group[], amount: number, issuer: string) => Promise<void>;
  readonly onBack: () => void;
}

function Choose({ customer, problem: refused, onAsk, onBack }: ChooseProps): ReactNode {
  const { network, street } = useDesk();
  const record = useRecord();
  const members = network.members();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const own = (record?.groups ?? []).filter((one) => one.owner === customer);
  const usable = sumsByIssuer(own.filter((one) => !isExpired(one.expires, today())));
  const past = total(own) - usable.reduce((sum, one) => sum + one.amount, 0);
  // A stall's own points first: they end here.
  const issuer =
    chosen ?? usable.find((one) => one.issuer === street.me)?.issuer ?? usable[0]?.issuer ?? null;
  const sum = usable.find((one) => one.issuer === issuer);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const amount = readAmount(text);
    if (amount === null) return setWrong(T.amount.wrong);
    if (sum === undefined || sum.amount < amount) return setWrong(T.take.tooMany(sum?.amount ?? 0));
    setWrong(null);
    void onAsk(sum.groups, amount, sum.issuer);
  };
  return (
    <form className="card" onSubmit={submit}>
      <Heading>{T.take.from(customerCode(customer))}</Heading>
      {record === null ? (
        <p role="status">{T.reading}</p>
      ) : usable.length === 0 ? (
        <Notice kind="warn" testId="none">
          {T.take.none}
        </Notice>
      ) : (
        <>
          <fieldset className="stack-tight">
            <legend>{T.take.which}</legend>
            {usable.map((one) => (
              <label key={one.issuer} className="choice">
                <input
                  type="radio"
                  name="issuer"
                  checked={one.issuer === issuer}
                  onChange={() => setChosen(one.issuer)}
                />
                <span>
                  {T.take.sum(
                    one.amount,
                    stallName(members, one.issuer),
                    one.groups.length,
                    T.soonest(soonest(one.groups), one.groups.length),
                  )}
                </span>
              </label>
            ))}
          </fieldset>
          <AmountField label={T.take.amount} value={text} problem={wrong ?? refused} onChange={setText} />
          <button type="submit" className="btn main">
            {T.take.do}
          </button>
        </>
      )}
      {past > 0 && <Notice kind="warn">{T.take.past(past)}</Notice>}
      <button type="button" className="btn" onClick={onBack}>
        {T.cancel}
      </button>
    </form>
  );
}
