/** A network that cannot be opened in this tab: what happened, and the way back. */
import type { ReactNode } from 'react';
import type { DoorError } from '../worker/api.ts';

export function OpenFailed({ error }: { error: DoorError }): ReactNode {
  return (
    <main className="page">
      <h1>This network cannot be opened here</h1>
      <p role="alert">{error.message}</p>
      <p>
        <a href="/">Back to the start page</a>
      </p>
    </main>
  );
}
