/** The program as the pages show it, by the `program` of an address. */
import type { ProgramState, ProgramView } from '../../../src/ui/program/program.ts';
import { takeWords } from '../../../src/ui/program/texts.ts';

const STORED: ProgramState = {
  version: '0.1.0',
  build: { digest: '4e0b17c9a2d85f63'.repeat(4), files: 61, bytes: 5_240_000 },
  offline: 'ready',
  update: 'none',
  held: null,
};
const STATES: Readonly<Record<string, ProgramState>> = {
  stored: STORED,
  ready: { ...STORED, update: 'ready' },
  held: { ...STORED, update: 'ready', held: 'session' },
  taking: { ...STORED, update: 'taking' },
  failed: { ...STORED, build: 'unreachable', offline: 'failed' },
};

export function programOf(which: string | null): ProgramView {
  const state = STATES[which ?? 'failed'] ?? STORED;
  return {
    getState: () => state,
    subscribe: () => () => undefined,
    takeNow: async () => ({
      ok: false,
      error: {
        type: 'session-open-here',
        message: takeWords('session-open-here'),
      },
    }),
  };
}
