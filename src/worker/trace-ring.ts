/** The last events of a replica, for the inspector: as told to listeners, with digests cut and without words that may quote a value. */
import type { InspectedEvent } from './inspection.ts';
import type { TraceEvent } from './api.ts';
import { MAX_INSPECTED_EVENTS } from './limits.ts';
import { prefixOf } from './inspect.ts';

export class TraceRing {
  readonly #events: TraceEvent[] = [];
  /** Events so far: the next one's place is this modulo the size of the ring. */
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(event: TraceEvent): void {
    this.#events[this.#count % MAX_INSPECTED_EVENTS] = event;
    this.#count++;
  }

  /** Newest first. */
  list(): InspectedEvent[] {
    const found: InspectedEvent[] = [];
    const oldest = Math.max(0, this.#count - MAX_INSPECTED_EVENTS);
    for (let seq = this.#count - 1; seq >= oldest; seq--)
      found.push(inspected(seq, this.#events[seq % MAX_INSPECTED_EVENTS]!));
    return found;
  }
}

function inspected(seq: number, event: TraceEvent): InspectedEvent {
  const { at, kind, member, key, version, round, digest, detail } = event;
  return {
    seq,
    at,
    kind,
    member,
    key: key ?? null,
    version: version ?? null,
    round: round ?? null,
    digest: digest === undefined ? null : prefixOf(digest),
    // Others are the words of a rule, which may quote the record.
    detail: (kind === 'decided' || kind === 'unlink') && detail !== undefined ? detail : null,
  };
}
