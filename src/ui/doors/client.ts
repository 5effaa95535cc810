/** What the app hands to the doors: the worker's calls before any network is open. */
import type { DoorsApi } from '../../worker/api.ts';
import type { RemoteApi } from '../client.ts';

export interface DoorsClient {
  readonly api: Pick<RemoteApi, keyof DoorsApi>;
}
