/** Whole replicas whose introductions pass a SignalTap and whose packets pass a UdpShaper. */
import type { Browser } from '@playwright/test';
import { parseInvitation } from '../src/codec/invitation.ts';
import { deriveSignaling } from '../src/crypto/handshake.ts';
import type { MemberEntry } from '../src/worker/api.ts';
import { Cluster, DIRECTORY, unwrap } from './cluster.ts';
import { startTap, type SignalTap } from './signal-tap.ts';
import { together } from './together.ts';
import { UdpShaper } from './udp-shaper.ts';

export interface ShapedCluster {
  readonly made: Cluster;
  readonly tap: SignalTap;
  readonly shaper: UdpShaper;
  close(): Promise<void>;
}

/** Everybody has joined and is linked, over paths as `prepare` set them. */
export async function shapedCluster(
  browser: Browser,
  members: number,
  prepare: (shaper: UdpShaper) => void = () => undefined,
): Promise<ShapedCluster> {
  const made = await Cluster.prepare(browser, { members });
  const shaper = new UdpShaper();
  const tap = await startTap(shaper.hook);
  const close = async (): Promise<void> => {
    await made.close();
    await tap.close();
    shaper.close();
  };
  try {
    prepare(shaper);
    const creator = made.replica(0);
    const draft = await creator.call('newDraft', 'Harbour receivers');
    const entries: readonly MemberEntry[] = await together(made.replicas, async (replica) => {
      const { id, name, organisation, role, gln } = replica.member;
      const key = unwrap(await replica.call('createMemberKey', { draft, id, name, organisation, role, gln }));
      replica.profile = key.profile;
      return unwrap(await creator.call('readMemberKey', draft, key.key));
    });
    const input = { draft, members: entries, ...DIRECTORY, signaling: [tap.url], demo: false };
    const { invitation, genesisFile } = unwrap(await creator.call('sealGenesis', input));
    const parsed = parseInvitation(invitation);
    if (!parsed.ok) throw new Error(parsed.error.message);
    tap.secret = await deriveSignaling(parsed.value.joinSecret);
    await together(made.replicas, async (replica) => {
      unwrap(await replica.call('join', { invitation, genesisFile, profile: replica.profile }));
      await replica.goto(replica.path());
    });
    return { made, tap, shaper, close };
  } catch (error) {
    await close();
    throw error;
  }
}
