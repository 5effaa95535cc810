import { useEffect, useId, useState, type ReactNode } from 'react';
import { useApi, useNetwork } from '../api-context.tsx';
import { Qr } from '../parts/Qr.tsx';
import { downloadBytes } from '../download.ts';
import { NETWORK } from './texts.ts';

/** The link that brings the other members' browsers here, and the genesis against which they check it. */
export function InviteSheet(): ReactNode {
  const api = useApi();
  const { network } = useNetwork();
  const [link, setLink] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const field = useId();
  const idField = useId();

  useEffect(() => {
    let wanted = true;
    api.invitation().then(
      (text) => wanted && setLink(text === null ? null : invitationLink(text, window.location.origin)),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [api]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link ?? '');
      setSaid(NETWORK.copied);
    } catch {
      setSaid(NETWORK.notCopied);
    }
  };
  const download = async (): Promise<void> => {
    const bytes = await api.genesisFile().catch(() => null);
    if (bytes === null) return setSaid(NETWORK.genesisMissing);
    downloadBytes(bytes, `${fileName(network.name)}.genesis`);
    setSaid(NETWORK.genesisSaved);
  };

  return (
    <section className="sheet" aria-labelledby="invite-heading">
      <h2 id="invite-heading">{NETWORK.invite}</h2>
      <div className="stack">
        <p className="muted">{NETWORK.inviteText}</p>
        {link === null ? (
          <p className="muted">{NETWORK.inviteNone}</p>
        ) : (
          <>
            <div className="field">
              <label htmlFor={field}>{NETWORK.inviteLink}</label>
              <input
                id={field}
                className="mono"
                dir="ltr"
                readOnly
                value={link}
                onFocus={(event) => event.currentTarget.select()}
              />
            </div>
            <details>
              <summary>{NETWORK.inviteCode}</summary>
              <Qr text={link} label={NETWORK.inviteCodeLabel(network.name)} size={264} />
            </details>
          </>
        )}
        <div className="row">
          {link !== null && (
            <button type="button" className="btn" onClick={() => void copy()}>
              {NETWORK.copy}
            </button>
          )}
          <button type="button" className="btn" onClick={() => void download()}>
            {NETWORK.genesis}
          </button>
        </div>
        <p role="status">{said}</p>
        <div className="field">
          <label htmlFor={idField}>{NETWORK.idLabel}</label>
          <input
            id={idField}
            className="mono"
            dir="ltr"
            readOnly
            value={network.id}
            onFocus={(event) => event.currentTarget.select()}
          />
          <span className="hint">{NETWORK.idHint}</span>
        </div>
      </div>
    </section>
  );
}

/** The worker gives the bare text or a whole link; the secret stays in the fragment, which no server sees. */
export function invitationLink(text: string, origin: string): string {
  return text.includes('#') ? text : `${origin}/join#${text}`;
}

const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'network';
