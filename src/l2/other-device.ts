/**
 * A session that two devices of one member have: which the other one is, and what becomes of the session here when one of the two takes it
 * over. What they say to each other is for mirror-holder.ts and mirror-host.ts.
 */
import { equalBytes, type Key } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import type { MirrorClaim } from './mirror.ts';
import type { MirrorHolder } from './mirror-holder.ts';
import type { Queues } from './queue.ts';
import { closed } from './refusals.ts';
import type { SessionStore } from './session-store.ts';
import { isOpen, viewOf, type HeldSession } from './stored.ts';
import type { SessionError, SessionView } from './types.ts';

/** The part of a session buffer that is about a session's other device. */
export interface OtherDevice {
  /** Mirrors an open session to a device from now on, or goes on with it alone (null), as after the other one's death: with the next term. */
  mirrorTo(id: string, device: string | null): Promise<Result<SessionView, SessionError>>;
  /** Takes in a session that another device has run and this one has claimed (mirror-host.ts). */
  adopt(held: HeldSession): Promise<Result<SessionView, SessionError>>;
  /** Why this device cannot take a session over now; null: it can. Steps that were made here must not vanish under another's. */
  adoptProblem(held: HeldSession): SessionError | null;
  /** Another device claims a session. Gives this device's own claim if that is stronger. */
  claimed(claim: MirrorClaim): Promise<MirrorClaim | null>;
  /** This device's claim on a session that it runs, when an operation of another device's older term comes for it. */
  claimOn(id: string, other: { term: number; seq: number; device: string }): Promise<MirrorClaim | null>;
}

/** What the session buffer lends. */
interface Buffer {
  readonly store: SessionStore;
  readonly holder: MirrorHolder;
  readonly queues: Queues;
  onSession(
    id: string,
    job: (held: HeldSession) => Promise<Result<SessionView, SessionError>>,
  ): Promise<Result<SessionView, SessionError>>;
  look(key: Key, proposeAgain: boolean): Promise<void>;
  shown(result: Result<HeldSession, SessionError>): Result<SessionView, SessionError>;
}

export function createOtherDevice({ store, holder, queues, onSession, look, shown }: Buffer): OtherDevice {
  const mirrorTo: OtherDevice['mirrorTo'] = (id, device) =>
    onSession(id, async (held) => {
      if (!isOpen(held.status)) return closed(held, 'goes to no other device');
      const own = held.mirror ?? { peer: null, term: 1, seq: 0, chain: '' };
      if (own.peer === device) return ok(viewOf(held));
      // Before it leaves this device: after a crash in between, the other one may have it, take it over and commit it.
      const marked = held.mirror === null ? await store.put({ ...held, mirror: own }) : ok(held);
      if (!marked.ok) return marked;
      // Whoever leaves a mirror behind claims the next term: the other one may be doing the same at this moment.
      const term = own.peer === null ? own.term : own.term + 1;
      const saved = await store.put({ ...held, mirror: { ...own, peer: device, term, chain: '' } });
      if (saved.ok && own.peer !== null) holder.tell(own.peer, await holder.claim(saved.value));
      return shown(saved);
    });

  const adoptProblem: OtherDevice['adoptProblem'] = (given) => {
    const known = store.get(given.id);
    if (!known || !isOpen(known.status)) return null;
    const held = known.steps.every((step, i) => {
      const theirs = given.steps[i];
      return theirs !== undefined && equalBytes(theirs.bytes, step.bytes);
    });
    if (held) return null;
    return {
      type: 'session-closed',
      message: `This device has steps of its own in the session on ${given.key}. Compare them, abandon the session here, then take it over.`,
      sessionId: given.id,
    };
  };

  const adopt: OtherDevice['adopt'] = async (given) => {
    const adopted = await queues.run(given.key, async () => {
      const known = store.get(given.id);
      if (known && (known.mirror?.term ?? 1) >= (given.mirror?.term ?? 1)) return ok(known);
      const problem = adoptProblem(given);
      if (problem) return fail(problem);
      return store.put(given);
    });
    if (adopted.ok) await look(given.key, true);
    return shown(adopted.ok ? ok(store.get(given.id)!) : adopted);
  };

  const claimed: OtherDevice['claimed'] = async (claim) => {
    const known = store.get(claim.session);
    if (!known || !(await holder.stands(claim))) return null;
    return queues.run(known.key, async () => {
      const held = store.get(claim.session);
      if (!held || isGone(held)) return null;
      if (held.status.state === 'abandoned') return null;
      if (!isOpen(held.status)) return holder.claim(held);
      return (await store.giveWay(held, claim)) ? null : holder.claim(held);
    });
  };

  const claimOn: OtherDevice['claimOn'] = async (id, other) => {
    const held = store.get(id);
    if (!held || isGone(held)) return null;
    const term = held.mirror?.term ?? 1;
    // Given way to already: what this device has of it is in conflict, or was abandoned.
    const { state } = held.status;
    if (other.term === term && (state === 'abandoned' || state === 'conflict')) return null;
    return other.term > term ? null : holder.claim(held);
  };

  return { mirrorTo, adopt, adoptProblem, claimed, claimOn };
}

/** Another device has it; what this one still knows of it is history. */
const isGone = (held: HeldSession): boolean =>
  held.status.state === 'abandoned' && held.status.why === 'moved';
