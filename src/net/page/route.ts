/** Which way a connection goes, from the browser's statistics (W3C WebRTC Statistics): kinds of candidates, never their addresses. */
import type { CandidateKind, Route } from '../types.ts';

/** The pair that is in use; null while there is none. */
export function routeOf(report: Iterable<readonly [string, unknown]>): Route | null {
  const all = new Map<string, Stats>();
  for (const [id, entry] of report) all.set(id, entry as Stats);
  const entries = [...all.values()];
  const chosen = entries.find((one) => one.type === 'transport' && one.selectedCandidatePairId !== undefined);
  const pair =
    all.get(chosen?.selectedCandidatePairId ?? '') ??
    // Firefox names no pair in its transport, and marks the pair itself.
    entries.find((one) => one.type === 'candidate-pair' && one.selected === true) ??
    entries.find(
      (one) => one.type === 'candidate-pair' && one.nominated === true && one.state === 'succeeded',
    );
  if (!pair) return null;
  const local = all.get(pair.localCandidateId ?? '');
  const remote = all.get(pair.remoteCandidateId ?? '');
  const protocol = local?.protocol?.toLowerCase();
  return {
    local: kindOf(local),
    remote: kindOf(remote),
    protocol: protocol === 'udp' || protocol === 'tcp' ? protocol : 'unknown',
  };
}

/** The fields that are read, of entries of several kinds. */
interface Stats {
  readonly type?: string;
  readonly selectedCandidatePairId?: string;
  readonly selected?: boolean;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
  readonly protocol?: string;
}

const KINDS: readonly string[] = ['host', 'srflx', 'prflx', 'relay'] satisfies readonly CandidateKind[];

function kindOf(candidate: Stats | undefined): CandidateKind {
  const kind = candidate?.candidateType;
  return kind !== undefined && KINDS.includes(kind) ? (kind as CandidateKind) : 'unknown';
}
