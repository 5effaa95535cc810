/** Components that show what a network in memory has, driven by e2e/react.spec.ts. */
import { Component, Profiler, StrictMode, Suspense, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import {
  NetworkProvider,
  useEntries,
  useNetwork,
  useNetworkHealth,
  useStatus,
  useValue,
  type Reading,
} from 'countersign/react';
import type { Network } from 'countersign';
import { FakeNetwork } from '../fake-network.ts';

declare global {
  interface Window {
    readonly hooks: typeof hooks;
  }
}

interface Shown {
  /** null: none is open. */
  readonly network: 'one' | 'other' | null;
  readonly keys?: readonly string[];
  /** How many components show each key. */
  readonly copies?: number;
  readonly suspense?: boolean;
  readonly prefix?: string;
  readonly status?: boolean;
  readonly outside?: boolean;
}

const networks = { one: new FakeNetwork(), other: new FakeNetwork() };
/** How often something that was rendered is new on the page. */
let renders = 0;
let answer: () => void = () => undefined;

const words = (known: Reading<unknown, { readonly type: string }>): string =>
  known.state === 'read' ? text(known.value) : (known.error?.type ?? known.state);
const text = (value: unknown): string => (value === undefined ? 'nothing' : String(value));

function Value({ name }: { name: string }): ReactNode {
  return <li data-key={name}>{words(useValue(name))}</li>;
}

function Waiting({ name }: { name: string }): ReactNode {
  return <li data-key={name}>{text(useValue(name, { suspense: true }))}</li>;
}

function List({ prefix }: { prefix: string }): ReactNode {
  const known = useEntries(prefix);
  return (
    <p data-testid="list">
      {known.state === 'read'
        ? known.value.map(({ key, value }) => `${key}=${text(value)}`).join(' ')
        : words(known)}
    </p>
  );
}

function Status(): ReactNode {
  const health = useNetworkHealth();
  return <p data-testid="status">{`${useStatus()?.here ?? 'no'} here, ${health?.level ?? 'no health'}`}</p>;
}

function Outside(): ReactNode {
  return <p>{useNetwork().name}</p>;
}

class Boundary extends Component<{ children: ReactNode }, { readonly error: Error | null }> {
  override state = { error: null as Error | null };
  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <p role="alert">
        {`${error.name} ${(error as { type?: string }).type ?? error.message}`}{' '}
        <button type="button" onClick={() => this.setState({ error: null })}>
          Again
        </button>
      </p>
    );
  }
}

function App({ shown }: { shown: Shown }): ReactNode {
  const { network, keys = [], copies = 1, suspense = false, prefix, status = false, outside = false } = shown;
  const One = suspense ? Waiting : Value;
  const content = (
    <Boundary>
      <Suspense fallback={<p data-testid="waiting">waiting</p>}>
        <ul>
          {Array.from({ length: copies }, (_, copy) =>
            keys.map((name, i) => <One key={`${copy}/${i}`} name={name} />),
          )}
        </ul>
        {prefix !== undefined && <List prefix={prefix} />}
        {status && <Status />}
        {outside && <Outside />}
      </Suspense>
    </Boundary>
  );
  if (outside) return content;
  const open = network === null ? null : (networks[network] as unknown as Network);
  return <NetworkProvider network={open}>{content}</NetworkProvider>;
}

const root = createRoot(document.getElementById('root')!, { onCaughtError: () => undefined });

const hooks = {
  show: (shown: Shown | null): void =>
    root.render(
      <StrictMode>
        <Profiler id="all" onRender={() => void (renders += 1)}>
          {shown === null ? null : <App shown={shown} />}
        </Profiler>
      </StrictMode>,
    ),
  certify: (network: 'one' | 'other', key: string, value: string | undefined): void =>
    networks[network].certify(key, value),
  here: (network: 'one' | 'other', here: number): void => networks[network].setHere(here),
  fail: (network: 'one' | 'other', type: 'not-arrived' | 'stopped', times = 1): void => {
    for (let i = 0; i < times; i++) networks[network].failures.push({ type, message: 'Not now.' });
  },
  /** Reads wait until `answer`. */
  hold: (network: 'one' | 'other'): void => {
    networks[network].held = new Promise((resolve) => (answer = resolve));
  },
  answer: (): void => {
    for (const network of Object.values(networks)) network.held = null;
    answer();
  },
  counts: (network: 'one' | 'other') => {
    const { listening, listened, asked } = networks[network];
    return { listening, listened, asked: asked.length, renders };
  },
};

Object.assign(window, { hooks });
