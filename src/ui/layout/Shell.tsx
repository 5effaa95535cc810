import { useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { NetworkState } from '../../worker/api.ts';
import { Brand } from '../parts/Brand.tsx';
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
    document.title = `${title} · Countersign`;
    // After a change of page a screen reader begins at the page, not at the link that was pressed.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [title]);
  const self = state.self === null ? null : state.members[state.self];
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
      <header className="bar">
        <Brand href="/" />
        <nav aria-label={SHELL.nav}>
          {pagesFor(self?.role ?? null).map((page) => (
            <Link
              key={page}
              href={`/${page}`}
              aria-current={path.startsWith(`/${page}`) ? 'page' : undefined}
            >
              {SHELL.pages[page]}
            </Link>
          ))}
          {/* In a tab of its own: leaving this page would close its replica. */}
          <a href={`/verify#${state.network.id}`} target="_blank" rel="noopener">
            {SHELL.verify}
            <span className="hidden"> an evidence file, in a new tab</span>
          </a>
        </nav>
        <p className="where">
          {self === null || self === undefined ? '' : `${self.organisation} · `}
          {state.network.name}
        </p>
      </header>
      <StandingBanners state={state} />
      {path !== '/network/members' && <AwaitedBanner state={state} />}
      <main id="page" className="page" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
