/** The studies of `npm run bench`, in the order in which they run: the simulator takes its costs from what the gossip study measured. */
import type { Study } from './study.ts';

interface Registered {
  readonly name: string;
  readonly load: () => Promise<{ readonly study: Study }>;
}

export const STUDIES: readonly Registered[] = [
  { name: 'client', load: () => import('./studies/client/index.ts') },
  { name: 'sessions', load: () => import('./studies/sessions/index.ts') },
  { name: 'gossip', load: () => import('./studies/gossip/index.ts') },
  { name: 'scale', load: () => import('./studies/scale/index.ts') },
  { name: 'throughput', load: () => import('./studies/throughput/index.ts') },
  { name: 'peers', load: () => import('./studies/peers/index.ts') },
];
