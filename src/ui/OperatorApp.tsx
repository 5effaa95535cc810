/** The pages of one open network, under `base` (`/n/<profile>`). */
// First, so that the pages' own style sheets come after what they build on.
import './styles/index.css';
import { StrictMode, useEffect, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { Redirect, Route, Router, Switch } from 'wouter';
import { AnnouncePage } from './announce/AnnouncePage.tsx';
import { ApiProvider, useNetworkState } from './api-context.tsx';
import { BenchPage } from './bench/BenchPage.tsx';
import type { UiClient } from './client.ts';
import { DevicesPage } from './devices/DevicesPage.tsx';
import { DEVICES } from './devices/texts.ts';
import { DirectoryPage } from './directory/DirectoryPage.tsx';
import { CourierPage } from './hand-off/CourierPage.tsx';
import { DeliveryPage } from './hand-off/DeliveryPage.tsx';
import { HandOverPage } from './hand-off/HandOverPage.tsx';
import { PackageActions } from './hand-off/PackageActions.tsx';
import { HAND_OFF } from './hand-off/texts.ts';
import { HoldPage } from './hold/HoldPage.tsx';
import { HOLD } from './hold/texts.ts';
import { Shell } from './layout/Shell.tsx';
import { SHELL } from './layout/texts.ts';
import { MembersPage } from './members/MembersPage.tsx';
import { MEMBERS } from './members/texts.ts';
import { NetworkPage } from './network/NetworkPage.tsx';
import { PackagePage } from './package/PackagePage.tsx';
import { PackagesPage } from './packages/PackagesPage.tsx';
import { Brand } from './parts/Brand.tsx';
import { usePreloadedParts } from './preload.ts';
import { defaultPage } from './routes.ts';
import { SettingsPage } from './settings/SettingsPage.tsx';
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
  usePreloadedParts();
  if (state === null) return <Opening />;
  const role = state.self === null ? null : (state.members[state.self]?.role ?? null);
  const page = (title: string, content: ReactNode): ReactNode => (
    <Shell state={state} title={title}>
      {content}
    </Shell>
  );
  return (
    <Switch>
      <Route path="/">
        <Redirect to={`/${defaultPage(role)}`} replace />
      </Route>
      <Route path="/bench">
        <BenchPage />
      </Route>
      <Route path="/announce">{page(SHELL.pages.announce, <AnnouncePage />)}</Route>
      <Route path="/packages">{page(SHELL.pages.packages, <PackagesPage />)}</Route>
      <Route path="/packages/:sscc">
        {(params) =>
          page(
            `Package …${params.sscc.slice(-4)}`,
            <>
              <PackageActions sscc={params.sscc} />
              <PackagePage key={params.sscc} sscc={params.sscc} />
            </>,
          )
        }
      </Route>
      <Route path="/packages/:sscc/hand-over">
        {(params) => page(HAND_OFF.title, <HandOverPage key={params.sscc} sscc={params.sscc} />)}
      </Route>
      <Route path="/packages/:sscc/delivery">
        {(params) => page(HAND_OFF.deliveryTitle, <DeliveryPage key={params.sscc} sscc={params.sscc} />)}
      </Route>
      <Route path="/packages/:sscc/lines">
        {(params) => page(HOLD.title, <HoldPage key={params.sscc} sscc={params.sscc} />)}
      </Route>
      <Route path="/deliveries">{page(SHELL.pages.deliveries, <CourierPage />)}</Route>
      <Route path="/directory">{page(SHELL.pages.directory, <DirectoryPage />)}</Route>
      <Route path="/network/members">{page(MEMBERS.title, <MembersPage />)}</Route>
      <Route path="/network">{page(SHELL.pages.network, <NetworkPage />)}</Route>
      <Route path="/settings/devices">{page(DEVICES.title, <DevicesPage />)}</Route>
      <Route path="/settings">{page(SHELL.pages.settings, <SettingsPage />)}</Route>
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
  return (
    <>
      <header className="bar">
        <Brand href="/" />
      </header>
      <main className="page" aria-busy="true">
        <h1>{SHELL.connecting}</h1>
        <p className="muted" role="status">
          {SHELL.connectingText}
        </p>
      </main>
    </>
  );
}
