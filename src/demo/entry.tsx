/** What the app loads for `/demo` and `/demo/pane/<profile>`, and for nothing else. */
import { StrictMode, type ReactNode } from 'react';
import type { Root } from 'react-dom/client';
import { startClient } from '../app/client.ts';
import { expose } from '../app/expose.ts';
import { OpenFailed } from '../app/OpenFailed.tsx';
import { profileIn } from '../app/paths.ts';
import { DemoApp, type DemoHost } from './DemoApp.tsx';
import { PaneApp } from './PaneApp.tsx';

const PANE = '/demo/pane/';

export async function mountDemo(root: Root, pathname: string): Promise<void> {
  const show = (page: ReactNode): void => root.render(<StrictMode>{page}</StrictMode>);
  const client = startClient(
    new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'countersign-demo' }),
  );
  expose(client);
  const profile = profileIn(pathname, PANE);
  if (profile !== null) {
    show(<PaneApp client={client} base={PANE + profile} />);
    const opened = await client.open(profile);
    if (!opened.ok) show(<OpenFailed error={opened.error} />);
    return;
  }
  const host: DemoHost = {
    doors: client.api,
    memory: window.localStorage,
    paneUrl: (id) => PANE + id,
    tabUrl: (id) => PANE + id,
    startUrl: '/',
  };
  show(<DemoApp host={host} />);
}
