/** An own proposal whose check did not come to an end has no vote anywhere, and nobody else brings it back. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Key } from '../../src/codec/brand.ts';
import { OTHER_SSCC, SSCC } from '../domain/support.ts';
import { until } from './cluster.ts';
import { BRAVO, must, receive, Workplace, type Place } from './workplace.ts';

let work: Workplace;
beforeEach(async () => {
  work = await Workplace.create();
});
afterEach(() => work.stop());

/** The first checks of a key here do not come to an end. Tells how often each key was asked about. */
function unjudged({ layer }: Place, times: number): Map<Key, number> {
  const judge = layer.validate.bind(layer);
  const asked = new Map<Key, number>();
  layer.validate = (proposed) => {
    const before = asked.get(proposed.key) ?? 0;
    asked.set(proposed.key, before + 1);
    if (before >= times) return judge(proposed);
    return Promise.resolve({ verdict: 'unknown', message: 'The check took too long; it is tried again.' });
  };
  return asked;
}

for (const [what, ssccs] of [
  ['a session', [SSCC]],
  ['a shift of them', [SSCC, OTHER_SSCC]],
] as const) {
  it(`${what} is proposed again until the own check has come to an end`, async () => {
    const place = work.at(BRAVO);
    const { sessions } = place.layer;
    const keys = await work.announce(ssccs);
    const asked = unjudged(place, 2);
    const views = await Promise.all(keys.map((key) => receive(place, key, 'op-7')));
    const committed = await sessions.commitAll(views.map(({ id }) => id));
    for (const result of committed) expect(must(result).status.state).toBe('voting');
    await until('committed', () => views.every(({ id }) => sessions.get(id)?.status.state === 'committed'));
    for (const key of keys) expect(asked.get(key)).toBeGreaterThanOrEqual(3);
  });
}
