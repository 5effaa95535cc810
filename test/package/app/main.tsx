/** An application as its author begins it: the package is all that it has of Countersign. e2e/package.spec.ts copies it into an empty folder. */
import * as middleware from 'countersign';
import { type AccessControl, type Network } from 'countersign';
import * as inspector from 'countersign/inspector';
import { Inspector } from 'countersign/inspector';
import 'countersign/inspector.css';
import * as hooks from 'countersign/react';
import { NetworkProvider, useNetworkHealth, useValue } from 'countersign/react';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

const { createDraft, createIdentity, createNetwork, join } = middleware;

/** Nobody deletes, and a title is text. */
const allow: AccessControl = ({ value }) => typeof value === 'string';

let network: Network | null = null;

const app = {
  createDraft: () => createDraft('Titles'),
  async createIdentity(draft: string, label: string): Promise<{ identity: string; memberKey: string }> {
    const made = await createIdentity({ draft, label });
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  },
  async createNetwork(
    draft: string,
    memberKeys: readonly string[],
  ): Promise<{ invitation: string; genesis: number[] }> {
    const made = await createNetwork({ draft, memberKeys });
    if (!made.ok) throw new Error(made.error.message);
    return { invitation: made.value.invitation, genesis: [...made.value.genesis] };
  },
  async join(identity: string, invitation: string, genesis: readonly number[]): Promise<void> {
    const joined = await join({ identity, invitation, genesis: Uint8Array.from(genesis), allow });
    if (!joined.ok) throw new Error(joined.error.message);
    network = joined.value;
    show(network);
  },
  async rejoin(as: string): Promise<void> {
    const joined = await join({ identity: as, allow });
    if (!joined.ok) throw new Error(joined.error.message);
    network = joined.value;
    show(network);
  },
  /** The error's type, or who signed. */
  async set(key: string, value: middleware.Value): Promise<string> {
    const set = await opened().set(key, value);
    return set.ok
      ? `version ${set.value.version} by ${set.value.signedBy.length}`
      : `${set.error.type}: ${set.error.message}`;
  },
  get: (key: string) => opened().get(key),
  standing: () => opened().status?.standing.kind,
  exports: () => [middleware, hooks, inspector].map((module) => Object.keys(module).sort()),
};

// A test that made the members elsewhere opens the page as one of them.
const identity = new URLSearchParams(location.search).get('identity');
if (identity !== null) void app.rejoin(identity);

declare global {
  interface Window {
    readonly newApp: typeof app;
  }
}
Object.assign(window, { newApp: app });

function opened(): Network {
  if (!network) throw new Error('No network was joined.');
  return network;
}

function show(shown: Network): void {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <NetworkProvider network={shown}>
        <Title />
      </NetworkProvider>
      <Inspector source={shown} language="en" />
    </StrictMode>,
  );
}

function Title(): ReactNode {
  const title = useValue('title/1');
  const health = useNetworkHealth();
  return (
    <h1 data-health={health === null ? 'unknown' : 'known'}>
      {title.state === 'read' ? String(title.value) : title.state}
    </h1>
  );
}
