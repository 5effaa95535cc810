/** Entry of the dedicated worker that src/index.ts starts. */
import { expose } from 'comlink';
import { homeSignaling } from '../home.ts';
import { watchErrors } from '../recent-errors.ts';
import { createKvRoot } from './root.ts';

watchErrors(self);
expose(createKvRoot(homeSignaling(self.location)));
