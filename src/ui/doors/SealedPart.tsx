/** After sealing: the invitation to hand out, the member list as a file, and the way in. */
import { useEffect, type ReactNode } from 'react';
import type { ProfileId } from '../../worker/api.ts';
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
        <h2 id="invite">Invite every member</h2>
        <p>
          The link holds the secret by which members find one another. Send it to the members and to nobody
          else; each opens it in the browser in which it made its key.
        </p>
        <Share
          title="Invitation"
          link={fragmentLink('join', sealed.invitation, window.location.origin)}
          fileName={fileName(sealed.name, 'countersign-invitation.txt')}
          qrLabel={`QR code with the invitation to ${sealed.name}`}
          testId="invitation"
        />
        {own === null && (
          <p className="notice warn">
            You are not a member, so this browser does not keep the invitation. Save it before you leave this
            page.
          </p>
        )}
      </section>
      <section className="sheet stack" aria-labelledby="list-file">
        <h2 id="list-file">The member list as a file</h2>
        <p className="muted">
          A member that is online sends it to whoever joins. For the first to join, or as your own copy, take
          the file; it holds no secret.
        </p>
        <dl className="facts">
          <dt>Network id</dt>
          <dd className="mono" data-testid="network-id">
            {sealed.network}
          </dd>
        </dl>
        <div className="row">
          <Download name={fileName(sealed.name, 'countersign-genesis')} data={sealed.genesisFile}>
            Save the member list
          </Download>
        </div>
      </section>
      {own !== null && (
        <div className="row">
          {/* The pages of an open network are another app: the page is loaded anew. */}
          <a className="btn main bench" href={`/n/${own}`}>
            Open {sealed.name}
          </a>
        </div>
      )}
    </>
  );
}
