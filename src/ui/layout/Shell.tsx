import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { NetworkState } from '../../worker/api.ts';
import { Brand } from '../parts/Brand.tsx';
import { ProgramBanner } from '../program/ProgramBanner.tsx';
import { pagesFor } from '../routes.ts';
import { AwaitedBanner, StandingBanners } from './Banners.tsx';
import { SHELL } from './texts.ts';

/** Bar, banners and the page. The bench has a frame of its own: it shows nothing that an operator does not need. */
export function Shell({
  state,
  title,
  children,
}: {
  state: NetworkState;
  title: string;
  children: ReactNode;
}): ReactNode {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = SHELL.documentTitle(title);
    // After a change of page a screen reader begins at the page, not at the link that was pressed.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [title]);
  return (
    <>
      <a
        className="btn skip"
        href="#page"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {SHELL.skip}
      </a>
      <Bar state={state} path={path} />
      <StandingBanners state={state} />
      <ProgramBanner />
      {path !== '/network/members' && <AwaitedBanner state={state} />}
      <main id="page" className="page" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** On a phone the pages are behind a button, so that the bar is one line (base.css says where that begins). */
function Bar({ state, path }: { readonly state: NetworkState; readonly path: string }): ReactNode {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const pages = useId();
  // Whoever goes to a page has done with the menu.
  const close = (): void => setOpen(false);
  const self = state.self === null ? null : state.members[state.self];
  return (
    <header
      className={open ? 'bar bar-pages open' : 'bar bar-pages'}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        close();
        button.current?.focus();
      }}
    >
      <Brand href="/" />
      <button
        ref={button}
        type="button"
        className="btn bar-menu"
        aria-expanded={open}
        aria-controls={pages}
        onClick={() => setOpen(!open)}
      >
        {SHELL.menu}
      </button>
      <nav id={pages} aria-label={SHELL.nav}>
        {pagesFor(self?.role ?? null).map((page) => (
          <Link
            key={page}
            href={`/${page}`}
            aria-current={path.startsWith(`/${page}`) ? 'page' : undefined}
            onClick={close}
          >
            {SHELL.pages[page]}
          </Link>
        ))}
        {/* In a tab of its own: leaving this page would close its replica. */}
        <a href={`/verify#${state.network.id}`} target="_blank" rel="noopener" onClick={close}>
          {SHELL.verify}
          <span className="hidden"> {SHELL.verifyMore}</span>
        </a>
      </nav>
      <p className="where">
        {self !== null && self !== undefined && (
          <>
            <bdi className="where-who">{self.organisation}</bdi> <span className="where-dot">·</span>{' '}
          </>
        )}
        <bdi>{state.network.name}</bdi>
      </p>
    </header>
  );
}
