import type { ReactNode } from 'react';
import type { ChainBreak, MemberView, PackageDetail } from '../../worker/api.ts';
import { BREAKS } from '../members/break-texts.ts';
import { breakAfter } from '../members/break-words.ts';
import { formatNumber } from '../format.ts';
import { Digest } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { requestWords, responseWords, serviceName } from '../step-words.ts';
import { chainOf, chainWords } from './chain.ts';
import { OlderVersions } from './OlderVersions.tsx';
import { heldWords, PACKAGE, signedWords, signerNames, versionTitle } from './texts.ts';

type Entry = PackageDetail['history'][number];

interface HistoryProps {
  readonly sscc: string;
  readonly history: readonly Entry[];
  /** Versions below it were removed here by hand; null: none were. */
  readonly prunedBelow: number | null;
  readonly members: readonly MemberView[];
  /** Of the chain in force. */
  readonly breaks?: readonly ChainBreak[];
  readonly shown: number | null;
  readonly onShow: (version: number) => void;
}

/** A line of seals; what joins two of them is the digest that the later one names. */
export function History({
  sscc,
  history,
  prunedBelow,
  members,
  breaks = [],
  shown,
  onShow,
}: HistoryProps): ReactNode {
  const chain = chainOf(history.map((entry) => entry.certificate));
  const words = chain && chainWords(chain, prunedBelow ?? 1);
  return (
    <section className="sheet history" aria-labelledby="history-heading">
      <h2 id="history-heading">{PACKAGE.history}</h2>
      <ol>
        {history.map((entry, i) => {
          const { certificate } = entry;
          const next = history[i + 1];
          const broken = breakAfter(certificate.epoch, breaks);
          return (
            <li key={certificate.version}>
              <button
                type="button"
                onClick={() => onShow(certificate.version)}
                aria-pressed={certificate.version === shown}
              >
                <Seal seal={certificate.seal} members={members} size={48} version={certificate.version} />
                <b>
                  v{certificate.version} {versionTitle(entry)}
                </b>
                <span>
                  {entry.by.name}, {entry.operator}
                </span>
                <span>{signedWords(certificate)}</span>
                {broken !== null && <span className="strong">{BREAKS.before(broken.epoch)}</span>}
                {entry.heldBy !== undefined && <span>{heldWords(entry.heldBy.length, members.length)}</span>}
              </button>
              {next !== undefined && (
                <span
                  className="history-link"
                  title={`Version ${next.certificate.version} names this digest`}
                >
                  <Digest hex={certificate.digest} />
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {words !== null && (
        <p
          className={chain?.state === 'broken' ? 'notice bad chain' : 'muted chain'}
          role={chain?.state === 'broken' ? 'alert' : undefined}
          data-testid="chain"
        >
          {words}
        </p>
      )}
      <OlderVersions sscc={sscc} history={history} prunedBelow={prunedBelow} />
    </section>
  );
}

/** Each step of one version with the response that every signer got as well. */
export function Steps({ entry, members }: { entry: Entry; members: readonly MemberView[] }): ReactNode {
  const signers = signerNames(entry.certificate, members);
  const last = signers.at(-1);
  const names = signers.length < 2 ? (last ?? 'Nobody') : `${signers.slice(0, -1).join(', ')} and ${last}`;
  return (
    <section className="sheet" aria-labelledby="steps-heading">
      <h2 id="steps-heading">Steps behind version {entry.certificate.version}</h2>
      <ol className="steps">
        {entry.transactions.map((transaction, i) => (
          <li key={i}>
            <span className="quiet">{i + 1}</span>
            <b>{serviceName(transaction.request.path)}</b>
            <div>
              <span className="muted wrap-any">{requestWords(transaction.request)}</span>
              <span className="step-response">{responseWords(transaction.response)}</span>
              <details>
                <summary>Request and response</summary>
                <pre className="mono">{`${transaction.request.method} ${transaction.request.path}\n${pretty(transaction.request.body)}\n\n${transaction.response.status}\n${pretty(transaction.response.body)}\n\nrun first by ${transaction.node}`}</pre>
              </details>
            </div>
          </li>
        ))}
      </ol>
      <p className="muted steps-note">
        {names} each ran{' '}
        {entry.transactions.length === 1
          ? 'this step'
          : `these ${formatNumber(entry.transactions.length)} steps`}{' '}
        and got the same responses before signing.
      </p>
    </section>
  );
}

/** Bytes have no JSON form; their length says enough here. */
function pretty(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) => (v instanceof Uint8Array ? `${v.length} bytes` : v), 1) ?? ''
  );
}
