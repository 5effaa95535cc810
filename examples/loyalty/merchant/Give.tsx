/** Giving points: new ones of this stall, or ones that it holds. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { Field, Heading, Notice } from '../parts.tsx';
import {
  give,
  isExpired,
  issue,
  merchant,
  split,
  type Group,
  type Operation,
  type Outcome,
  type Owner,
  type Street,
} from '../points/index.ts';
import { customerCode, T } from '../texts.ts';
import { AmountField } from './AmountField.tsx';
import type { TaskProps } from './Counter.tsx';
import { useDesk, useRecord } from './desk.ts';
import { ScanCustomer } from './ScanCustomer.tsx';
import { inAYear, readAmount, soonest, stallName, sumsByIssuer, today } from './words.ts';

/** New points, or the issuer whose points are given on. */
const NEW = '';

export function Give({ onDone, onOperation }: TaskProps): ReactNode {
  const desk = useDesk();
  const { street, network } = desk;
  const record = useRecord();
  const [customer, setCustomer] = useState<Owner | null>(null);
  const [amountText, setAmountText] = useState('');
  const [from, setFrom] = useState(NEW);
  const [valid, setValid] = useState<'year' | 'ever'>('year');
  const [problem, setProblem] = useState<string | null>(null);
  const [fromField, validField] = [useId(), useId()];
  if (customer === null)
    return <ScanCustomer title={T.give.title} onCustomer={setCustomer} onBack={onDone} />;
  const members = network.members();
  const held = sumsByIssuer(
    (record?.groups ?? []).filter(
      (one) => one.owner === merchant(street.me) && !isExpired(one.expires, today()),
    ),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const amount = readAmount(amountText);
    if (amount === null) return setProblem(T.amount.wrong);
    let operation: Operation<Outcome> | null;
    if (from === NEW) {
      const expires = valid === 'year' ? inAYear() : null;
      operation = issue(street, [{ amount, owner: customer, expires }]);
    } else {
      operation = giveHeld(street, held.find((one) => one.issuer === from)?.groups ?? [], amount, customer);
    }
    if (operation === null) return setProblem(T.give.noGroup);
    const title = T.title.give(amount, customerCode(customer));
    onOperation(desk.follow(title, operation, { receiptsFor: customer }));
  };
  return (
    <form className="card" onSubmit={submit}>
      <Heading>{T.give.to(customerCode(customer))}</Heading>
      <AmountField label={T.give.amount} value={amountText} problem={problem} onChange={setAmountText} />
      {held.length > 0 && (
        <Field id={fromField} label={T.give.from}>
          {(control) => (
            <select {...control} value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)}>
              <option value={NEW}>{T.give.fresh}</option>
              {held.map(({ issuer, groups }) => (
                <option key={issuer} value={issuer}>
                  {T.give.held(
                    stallName(members, issuer),
                    groups.reduce((most, one) => Math.max(most, one.amount), 0),
                    T.soonest(soonest(groups), groups.length),
                  )}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {from === NEW && (
        <Field id={validField} label={T.give.valid}>
          {(control) => (
            <select
              {...control}
              value={valid}
              onChange={({ currentTarget }) => setValid(currentTarget.value === 'ever' ? 'ever' : 'year')}
            >
              <option value="year">{T.give.year}</option>
              <option value="ever">{T.give.ever}</option>
            </select>
          )}
        </Field>
      )}
      <button type="submit" className="btn main">
        {T.give.do}
      </button>
      <button type="button" className="btn" onClick={onDone}>
        {T.cancel}
      </button>
      <Notice>{T.give.note}</Notice>
    </form>
  );
}

/** The smallest group that is large enough, in two if it is larger; null: none is. */
function giveHeld(
  street: Street,
  held: readonly Group[],
  amount: number,
  to: Owner,
): Operation<Outcome> | null {
  const [group] = held.filter((one) => one.amount >= amount).sort((a, b) => a.amount - b.amount);
  if (group === undefined) return null;
  if (group.amount === amount) return give(street, group.key, to);
  return split(street, group.key, [
    { amount, owner: to },
    { amount: group.amount - amount, owner: merchant(street.me) },
  ]);
}
