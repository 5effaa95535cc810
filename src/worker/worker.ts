/** Entry of the dedicated worker that the app starts. */
import { expose } from 'comlink';
import { homeSignaling } from './home.ts';
import { watchErrors } from './recent-errors.ts';
import { createWorkerRoot } from './root.ts';

watchErrors(self);
expose(createWorkerRoot({ homeSignaling: homeSignaling(self.location) }));
