/** The pages of one open network, under `base` (`/n/<profile>`). */
// First, so that the pages' own style sheets come after what they build on.
import './styles/index.css';
import { StrictMode, useEffect, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { ApiProvider, useOpening, useNetworkState } from './api-context.tsx';
import { BenchPage } from './bench/BenchPage.tsx';
import type { UiClient } from './client.ts';
import { DEVICES } from './devices/texts.ts';
import { shortSscc } from './format.ts';
import { watchPageErrors } from './inspector/page-errors.ts';
import { Shell } from './layout/Shell.tsx';
import { SHELL } from './layout/texts.ts';
import { fetchNamed, LATER } from './later-pages.ts';
import type { Titled } from './lazy-page.tsx';
import { MEMBERS } from './members/texts.ts';
import { Brand } from './parts/Brand.tsx';
import { useKeptFocus } from './parts/kept-focus.ts';
import { usePreloadedParts } from './preload.ts';
import { defaultPage } from './routes.ts';
import { applyTheme, useLocalSettings } from './theme/local-settings.ts';

export interface OperatorAppProps {
  readonly client: UiClient;
  /** Path prefix without a slash at its end. */
  readonly base: string;
}

export function OperatorApp({ client, base }: OperatorAppProps): ReactNode {
  return (
    <ApiProvider client={client}>
      <Router base={base}>
        <Pages />
      </Router>
    </ApiProvider>
  );
}

/** Mounts the pages into an element; the root unmounts them. */
export function mountOperator(element: Element, props: OperatorAppProps): Root {
  const root = createRoot(element);
  root.render(
    <StrictMode>
      <OperatorApp {...props} />
    </StrictMode>,
  );
  return root;
}

function Pages(): ReactNode {
  const state = useNetworkState();
  const { theme } = useLocalSettings();
  useEffect(() => applyTheme(theme), [theme]);
  useEffect(() => watchPageErrors(), []);
  const [path] = useLocation();
  // While the replica reads its database.
  useEffect(() => fetchNamed(path), [path]);
  usePreloadedParts();
  useKeptFocus();
  if (state === null) return <Opening />;
  const role = state.self === null ? null : (state.members[state.self]?.role ?? null);
  const page = (title: string, content: ReactNode): ReactNode => (
    <Shell state={state} title={title}>
      {content}
    </Shell>
  );
  const later = (title: string, Page: (props: Titled) => ReactNode): ReactNode =>
    page(title, <Page title={title} />);
  return (
    <Switch>
      <Route path="/">
        <Redirect to={`/${defaultPage(role)}`} replace />
      </Route>
      <Route path="/bench">
        <BenchPage />
      </Route>
      <Route path="/announce">{later(SHELL.pages.announce, LATER.announce)}</Route>
      <Route path="/packages">{later(SHELL.pages.packages, LATER.packages)}</Route>
      <Route path="/packages/:sscc">
        {({ sscc }) => {
          const title = SHELL.titles.package(shortSscc(sscc));
          return page(title, <LATER.package key={sscc} title={title} sscc={sscc} />);
        }}
      </Route>
      <Route path="/packages/:sscc/hand-over">
        {({ sscc }) =>
          page(SHELL.titles.handOver, <LATER.handOver key={sscc} title={SHELL.titles.handOver} sscc={sscc} />)
        }
      </Route>
      <Route path="/packages/:sscc/delivery">
        {({ sscc }) =>
          page(SHELL.titles.delivery, <LATER.delivery key={sscc} title={SHELL.titles.delivery} sscc={sscc} />)
        }
      </Route>
      <Route path="/packages/:sscc/lines">
        {({ sscc }) =>
          page(SHELL.titles.lines, <LATER.lines key={sscc} title={SHELL.titles.lines} sscc={sscc} />)
        }
      </Route>
      <Route path="/deliveries">{later(SHELL.pages.deliveries, LATER.deliveries)}</Route>
      <Route path="/directory">{later(SHELL.pages.directory, LATER.directory)}</Route>
      <Route path="/network/members">{later(MEMBERS.title, LATER.members)}</Route>
      <Route path="/inspector">{later(SHELL.titles.inspector, LATER.inspector)}</Route>
      <Route path="/network">{later(SHELL.pages.network, LATER.network)}</Route>
      <Route path="/settings/devices">{later(DEVICES.title, LATER.devices)}</Route>
      <Route path="/settings">{later(SHELL.pages.settings, LATER.settings)}</Route>
      <Route>
        {page(
          SHELL.notFound,
          <>
            <h1>{SHELL.notFound}</h1>
            <p>{SHELL.notFoundText}</p>
          </>,
        )}
      </Route>
    </Switch>
  );
}

function Opening(): ReactNode {
  const why = useOpening();
  return (
    <>
      <header className="bar">
        <Brand href="/" />
      </header>
      <main className="page" aria-busy="true">
        <h1>{SHELL.connecting}</h1>
        <p className="muted" role="status">
          {why === 'older-tab' ? SHELL.olderTab : SHELL.connectingText}
        </p>
      </main>
    </>
  );
}
