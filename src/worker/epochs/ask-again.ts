/**
 * A member whose keys are here and whose vote log is not the one that the epoch names (an old copy was restored, the key was imported): it
 * observes. Asked to, it takes a new log and knocks at the others' doors with its entry, until an epoch names that log. Its person's wish is
 * on the disk, so a reload goes on asking.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import type { Bundle, Knock } from '../../codec/door.ts';
import type { Approval } from '../../codec/epochs.ts';
import type { Genesis, MemberEntry } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { possessionOf } from '../../crypto/genesis.ts';
import { newLogId, unsealSecretKeys } from '../../crypto/keys.ts';
import type { Bls, Hash, Signer } from '../../crypto/types.ts';
import { backoff } from '../../net/mesh/pace.ts';
import type { IdentityDb } from '../../store/idb-store.ts';
import type { IdentityRecord } from '../../store/identity.ts';
import { systemClock, type TimerHandle } from '../clock.ts';
import { fromSealed } from '../identity-keys.ts';
import { KNOCK_FIRST_MS, KNOCK_MAX_MS, KNOCKS_AT_FIRST_PACE } from '../limits.ts';
import type { ChangeError } from '../members-api.ts';
import { META_OBSERVER } from '../replica/replica.ts';
import type { Replica } from '../replica/replica.ts';
import { draftsNaming, joinsFor } from './consent.ts';
import { ASKING } from './disk.ts';

/**
 * Before the store is opened: who is asked for again and had found a past that its log lacks gets a new log, in one write with the end of the
 * old one. A log that is merely another than the epoch's stays: it has never voted there.
 */
export async function renewLog(db: IdentityDb, record: IdentityRecord): Promise<Result<IdentityRecord>> {
  const renewed = await db.renewLog({
    when: [ASKING, META_OBSERVER],
    drop: [META_OBSERVER],
    logId: newLogId(),
  });
  if (!renewed.ok) return renewed;
  return ok(renewed.value === null ? record : { ...record, logId: renewed.value });
}

export interface AskAgainOptions {
  readonly replica: Replica;
  readonly record: IdentityRecord;
  readonly genesis: Genesis;
  /** Own entry in the epoch in force. */
  readonly member: MemberEntry;
  readonly signer: Signer;
  readonly tools: { readonly bls: Bls; readonly hash: Hash };
  /** On the disk: this was asked for before. */
  readonly isAsking: boolean;
  /** Null: there is nothing to ask for here. */
  readonly self: MemberIndex | null;
  readonly isDevice: boolean;
  knock(said: Knock): Promise<Bundle | null>;
  reopen(): void;
  random(bytes: number): Uint8Array;
}

export interface AskAgain {
  /** `possible`: this browser holds a member's keys and may not vote. */
  readonly state: 'possible' | 'asking' | null;
  ask(): Promise<Result<undefined, ChangeError>>;
  stop(): void;
}

export function createAskAgain(options: AskAgainOptions): AskAgain {
  const { replica, member, isAsking, self, isDevice } = options;
  // Not one that observes because another start of it is alive, nor one that is still looking for the network.
  const mayNotVote = (): boolean =>
    !isDevice && !replica.epochs?.isBehind && (self === null || replica.hasLostPast) && isListed();
  let stopped = false;
  let timer: TimerHandle | null = null;
  let entry: MemberEntry | null = null;
  let joins: readonly Approval[] = [];
  let asked = 0;

  /** The newest epoch still has this key: who was removed asks as anybody does. */
  function isListed(): boolean {
    return replica.epochs?.isListed ?? false;
  }

  async function knock(): Promise<void> {
    timer = null;
    if (stopped || !isListed()) return;
    entry ??= await ownEntry(options);
    if (entry !== null) {
      const bundle = await options.knock({ entry, replaces: member.id, joins }).catch(() => null);
      if (bundle && !stopped && (await consent(bundle, entry))) {
        // Told at once: nothing but this consent may be lacking.
        await options.knock({ entry, replaces: member.id, joins }).catch(() => null);
      }
    }
    asked++;
    if (!stopped)
      timer = systemClock.setTimeout(
        () => void knock(),
        backoff(Math.ceil(asked / KNOCKS_AT_FIRST_PACE), KNOCK_FIRST_MS, KNOCK_MAX_MS, options.random),
      );
  }

  /** True when it agrees to a change that it had not agreed to before. */
  async function consent({ drafts }: Bundle, own: MemberEntry): Promise<boolean> {
    if (!replica.epochs) return false;
    const { machine, newest } = replica.epochs;
    const before = joins;
    const naming = draftsNaming(drafts, machine.chain, own, options.tools.hash);
    joins = await joinsFor(naming, newest, before, newest.network, options.signer);
    return joins.some((join) => !before.includes(join));
  }

  if (isAsking && self === null && !isDevice) timer = systemClock.setTimeout(() => void knock(), 0);

  return {
    get state() {
      if (!mayNotVote()) return null;
      return isAsking ? 'asking' : 'possible';
    },
    async ask() {
      if (!mayNotVote())
        return fail({
          type: 'change-invalid',
          message:
            'There is nothing to ask for: this browser votes for its organisation, or belongs to none.',
        });
      if (isAsking) return ok(undefined);
      replica.outbox.meta(ASKING, new Uint8Array([1]));
      if (!(await replica.outbox.durable()))
        return fail({ type: 'storage-failed', message: 'The wish could not be stored. Reload this page.' });
      options.reopen();
      return ok(undefined);
    },
    stop() {
      stopped = true;
      if (timer !== null) systemClock.clearTimeout(timer);
    },
  };
}

/** As before, with this browser's log and a proof for it. */
async function ownEntry({
  replica,
  record,
  genesis,
  member,
  tools,
}: AskAgainOptions): Promise<MemberEntry | null> {
  const keys = await unsealSecretKeys(fromSealed(record.sealedKeys), record.wrappingKey);
  if (!keys.ok || !replica.epochs) return null;
  const { network } = replica.epochs.newest;
  const { voteKey, certificateKey, logId } = record;
  const proven = { network, voteKey, certificateKey, logId, nonce: genesis.draftNonce };
  const proofOfPossession = possessionOf(proven, keys.value.certificateSecret, tools.bls);
  keys.value.voteSeed.fill(0);
  keys.value.certificateSecret.fill(0);
  return { ...member, voteKey, certificateKey, logId, proofOfPossession };
}
