import type { ReactNode } from 'react';
import type { CertificateView, ChainBreak, MemberView } from '../../worker/api.ts';
import { listOf } from '../i18n/lists.ts';
import { BREAKS } from '../members/break-texts.ts';
import { breakAfter, networkOfEpoch } from '../members/break-words.ts';
import { Digest, Swatch } from '../parts/words.tsx';
import { epochWords, sealNames } from '../seal/seal-sentence.ts';
import { roleWord } from './audit-texts.ts';
import { CERTIFICATE } from './texts.ts';

interface CertificateProps {
  readonly certificate: CertificateView;
  /** Of today; a certificate from before a break names the one that it ended. */
  readonly network: string;
  readonly breaks?: readonly ChainBreak[];
  /** Of today. */
  readonly members: readonly MemberView[];
}

/** Who signed, over what, and what that proves. */
export function Certificate({ certificate, network, breaks = [], members }: CertificateProps): ReactNode {
  const { past, n, q } = certificate.seal;
  const signed = new Set<number>(certificate.signers);
  const broken = breakAfter(certificate.epoch, breaks);
  return (
    <section className="sheet" aria-labelledby="certificate-heading" data-testid="certificate">
      <h2 id="certificate-heading">{CERTIFICATE.title(certificate.version)}</h2>
      <dl className="facts">
        <dt>{CERTIFICATE.round}</dt>
        <dd>{certificate.round}</dd>
        <dt>{CERTIFICATE.digest}</dt>
        <dd>
          <Digest hex={certificate.digest} />
        </dd>
        <dt>{CERTIFICATE.previous}</dt>
        <dd>{certificate.previous === null ? CERTIFICATE.first : <Digest hex={certificate.previous} />}</dd>
        <dt>{CERTIFICATE.network}</dt>
        <dd>
          <Digest hex={networkOfEpoch(certificate.epoch, breaks, network)} />
        </dd>
        <dt>{CERTIFICATE.signedIn}</dt>
        <dd>{past === undefined ? CERTIFICATE.epochNow(certificate.epoch) : epochWords(past)}</dd>
        {broken !== null && (
          <>
            <dt>{BREAKS.beforeLabel}</dt>
            <dd>{BREAKS.beforeText(broken.epoch, listOf(broken.survivors))}</dd>
          </>
        )}
        <dt>{CERTIFICATE.form}</dt>
        <dd>{certificate.aggregated ? CERTIFICATE.aggregate : CERTIFICATE.singles(signed.size)}</dd>
      </dl>
      <ul className="signers">
        {sealNames(certificate.seal, members).map((member, i) => (
          <li key={member.id}>
            <Swatch index={i} />
            <span>
              {member.organisation} <span className="quiet">{roleWord(member.role)}</span>
            </span>
            <span className={signed.has(i) ? 'strong' : 'muted'}>
              {signed.has(i) ? CERTIFICATE.signed : CERTIFICATE.notSigned}
            </span>
          </li>
        ))}
      </ul>
      <div className="proves">
        <p>
          <b>{CERTIFICATE.proves}</b> {CERTIFICATE.provesText(signed.size, q, n)}
        </p>
        <p>
          <b>{CERTIFICATE.provesNot}</b> {CERTIFICATE.provesNotText}
        </p>
      </div>
    </section>
  );
}
