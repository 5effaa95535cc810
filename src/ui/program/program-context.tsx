/** The program, for every page; pages that are rendered without it (a pane of the demo, a test) show nothing of it. */
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
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

const nothing = (): null => null;
const never = (): (() => void) => () => undefined;

export function useProgramState(): ProgramState | null {
  const program = useProgram();
  const get = program?.getState ?? nothing;
  return useSyncExternalStore(program?.subscribe ?? never, get, get);
}
