/** The counter when nothing is being done: the big buttons, what is under way, the account. */
import { useEffect, useState, type ReactNode } from 'react';
import { Notice } from '../parts.tsx';
import {
  accountOf,
  acceptOffer,
  finish,
  merchant,
  MAX_RETIRED,
  retire,
  type Account,
  type Unfinished,
} from '../points/index.ts';
import { T } from '../texts.ts';
import type { Task } from './Counter.tsx';
import { useDesk, useDoing, useRecord, type Doing, type Record } from './desk.ts';
import { StateBadge } from './OperationView.tsx';
import { ownerName, soonest, stallName, sumsByIssuer, today, total } from './words.ts';

interface HomeProps {
  readonly onTask: (task: Task) => void;
  readonly onOperation: (id: number) => void;
}

export function Home({ onTask, onOperation }: HomeProps): ReactNode {
  const doing = useDoing();
  const record = useRecord();
  return (
    <>
      <section className="stack-tight" aria-label={T.home.what}>
        <button type="button" className="btn main wide" onClick={() => onTask('give')}>
          {T.home.give}
        </button>
        <button type="button" className="btn main wide" onClick={() => onTask('take')}>
          {T.home.take}
        </button>
        <div className="pair">
          <button type="button" className="btn" onClick={() => onTask('exchange')}>
            {T.home.exchange}
          </button>
          <button type="button" className="btn" onClick={() => onTask('customer')}>
            {T.home.customer}
          </button>
        </div>
        <button type="button" className="btn wide" onClick={() => onTask('card')}>
          {T.home.card}
        </button>
      </section>
      <div className="stack">
        {record !== null && <Offered record={record} onOperation={onOperation} />}
        <Recent doing={doing} onOperation={onOperation} />
        {record !== null && <LeftHalf record={record} onOperation={onOperation} />}
        {record !== null && <OwnAccount record={record} onOperation={onOperation} />}
      </div>
    </>
  );
}

