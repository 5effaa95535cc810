/** Requests to sign a hand-off, as they come over the links and are listed at the courier. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { createHandOffs, type HandOffs } from '../../src/worker/hand-offs.ts';
import type { ReplicaParts } from '../../src/worker/open-replica.ts';
import { SSCC, T0 } from '../domain/support.ts';
import { BRAVO, DELTA, must, post, receive, Workplace } from './workplace.ts';

let work: Workplace;
beforeEach(async () => {
  work = await Workplace.create();
});
afterEach(() => work.stop());

/** `checked`: what a check of a signature waits for. */
function handOffsAt(index: number, checked: () => Promise<void> = () => Promise.resolve()): HandOffs {
  const { node, layer, directory } = work.at(index);
  const { hash, ed25519 } = work.cluster.tools;
  const parts = {
    replica: node.replica,
    genesis: work.genesis,
    binding: { network: work.cluster.epoch.network },
    member: work.genesis.members[index]!,
    device: null,
    signer: work.cluster.members[index]!.signer,
    tools: {
      hash,
      ed25519: {
        verify: async (...signed: Parameters<typeof ed25519.verify>) => {
          await checked();
          return ed25519.verify(...signed);
        },
      },
    },
    options: { changed: () => undefined },
  };
  return createHandOffs(parts as unknown as ReplicaParts, layer.sessions, directory, () => true);
}

it('a request that is judged while a newer version of the package comes is not listed for ever', async () => {
  const [key] = await work.announce([SSCC]);
  const { sessions } = work.at(BRAVO).layer;
  must(await sessions.commit((await receive(work.at(BRAVO), key!, 'op-7')).id));
  await work.decided(key!, 2);
  const place = work.genesis.members[BRAVO]!.gln;
  const { text } = must(
    await handOffsAt(BRAVO).api.prepareHandOff(SSCC, { vehicle: null, seal: null, place }),
  );

  let go = (): void => undefined;
  let isChecking = (): void => undefined;
  let gate: Promise<void> = Promise.resolve();
  const delta = handOffsAt(DELTA, () => {
    isChecking();
    return gate;
  });
  await delta.received(BRAVO as MemberIndex, text);
  expect(delta.view()?.requests).toHaveLength(1);

  gate = new Promise((resolve) => (go = resolve));
  const checking = new Promise<void>((resolve) => (isChecking = resolve));
  const taken = delta.received(BRAVO as MemberIndex, text);
  await checking;
  const quarantine = post(SERVICES.quarantine, { lines: [0], reason: 'recall', at: T0 + 10 });
  must(await sessions.commit(must(await sessions.start(key!, 'op-7', quarantine)).id));
  await work.decided(key!, 3);
  delta.decided(key!, 3);
  expect(delta.view()).toBeUndefined();
  go();
  await taken;
  expect(delta.view()).toBeUndefined();
});
