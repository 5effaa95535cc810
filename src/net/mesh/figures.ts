/** One link in figures, for the inspector: counters that are kept anyway, and the lengths of queues. */
import type { LinkFigures } from '../types.ts';
import type { Established } from './slot.ts';

export function figuresOf({ link, connection }: Established): LinkFigures {
  const { framing, facts, spec } = connection;
  return {
    id: link.id,
    dialled: spec.initiator,
    path: framing?.path ?? null,
    route: facts.route,
    rttMs: framing?.rtt ?? null,
    bytesSent: framing?.bytesSent ?? 0,
    bytesReceived: framing?.bytesReceived ?? 0,
    ...(framing?.waiting ?? { queued: NOTHING, bufferedAmount: 0 }),
  };
}

const NOTHING: LinkFigures['queued'] = { voteMessages: 0, voteBytes: 0, bulkMessages: 0, bulkBytes: 0 };
