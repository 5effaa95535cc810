/** One operation: pending (and then not spendable), countersigned by whom, lost to whom, or refused and why. */
import { useEffect, useState, type ReactNode } from 'react';
import { useNetworkHealth, useStatus } from 'countersign/react';
import { CodeView } from '../codes/CodeView.tsx';
import { Heading, Notice } from '../parts.tsx';
import { receiptText, type Expiry, type LoyaltyError } from '../points/index.ts';
import { T } from '../texts.ts';
import { useDesk, useDoing, type Doing } from './desk.ts';
import { Seal, type Mark } from './Seal.tsx';
import { ownerName, stallName } from './words.ts';

export function StateBadge({ doing }: { readonly doing: Doing }): ReactNode {
  const { state } = doing.operation;
  const kind = state === 'certified' ? 'good' : state === 'pending' ? 'warn' : 'wrong';
  return (
    <span className={`badge ${kind}`} data-state={state}>
      {T.state[state]}
    </span>
  );
}

export function OperationView({
  id,
  onDone,
}: {
  readonly id: number;
  readonly onDone: () => void;
}): ReactNode {
  const doing = useDoing().find((one) => one.id === id);
  if (doing === undefined) return null;
  const { state } = doing.operation;
  return (
    <section className="card" data-testid="operation" data-state={state}>
      <Heading>{doing.title}</Heading>
      <div role="status" className="stack">
        {state === 'pending' && <Pending doing={doing} />}
        {state === 'certified' && <Certified doing={doing} />}
        {state === 'lost' && doing.error !== null && <Lost error={doing.error} paid={doing.paid} />}
        {state === 'failed' && doing.error !== null && (
          <Notice kind="wrong">
            <p>
              <strong>{doing.error.type === 'refused' ? T.operation.refused : T.operation.failed}</strong>
            </p>
            <p>{doing.error.message}</p>
          </Notice>
        )}
      </div>
      {doing.receiptsFor !== null && doing.groups !== null && <Receipts doing={doing} />}
      <button type="button" className={state === 'pending' ? 'btn' : 'btn main'} onClick={onDone}>
        {state === 'pending' ? T.operation.meanwhile : T.operation.done}
      </button>
    </section>
  );
}

function Pending({ doing }: { readonly doing: Doing }): ReactNode {
  const status = useStatus();
  const health = useNetworkHealth();
  const { network } = useDesk();
  const { steps } = doing.operation;
  const at = steps.findIndex((one) => one.state === 'pending');
  const vote = status?.voting.find((one) => one.key === steps[at]?.key);
  const members = network.members();
  const n = health?.n ?? members.length;
  const marks: readonly Mark[] = vote?.seal.marks ?? Array.from({ length: n }, () => 'empty');
  const away = (vote?.missing ?? []).filter((one) => one.why === 'away').map((one) => members[one.member]);
  return (
    <>
      <div className="seal" data-testid="seal" data-signed={vote?.commits ?? 0}>
        <Seal marks={marks} needed={vote?.needed ?? health?.q ?? 0} closed={false} />
        <div className="stack-tight">
          <p>
            <strong>{T.operation.pending}</strong>
          </p>
          {steps.length > 1 && at >= 0 && <p className="muted">{T.operation.step(at + 1, steps.length)}</p>}
        </div>
      </div>
      <p>{T.operation.notSpendable}</p>
      {health?.level === 'short' && <p>{T.operation.tooFew(health.here, health.q)}</p>}
      {away.length > 0 && (
        <p className="muted">{T.operation.away(away.map((one) => one?.label ?? '?').join(', '))}</p>
      )}
    </>
  );
}

function Certified({ doing }: { readonly doing: Doing }): ReactNode {
  const { network } = useDesk();
  const [signers, setSigners] = useState<readonly string[] | null>(null);
  const keys = doing.operation.steps.map((one) => one.key);
  const last = keys.at(-1);
  useEffect(() => {
    if (last === undefined) return;
    let ended = false;
    network.read(last).then(
      (read) => !ended && read.ok && read.value && setSigners(read.value.signedBy),
      () => undefined,
    );
    return () => {
      ended = true;
    };
  }, [network, last]);
  const members = network.members();
  return (
    <Notice kind="good">
      <div className="seal closed">
        {signers !== null && (
          <Seal
            marks={members.map((one) => (signers.includes(one.id) ? 'commit' : 'empty'))}
            needed={signers.length}
            closed
          />
        )}
        <div className="stack-tight">
          <p>
            <strong>
              {signers === null ? T.state.certified : T.seal.closed(signers.length, members.length)}
            </strong>
          </p>
          {signers !== null && (
            <p className="muted">{signers.map((id) => stallName(members, id)).join(', ')}</p>
          )}
        </div>
      </div>
    </Notice>
  );
}

function Lost({ error, paid }: { readonly error: LoyaltyError; readonly paid: boolean }): ReactNode {
  const members = useDesk().network.members();
  const { winner } = error;
  const owners =
    winner === undefined
      ? []
      : winner.owner === null
        ? winner.outputs.map((one) => T.operation.part(one.amount, ownerName(members, one.owner)))
        : [ownerName(members, winner.owner)];
  return (
    <Notice kind="wrong" testId="lost">
      <p>
        <strong>{paid ? T.operation.lost : T.operation.overtaken}</strong>
      </p>
      {owners.length > 0 && <p data-testid="winner">{T.operation.winner(owners.join(', '))}</p>}
      <p>{paid ? T.operation.lostWhat : T.operation.overtakenWhat}</p>
    </Notice>
  );
}

interface Receipt {
  readonly text: string;
  readonly amount: number;
  readonly expires: Expiry;
}

/** What the customer takes along: each group with the certificate that proves it. */
function Receipts({ doing }: { readonly doing: Doing }): ReactNode {
  const { network } = useDesk();
  const [texts, setTexts] = useState<readonly Receipt[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { groups, receiptsFor } = doing;
  useEffect(() => {
    let ended = false;
    const make = async (): Promise<void> => {
      const made: Receipt[] = [];
      for (const group of (groups ?? []).filter((one) => one.owner === receiptsFor)) {
        const proof = await network.prove(group.key);
        if (!proof.ok) return setProblem(proof.error.message);
        made.push({ text: receiptText(proof.value), amount: group.amount, expires: group.expires });
      }
      if (!ended) setTexts(made);
    };
    make().catch((error: unknown) => setProblem(String(error)));
    return () => {
      ended = true;
    };
  }, [network, groups, receiptsFor]);
  if (problem !== null) return <Notice kind="warn">{T.operation.noReceipt(problem)}</Notice>;
  if (texts === null || texts.length === 0) return null;
  return (
    <section className="stack" aria-label={T.operation.receipts}>
      <p>{T.operation.receiptWhat}</p>
      {texts.map(({ text, amount, expires }) => (
        <div key={text} className="stack-tight">
          <p>
            {T.points(amount)} {T.until(expires)}
          </p>
          <CodeView text={text} label={T.operation.receipt(amount)} />
        </div>
      ))}
    </section>
  );
}
