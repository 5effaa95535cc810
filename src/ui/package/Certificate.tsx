import type { ReactNode } from 'react';
import type { CertificateView, ChainBreak, MemberView } from '../../worker/api.ts';
import { BREAKS } from '../members/break-texts.ts';
import { breakAfter, networkOfEpoch } from '../members/break-words.ts';
import { listed } from '../members/words.ts';
import { Digest, Swatch } from '../parts/words.tsx';
import { epochWords, sealNames } from '../seal/seal-sentence.ts';
import { PACKAGE } from './texts.ts';

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
      <h2 id="certificate-heading">Certificate of version {certificate.version}</h2>
      <dl className="facts">
        <dt>Round</dt>
        <dd>{certificate.round}</dd>
        <dt>Record digest</dt>
        <dd>
          <Digest hex={certificate.digest} />
        </dd>
        <dt>Previous</dt>
        <dd>
          {certificate.previous === null ? (
            'none: this is the first version'
          ) : (
            <Digest hex={certificate.previous} />
          )}
        </dd>
        <dt>Network</dt>
        <dd>
          <Digest hex={networkOfEpoch(certificate.epoch, breaks, network)} />
        </dd>
        <dt>Signed in</dt>
        <dd>{past === undefined ? PACKAGE.epochNow(certificate.epoch) : epochWords(past)}</dd>
        {broken !== null && (
          <>
            <dt>{BREAKS.beforeLabel}</dt>
            <dd>{BREAKS.beforeText(broken.epoch, listed(broken.survivors))}</dd>
          </>
        )}
        <dt>Form</dt>
        <dd>
          {certificate.aggregated
            ? 'one aggregate signature (BLS12-381)'
            : `${signed.size} single signatures, not aggregated yet`}
        </dd>
      </dl>
      <ul className="signers">
        {sealNames(certificate.seal, members).map((member, i) => (
          <li key={member.id}>
            <Swatch index={i} />
            <span>
              {member.organisation} <span className="quiet">{member.role}</span>
            </span>
            <span className={signed.has(i) ? 'strong' : 'muted'}>
              {signed.has(i) ? 'signed' : 'not signed'}
            </span>
          </li>
        ))}
      </ul>
      <div className="proves">
        <p>
          <b>Proves</b> {PACKAGE.proves(signed.size, q, n)}
        </p>
        <p>
          <b>Does not prove</b> {PACKAGE.provesNot}
        </p>
      </div>
    </section>
  );
}
