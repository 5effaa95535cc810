/** Entry of the dedicated worker that src/index.ts starts. */
import { expose } from 'comlink';
import { homeSignaling } from '../home.ts';
import { createKvRoot } from './root.ts';

expose(createKvRoot(homeSignaling(self.location)));
