/** Exchange between stalls: a group that this one holds for a group that another one holds. */
import { useState, type ReactNode } from 'react';
import { Heading } from '../parts.tsx';
import { isExpired, merchant, merchantOf, offer, withdrawOffer, type Group } from '../points/index.ts';
import { T } from '../texts.ts';
import type { TaskProps } from './Counter.tsx';
import { useDesk, useRecord } from './desk.ts';
import { stallName, today } from './words.ts';

export function Exchange({ onDone, onOperation }: TaskProps): ReactNode {
  const desk = useDesk();
  const { street, network } = desk;
  const members = network.members();
  const record = useRecord();
  const [mine, setMine] = useState<Group | null>(null);
  const me = merchant(street.me);
  const groups = (record?.groups ?? []).filter((one) => !isExpired(one.expires, today()));
  const held = groups.filter((one) => one.owner === me);
  const theirs = groups.filter((one) => one.owner !== me && merchantOf(one.owner) !== null);
  const offered = (record?.offers ?? []).filter((one) => one.by === street.me && one.open);
  const words = ({ amount, issuer, expires }: Pick<Group, 'amount' | 'issuer' | 'expires'>): string =>
    T.group(amount, stallName(members, issuer), expires);
  if (record === null) return <p role="status">{T.reading}</p>;
  if (mine !== null) {
    return (
      <section className="card">
        <Heading>{T.exchange.forWhat(words(mine))}</Heading>
        {theirs.length === 0 && <p>{T.exchange.noneTheirs}</p>}
        {theirs.map((group) => {
          const by = stallName(members, merchantOf(group.owner) ?? '');
          return (
            <button
              key={group.key}
              type="button"
              className="btn wide"
              onClick={() =>
                onOperation(
                  desk.follow(
                    T.title.offer(words(mine), words(group), by),
                    offer(street, mine.key, group.key, { today: today() }),
                  ),
                )
              }
            >
              {T.exchange.held(words(group), by)}
            </button>
          );
        })}
        <button type="button" className="btn" onClick={() => setMine(null)}>
          {T.back}
        </button>
      </section>
    );
  }
  return (
    <section className="card">
      <Heading>{T.exchange.title}</Heading>
      <p>{T.exchange.what}</p>
      {held.length === 0 && <p>{T.exchange.noneHeld}</p>}
      {held.map((group) => (
        <button key={group.key} type="button" className="btn wide" onClick={() => setMine(group)}>
          {words(group)}
        </button>
      ))}
      {offered.length > 0 && (
        <>
          <h3>{T.exchange.offered}</h3>
          <ul className="list">
            {offered.map((one) => {
              const { first, second } = one.plan;
              const text = T.exchange.offer(words(first), words(second));
              return (
                <li key={`${first.key} ${second.key}`}>
                  <p>{text}</p>
                  <button
                    type="button"
                    className="btn"
                    onClick={() =>
                      onOperation(desk.follow(T.title.withdraw(text), withdrawOffer(street, one)))
                    }
                  >
                    {T.exchange.withdraw}
                    <span className="hidden">: {text}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        </>
      )}
      <button type="button" className="btn" onClick={onDone}>
        {T.back}
      </button>
    </section>
  );
}
