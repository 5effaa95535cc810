/** Entry of the worker of a demo's pane: the ordinary replica, with the lying one's part loaded beside it. Refused in a real network. */
import { expose } from 'comlink';
import { homeSignaling } from '../worker/home.ts';
import { createWorkerRoot } from '../worker/root.ts';
import { createLiar } from './liar.ts';

expose(
  createWorkerRoot({
    homeSignaling: homeSignaling(self.location),
    deviation: createLiar,
  }),
);
