/** The customer's phone: its code, what it is asked to sign, its answer, and receipts that it checks itself. */
import { useEffect, useState, type ReactNode } from 'react';
import { CodeView } from '../codes/CodeView.tsx';
import { Scanner } from '../codes/Scanner.tsx';
import { keepStorage } from '../offline.ts';
import { Heading, Notice, Save } from '../parts.tsx';
import {
  answerRequest,
  answerText,
  checkReceipt,
  confirmationOf,
  customerText,
  merchantOf,
  readReceipt,
  readRequest,
  type Confirmation,
  type CustomerKey,
  type Request,
} from '../points/index.ts';
import {
  fromBase64Url,
  otherName,
  readCard,
  streetCode,
  toBase64Url,
  type StreetCard,
} from '../street-card.ts';
import { customerCode, customerKeyWords, T } from '../texts.ts';
import { keepPurse, keyOf, marked, merged, openPurse, readPurse, withReceipt, type Purse } from './purse.ts';

type At =
  | { readonly kind: 'home' }
  | { readonly kind: 'code' }
  | { readonly kind: 'scan' }
  | { readonly kind: 'asked'; readonly request: Request; readonly confirmation: Confirmation }
  | { readonly kind: 'answer'; readonly text: string; readonly payment: boolean }
  | { readonly kind: 'street'; readonly card: StreetCard }
  | { readonly kind: 'keep' };

