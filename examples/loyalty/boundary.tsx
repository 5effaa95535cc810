/** Where a part of a page fails while it is drawn: says so, and how to go on, instead of an empty page. */
import { Component, type ReactNode } from 'react';
import { Heading, Notice } from './parts.tsx';
import { T } from './texts.ts';

interface BoundaryProps {
  readonly children: ReactNode;
  /** Leaves the screen that failed for one that works; without it the page is to be loaded again. */
  readonly onBack?: () => void;
}

export class Boundary extends Component<BoundaryProps, { readonly problem: string | null }> {
  override state: { readonly problem: string | null } = { problem: null };

  static getDerivedStateFromError(error: unknown): { readonly problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { problem } = this.state;
    const { children, onBack } = this.props;
    if (problem === null) return children;
    const words = (
      <section className="card" data-testid="broken">
        <Heading>{T.broken.title}</Heading>
        <Notice kind="wrong">
          <p role="alert">{T.broken.what(problem)}</p>
        </Notice>
        {onBack !== undefined && (
          <>
            <p>{T.broken.operations}</p>
            <button
              type="button"
              className="btn main"
              onClick={() => {
                onBack();
                this.setState({ problem: null });
              }}
            >
              {T.broken.back}
            </button>
          </>
        )}
        <button type="button" className="btn" onClick={() => location.reload()}>
          {T.broken.load}
        </button>
      </section>
    );
    // With a way back it stands inside a page; else it is the page.
    return onBack === undefined ? <main className="page">{words}</main> : words;
  }
}
