/** Shown instead of the app when the browser cannot hold a replica: what is missing and what to do. */
import type { ReactNode } from 'react';
import { Brand } from '../parts/Brand.tsx';
import type { Missing } from './capabilities.ts';
import { MISSING } from './capability-texts.ts';
import './doors.css';

export function MissingPage({ missing }: { missing: Missing }): ReactNode {
  return (
    <div className="door">
      <header className="door-top">
        <Brand href="/" />
      </header>
      <main className="door-main stack" data-testid="missing">
        <div className="door-head">
          <h1>{missing.insecure ? MISSING.insecure : MISSING.title}</h1>
          <p className="door-lead">{MISSING.lead}</p>
        </div>
        <section className="sheet" aria-labelledby="missing-list">
          <h2 id="missing-list">{MISSING.list}</h2>
          <ul className="stack-tight">
            {missing.list.map((entry) => (
              <li key={entry.name}>
                <b>{entry.name}.</b> <span className="muted">{entry.why}</span>
              </li>
            ))}
          </ul>
        </section>
        <section className="sheet" aria-labelledby="missing-steps">
          <h2 id="missing-steps">{MISSING.steps}</h2>
          <ol className="numbered stack-tight">
            {missing.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </section>
      </main>
    </div>
  );
}
