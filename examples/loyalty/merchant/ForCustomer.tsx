/** Everything else that a stall does for a customer: put groups together, cut one, pass points on, exchange, print receipts anew. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Heading, Notice } from '../parts.tsx';
import {
  isExpired,
  MAX_SOURCES,
  merchant,
  requestMerge,
  requestPayment,
  requestSwap,
  type Group,
  type LoyaltyError,
  type Owner,
  type Request,
} from '../points/index.ts';
import type { Result } from 'countersign';
import { customerCode, customerKeyWords, T } from '../texts.ts';
import { AmountField } from './AmountField.tsx';
import { AskCustomer } from './AskCustomer.tsx';
import type { TaskProps } from './Counter.tsx';
import { useDesk, useRecord } from './desk.ts';
import { ScanCustomer } from './ScanCustomer.tsx';
import { daysDiffer, readAmount, soonest, stallName, sumsByIssuer, today } from './words.ts';

type Doing =
  | { readonly kind: 'choose' }
  | { readonly kind: 'cut'; readonly group: Group }
  | { readonly kind: 'pass'; readonly group: Group }
  | { readonly kind: 'swap'; readonly group: Group }
  | {
      readonly kind: 'asked';
      readonly request: Request;
      readonly title: string;
      readonly receipts: Owner;
      readonly paid: boolean;
      readonly warning: string | null;
    };

export function ForCustomer({ onDone, onOperation }: TaskProps): ReactNode {
  const desk = useDesk();
  const { street, network } = desk;
  const members = network.members();
  const record = useRecord();
  const [customer, setCustomer] = useState<Owner | null>(null);
  const [doing, setDoing] = useState<Doing>({ kind: 'choose' });
  const [problem, setProblem] = useState<string | null>(null);
  if (customer === null)
    return <ScanCustomer title={T.forCustomer.title} onCustomer={setCustomer} onBack={onDone} />;
  const code = customerCode(customer);
  const begin = (next: Doing): void => {
    // What went wrong before is not this one's.
    setProblem(null);
    setDoing(next);
  };
  const choose = (): void => begin({ kind: 'choose' });
  const ask = async (
    made: Promise<Result<Request, LoyaltyError>>,
    title: string,
    { receipts = customer, paid = false, warning = null as string | null } = {},
  ): Promise<void> => {
    setProblem(null);
    const request = await made;
    if (request.ok) setDoing({ kind: 'asked', request: request.value, title, receipts, paid, warning });
    else setProblem(request.error.message);
  };
  if (doing.kind === 'asked') {
    return (
      <AskCustomer
        title={doing.title}
        request={doing.request}
        warning={doing.warning}
        onSubmitted={(operation) => {
          const { receipts, paid } = doing;
          onOperation(desk.follow(doing.title, operation, { receiptsFor: receipts, paid }));
        }}
        onBack={choose}
      />
    );
  }
  if (doing.kind === 'cut') {
    const { group } = doing;
    return (
      <Cut
        group={group}
        problem={problem}
        onBack={choose}
        onCut={(amount) =>
          void ask(
            requestPayment(street, { from: group.key, amount, to: customer }),
            T.title.cut(amount, group.amount - amount, code),
          )
        }
      />
    );
  }
  if (doing.kind === 'pass') {
    const { group } = doing;
    return (
      <ScanCustomer
        title={T.forCustomer.passTitle(group.amount)}
        asks={T.forCustomer.passScan}
        problem={problem}
        refuse={(to) => (to === customer ? T.forCustomer.passSelf : null)}
        onBack={choose}
        onCustomer={(to) =>
          void ask(
            requestPayment(street, { from: group.key, amount: group.amount, to, today: today() }),
            T.title.pass(group.amount, code, customerKeyWords(to)),
            { receipts: to },
          )
        }
      />
    );
  }
  const groups = (record?.groups ?? []).filter((one) => one.owner === customer);
  const held = (record?.groups ?? []).filter(
    (one) => one.owner === merchant(street.me) && !isExpired(one.expires, today()),
  );
  if (doing.kind === 'swap') {
    const { group } = doing;
    return (
      <section className="card">
        <Heading>
          {T.forCustomer.swapTitle(T.group(group.amount, stallName(members, group.issuer), group.expires))}
        </Heading>
        {record === null && <p role="status">{T.reading}</p>}
        {record !== null && held.length === 0 && <p>{T.forCustomer.swapNone}</p>}
        {held.map((mine) => (
          <button
            key={mine.key}
            type="button"
            className="btn wide"
            onClick={() =>
              void ask(
                requestSwap(street, group.key, mine.key, { today: today() }),
                T.title.swap(group.amount, mine.amount, code),
                { paid: true },
              )
            }
          >
            {T.group(mine.amount, stallName(members, mine.issuer), mine.expires)}
          </button>
        ))}
        {problem !== null && <Problem words={problem} />}
        <button type="button" className="btn" onClick={choose}>
          {T.back}
        </button>
      </section>
    );
  }
  return (
    <section className="card">
      <Heading>{T.forCustomer.of(code)}</Heading>
      {record === null && <p role="status">{T.reading}</p>}
      {record !== null && groups.length === 0 && <p>{T.take.none}</p>}
      {problem !== null && <Problem words={problem} />}
      {groups.length > 0 && <p className="muted">{T.forCustomer.callBackWhat}</p>}
      {sumsByIssuer(groups).map((sum) => (
        <section key={sum.issuer} className="stack-tight" aria-label={stallName(members, sum.issuer)}>
          <h3>{T.forCustomer.sum(sum.amount, stallName(members, sum.issuer))}</h3>
          <PutTogether
            groups={sum.groups}
            onMerge={(parts, warning) =>
              void ask(
                requestMerge(
                  street,
                  parts.map((one) => one.key),
                ),
                T.title.merge(code),
                { warning },
              )
            }
          />
          <ul className="list">
            {sum.groups.map((group) => (
              <li key={group.key}>
                <p>
                  <strong>{T.points(group.amount)}</strong>{' '}
                  <span className="muted">{T.until(group.expires)}</span>{' '}
                  {isExpired(group.expires, today()) && (
                    <span className="badge warn">{T.forCustomer.past}</span>
                  )}
                </p>
                <div className="row">
                  {group.amount > 1 && (
                    <button type="button" className="btn" onClick={() => begin({ kind: 'cut', group })}>
                      {T.forCustomer.cut(group.amount)}
                    </button>
                  )}
                  <button type="button" className="btn" onClick={() => begin({ kind: 'pass', group })}>
                    {T.forCustomer.pass(group.amount)}
                  </button>
                  <button type="button" className="btn" onClick={() => begin({ kind: 'swap', group })}>
                    {T.forCustomer.swap(group.amount)}
                  </button>
                  <button
                    type="button"
                    className="btn"
                    onClick={() =>
                      void ask(
                        requestPayment(street, { from: group.key, amount: group.amount, to: customer }),
                        T.title.callBack(group.amount, code),
                      )
                    }
                  >
                    {T.forCustomer.callBack(group.amount)}
                  </button>
                </div>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <button type="button" className="btn" onClick={onDone}>
        {T.back}
      </button>
    </section>
  );
}

/** Those that are still good, as many as go into one; where their last days differ it says what becomes of them. */
function PutTogether({
  groups,
  onMerge,
}: {
  readonly groups: readonly Group[];
  readonly onMerge: (parts: readonly Group[], warning: string | null) => void;
}): ReactNode {
  const parts = groups.filter((one) => !isExpired(one.expires, today())).slice(0, MAX_SOURCES + 1);
  if (parts.length < 2) return null;
  const warning = daysDiffer(parts) ? T.take.earlier(soonest(parts)) : null;
  return (
    <>
      {warning !== null && <p className="muted">{warning}</p>}
      <button type="button" className="btn main" onClick={() => onMerge(parts, warning)}>
        {T.forCustomer.merge(parts.length)}
      </button>
    </>
  );
}

const Problem = ({ words }: { readonly words: string }): ReactNode => (
  <Notice kind="wrong">
    <p role="alert">{words}</p>
  </Notice>
);

function Cut({
  group,
  problem,
  onCut,
  onBack,
}: {
  readonly group: Group;
  readonly problem: string | null;
  readonly onCut: (amount: number) => void;
  readonly onBack: () => void;
}): ReactNode {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const amount = readAmount(text);
    if (amount === null || amount >= group.amount) return setWrong(T.forCustomer.cutWrong(group.amount));
    setWrong(null);
    onCut(amount);
  };
  return (
    <form className="card" onSubmit={submit}>
      <Heading>{T.forCustomer.cutTitle(group.amount)}</Heading>
      <AmountField
        label={T.forCustomer.cutAmount}
        value={text}
        problem={wrong ?? problem}
        onChange={setText}
      />
      <button type="submit" className="btn main">
        {T.take.do}
      </button>
      <button type="button" className="btn" onClick={onBack}>
        {T.back}
      </button>
    </form>
  );
}
