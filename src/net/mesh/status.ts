/** What a person may read of the mesh, told a few times a second at most. */
import { FULL_MESH_MAX, STATUS_DRIFT_MS, STATUS_INTERVAL_MAX_MS, STATUS_INTERVAL_MS } from '../limits.ts';
import type { VoteKey } from '../../codec/brand.ts';
import type { TransportStatus } from '../types.ts';
import type { Signaling } from './signaling.ts';
import { statusOf } from './slot.ts';
import type { MeshState } from './state.ts';

export interface StatusReports {
  /** Something has changed: it is told soon. */
  changed(): void;
  /** A figure is not quite what it was: it is told with the next change, and alone some seconds later. */
  drifted(): void;
  stop(): void;
}

export function createStatusReports(
  state: MeshState,
  signaling: Signaling,
  applicants: () => readonly VoteKey[],
): StatusReports {
  const { others, links, options } = state;
  const { clock } = options;
  const interval = Math.min(
    STATUS_INTERVAL_MAX_MS,
    STATUS_INTERVAL_MS * Math.ceil(options.members.length / FULL_MESH_MAX),
  );
  let timer: unknown = null;
  let isDrift = false;

  function current(): TransportStatus {
    const servers = signaling.statuses();
    const introduced =
      links.size > 0 || servers.some(({ state: is }) => is === 'open' || is === 'connecting');
    const { refused, offline, surroundings } = state;
    const { online } = surroundings;
    return {
      signaling: servers,
      peers: others.map((slot) =>
        statusOf(slot, { refused: refused.has(slot.member), offline, online, introduced }),
      ),
      devices: [...links.values()].flatMap(({ link: { member, device }, connection }) => {
        const rtt = connection.framing?.rtt;
        if (device === undefined) return [];
        return [
          { member, device: device.device, name: device.name, ...(rtt !== undefined && { rttMs: rtt }) },
        ];
      }),
      applicants: applicants(),
    };
  }

  function tellIn(wait: number): void {
    timer = clock.setTimeout(() => {
      timer = null;
      state.handlers?.onStatus(current());
    }, wait);
  }

  return {
    changed() {
      if (state.handlers === null || state.stopped) return;
      if (timer !== null) {
        if (!isDrift) return;
        clock.clearTimeout(timer);
      }
      isDrift = false;
      tellIn(interval);
    },
    drifted() {
      if (state.handlers === null || timer !== null || state.stopped) return;
      isDrift = true;
      tellIn(STATUS_DRIFT_MS);
    },
    stop() {
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}
