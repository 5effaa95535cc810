/** Which program this is, at the foot of the pages before a network. */
import type { ReactNode } from 'react';
import { useProgramState } from './program-context.tsx';
import { footWords, offlineWords } from './texts.ts';

export function ProgramFoot(): ReactNode {
  const state = useProgramState();
  if (state === null) return null;
  return (
    <p className="foot" data-testid="program">
      {footWords(state.version, state.build)}. {offlineWords(state.offline)}
    </p>
  );
}
