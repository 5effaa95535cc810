import type { ReactNode } from 'react';
import type { ChangeCall } from './use-change.ts';

/** What is awaited, or why it was refused, beside the button that asked. */
export function CallOutcome({ call }: { call: ChangeCall }): ReactNode {
  return (
    <>
      <p role="status" className="muted">
        {call.busy !== null && `${call.busy} …`}
      </p>
      <div role="alert">{call.failure !== null && <p className="notice bad">{call.failure}</p>}</div>
    </>
  );
}
