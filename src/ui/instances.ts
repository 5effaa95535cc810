/** Which vote belongs to a session: the one on its key for the version after its base. */
import type { InstanceView, NetworkState, SessionView } from '../worker/api.ts';

export function instanceOf(state: NetworkState, session: SessionView): InstanceView | null {
  return state.instances.find((i) => i.key === session.key && i.version === session.baseVersion + 1) ?? null;
}
