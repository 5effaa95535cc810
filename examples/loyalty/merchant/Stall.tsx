/** One stall: joins its street, and shows the counter as soon as the record is open. */
import { useEffect, useState, type ReactNode } from 'react';
import { join, type Network } from 'countersign';
import { NetworkProvider } from 'countersign/react';
import { keepStorage } from '../offline.ts';
import { Notice } from '../parts.tsx';
import { allow, RULES_VERSION } from '../points/index.ts';
import { T } from '../texts.ts';
import { Counter } from './Counter.tsx';

/** `invitation` and `genesis`: needed the first time. */
export interface Opening {
  readonly identity: string;
  readonly invitation?: string;
  readonly genesis?: Uint8Array;
}

export function Stall({ opening }: { readonly opening: Opening }): ReactNode {
  const [network, setNetwork] = useState<Network | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let opened: Network | null = null;
    const open = async (): Promise<void> => {
      const joined = await join({ ...opening, rules: RULES_VERSION, allow, signal });
      if (!joined.ok) {
        if (!signal.aborted) setProblem(joined.error.message);
        return;
      }
      if (signal.aborted) return void joined.value.close();
      opened = joined.value;
      setNetwork(opened);
    };
    void open().catch((error: unknown) => setProblem(String(error)));
    void keepStorage();
    return () => {
      controller.abort();
      void opened?.close();
    };
  }, [opening]);
  if (network === null) {
    return (
      <>
        <header className="bar">
          <h1>{T.app}</h1>
        </header>
        <main className="page">
          {problem === null ? (
            <p role="status">{T.stall.opening}</p>
          ) : (
            <Notice kind="wrong">
              <h2>{T.stall.notOpened}</h2>
              <p role="alert">{problem}</p>
              <a className="btn" href="/">
                {T.stall.again}
              </a>
            </Notice>
          )}
        </main>
      </>
    );
  }
  return (
    <NetworkProvider network={network}>
      <Counter network={network} />
    </NetworkProvider>
  );
}
