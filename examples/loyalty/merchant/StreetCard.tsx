/** For a new customer: the street's card, by which a phone checks receipts; and for the stalls: the way into the street again. */
import { useEffect, useState, type ReactNode } from 'react';
import { CodeView } from '../codes/CodeView.tsx';
import { Heading } from '../parts.tsx';
import { cardText, streetCode, toBase64Url } from '../street-card.ts';
import { T } from '../texts.ts';
import { useDesk } from './desk.ts';
import { streetLink } from './draft.ts';

export function StreetCard({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { network } = useDesk();
  const [texts, setTexts] = useState<{ readonly card: string; readonly link: string } | null>(null);
  useEffect(() => {
    let ended = false;
    const make = async (): Promise<void> => {
      const [genesis, chain, invitation] = await Promise.all([
        network.genesis(),
        network.chain(),
        network.invitation(),
      ]);
      const card = cardText({
        name: network.name,
        network: network.id,
        genesis: toBase64Url(genesis),
        chain: chain.map(toBase64Url),
        stalls: network.members().map(({ id, label }) => ({ id, label })),
      });
      if (!ended) setTexts({ card, link: streetLink(invitation) });
    };
    make().catch(reportError);
    return () => {
      ended = true;
    };
  }, [network]);
  return (
    <>
      <section className="card">
        <Heading>{T.card.title}</Heading>
        <p>{T.card.what}</p>
        <p>
          {T.card.code} <strong className="mono">{streetCode(network.id)}</strong>
        </p>
        {texts !== null && <CodeView text={texts.card} label={T.card.label} />}
        <p className="muted">{T.card.page(`${location.origin}/customer.html`)}</p>
        <button type="button" className="btn main" onClick={onDone}>
          {T.back}
        </button>
      </section>
      <section className="card">
        <h2>{T.card.stalls}</h2>
        <p>{T.card.stallsWhat}</p>
        {texts !== null && <CodeView text={texts.link} label={T.found.streetLink} />}
      </section>
    </>
  );
}
