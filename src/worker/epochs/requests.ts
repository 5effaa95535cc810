/**
 * Who asks to be let in. An applicant knocks at one door at a time; members tell each other what they heard, so that each of them sees every
 * request, and none can keep one from the others. Kept in memory only: whoever still asks is heard again.
 */
import type { MemberId, MemberIndex, Milliseconds, VoteKey } from '../../codec/brand.ts';
import type { JoinRequest } from '../../codec/epoch-messages.ts';
import type { MemberEntry } from '../../codec/genesis.ts';
import { MAX_REQUEST_AGE_MS, MAX_REQUESTS_PER_MESSAGE } from '../../codec/limits.ts';
import { isStaying } from '../../consensus/epochs/values.ts';
import { checkMember } from '../../crypto/genesis.ts';
import { createTokenBucket, type TokenBucket } from '../../net/mesh/pace.ts';
import type { Link, LinkId } from '../../net/types.ts';
import { REQUEST_AGAIN_MS, REQUEST_BURST, REQUESTS_PER_SECOND } from '../limits.ts';
import type { Epochs } from '../replica/epochs.ts';
import type { Replica } from '../replica/replica.ts';

export interface HeardRequest {
  readonly entry: MemberEntry;
  /** The member whose place it takes; null: a new member. */
  readonly replaces: MemberId | null;
  /** When it was first heard of here: milliseconds since 1970. */
  readonly askedAt: number;
}

interface Kept extends HeardRequest {
  /** At any member's door. */
  heardAt: Milliseconds;
  /** `heardAt` as the neighbours were last told it; null: not yet. */
  told: Milliseconds | null;
  /** This member's person does not want to see it. It stays known, so that it does not come back while it asks on. */
  dismissed: boolean;
}

export class JoinRequests {
  readonly #replica: Replica;
  readonly #epochs: Epochs;
  /** By the key that asks, the one that was not heard of for longest first. */
  readonly #kept = new Map<VoteKey, Kept>();
  readonly #brought = new Map<MemberIndex, TokenBucket>();
  readonly #telling: TokenBucket;

  constructor(replica: Replica, epochs: Epochs) {
    this.#replica = replica;
    this.#epochs = epochs;
    this.#telling = this.#bucket();
  }

  shown(): HeardRequest[] {
    this.#forgetOld();
    return [...this.#kept.values()].filter(({ dismissed }) => !dismissed);
  }

  of(key: VoteKey): HeardRequest | undefined {
    return this.#kept.get(key);
  }

  /** False: nobody asks under this key. */
  dismiss(key: VoteKey): boolean {
    const kept = this.#kept.get(key);
    if (!kept) return false;
    kept.dismissed = true;
    this.#replica.options.listener.changed();
    return true;
  }

  /** At the own door, by one that has proved the entry's vote key. */
  heard(entry: MemberEntry, replaces: MemberId | null): void {
    this.#hear({ entry, replaces, age: 0 as Milliseconds }, null);
  }

  take(link: Link, requests: readonly JoinRequest[]): void {
    for (const request of requests) {
      let brought = this.#brought.get(link.member);
      if (!brought) this.#brought.set(link.member, (brought = this.#bucket()));
      // A proof costs milliseconds, and anybody can make up keys.
      if (!brought.take()) return;
      if (!this.#hear(request, link.id)) return this.#replica.closeLink(link.id, 'bad-signature');
    }
  }

  linked(link: Link): void {
    this.#forgetOld();
    const requests = [...this.#kept.values()].map((kept) => this.#asTold(kept));
    if (requests.length > 0) this.#replica.send(link.id, { type: 'requests', requests }, 'bulk');
  }

  /** False: its proof of possession is wrong. */
  #hear({ entry, replaces, age }: JoinRequest, from: LinkId | null): boolean {
    const { now } = this.#replica;
    const epoch = this.#epochs.options.chain[this.#epochs.options.mesh]!;
    if (age > MAX_REQUEST_AGE_MS || isStaying(epoch, entry) || !isPlaced(epoch.members, entry, replaces))
      return true;
    const known = this.#kept.get(entry.voteKey);
    const isSame = known !== undefined && known.entry.logId === entry.logId && known.replaces === replaces;
    const { nonce, bls } = this.#epochs.tools;
    if (!isSame && !checkMember(entry, epoch.network, nonce, bls).ok) return false;
    const heardAt = now - age;
    if (isSame && heardAt <= known.heardAt) return true;
    const kept: Kept = isSame
      ? known
      : {
          entry,
          replaces,
          askedAt: Math.trunc(this.#replica.options.clock.wall()),
          heardAt,
          told: null,
          dismissed: false,
        };
    kept.heardAt = heardAt;
    this.#kept.delete(entry.voteKey);
    if (this.#kept.size >= MAX_REQUESTS_PER_MESSAGE) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(entry.voteKey, kept);
    if (kept.told === null || heardAt - kept.told >= REQUEST_AGAIN_MS) this.#tell(kept, from);
    if (!isSame) this.#replica.options.listener.changed();
    return true;
  }

  /** It ends by itself: who hears of the same knock again is told nothing new. */
  #tell(kept: Kept, from: LinkId | null): void {
    if (!this.#telling.take()) return;
    kept.told = kept.heardAt;
    const requests = [this.#asTold(kept)];
    for (const link of this.#replica.links.values())
      if (link.id !== from) this.#replica.send(link.id, { type: 'requests', requests }, 'bulk');
    this.#replica.outbox.flush();
  }

  #asTold({ entry, replaces, heardAt }: Kept): JoinRequest {
    const age = Math.min(MAX_REQUEST_AGE_MS, Math.max(0, Math.ceil(this.#replica.now - heardAt)));
    return { entry, replaces, age };
  }

  #forgetOld(): void {
    const oldest = this.#replica.now - MAX_REQUEST_AGE_MS;
    for (const [key, { heardAt }] of this.#kept) if (heardAt < oldest) this.#kept.delete(key);
  }

  #bucket(): TokenBucket {
    return createTokenBucket(this.#replica.options.clock, REQUEST_BURST, REQUESTS_PER_SECOND);
  }
}

/** Who takes a place has that member's id, and a new member nobody's: whoever passes a request on cannot bend it. */
function isPlaced(members: readonly MemberEntry[], entry: MemberEntry, replaces: MemberId | null): boolean {
  return replaces === null
    ? !members.some(({ id }) => id === entry.id)
    : replaces === entry.id && members.some(({ id }) => id === replaces);
}
