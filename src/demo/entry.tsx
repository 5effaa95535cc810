/** What the app loads for `/demo` and `/demo/pane/<profile>`, and for nothing else. */
import { StrictMode, type ReactNode } from 'react';
import { startClient } from '../app/client.ts';
import { expose } from '../app/expose.ts';
import { OpenFailed } from '../app/OpenFailed.tsx';
import type { ShowPart } from '../app/pages.tsx';
import { profileIn } from '../app/paths.ts';
import { browserMemory } from '../ui/browser-memory.ts';
import { DemoApp, type DemoHost } from './DemoApp.tsx';
import { PaneApp } from './PaneApp.tsx';

const PANE = '/demo/pane/';

export const showDemo: ShowPart = async ({ root, pathname, program, failed }) => {
  program.busyWhileShown();
  const show = (page: ReactNode): void => root.render(<StrictMode>{page}</StrictMode>);
  const client = startClient(
    new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'countersign-demo' }),
  );
  client.lost.catch(failed);
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
    memory: browserMemory(),
    paneUrl: (id) => PANE + id,
    tabUrl: (id) => PANE + id,
    startUrl: '/',
  };
  show(<DemoApp host={host} />);
};
