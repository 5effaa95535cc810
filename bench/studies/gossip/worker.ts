/**
 * The middleware's worker with an ear for the benchmark: the page asks it over a broadcast channel, which a browser context keeps to itself. It
 * tells what the mesh counts, takes the topology, and can misbehave. Everything else is the product's.
 */
import { expose } from 'comlink';
import type { MemberIndex } from '../../../src/codec/brand.ts';
import { homeSignaling } from '../../../src/worker/home.ts';
import { createKvRoot } from '../../../src/worker/kv/root.ts';
import type { ReplicaParts } from '../../../src/worker/open-replica.ts';
import { watchErrors } from '../../../src/worker/recent-errors.ts';
import { createLiar, type Mood } from './liar.ts';

/** Its name in page.ts, too, which shares only types with this program. */
const CHANNEL = 'gossip-bench';

export type GossipRequest =
  | { readonly type: 'state' }
  /** Members to link to and nobody else; null: the replica's own choice. */
  | { readonly type: 'neighbours'; readonly members: readonly number[] | null }
  | { readonly type: 'mood'; readonly mood: Mood };

export interface GossipState {
  /** Places of members that are linked, ascending. */
  readonly links: readonly number[];
  readonly standing: string;
  /** By the mesh's own count, over all links; of one that has ended up to the last look at it. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Members that are convicted here. */
  readonly convicted: readonly number[];
  /** Milliseconds, as measured. */
  readonly w0: number;
}

export interface GossipQuestion {
  readonly id: string;
  readonly request: GossipRequest;
}

export interface GossipAnswer {
  readonly answers: string;
  readonly state: GossipState;
}

let parts: ReplicaParts | null = null;
const liar = createLiar();
const channel = new BroadcastChannel(CHANNEL);

// The worker at the doors hears it too, and has no replica.
channel.onmessage = ({
  data: { id, request },
}: MessageEvent<GossipQuestion | (GossipAnswer & { id?: never; request?: never })>) => {
  if (id === undefined || parts === null) return;
  const { mesh } = parts;
  if (request.type === 'neighbours')
    mesh.setNeighbours(request.members === null ? null : new Set(request.members as readonly MemberIndex[]));
  if (request.type === 'mood') liar.become(request.mood);
  channel.postMessage({ answers: id, state: stateOf(parts) } satisfies GossipAnswer);
};

/** Of every link that was ever looked at: one that has ended keeps its last count, so that sums never fall. */
const counted = new Map<string, { readonly bytesSent: number; readonly bytesReceived: number }>();

function stateOf({ mesh, replica }: ReplicaParts): GossipState {
  for (const one of mesh.figures?.() ?? []) counted.set(one.id, one);
  const figures = [...counted.values()];
  const { kind } = replica.standing;
  return {
    links: [...replica.links.values()].map(({ member }) => member).sort((a, b) => a - b),
    standing: kind,
    bytesSent: figures.reduce((sum, one) => sum + one.bytesSent, 0),
    bytesReceived: figures.reduce((sum, one) => sum + one.bytesReceived, 0),
    convicted: [...replica.core.evidence.keys()],
    w0: replica.core.w0,
  };
}

watchErrors(self);
expose(
  createKvRoot(homeSignaling(self.location), {
    deviation: () => liar.deviation,
    opening(opened) {
      parts = opened;
      liar.bind(opened);
    },
  }),
);
