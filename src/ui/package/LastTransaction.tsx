/** What this replica answers when it is asked for a transaction: version, digest, certificate. Any other replica answers the same. */
import { useEffect, useState, type ReactNode } from 'react';
import type { CertificateView, Key, TransactionStatus } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { Digest } from '../parts/words.tsx';
import { LAST } from './texts.ts';

interface Props {
  readonly sscc: string;
  /** Null: the newest. */
  readonly version: number | null;
  /** Of the same version, when it is here. */
  readonly certificate: CertificateView | null;
}

export function LastTransaction({ sscc, version, certificate }: Props): ReactNode {
  const { n, q, selfDevice, members, self } = useNetwork();
  const needed = certificate?.seal ?? { n, q };
  const status = useStatus(sscc, version);
  const who = selfDevice?.name ?? (self === null ? null : members[self]?.organisation) ?? LAST.observer;
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
            <dd>{status.previous === null ? LAST.first : <Digest hex={status.previous} />}</dd>
            <dt>{LAST.certificate}</dt>
            <dd>{LAST.round(status.certificate.round, certificate?.aggregated ?? null)}</dd>
          </dl>
          <p className="muted">{LAST.same}</p>
        </>
      )}
    </section>
  );
}

/** Asked again whenever something is committed. */
function useStatus(sscc: string, version: number | null): TransactionStatus | null | 'asking' | 'failed' {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const [held, setHeld] = useState<TransactionStatus | null | 'asking' | 'failed'>('asking');
  useEffect(() => {
    let wanted = true;
    const key = `package/${sscc}` as Key;
    (version === null ? api.status(key) : api.status(key, { version })).then(
      (answer) => wanted && setHeld(answer),
      () => wanted && setHeld('failed'),
    );
    return () => {
      wanted = false;
    };
  }, [api, sscc, version, packagesRevision]);
  return held;
}
