/** How long a network of four needs to be whole again after something befell it. The net room alone, in real browsers. */
import { startTap } from '../../e2e/signal-tap.ts';
import { CLEAR, UdpShaper, type Impairment } from '../../e2e/udp-shaper.ts';
import {
  MESH_AWAY_MS,
  MESH_LEFT_MS,
  MESH_LONG_AWAY_MS,
  MESH_RECOVERY_MEMBERS,
  MESH_ROUNDS,
} from '../limits.ts';
import { everyoneLinked, lastOf, sleep, startAll, until, urlOf, type Bed, type Group } from './bed.ts';

export interface Recovery {
  readonly name: string;
  readonly note: string;
  /** Milliseconds of each round. */
  samples(bed: Bed): Promise<number[]>;
}

const CUT: Impairment = { ...CLEAR, cut: true };
/** Messages of these pages are not sealed: what the tap needs to read them. */
const UNSEALED = {
  encrypt: (plain: Uint8Array): Uint8Array => plain,
  decrypt: (sealed: Uint8Array): Uint8Array | null => sealed,
};
const LAST = MESH_RECOVERY_MEMBERS - 1;

export const RECOVERIES: readonly Recovery[] = [
  {
    name: 'sleep, the member that waits for others to dial',
    note: 'frozen until the three others had closed their links; from its thaw to all links',
    samples: (bed) => asleep(bed, LAST),
  },
  {
    name: 'sleep, the member that dials',
    note: 'the same with the lowest member, which dials the three others',
    samples: (bed) => asleep(bed, 0),
  },
  ...[MESH_AWAY_MS, MESH_LONG_AWAY_MS].map((awayMs) => ({
    name: `partition, two and two, ${awayMs / 1000} s`,
    note: 'no packet between the halves, nobody is told, signaling stays; from the heal to all links',
    samples: (bed: Bed) => shaped(bed, (network) => halves(network, awayMs)),
  })),
  ...[MESH_AWAY_MS, MESH_LONG_AWAY_MS].map((awayMs) => ({
    name: `partition, one member's line, ${awayMs / 1000} s`,
    note: 'no packet to or from it, its browser says offline and online; from the heal to all links',
    samples: (bed: Bed) => shaped(bed, (network) => oneLine(network, awayMs)),
  })),
  {
    name: 'signaling lost, a link is lost: introduced over peers',
    note: 'no server, two of its three links cut for good; from each link that ended to the next, over a new path',
    samples: (bed) => shaped(bed, overPeers, 1),
  },
  {
    name: 'signaling lost, a member leaves and returns',
    note: `the network's server is dead; it left for ${MESH_LEFT_MS / 1000} s and returns by a server that another member told it of; to all links`,
    samples: returned,
  },
  {
    name: 'signaling lost, the server is back',
    note: `the only server away for ${MESH_AWAY_MS / 1000} s, links last; from its start to all four connected to it`,
    samples: serverBack,
  },
];

async function asleep(bed: Bed, who: number): Promise<number[]> {
  const group = await bed.openRaw(MESH_RECOVERY_MEMBERS);
  try {
    const { peers } = group;
    const sleeper = peers[who]!;
    const others = peers.filter((peer) => peer !== sleeper);
    await startAll(peers, [urlOf(bed.server)]);
    await until(peers, 'all to be linked', everyoneLinked);
    const samples: number[] = [];
    for (let round = 0; round < MESH_ROUNDS; round++) {
      await sleeper.freeze();
      await until(others, 'the sleeper to be missed', (all) =>
        all.every(({ links }) => !links.includes(who)),
      );
      const thawedAt = Date.now();
      await sleeper.thaw();
      // Right after its thaw it still holds what the others have closed.
      const answers = await until(peers, 'the sleeper to be back', (all) => {
        const anew = all[who]!.events.filter(({ kind, at }) => kind === 'link' && at >= thawedAt);
        return anew.length >= LAST && everyoneLinked(all);
      });
      samples.push(lastOf(answers, thawedAt, ({ kind }) => kind === 'link')! - thawedAt);
    }
    return samples;
  } finally {
    await group.close();
  }
}

interface Shaped {
  readonly group: Group;
  readonly shaper: UdpShaper;
  /** As a server that dies. */
  killSignaling(): Promise<void>;
}

/** Rounds of four over the shaper, so many of them in one network before the next is made. */
async function shaped(
  bed: Bed,
  round: (shaped: Shaped) => Promise<number[]>,
  perNetwork = MESH_ROUNDS,
): Promise<number[]> {
  const samples: number[] = [];
  for (let done = 0; done < MESH_ROUNDS; done += perNetwork) {
    const shaper = new UdpShaper();
    const tap = await startTap(shaper.hook);
    tap.secret = UNSEALED;
    let dead = false;
    const killSignaling = async (): Promise<void> => {
      if (!dead) await tap.close();
      dead = true;
    };
    const group = await bed.open(MESH_RECOVERY_MEMBERS);
    try {
      await startAll(group.peers, [tap.url]);
      for (let i = 0; i < perNetwork; i++) {
        await until(group.peers, 'all to be linked', everyoneLinked);
        samples.push(...(await round({ group, shaper, killSignaling })));
      }
    } finally {
      await group.close();
      await killSignaling();
      shaper.close();
    }
  }
  return samples;
}

