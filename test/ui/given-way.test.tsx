/** A session that another device goes on with, and finished ones that are sent while another is in front. */
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { ServiceResponse, SessionStatus, SessionView } from '../../src/worker/api.ts';
import type { RemoteApi } from '../../src/ui/client.ts';
import type { Bench } from '../../src/ui/bench/bench-types.ts';
import { sessionActions } from '../../src/ui/bench/session-actions.ts';
import { ConflictView } from '../../src/ui/bench/SentViews.tsx';
import { ENDED } from '../../src/ui/bench/session-texts.ts';
import { BENCH } from '../../src/ui/bench/texts.ts';
import { blankSession } from './fake-client.ts';

const answer = (value: number): ServiceResponse => ({ status: 200, body: { value } });
const shown = (after: ServiceResponse, why?: 'moved', mirror?: SessionView['mirror']): string => {
  const status: Extract<SessionStatus, { state: 'conflict' }> = {
    state: 'conflict',
    message: 'Another device goes on with it.',
    step: 0,
    before: answer(1),
    after,
    ...(why && { why }),
  };
  const session = { ...blankSession('a'), status, ...(mirror === undefined ? {} : { mirror }) };
  return renderToStaticMarkup(
    <ConflictView bench={{ busy: null } as Bench} session={session} status={status} />,
  );
};

describe('a conflict', () => {
  const mirror = { device: '7c'.repeat(32) };
  it('in which the session gave way is told as a change of the package, and offers to run it again', () => {
    const page = shown(answer(1), 'moved', mirror);
    expect(page).toContain(ENDED.stuckTitle);
    expect(page).toContain('Another device goes on with it.');
    expect(page).toContain(BENCH.putAway);
    expect(page).not.toContain(BENCH.conflictTitle);
    expect(page).not.toContain(BENCH.conflictAction);
  });
  it('of another kind cannot be run again, or shows two equal responses as different', () => {
    const differs = shown(answer(2), undefined, mirror);
    expect(differs).toContain(BENCH.conflictAction);
    expect(differs).toContain('gives another response');
    const same = shown(answer(1), undefined, mirror);
    expect(same).toContain(BENCH.conflictAction);
    expect(same).not.toContain('gives another response');
  });
});

describe('sending a shift while a session is in front', () => {
  const sendWith = async (inFront: string | null): Promise<string[]> => {
    const calls: string[] = [];
    const api = {
      commitAll: (ids: readonly string[]) => Promise.resolve(ids.map(() => ({ ok: true }))),
    } as unknown as RemoteApi;
    await sessionActions({
      api,
      run: () => Promise.resolve(null),
      note: () => undefined,
      good: () => calls.push('good'),
      next: () => calls.push('next'),
      inFront: () => inFront,
      setBusy: () => undefined,
      nameOf: (device) => device,
    }).sendAll([blankSession('a'), blankSession('b')]);
    return calls;
  };
  it('throws an unfinished session off the screen', async () => {
    expect(await sendWith('unfinished')).toEqual(['good']);
    expect(await sendWith(null)).toEqual(['good']);
    expect(await sendWith('b')).toEqual(['next']);
  });
});
