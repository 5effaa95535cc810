import type { ReactNode } from 'react';
import type { ChainBreak, MemberView, PackageDetail } from '../../worker/api.ts';
import { listOf } from '../i18n/lists.ts';
import { BREAKS } from '../members/break-texts.ts';
import { breakAfter } from '../members/break-words.ts';
import { Digest } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { requestWords, responseWords, serviceName } from '../step-words.ts';
import { chainOf, chainWords } from './chain.ts';
import type { Kept } from './EvidenceKept.tsx';
import { OlderVersions } from './OlderVersions.tsx';
import { heldWords, HISTORY, KEPT, PACKAGE, signedWords, signerNames, STEPS, versionTitle } from './texts.ts';

type Entry = PackageDetail['history'][number];

interface HistoryProps {
  readonly sscc: string;
  readonly history: readonly Entry[];
  /** Versions below it were removed here by hand; null: none were. */
  readonly prunedBelow: number | null;
  readonly members: readonly MemberView[];
  /** Of the chain in force. */
  readonly breaks?: readonly ChainBreak[];
  readonly kept?: readonly Kept[];
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
  kept = [],
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
          const against = kept.filter(({ version }) => version === certificate.version);
          return (
            <li key={certificate.version}>
              <button
                type="button"
                onClick={() => onShow(certificate.version)}
                aria-pressed={certificate.version === shown}
              >
                <Seal seal={certificate.seal} members={members} size={48} version={certificate.version} />
                <b>{HISTORY.version(certificate.version, versionTitle(entry))}</b>
                <span>{HISTORY.by(entry.by.name, entry.operator)}</span>
                <span>{signedWords(certificate)}</span>
                {against.length > 0 && (
                  <span className="bad">{KEPT.against(listOf(against.map(({ who }) => who)))}</span>
                )}
                {broken !== null && <span className="strong">{BREAKS.before(broken.epoch)}</span>}
                {entry.heldBy !== undefined && <span>{heldWords(entry.heldBy.length, members.length)}</span>}
              </button>
              {next !== undefined && (
                <span className="history-link" title={HISTORY.names(next.certificate.version)}>
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
  const names = signers.length === 0 ? STEPS.nobody : listOf(signers);
  return (
    <section className="sheet" aria-labelledby="steps-heading">
      <h2 id="steps-heading">{STEPS.title(entry.certificate.version)}</h2>
      <ol className="steps">
        {entry.transactions.map((transaction, i) => (
          <li key={i}>
            <span className="quiet">{i + 1}</span>
            <b>{serviceName(transaction.request.path)}</b>
            <div>
              <span className="muted wrap-any">{requestWords(transaction.request)}</span>
              <span className="step-response">{responseWords(transaction.response)}</span>
              <details>
                <summary>{STEPS.detail}</summary>
                <pre
                  className="mono"
                  dir="ltr"
                >{`${transaction.request.method} ${transaction.request.path}\n${pretty(transaction.request.body)}\n\n${transaction.response.status}\n${pretty(transaction.response.body)}\n\n${STEPS.firstRun(transaction.node)}`}</pre>
              </details>
            </div>
          </li>
        ))}
      </ol>
      <p className="muted steps-note">{STEPS.note(names, entry.transactions.length)}</p>
    </section>
  );
}

/** Bytes have no JSON form; their length says enough here. */
function pretty(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) => (v instanceof Uint8Array ? STEPS.bytes(v.length) : v), 1) ?? ''
  );
}