function Recent({
  doing,
  onOperation,
}: {
  readonly doing: readonly Doing[];
  readonly onOperation: (id: number) => void;
}): ReactNode {
  return (
    <section className="card" aria-labelledby="recent">
      <h2 id="recent">{T.home.recent}</h2>
      {doing.length === 0 ? (
        <p className="muted">{T.home.nothing}</p>
      ) : (
        <ul className="list" data-testid="recent">
          {doing.map((one) => (
            <li key={one.id}>
              <div className="split">
                <strong>{one.title}</strong>
                <StateBadge doing={one} />
              </div>
              {one.error !== null && <p className="muted">{one.error.message}</p>}
              <button type="button" className="btn" onClick={() => onOperation(one.id)}>
                {T.home.show}
                <span className="hidden">: {one.title}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What other stalls offer to this one. */
function Offered({
  record,
  onOperation,
}: {
  readonly record: Record;
  readonly onOperation: (id: number) => void;
}): ReactNode {
  const desk = useDesk();
  const { street, network } = desk;
  const members = network.members();
  const mine = record.offers.filter((one) => one.open && one.plan.second.owner === merchant(street.me));
  if (mine.length === 0) return null;
  return (
    <section className="card" aria-labelledby="offered">
      <h2 id="offered">{T.home.offered}</h2>
      <ul className="list">
        {mine.map((one) => {
          const { first, second } = one.plan;
          const words = T.home.offer(
            stallName(members, one.by),
            T.group(first.amount, stallName(members, first.issuer), first.expires),
            T.group(second.amount, stallName(members, second.issuer), second.expires),
          );
          return (
            <li key={`${first.key} ${second.key}`}>
              <p>{words}</p>
              <button
                type="button"
                className="btn signal"
                onClick={() =>
                  onOperation(
                    desk.follow(
                      T.title.accept(stallName(members, one.by)),
                      acceptOffer(street, one, { today: today() }),
                    ),
                  )
                }
              >
                {T.home.accept}
                <span className="hidden">: {words}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Work of a device that stopped in between, its own or another stall's: anyone may finish it. */
function LeftHalf({
  record,
  onOperation,
}: {
  readonly record: Record;
  readonly onOperation: (id: number) => void;
}): ReactNode {
  const desk = useDesk();
  const members = desk.network.members();
  const doing = useDoing();
  const left = record.unfinished;
  // What is being done looks half done, too.
  if (left.length === 0 || doing.some((one) => one.operation.state === 'pending')) return null;
  return (
    <section className="card" aria-labelledby="left">
      <h2 id="left">{T.home.unfinished}</h2>
      <p className="muted">{T.home.unfinishedWhat}</p>
      <ul className="list">
        {left.map((one) => {
          const words =
            one.kind === 'output'
              ? T.home.unplaced(
                  one.amount,
                  stallName(members, one.issuer),
                  one.expires,
                  ownerName(members, one.owner),
                )
              : one.kind === 'plan'
                ? T.home.locked(one.amount)
                : T.home.retirement(one.amount, stallName(members, one.issuer));
          return (
            <li key={nameOf(one)}>
              <p>{words}</p>
              <button
                type="button"
                className="btn"
                onClick={() => onOperation(desk.follow(T.title.finish(words), finish(desk.street, one)))}
              >
                {T.home.finish}
                <span className="hidden">: {words}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The same as long as it is the same thing that is left. */
function nameOf(left: Unfinished): string {
  if (left.kind === 'output') return left.key;
  if (left.kind === 'plan') return left.locked.join();
  return left.groups.map((one) => one.key).join();
}

function OwnAccount({
  record,
  onOperation,
}: {
  readonly record: Record;
  readonly onOperation: (id: number) => void;
}): ReactNode {
  const desk = useDesk();
  const { street, network } = desk;
  const members = network.members();
  const [account, setAccount] = useState<Account | null>(null);
  useEffect(() => {
    let ended = false;
    accountOf(street, street.me).then(
      (read) => !ended && read.ok && setAccount(read.value),
      () => undefined,
    );
    return () => {
      ended = true;
    };
    // Whenever the record changes.
  }, [street, record]);
  const held = record.groups.filter((one) => one.owner === merchant(street.me));
  const returned = held.filter((one) => one.issuer === street.me).slice(0, MAX_RETIRED);
  return (
    <section className="card" aria-labelledby="account">
      <h2 id="account">{T.home.account}</h2>
      {account !== null && (
        <dl className="figures" data-testid="account">
          <div>
            <dt>{T.home.issued}</dt>
            <dd data-testid="issued">{T.number(account.issued)}</dd>
          </div>
          <div>
            <dt>{T.home.outstanding}</dt>
            <dd data-testid="outstanding">{T.number(account.outstanding)}</dd>
          </div>
          <div>
            <dt>{T.home.left}</dt>
            <dd data-testid="left">{T.number(account.left)}</dd>
          </div>
        </dl>
      )}
      <h3>{T.home.held(total(held))}</h3>
      {held.length > 0 && (
        <ul className="list" data-testid="held">
          {sumsByIssuer(held).map(({ issuer, amount, groups }) => (
            <li key={issuer} className="split">
              <span>
                {issuer === street.me ? T.home.ownBack : stallName(members, issuer)},{' '}
                <span className="muted">{T.soonest(soonest(groups), groups.length)}</span>
              </span>
              <strong>{T.points(amount)}</strong>
            </li>
          ))}
        </ul>
      )}
      {returned.length > 0 && (
        <Notice>
          <p>{T.home.retireWhat(total(returned))}</p>
          <button
            type="button"
            className="btn"
            onClick={() =>
              onOperation(
                desk.follow(
                  T.title.retire(total(returned)),
                  retire(
                    street,
                    returned.map((one) => one.key),
                  ),
                ),
              )
            }
          >
            {T.home.retire}
          </button>
        </Notice>
      )}
    </section>
  );
}
