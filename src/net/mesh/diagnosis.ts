/** Why a connection did not open, told from what passed through the worker: candidates of both sides, and the ICE servers' errors. */
import type { Diagnosis, IceServer, Route } from '../types.ts';
import type { SignalData } from './messages.ts';

/** What one attempt has seen. Counts are of candidates (RFC 8839), by what they are good for. */
export interface AttemptFacts {
  readonly local: CandidateCounts;
  readonly remote: CandidateCounts;
  /** The other side sent its description. */
  answered: boolean;
  /** DTLS came up: what failed after it is no matter of the network's. */
  connected: boolean;
  /** What ICE chose, as the page last said. */
  route: Route | null;
  turnRefused: boolean;
  turnSilent: boolean;
}

export interface CandidateCounts {
  /** Addresses of the machine's own interfaces. */
  host: number;
  /** The same, hidden behind names that only the local network resolves (mDNS). */
  named: number;
  reflexive: number;
  relay: number;
}

export interface Surroundings {
  readonly online: boolean;
  readonly secure: boolean;
  readonly localNetwork: 'granted' | 'prompt' | 'denied' | 'unknown';
}

export const UNKNOWN_SURROUNDINGS: Surroundings = { online: true, secure: false, localNetwork: 'unknown' };

export function noFacts(): AttemptFacts {
  const none = (): CandidateCounts => ({ host: 0, named: 0, reflexive: 0, relay: 0 });
  return {
    local: none(),
    remote: none(),
    answered: false,
    connected: false,
    route: null,
    turnRefused: false,
    turnSilent: false,
  };
}

/** Adds what a description or a candidate tells; what is no candidate counts nothing. */
export function countCandidates(counts: CandidateCounts, data: SignalData): void {
  const lines =
    data.type === 'candidate'
      ? [data.candidate.candidate]
      : data.sdp.split('\n').filter((line) => line.startsWith('a=candidate:'));
  for (const line of lines) {
    const [, , , , address = '', , , type] = line.trim().split(/\s+/);
    if (type === 'host') counts[address.endsWith('.local') ? 'named' : 'host'] += 1;
    else if (type === 'srflx' || type === 'prflx') counts.reflexive += 1;
    else if (type === 'relay') counts.relay += 1;
  }
}

/** `code`: of an RTCPeerConnectionIceErrorEvent. 401, 403 and 438 are a TURN server's refusals; 701 means that nothing answered. */
export function countIceError(facts: AttemptFacts, url: string, code: number): void {
  if (!/^turns?:/i.test(url)) return;
  if (code === 701) facts.turnSilent = true;
  else facts.turnRefused = true;
}

/** Null where the network is not to blame. */
export function diagnose(
  facts: AttemptFacts,
  surroundings: Surroundings,
  iceServers: readonly IceServer[],
): Diagnosis | null {
  const { local, remote } = facts;
  if (!surroundings.online) return 'offline';
  if (facts.connected) return null;
  if (local.host + local.named + local.reflexive + local.relay === 0) return 'no-interface';
  if (!facts.answered) return 'no-answer';
  if (surroundings.localNetwork === 'denied') return 'local-network-permission';
  if (local.relay + remote.relay > 0) return 'blocked';
  if (facts.turnRefused) return 'turn-refused';
  if (facts.turnSilent || iceServers.some(isTurn)) return 'turn-unreachable';
  const direct = local.host + remote.host + local.reflexive + remote.reflexive;
  if (direct === 0 && local.named > 0)
    return surroundings.localNetwork === 'prompt' ? 'local-network-permission' : 'local-names-blocked';
  return 'no-turn';
}

function isTurn({ urls }: IceServer): boolean {
  return (typeof urls === 'string' ? [urls] : urls).some((url) => /^turns?:/i.test(url));
}

/** Why a signaling server cannot be used or reached. `refusedAtOnce`: the browser did not even make the socket. */
export function diagnoseServer(url: string, surroundings: Surroundings, refusedAtOnce: boolean): Diagnosis {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'malformed-address';
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') return 'malformed-address';
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol === 'ws:' && !here && (surroundings.secure || refusedAtOnce))
    return 'insecure-signaling';
  if (refusedAtOnce) return 'malformed-address';
  if (!surroundings.online) return 'offline';
  const near =
    here || /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)|\.local$/.test(parsed.hostname);
  if (near && (surroundings.localNetwork === 'denied' || surroundings.localNetwork === 'prompt'))
    return 'local-network-permission';
  return 'server-unreachable';
}