export function Phone({ place }: { readonly place: string }): ReactNode {
  const [purse, setPurse] = useState(() => openPurse(place));
  const [at, setAt] = useState<At>({ kind: 'home' });
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    void keepStorage();
    // Another tab of this phone may take a receipt.
    const follow = (event: StorageEvent): void => {
      if (event.key === place && event.newValue !== null) setPurse(readPurse(event.newValue));
    };
    window.addEventListener('storage', follow);
    return () => window.removeEventListener('storage', follow);
  }, [place]);
  if (purse === null) {
    return (
      <main className="page">
        <h1>{T.purse.title}</h1>
        <Notice kind="wrong">{T.purse.unreadable}</Notice>
      </main>
    );
  }
  const key = keyOf(purse);
  const keep = (next: Purse): void => {
    keepPurse(place, next);
    setPurse(next);
  };
  const go = (next: At): void => {
    setSaid(null);
    setAt(next);
  };
  const home = (): void => go({ kind: 'home' });

  /** Whatever a stall shows: a request, a receipt, or the street's card. */
  const take = async (text: string): Promise<string | null> => {
    const card = readCard(text);
    if (card !== null) {
      if (purse.street !== null && purse.street.network !== card.network && purse.receipts.length > 0)
        return T.purse.otherStreet(purse.street.name);
      const other = purse.street?.network === card.network ? otherName(purse.street, card) : null;
      if (other !== null) return T.purse.otherNames(other.was ?? T.purse.noName, other.says);
      go({ kind: 'street', card });
      return null;
    }
    const receipt = readReceipt(text);
    if (receipt.ok) {
      const taken = await takeReceipt(purse, key, receipt.value);
      if (typeof taken === 'string') return taken;
      keep(taken.purse);
      home();
      setSaid(T.purse.taken(taken.amount));
      return null;
    }
    const request = readRequest(text);
    if (!request.ok) {
      // Of which of the two kinds it was meant to be, the one that is not foreign knows more.
      return receipt.error.type === 'text-foreign' ? request.error.message : receipt.error.message;
    }
    const confirmation = confirmationOf(request.value, key.owner, purse.street?.network);
    if (!confirmation.ok) return confirmation.error.message;
    go({ kind: 'asked', request: request.value, confirmation: confirmation.value });
    return null;
  };

  const sign = (request: Request, confirmation: Confirmation): string | null => {
    const answer = answerRequest(request, key, purse.street?.network);
    if (!answer.ok) return answer.error.message;
    if (confirmation.kind !== 'call-back') keep(marked(purse, confirmation.groups, true));
    const payment = confirmation.kind === 'pay' || confirmation.kind === 'swap';
    go({ kind: 'answer', text: answerText(answer.value), payment });
    return null;
  };

  return (
    <>
      <header className="bar">
        <div>
          <h1>{T.purse.title}</h1>
          <p>{purse.street === null ? T.purse.noStreet : purse.street.name}</p>
        </div>
        <p>
          {T.purse.code} <span className="mono">{customerCode(key.owner)}</span>
        </p>
      </header>
      <main className="page">
        {at.kind === 'home' && (
          <Home purse={purse} said={said} onGo={(kind) => go({ kind })} onPurse={keep} />
        )}
        {at.kind === 'code' && (
          <section className="card">
            <Heading>{T.purse.show}</Heading>
            <p>{T.purse.showWhat}</p>
            <p>
              {T.purse.compare} <strong className="mono">{customerKeyWords(key.owner)}</strong>
            </p>
            <CodeView text={customerText(key.owner)} label={T.purse.myCode} />
            <button type="button" className="btn main" onClick={() => go({ kind: 'scan' })}>
              {T.purse.scan}
            </button>
            <button type="button" className="btn" onClick={home}>
              {T.back}
            </button>
          </section>
        )}
        {at.kind === 'scan' && (
          <section className="card">
            <Heading>{T.purse.scan}</Heading>
            <Scanner asks={T.purse.scanWhat} onText={take} />
            <button type="button" className="btn" onClick={home}>
              {T.back}
            </button>
          </section>
        )}
        {at.kind === 'asked' && (
          <Asked
            confirmation={at.confirmation}
            shortened={shortens(at.request)}
            purse={purse}
            own={key.owner}
            onSign={() => sign(at.request, at.confirmation)}
            onRefuse={home}
          />
        )}
        {at.kind === 'answer' && (
          <section className="card">
            <Heading>{T.purse.answer}</Heading>
            <p>{at.payment ? T.purse.answerPay : T.purse.answerWhat}</p>
            <CodeView text={at.text} label={T.purse.answerLabel} />
            <button type="button" className="btn main" onClick={() => go({ kind: 'scan' })}>
              {T.purse.scanReceipt}
            </button>
            <button type="button" className="btn" onClick={home}>
              {T.operation.done}
            </button>
          </section>
        )}
        {at.kind === 'street' && (
          <section className="card">
            <Heading>{T.purse.trust(at.card.name)}</Heading>
            <p>{T.purse.trustWhat(at.card.stalls.length)}</p>
            <p>
              {T.card.code} <strong className="mono">{streetCode(at.card.network)}</strong>
            </p>
            <p>{T.purse.trustNames}</p>
            <ul className="list" aria-label={T.purse.namesOf} data-testid="names">
              {at.card.stalls.map(({ id, label }) => (
                <li key={id}>{label}</li>
              ))}
            </ul>
            <button
              type="button"
              className="btn main"
              onClick={() => {
                keep({ ...purse, street: at.card });
                home();
                setSaid(T.purse.trusted(at.card.name));
              }}
            >
              {T.purse.trustYes}
            </button>
            <button type="button" className="btn" onClick={home}>
              {T.cancel}
            </button>
          </section>
        )}
        {at.kind === 'keep' && <Keep purse={purse} onPurse={keep} onBack={home} />}
      </main>
    </>
  );
}

/** The purse with the receipt, or what is wrong with it. */
async function takeReceipt(
  purse: Purse,
  key: CustomerKey,
  proof: Uint8Array,
): Promise<string | { readonly purse: Purse; readonly amount: number }> {
  const { street } = purse;
  if (street === null) return T.purse.needStreet;
  const checked = await checkReceipt({
    network: street.network,
    genesis: fromBase64Url(street.genesis),
    chain: street.chain.map(fromBase64Url),
    proof,
  });
  if (!checked.ok) return T.purse.receiptWrong(checked.error.message);
  const { key: group, version, group: value, live, signedBy } = checked.value;
  if (value.owner !== key.owner) return T.purse.notMine;
  if (!live) return T.purse.notLive;
  const { amount, issuer, expires } = value;
  const receipt = { key: group, version, amount, issuer, expires, signed: signedBy.length };
  const known = purse.receipts.find((one) => one.key === group);
  if (known !== undefined && known.version > version) return T.purse.older;
  return { purse: withReceipt(purse, { ...receipt, proof: toBase64Url(proof), away: false }), amount };
}

