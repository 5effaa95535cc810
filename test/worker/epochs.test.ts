import { afterEach, describe, expect, it } from 'vitest';
import { EpochWorld } from './epoch-world.ts';
import { until } from './cluster.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
let world: EpochWorld;
afterEach(() => world.stop());

describe('a change of members', () => {
  it('does not lose what was certified, and lets the fifth vote', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const echo = await world.newcomer('Echo');
    const change = world.propose('Alfa', [...world.genesis.members, echo.entry]);
    await until('all have the draft', () => FOUR.every((name) => world.hasDraft(name, change)));
    for (const name of ['Bravo', 'Cargo']) world.approve(name, change);
    await world.join('Echo', change, 'Bravo');
    await until('all are in epoch 1', () => FOUR.every((name) => world.meets(name) === 1));
    world.admit('Echo', 'Alfa');
    await world.open('Echo');
    const five = [...FOUR, 'Echo'];
    await until('Echo has begun', () => world.begun('Echo') === 1);
    await until('all five vote', () => five.every((name) => world.person(name).standing.kind === 'voter'));
    expect(world.version('Echo', 'a/1')).toBe(1);
    await world.put('Echo', 'a/1');
    await world.agree(five, 'a/1', 2);
    // Of five, four must sign: without Echo's vote and with one of the others away nothing is certified.
    world.close('Delta');
    await world.put('Bravo', 'a/2');
    await world.agree(['Alfa', 'Bravo', 'Cargo', 'Echo'], 'a/2', 1);
  });
});
