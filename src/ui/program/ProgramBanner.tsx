/** One quiet line, on every page but the bench: a newer version waits. */
import { useState, type ReactNode } from 'react';
import { Banner } from '../layout/Banner.tsx';
import { useProgram, useProgramState } from './program-context.tsx';
import { heldWords, PROGRAM } from './texts.ts';

export function ProgramBanner(): ReactNode {
  const state = useProgramState();
  const shown = state !== null && (state.update === 'ready' || state.update === 'taking');
  return (
    <div className="banners" aria-live="polite">
      {shown && (
        <Banner
          kind=""
          testId="program-update"
          head={state.update === 'taking' ? PROGRAM.taking : PROGRAM.ready}
          rest={state.update === 'ready' && <span>{heldWords(state.held) ?? PROGRAM.readyBy}</span>}
        >
          {state.update === 'ready' && <TakeNow />}
        </Banner>
      )}
    </div>
  );
}

export function TakeNow(): ReactNode {
  const program = useProgram();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (program === null) return null;
  const take = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const taken = await program.takeNow();
    setBusy(false);
    if (!taken.ok) setProblem(taken.error.message);
  };
  return (
    <>
      <button type="button" className="btn" disabled={busy} onClick={() => void take()}>
        {PROGRAM.take}
      </button>
      <p role="alert">{problem}</p>
    </>
  );
}