interface HomeProps {
  readonly purse: Purse;
  readonly said: string | null;
  readonly onGo: (kind: 'code' | 'scan' | 'keep') => void;
  readonly onPurse: (purse: Purse) => void;
}

function Home({ purse, said, onGo, onPurse }: HomeProps): ReactNode {
  const mine = purse.receipts.filter((one) => !one.away);
  const away = purse.receipts.filter((one) => one.away);
  const sum = mine.reduce((all, one) => all + one.amount, 0);
  const name = (id: string): string => stallIn(purse, id);
  return (
    <>
      <section className="card">
        <p className="big-figure" data-testid="total">
          {T.points(sum)}
        </p>
        <p className="muted">{T.purse.asOf}</p>
        <p role="status" className={said === null ? '' : 'notice good'} data-testid="said">
          {said ?? ''}
        </p>
      </section>
      <section className="stack-tight" aria-label={T.purse.what}>
        <button type="button" className="btn main wide" onClick={() => onGo('code')}>
          {T.purse.show}
        </button>
        <button type="button" className="btn main wide" onClick={() => onGo('scan')}>
          {T.purse.scan}
        </button>
      </section>
      <section className="card" aria-labelledby="receipts">
        <h2 id="receipts">{T.purse.receipts}</h2>
        {mine.length === 0 && <p className="muted">{T.purse.none}</p>}
        <ul className="list" data-testid="receipts">
          {mine.map((one) => (
            <li key={one.key}>
              <div className="split">
                <strong>{T.points(one.amount)}</strong>
                <span className="badge good">{T.purse.checked(one.signed)}</span>
              </div>
              <p className="muted">
                {T.purse.from(name(one.issuer))} {T.until(one.expires)}
              </p>
            </li>
          ))}
        </ul>
        {away.length > 0 && (
          <details>
            <summary className="btn">{T.purse.away(away.length)}</summary>
            <p className="muted">{T.purse.awayWhat}</p>
            <ul className="list">
              {away.map((one) => (
                <li key={one.key}>
                  <p>
                    {T.points(one.amount)}, {T.purse.from(name(one.issuer))} {T.until(one.expires)}
                  </p>
                  <button
                    type="button"
                    className="btn"
                    onClick={() => onPurse(marked(purse, [one.key], false))}
                  >
                    {T.purse.countAgain(one.amount)}
                    <span className="hidden">: {T.purse.countAgainOf(name(one.issuer), one.expires)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <button type="button" className="btn wide" onClick={() => onGo('keep')}>
        {T.purse.keep}
      </button>
    </>
  );
}

const stallIn = (purse: Purse, id: string): string =>
  purse.street?.stalls.find((one) => one.id === id)?.label ?? id;

/** Whether points lose days by being put together. */
function shortens({ statement }: Request): boolean {
  return (
    statement.kind === 'merge' &&
    statement.sources.some(({ expires }) => expires !== statement.target.expires)
  );
}

function Asked({
  confirmation,
  shortened,
  purse,
  own,
  onSign,
  onRefuse,
}: {
  readonly confirmation: Confirmation;
  readonly shortened: boolean;
  readonly purse: Purse;
  readonly own: string;
  readonly onSign: () => string | null;
  readonly onRefuse: () => void;
}): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const { kind, movements, keeps } = confirmation;
  const whose = (owner: Confirmation['movements'][number]['to']): string => {
    if (owner === own) return T.purse.you;
    const id = merchantOf(owner);
    return id === null ? T.customer.named(customerKeyWords(owner)) : stallIn(purse, id);
  };
  return (
    <section className="card" data-testid="asked" data-kind={kind}>
      <Heading>{T.confirm[kind]}</Heading>
      {movements.length > 0 && (
        <ul className="list">
          {movements.map((one, i) => (
            <li key={i}>
              <p className="big-figure">{T.points(one.amount)}</p>
              <p>
                {T.confirm.move(whose(one.from), whose(one.to))}{' '}
                <span className="muted">
                  {T.purse.from(stallIn(purse, one.issuer))} {T.until(one.expires)}
                </span>
              </p>
            </li>
          ))}
        </ul>
      )}
      {keeps.length > 0 && (
        <div className="stack-tight" data-testid="keeps">
          <h3>{T.confirm.keeps}</h3>
          <ul className="list">
            {keeps.map((one, i) => (
              <li key={i}>
                {T.points(one.amount)}{' '}
                <span className="muted">
                  {T.purse.from(stallIn(purse, one.issuer))} {T.until(one.expires)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {shortened && <Notice kind="warn">{T.confirm.earlier}</Notice>}
      {keeps.length === 0 && kind === 'pay' && <p data-testid="keeps">{T.confirm.nothingLeft}</p>}
      {purse.street === null && <Notice kind="warn">{T.confirm.noStreet}</Notice>}
      <p role="alert" className="problem">
        {problem ?? ''}
      </p>
      <button type="button" className="btn main" onClick={() => setProblem(onSign())}>
        {T.confirm.sign}
      </button>
      <button type="button" className="btn danger" onClick={onRefuse}>
        {T.confirm.refuse}
      </button>
    </section>
  );
}

function Keep({
  purse,
  onPurse,
  onBack,
}: {
  readonly purse: Purse;
  readonly onPurse: (purse: Purse) => void;
  readonly onBack: () => void;
}): ReactNode {
  const [kept, setKept] = useState<boolean | null>(null);
  const [says, setSays] = useState<string | null>(null);
  /** The secret of which a copy was saved here. */
  const [saved, setSaved] = useState<string | null>(null);
  /** A copy of another key, until the person has decided. */
  const [other, setOther] = useState<Purse | null>(null);
  useEffect(() => {
    void keepStorage().then(setKept);
  }, []);
  const restore = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const read = readPurse(await file.text().catch(() => ''));
    setOther(null);
    setSays(null);
    if (read === null) return setSays(T.keep.wrongFile);
    if (read.secret === purse.secret) {
      const { purse: both, taken } = merged(purse, read);
      onPurse(both);
      return setSays(T.keep.merged(taken));
    }
    // Points may belong to a key of which this phone has no receipt: it goes only when a copy is there, or by the person's word.
    if (saved === purse.secret) replace(read);
    else setOther(read);
  };
  const replace = (copy: Purse): void => {
    onPurse(copy);
    setOther(null);
    setSays(T.keep.restored(copy.receipts.length));
  };
  return (
    <section className="card">
      <Heading>{T.keep.title}</Heading>
      <p>{T.keep.what}</p>
      {kept !== null && <Notice kind={kept ? 'good' : 'warn'}>{kept ? T.keep.safe : T.keep.unsafe}</Notice>}
      <Save
        name={T.keep.fileName}
        type="application/json"
        bytes={() => JSON.stringify(purse)}
        onSaved={() => setSaved(purse.secret)}
      >
        {T.keep.save}
      </Save>
      <p className="muted">{T.keep.saveWhat}</p>
      <label className="btn file">
        {T.keep.restore}
        <input
          type="file"
          accept="application/json,.json"
          onChange={({ currentTarget }) => {
            void restore(currentTarget.files?.[0]);
            currentTarget.value = '';
          }}
        />
      </label>
      {other !== null && (
        <Notice kind="warn" testId="other-key">
          <p role="alert">{T.keep.otherKey}</p>
          <button type="button" className="btn danger" onClick={() => replace(other)}>
            {saved === purse.secret ? T.keep.replaceSaved : T.keep.otherKeyYes}
          </button>
          <button type="button" className="btn" onClick={() => setOther(null)}>
            {T.keep.otherKeyNo}
          </button>
        </Notice>
      )}
      <p role="status">{says ?? ''}</p>
      {purse.street !== null && purse.street.stalls.length > 0 && (
        <Forget
          onForget={() => {
            onPurse({ ...purse, street: purse.street && { ...purse.street, stalls: [] } });
            setSays(T.keep.forgotNames);
          }}
        />
      )}
      <button type="button" className="btn main" onClick={onBack}>
        {T.back}
      </button>
    </section>
  );
}

const Forget = ({ onForget }: { readonly onForget: () => void }): ReactNode => (
  <div className="stack-tight">
    <button type="button" className="btn" aria-describedby="forget-what" onClick={onForget}>
      {T.keep.forgetNames}
    </button>
    <p id="forget-what" className="muted">
      {T.keep.forgetNamesWhat}
    </p>
  </div>
);
