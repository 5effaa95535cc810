/** The sessions of this device, in memory and on disk. Memory changes only after the disk has. */
import type { Key } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { MAX_FINISHED_SESSIONS } from './limits.ts';
import { isStronger, type MirrorClaim } from './mirror.ts';
import type { MirrorHolder } from './mirror-holder.ts';
import { encodeStored, isOpen, viewOf, type HeldSession } from './stored.ts';
import type { L2Ports, SessionError, SessionStatus } from './types.ts';

export interface SessionStore {
  get(id: string): HeldSession | undefined;
  /** Latest start first. */
  all(): HeldSession[];
  /**
   * The sessions that are local, voting or in conflict on this key: at most one, except after a crash that followed an end which the
   * disk could not take; then the one that had ended is open again until L1 is asked.
   */
  openOn(key: Key): readonly HeldSession[];
  openCount(): number;
  /**
   * Has the session's other device agree, if it has one, then stores, then shows. On an error nothing has changed, but for `session-moved`:
   * then the session has ended here, or is in conflict.
   */
  put(next: HeldSession): Promise<Result<HeldSession, SessionError>>;
  /** Another device claims the session. Gives way to a stronger claim; else false. */
  giveWay(held: HeldSession, claim: MirrorClaim): Promise<boolean>;
  /** Takes into memory what the disk already holds or could not take. */
  adopt(next: HeldSession): void;
  /** Ends a session. What L1 has decided is shown even when the disk refuses; the next start finds it out again. */
  finish(held: HeldSession, status: SessionStatus): Promise<Result<HeldSession, SessionError>>;
  /** Writes the ends that the disk could not take. */
  flush(): Promise<void>;
  /** Drops the oldest finished sessions above the limit. */
  prune(): Promise<void>;
}

export function createSessionStore(ports: L2Ports, holder: MirrorHolder): SessionStore {
  const sessions = new Map<string, HeldSession>();
  // Two indexes, so that a step does not walk over all sessions.
  const openByKey = new Map<Key, Set<string>>();
  const unsaved = new Set<string>();
  const self = ports.device?.key ?? ports.member.voteKey;

  const adopt = (next: HeldSession): void => {
    sessions.set(next.id, next);
    const open = openByKey.get(next.key) ?? new Set();
    if (isOpen(next.status)) openByKey.set(next.key, open.add(next.id));
    else if (open.delete(next.id) && open.size === 0) openByKey.delete(next.key);
    ports.changed(viewOf(next));
  };

  const put: SessionStore['put'] = async (next) => {
    const before = sessions.get(next.id);
    const both = await holder.replicate(before, next);
    if (both.ok) return save(both.value);
    const { claim, ...error } = both.error;
    if (!claim || !before) return fail(error);
    if (await giveWay(before, claim)) return fail(error);
    // It did not know that this device goes on with a stronger claim.
    holder.tell(claim.device, await holder.claim(before));
    return fail({
      type: 'mirror-unreachable',
      message: `The second device of the session on ${next.key} has gone on alone, and stops now. Try again.`,
    });
  };

  const giveWay: SessionStore['giveWay'] = async (held, claim) => {
    const own = held.mirror ?? { peer: null, term: 1, seq: 0, chain: '' };
    if (!isStronger(claim, { term: own.term, seq: own.seq, device: self })) return false;
    // A person looks at it already, perhaps because of an earlier claim of the same device: it must not vanish before that.
    if (held.status.state === 'conflict') return true;
    // All that was acknowledged here since they were together is there: it agreed to each operation.
    if (own.peer === claim.device && claim.seq >= own.seq) {
      const moved = {
        ...held,
        proposal: null,
        finishedAt: ports.wallClock(),
        mirror: { ...own, term: claim.term },
      };
      await save({ ...moved, status: { state: 'abandoned', why: 'moved' } });
      return true;
    }
    const step = held.steps.length - 1;
    const { response } = held.steps[step]!.transaction;
    const message =
      `Another device of ${ports.member.organisation} goes on with the session on ${held.key}, and may lack steps that were made here. ` +
      `Compare them, and make them there anew; then abandon the session here.`;
    const status = {
      state: 'conflict',
      step,
      before: response,
      after: response,
      message,
      why: 'moved',
    } as const;
    // Whatever is tried here next has to be agreed to there, and is refused.
    await save({ ...held, status, proposal: null, mirror: { ...own, peer: claim.device } });
    return true;
  };

  const save = async (next: HeldSession): Promise<Result<HeldSession, SessionError>> => {
    const saved = await ports.saveSession(next.id, encodeStored(next));
    if (!saved.ok) {
      return fail({
        type: 'store-failed',
        message: `The change could not be stored, so it was not made: ${saved.error.message} Free some space and try again.`,
      });
    }
    adopt(next);
    return ok(next);
  };

  const prune = async (): Promise<void> => {
    const finished = [...sessions.values()].filter((held) => held.finishedAt !== null);
    const surplus = finished.length - MAX_FINISHED_SESSIONS;
    if (surplus <= 0) return;
    finished.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
    for (const held of finished.slice(0, surplus)) {
      sessions.delete(held.id);
      // A drop that fails leaves a file that the next resume prunes.
      await ports.dropSession(held.id);
    }
  };

  return {
    get: (id) => sessions.get(id),
    all: () => [...sessions.values()].sort((a, b) => b.startedAt - a.startedAt),
    openOn: (key) => [...(openByKey.get(key) ?? [])].flatMap((id) => sessions.get(id) ?? []),
    openCount: () => openByKey.size,
    put,
    giveWay,
    adopt,
    finish: async (held, status) => {
      const next: HeldSession = { ...held, status, proposal: null, finishedAt: ports.wallClock() };
      const saved = await put(next);
      if (!saved.ok && status.state !== 'abandoned') {
        adopt(next);
        unsaved.add(next.id);
      }
      await prune();
      return saved;
    },
    flush: async () => {
      for (const id of unsaved) {
        const held = sessions.get(id);
        if (!held || (await ports.saveSession(id, encodeStored(held))).ok) unsaved.delete(id);
      }
    },
    prune,
  };
}
