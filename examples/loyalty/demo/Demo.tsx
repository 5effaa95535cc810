/**
 * A whole street in one page: seven stalls and two customers, each its own screen in a frame. Every stall is a replica with a key of its own,
 * as on seven devices; that they share a browser is the only difference, and why none of it is for real points.
 */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { createDraft, createIdentity, createNetwork, forgetIdentity, identities } from 'countersign';
import * as v from 'valibot';
import { Notice } from '../parts.tsx';
import { RULES_VERSION } from '../points/index.ts';
import { T } from '../texts.ts';

const STALLS = ['Bakery', 'Greens', 'Cheese', 'Flowers', 'Fish', 'Books', 'Coffee'];
const CUSTOMERS = ['Ann', 'Ben'];

const Made = v.object({
  network: v.string(),
  stalls: v.array(v.object({ label: v.string(), identity: v.string() })),
});
type Made = v.InferOutput<typeof Made>;
const PLACE = 'loyalty.demo';

export function Demo(): ReactNode {
  const [made, setMade] = useState<Made | null>(null);
  const [doing, setDoing] = useState<string>(T.demo.looking);
  const [problem, setProblem] = useState<string | null>(null);
  const begun = useRef(false);
  useEffect(() => {
    // Not twice, as StrictMode would: keys that are made are kept.
    if (begun.current) return;
    begun.current = true;
    begin(setDoing).then(setMade, (error: unknown) =>
      setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, []);
  const anew = async (): Promise<void> => {
    setMade(null);
    setDoing(T.demo.clearing);
    try {
      await forget();
      setMade(await begin(setDoing));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <header className="bar">
        <h1>{T.demo.title}</h1>
        {made !== null && (
          <button type="button" className="btn" onClick={() => void anew()}>
            {T.demo.anew}
          </button>
        )}
      </header>
      <main className="page wide">
        <p>{T.demo.what}</p>
        {problem !== null ? (
          <Notice kind="wrong">
            <p role="alert">{problem}</p>
          </Notice>
        ) : made === null ? (
          <p role="status">{doing}</p>
        ) : (
          <Screens made={made} />
        )}
      </main>
    </>
  );
}

function Screens({ made }: { readonly made: Made }): ReactNode {
  const [stall, setStall] = useState(0);
  const [customer, setCustomer] = useState(0);
  const [narrow, setNarrow] = useState<'stall' | 'customer'>('stall');
  const channel = `loyalty-demo-${made.network}`;
  const choose = (kind: 'stall' | 'customer', i: number): void => {
    if (kind === 'stall') setStall(i);
    else setCustomer(i);
    setNarrow(kind);
  };
  return (
    <>
      <div className="demo-choice stack-tight">
        <div className="row" role="group" aria-label={T.demo.stalls}>
          {made.stalls.map(({ label }, i) => (
            <button
              key={label}
              type="button"
              className="btn"
              aria-pressed={i === stall}
              onClick={() => choose('stall', i)}
            >
              {label}
            </button>
          ))}
        </div>
        <div className="row" role="group" aria-label={T.demo.customers}>
          {CUSTOMERS.map((name, i) => (
            <button
              key={name}
              type="button"
              className="btn"
              aria-pressed={i === customer}
              onClick={() => choose('customer', i)}
            >
              {T.demo.phone(name)}
            </button>
          ))}
        </div>
      </div>
      <div className={`demo-screens narrow-${narrow}`}>
        {/* All stay laid out, so that the browser puts none to sleep. */}
        <div className="demo-side stalls">
          {made.stalls.map(({ label, identity }, i) => (
            <iframe
              key={identity}
              className={i === stall ? 'front' : ''}
              // A frame that is behind others is not to be reached by keys.
              inert={i !== stall}
              title={T.demo.stallFrame(label)}
              src={`/?${new URLSearchParams({ identity, demo: channel, who: label })}`}
              allow="camera; microphone; clipboard-write"
            />
          ))}
        </div>
        <div className="demo-side customers">
          {CUSTOMERS.map((name, i) => (
            <iframe
              key={name}
              className={i === customer ? 'front' : ''}
              inert={i !== customer}
              title={T.demo.phone(name)}
              src={`/customer.html?${new URLSearchParams({ as: `demo-${name.toLowerCase()}`, demo: channel, who: T.demo.phone(name) })}`}
              allow="camera; clipboard-write"
            />
          ))}
        </div>
      </div>
    </>
  );
}

/** Goes on with the street that this browser has, or makes one. */
async function begin(tell: (doing: string) => void): Promise<Made> {
  const known = read();
  if (known !== null) {
    const bound = new Set((await identities()).filter((one) => one.network).map((one) => one.id as string));
    if (known.stalls.every(({ identity }) => bound.has(identity))) return known;
    await forget();
  }
  const draft = await createDraft(T.demo.street);
  const stalls: { label: string; identity: string }[] = [];
  const memberKeys: string[] = [];
  for (const label of STALLS) {
    tell(T.demo.keys(label));
    const made = await createIdentity({ draft, label });
    if (!made.ok) throw new Error(made.error.message);
    stalls.push({ label, identity: made.value.identity });
    memberKeys.push(made.value.memberKey);
  }
  tell(T.demo.sealing);
  const network = await createNetwork({ draft, memberKeys, rules: RULES_VERSION });
  if (!network.ok) throw new Error(network.error.message);
  const made = { network: network.value.network.slice(0, 12), stalls };
  localStorage.setItem(PLACE, JSON.stringify(made));
  return made;
}

function read(): Made | null {
  try {
    const parsed = v.safeParse(Made, JSON.parse(localStorage.getItem(PLACE) ?? 'null'));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** The stalls' keys and records, and the customers' phones. */
async function forget(): Promise<void> {
  const known = read();
  localStorage.removeItem(PLACE);
  for (const name of CUSTOMERS) localStorage.removeItem(`loyalty.customer.demo-${name.toLowerCase()}`);
  for (const { identity } of known?.stalls ?? []) await forgetIdentity(identity);
}
