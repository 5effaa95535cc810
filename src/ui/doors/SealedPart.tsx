/** After sealing: the invitation to hand out, the member list as a file, and the way in. */
import { useEffect, type ReactNode } from 'react';
import type { ProfileId } from '../../worker/api.ts';
import { SEALED } from './door-texts.ts';
import { fileName, fragmentLink } from './handover.ts';
import { Download, Share } from './Share.tsx';

export interface Sealed {
  readonly name: string;
  readonly network: string;
  readonly invitation: string;
  readonly genesisFile: Uint8Array;
  /** The creator's own identity, when it is a member. */
  readonly own: ProfileId | null;
}

export function SealedPart({ sealed }: { sealed: Sealed }): ReactNode {
  const { own } = sealed;
  useEffect(() => {
    // A creator who is no member has the invitation nowhere else.
    if (own !== null) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [own]);
  return (
    <>
      <section className="sheet stack" aria-labelledby="invite">
        <h2 id="invite">{SEALED.invite}</h2>
        <p>{SEALED.inviteText}</p>
        <Share
          title={SEALED.invitation}
          link={fragmentLink('join', sealed.invitation, window.location.origin)}
          fileName={fileName(sealed.name, 'countersign-invitation.txt')}
          qrLabel={SEALED.qr(sealed.name)}
          testId="invitation"
        />
        {own === null && <p className="notice warn">{SEALED.notKept}</p>}
      </section>
      <section className="sheet stack" aria-labelledby="list-file">
        <h2 id="list-file">{SEALED.list}</h2>
        <p className="muted">{SEALED.listText}</p>
        <dl className="facts">
          <dt>{SEALED.networkId}</dt>
          <dd className="mono" data-testid="network-id">
            <bdi>{sealed.network}</bdi>
          </dd>
        </dl>
        <div className="row">
          <Download name={fileName(sealed.name, 'countersign-genesis')} data={sealed.genesisFile}>
            {SEALED.save}
          </Download>
        </div>
      </section>
      {own !== null && (
        <div className="row">
          {/* The pages of an open network are another app: the page is loaded anew. */}
          <a className="btn main bench" href={`/n/${own}`}>
            {SEALED.open(sealed.name)}
          </a>
        </div>
      )}
    </>
  );
}
