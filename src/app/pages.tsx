/** Checks what the browser can do, and shows the part of the app that the address names. */
import { StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { detect, missingCapabilities, tryOut } from '../ui/doors/capabilities.ts';
import { ProgramProvider } from '../ui/program/program-context.tsx';
import { showBroken, showLoadFailed } from './load-failed.ts';
import { partOf, type Part } from './paths.ts';
import { startProgram, type Program } from './program/program.ts';

/** What a part of the app is given. */
export interface Stage {
  readonly root: Root;
  readonly pathname: string;
  readonly program: Program;
  show(page: ReactNode): void;
  /** Instead of the page: something that it cannot do without did not arrive. */
  failed(why: unknown): null;
}

/** Resolves when there is nothing more to wait for. */
export type ShowPart = (stage: Stage) => Promise<void>;

const PARTS: Readonly<Record<Part, () => Promise<ShowPart>>> = {
  verify: async () => (await import('./parts/verify.tsx')).showVerify,
  demo: async () => (await import('../demo/entry.tsx')).showDemo,
  network: async () => (await import('./parts/network.tsx')).showNetwork,
  doors: async () => (await import('./parts/doors.tsx')).showDoors,
};

/** @param script address of the page's entry, which tells one build from another */
export async function showPages(element: HTMLElement, script: string): Promise<void> {
  const { pathname } = window.location;
  const part = partOf(pathname);
  // A page that throws leaves nothing on the screen, and nobody would know what to do.
  const root = createRoot(element, {
    onUncaughtError: (why) => void setTimeout(showBroken, 0, element, why),
  });
  const program = startProgram(window, script);
  let hasFailed = false;
  const stage: Stage = {
    root,
    pathname,
    program,
    show: (page) =>
      hasFailed ||
      root.render(
        <StrictMode>
          <ProgramProvider program={program}>{page}</ProgramProvider>
        </StrictMode>,
      ),
    failed(why) {
      hasFailed = true;
      root.unmount();
      // A newer version may be what helps.
      program.settled();
      return showLoadFailed(element, why);
    },
  };
  // At the same time: what is tried out may take a second.
  const arriving = PARTS[part]().catch((why: unknown) => stage.failed(why));
  // Evidence is for everybody: that page needs neither WebRTC nor a database, nor any network.
  const missing = part === 'verify' ? null : await whatIsMissing();
  if (missing !== null) {
    const page = await import('../ui/doors/MissingPage.tsx').catch((why: unknown) => stage.failed(why));
    if (page !== null) stage.show(<page.MissingPage missing={missing} />);
    return;
  }
  const showPart = await arriving;
  await showPart?.(stage);
  program.settled();
}

async function whatIsMissing(): Promise<ReturnType<typeof missingCapabilities>> {
  const found = detect(window);
  return missingCapabilities(found, await tryOut(window, found));
}
