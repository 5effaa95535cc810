/** The counter of a stall: what it can do, what is under way, and how the street is. */
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Network } from 'countersign';
import { useNetworkHealth, useStatus } from 'countersign/react';
import { Boundary } from '../boundary.tsx';
import { Notice } from '../parts.tsx';
import { openStreet } from '../points/index.ts';
import { T } from '../texts.ts';
import { Desk, DeskProvider, useDoing } from './desk.ts';
import { Exchange } from './Exchange.tsx';
import { ForCustomer } from './ForCustomer.tsx';
import { Give } from './Give.tsx';
import { Home } from './Home.tsx';
import { OperationView } from './OperationView.tsx';
import { StreetCard } from './StreetCard.tsx';
import { Take } from './Take.tsx';
import { stallName } from './words.ts';

export type Task = 'give' | 'take' | 'exchange' | 'customer' | 'card';
type At =
  { readonly kind: 'home' } | { readonly kind: Task } | { readonly kind: 'operation'; readonly id: number };

export function Counter({ network }: { readonly network: Network }): ReactNode {
  const desk = useMemo(() => new Desk(network, openStreet(network)), [network]);
  const [at, setAt] = useState<At>({ kind: 'home' });
  const home = (): void => setAt({ kind: 'home' });
  const show = (id: number): void => setAt({ kind: 'operation', id });
  const me = stallName(network.members(), desk.street.me);
  useEffect(() => {
    document.title = T.counter.title(me, network.name);
  }, [me, network.name]);
  const task = { onDone: home, onOperation: show };
  return (
    <DeskProvider value={desk}>
      <header className="bar">
        <div>
          <h1>{me}</h1>
          <p>{network.name}</p>
        </div>
        <Health />
      </header>
      <main className={at.kind === 'home' ? 'page two' : 'page'}>
        <Banner />
        <Boundary onBack={home}>
          {at.kind === 'home' && <Home onTask={(kind) => setAt({ kind })} onOperation={show} />}
          {at.kind === 'give' && <Give {...task} />}
          {at.kind === 'take' && <Take {...task} />}
          {at.kind === 'exchange' && <Exchange {...task} />}
          {at.kind === 'customer' && <ForCustomer {...task} />}
          {at.kind === 'card' && <StreetCard onDone={home} />}
          {at.kind === 'operation' && <OperationView id={at.id} onDone={home} />}
        </Boundary>
      </main>
    </DeskProvider>
  );
}

/** What every task is given. */
export interface TaskProps {
  readonly onDone: () => void;
  /** Something was proposed, and its state is to be shown. */
  readonly onOperation: (id: number) => void;
}

function Health(): ReactNode {
  const health = useNetworkHealth();
  const status = useStatus();
  if (health === null || status === null) return <p role="status">{T.health.starting}</p>;
  const words =
    status.standing.kind === 'observer' || status.standing.kind === 'stopped'
      ? T.health.observer(status.standing.reason)
      : T.health[health.level](health.here, health.n, health.q);
  return (
    <p role="status" data-testid="health" data-here={health.here} data-standing={status.standing.kind}>
      <span className={`badge ${health.level === 'short' ? 'warn' : 'good'}`}>{words}</span>
      {health.convicted > 0 && <span className="badge wrong">{T.health.lied(health.convicted)}</span>}
    </p>
  );
}

/** Too few to countersign, and what that means for the counter. */
function Banner(): ReactNode {
  const health = useNetworkHealth();
  const pending = useDoing().filter((one) => one.operation.state === 'pending').length;
  if (health === null || health.level !== 'short') return null;
  return (
    <div className="whole">
      <Notice kind="warn" testId="offline">
        <p role="alert">{T.health.banner(health.here, health.q)}</p>
        {pending > 0 && <p>{T.health.waiting(pending)}</p>}
      </Notice>
    </div>
  );
}
