/** What this replica answers when it is asked for a transaction: version, digest, certificate. Any other replica answers the same. */
import { useEffect, useState, type ReactNode } from 'react';
import type { CertificateView, Key, TransactionStatus } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { Digest } from '../parts/words.tsx';
import { useInOrder } from '../use-in-order.ts';
import { LAST } from './texts.ts';

interface Props {
  readonly sscc: string;
  /** Null: the newest. */
  readonly version: number | null;
  /** Of the version that is shown. Of the newest that is certified only the certificate may be here: it can be one before it. */
  readonly certificate: CertificateView | null;
}

export function LastTransaction({ sscc, version, certificate }: Props): ReactNode {
  const status = useStatus(sscc, version);
  return (
    <section className="sheet" aria-labelledby="last-heading" data-testid="last-transaction">
      <h2 id="last-heading">{version === null ? LAST.title : LAST.titleOf(version)}</h2>
      {status === 'asking' ? (
        <p role="status">{LAST.asking}</p>
      ) : status === 'failed' ? (
        <p className="notice bad">{LAST.failed}</p>
      ) : status === null ? (
        <p>{LAST.none}</p>
      ) : (
        <StatusFacts status={status} shown={certificate} />
      )}
    </section>
  );
}

interface FactsProps {
  readonly status: TransactionStatus;
  /** Maybe of another version: then it says nothing of this one. */
  readonly shown: CertificateView | null;
}

export function StatusFacts({ status, shown }: FactsProps): ReactNode {
  const { n, q, selfDevice, members, self } = useNetwork();
  const certificate = shown?.version === status.version ? shown : null;
  const needed = certificate?.seal ?? { n, q };
  const who = selfDevice?.name ?? (self === null ? null : members[self]?.organisation) ?? LAST.observer;
  const first = status.version === 1 ? LAST.first : LAST.notHere;
  const previous = status.previous === null ? first : <Digest hex={status.previous} />;
  return (
    <>
      <p>{LAST.committed(status.version, certificate?.signers.length ?? null, needed.q, needed.n)}</p>
      <dl className="facts">
        <dt>{LAST.answers}</dt>
        <dd>{who}</dd>
        <dt>{LAST.session}</dt>
        <dd className="mono">
          {status.session === null ? LAST.notHere : <bdi dir="ltr">{status.session}</bdi>}
        </dd>
        <dt>{LAST.digest}</dt>
        <dd>
          <Digest hex={status.digest} />
        </dd>
        <dt>{LAST.previous}</dt>
        <dd>{previous}</dd>
        <dt>{LAST.certificate}</dt>
        <dd>{LAST.round(status.certificate.round, certificate?.aggregated ?? null)}</dd>
      </dl>
      <p className="muted">{LAST.same}</p>
    </>
  );
}

/** Asked again whenever something is committed. */
function useStatus(sscc: string, version: number | null): TransactionStatus | null | 'asking' | 'failed' {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const [held, setHeld] = useState<TransactionStatus | null | 'asking' | 'failed'>('asking');
  const answers = useInOrder(`${sscc}/${version}`);
  useEffect(() => {
    const key = `package/${sscc}` as Key;
    const answer = version === null ? api.status(key) : api.status(key, { version });
    answers.take(answer, setHeld, () => setHeld('failed'));
  }, [api, answers, sscc, version, packagesRevision]);
  return held;
}
