/** The program, for every page; pages that are rendered without it (a pane of the demo, a test) show nothing of it. */
import { createContext, useContext, type ReactNode } from 'react';
import { useSource } from '../../react/source.ts';
import type { ProgramState, ProgramView } from './program.ts';

const ProgramContext = createContext<ProgramView | null>(null);

export function ProgramProvider({
  program,
  children,
}: {
  program: ProgramView;
  children: ReactNode;
}): ReactNode {
  return <ProgramContext value={program}>{children}</ProgramContext>;
}

export const useProgram = (): ProgramView | null => useContext(ProgramContext);

export const useProgramState = (): ProgramState | null => useSource(useProgram());
