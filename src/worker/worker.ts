/** Entry of the dedicated worker that the app starts. */
import { expose } from 'comlink';
import { homeSignaling } from './home.ts';
import { createWorkerRoot } from './root.ts';

expose(createWorkerRoot({ homeSignaling: homeSignaling(self.location) }));