async function halves({ group: { peers }, shaper }: Shaped, awayMs: number): Promise<number[]> {
  const half = (member: number): boolean => member < MESH_RECOVERY_MEMBERS / 2;
  const cutAt = Date.now();
  shaper.path = (a, b) => (half(a) === half(b) ? CLEAR : CUT);
  await until(peers, 'the halves to miss each other', (all) => all.every(({ links }) => links.length === 1));
  await sleep(awayMs - (Date.now() - cutAt));
  return healed(peers, shaper);
}

async function oneLine({ group: { peers }, shaper }: Shaped, awayMs: number): Promise<number[]> {
  const cutAt = Date.now();
  shaper.path = (a, b) => (a === LAST || b === LAST ? CUT : CLEAR);
  await peers[LAST]!.setOffline(true);
  const isAlone = (links: readonly number[], member: number): boolean =>
    links.length === (member === LAST ? 0 : LAST - 1);
  await until(peers, 'one to be missed', (all) => all.every(({ links }, member) => isAlone(links, member)));
  await sleep(awayMs - (Date.now() - cutAt));
  return healed(peers, shaper, () => peers[LAST]!.setOffline(false));
}

async function healed(
  peers: Group['peers'],
  shaper: UdpShaper,
  also: () => Promise<void> = async () => undefined,
): Promise<number[]> {
  const healedAt = Date.now();
  shaper.path = () => CLEAR;
  await also();
  const answers = await until(peers, 'all to be linked again', everyoneLinked);
  return [lastOf(answers, healedAt, ({ kind }) => kind === 'link')! - healedAt];
}

/** The last member keeps one neighbour, who introduces it to the two whose path it lost. */
async function overPeers({ group: { peers }, shaper, killSignaling }: Shaped): Promise<number[]> {
  await killSignaling();
  const lost = [0, 1];
  const isLost = (a: number, b: number): boolean => lost.includes(a) && b === LAST;
  const cutAt = Date.now();
  shaper.path = (a, b) => (isLost(a, b) || isLost(b, a) ? CUT : CLEAR);
  const answers = await until(
    peers,
    'the two links to be lost and made again',
    (all) =>
      everyoneLinked(all) &&
      all[LAST]!.events.filter(({ kind, at }) => kind === 'link' && at >= cutAt).length >= lost.length,
  );
  return lost.map((member) => {
    const between =
      (kind: 'link' | 'unlink') =>
      (event: { kind: string; member: number }, of: number): boolean =>
        event.kind === kind &&
        ((of === member && event.member === LAST) || (of === LAST && event.member === member));
    return lastOf(answers, cutAt, between('link'))! - firstOf(answers, cutAt, between('unlink'));
  });
}

function firstOf(
  answers: Parameters<typeof lastOf>[0],
  from: number,
  wanted: Parameters<typeof lastOf>[2],
): number {
  const times = answers.flatMap(({ events }, member) =>
    events.filter((event) => event.at >= from && wanted(event, member)).map(({ at }) => at),
  );
  return Math.min(...times);
}

async function returned(bed: Bed): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < MESH_ROUNDS; round++) {
    const [network, hinted] = [await bed.signaling(), await bed.signaling()];
    const group = await bed.open(MESH_RECOVERY_MEMBERS);
    try {
      const { peers } = group;
      const member = peers[0]!;
      await startAll(peers, [urlOf(network)]);
      await until(peers, 'all to be linked', everyoneLinked);
      await peers[LAST]!.ask({ type: 'signaling', urls: [urlOf(network), urlOf(hinted)] });
      await until(peers, 'the other server to be known', (all) =>
        all.every(
          ({ status }) => status?.signaling.find(({ url }) => url === urlOf(hinted))?.state === 'open',
        ),
      );
      await network.close();
      await member.ask({ type: 'offline', offline: true });
      await sleep(MESH_LEFT_MS);
      const backAt = Date.now();
      await member.ask({ type: 'offline', offline: false });
      const answers = await until(peers, 'the member to be back', everyoneLinked);
      samples.push(lastOf(answers, backAt, ({ kind }) => kind === 'link')! - backAt);
    } finally {
      await group.close();
      await network.close();
      await hinted.close();
    }
  }
  return samples;
}

async function serverBack(bed: Bed): Promise<number[]> {
  const first = await bed.signaling();
  const { port } = first;
  const url = urlOf(first);
  let server = first;
  const group = await bed.open(MESH_RECOVERY_MEMBERS);
  try {
    const { peers } = group;
    const open = (status: { readonly signaling: readonly { readonly state: string }[] } | null): boolean =>
      status?.signaling.every(({ state }) => state === 'open') ?? false;
    await startAll(peers, [url]);
    const samples: number[] = [];
    for (let round = 0; round < MESH_ROUNDS; round++) {
      await until(
        peers,
        'all to be connected',
        (all) => everyoneLinked(all) && all.every((one) => open(one.status)),
      );
      await server.close();
      await sleep(MESH_AWAY_MS);
      const backAt = Date.now();
      server = await bed.signaling(port);
      await until(peers, 'the server to be found again', (all) => all.every(({ status }) => open(status)));
      samples.push(Date.now() - backAt);
      const lost = (await until(peers, 'links to be there', everyoneLinked)).some(({ events }) =>
        events.some(({ kind }) => kind === 'unlink'),
      );
      if (lost) throw new Error('A link was lost with the signaling server.');
    }
    return samples;
  } finally {
    await group.close();
    await server.close();
  }
}
