/** The page's entry: checks what the browser can do, starts the worker, mounts the pages that the address names. */
// First: what pages bring with them builds on it, and of equal rules the later one holds.
import '../ui/styles/index.css';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { DoorsApp, MissingPage, detect, missingCapabilities } from '../ui/doors/DoorsApp.tsx';
import { OperatorApp } from '../ui/OperatorApp.tsx';
import { expose } from './expose.ts';
import { OpenFailed } from './OpenFailed.tsx';
import { profileIn } from './paths.ts';
import { startClient } from './client.ts';
import { VerifyPage } from '../ui/verify/VerifyPage.tsx';
import { startVerifier } from './verifier.ts';

const root = createRoot(document.getElementById('root')!);
const show = (page: ReactNode): void => root.render(<StrictMode>{page}</StrictMode>);

async function main(): Promise<void> {
  const { pathname } = window.location;
  // Evidence is for everybody: this page needs neither WebRTC nor a database, nor any network.
  if (pathname === '/verify') return show(<VerifyPage verifier={startVerifier()} />);
  const missing = missingCapabilities(detect(window));
  if (missing) return show(<MissingPage missing={missing} />);
  if (pathname === '/demo' || pathname.startsWith('/demo/')) {
    const { mountDemo } = await import('../demo/entry.tsx');
    return mountDemo(root, pathname);
  }
  const client = startClient(
    new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: 'countersign' }),
  );
  expose(client);
  const profile = profileIn(pathname, '/n/');
  if (profile === null) return show(<DoorsApp client={{ api: client.api }} />);
  show(<OperatorApp client={client} base={`/n/${profile}`} />);
  const opened = await client.open(profile);
  if (!opened.ok) show(<OpenFailed error={opened.error} />);
}

void main();
