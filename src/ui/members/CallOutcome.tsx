import type { ReactNode } from 'react';
import { MEMBERS } from './texts.ts';
import type { ChangeCall } from './use-change.ts';
import { langOf } from '../errors.ts';

/** What is awaited, or why it was refused, beside the button that asked. */
export function CallOutcome({ call }: { call: ChangeCall }): ReactNode {
  return (
    <>
      <p role="status" className="muted">
        {call.busy !== null && MEMBERS.busy(call.busy)}
      </p>
      <div role="alert">
        {call.failure !== null && (
          <p className="notice bad" lang={langOf(call.failure)}>
            {call.failure}
          </p>
        )}
      </div>
    </>
  );
}
