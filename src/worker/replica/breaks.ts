/**
 * LEAVE and CONTINUE (docs/protocol.md, "Going on beyond f"): so many members are gone for good that no quorum is left, and the others go on as a
 * network of their own. Proposals are told and kept like drafts of changes; each survivor's person signs one with a tap. Whose person has not
 * signed is moved by none of them, however many others have.
 *
 * Kept at every await: a signature leaves after one write that holds it, the leaves of its R and the mark "left"; from the turn of that write
 * on nothing is signed in the epoch. A break that has all its signatures is found at the next start, if this one ends before.
 */
import type { Digest, MemberIndex, NetworkId } from '../../codec/brand.ts';
import { fromHex } from '../../codec/brand.ts';
import type { BreakProposal, EpochMessage } from '../../codec/epoch-messages.ts';
import type { BreakLink } from '../../codec/epochs.ts';
import { decodeContinuation, encodeContinuation, type Continuation } from '../../codec/genesis.ts';
import { MAX_NAME_LENGTH } from '../../codec/limits.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { checkContinuation, continuationOf } from '../../consensus/epochs/continuation.ts';
import type { CheckedLink } from '../../consensus/epochs/types.ts';
import { continuationId, continueBytes, joinSecretDigest } from '../../crypto/domains.ts';
import { randomHex } from '../../crypto/keys.ts';
import { createTokenBucket, type TokenBucket } from '../../net/mesh/pace.ts';
import type { Link, LinkId } from '../../net/types.ts';
import { breakRecord, leavesRecord, markRecord } from '../epochs/disk.ts';
import { BREAK_BURST, BREAK_DRAWS, BREAKS_PER_SECOND, MAX_BREAKS } from '../limits.ts';
import type { BreakError, BreakInput } from '../members-api.ts';
import type { Epochs } from './epochs.ts';
import type { Replica } from './replica.ts';

export interface Proposed {
  /** Its digest. */
  readonly network: NetworkId;
  readonly genesis: Continuation;
  readonly bytes: Uint8Array;
  /** By place in the epoch that is left; whoever signed first is the first. */
  readonly signatures: Map<MemberIndex, Uint8Array>;
}

export class Breaks {
  readonly #replica: Replica;
  readonly #epochs: Epochs;
  readonly #proposals = new Map<NetworkId, Proposed>();
  /** Signed here, and not yet on the disk: nobody is told. */
  readonly #unwritten = new Set<NetworkId>();
  readonly #costs = new Map<MemberIndex, TokenBucket>();
  /** Checked and complete, and nothing that this replica goes along with: by their ids. */
  readonly #elsewhere = new Map<NetworkId, Extract<CheckedLink, { type: 'break' }>>();

  constructor(replica: Replica, epochs: Epochs) {
    this.#replica = replica;
    this.#epochs = epochs;
    for (const stored of epochs.options.stored.breaks) {
      const genesis = decodeContinuation(stored.genesis);
      // Of an epoch that is over: nothing is left of it but the record.
      if (!genesis.ok || !checkContinuation(epochs.epoch, genesis.value).ok) continue;
      const proposed = this.#proposed(genesis.value, stored.genesis);
      for (const { author, signature } of stored.signatures) proposed.signatures.set(author, signature);
      this.#proposals.set(proposed.network, proposed);
    }
  }

  get all(): readonly Proposed[] {
    return [...this.#proposals.values()];
  }

  /** Others went on from here, and this replica did not. */
  get elsewhere(): readonly Extract<CheckedLink, { type: 'break' }>[] {
    return [...this.#elsewhere.values()];
  }

  /** Its own member goes on with it: nobody else's word makes a replica follow. */
  isOwn({ members }: Pick<Continuation, 'members'>): boolean {
    return members.some(({ voteKey }) => voteKey === this.#epochs.options.member);
  }

  noteElsewhere(link: Extract<CheckedLink, { type: 'break' }>): void {
    if (this.#elsewhere.has(link.network)) return;
    if (this.#elsewhere.size >= MAX_BREAKS) {
      // A liar can go on alone as often as it likes: that hides none with more members.
      const [fewest] = [...this.elsewhere].sort(
        (a, b) => a.genesis.members.length - b.genesis.members.length,
      );
      if (fewest!.genesis.members.length >= link.genesis.members.length) return;
      this.#elsewhere.delete(fewest!.network);
    }
    this.#elsewhere.set(link.network, link);
    this.#replica.options.listener.changed();
  }

  /** One of them names this join secret, by its digest. */
  names(secret: string): boolean {
    return this.all.some(({ genesis }) => genesis.continues.joinSecret === secret);
  }

  /** After everything from the disk is back. */
  start(): void {
    for (const proposed of this.all) this.#complete(proposed);
  }

  linked(link: Link): void {
    for (const proposed of this.all) {
      this.#tell(link.id, proposed);
      this.#tellSecret(link, proposed);
    }
  }

  // ---- a person here ----

  /** A proposal with the own signature. */
  async propose(input: BreakInput): Promise<Result<{ readonly digest: Digest }, BreakError>> {
    const { epoch, talk } = this.#epochs;
    const { hash } = this.#replica.options;
    const refused = this.mayNot();
    if (refused) return fail(refused);
    const name = input.name.trim();
    if (name === '' || name.length > MAX_NAME_LENGTH)
      return fail({
        type: 'name-missing',
        message: `Give the network that begins a name of 1 to ${MAX_NAME_LENGTH} characters, so that nobody takes it for the old one.`,
      });
    const root = this.#replica.certifiedRoot() as Digest;
    const drawn = Array.from({ length: BREAK_DRAWS }, () => {
      const secret = randomHex(32);
      const next = { name, root, joinSecret: joinSecretDigest(hash, secret) };
      return { secret, genesis: continuationOf(epoch, next, input.members) };
    }).flatMap(({ secret, genesis }) =>
      genesis ? [{ secret, genesis, at: this.#proposed(genesis, NO_BYTES) }] : [],
    );
    // Signed in descending order of their ids (#rival). The greatest that comes after those that were signed here leaves most room for the next.
    drawn.sort((a, b) => (a.at.network > b.at.network ? -1 : 1));
    const chosen =
      drawn.find(({ at }) => this.#rivals(at).length === 0) ??
      drawn.find(({ at }) => !this.#rival(at)) ??
      drawn.at(-1);
    if (!chosen)
      return fail({
        type: 'member-unknown',
        message: 'One of those who would go on is no member of this epoch. Choose again.',
      });
    const { secret, genesis } = chosen;
    if (!this.isOwn(genesis))
      return fail({
        type: 'self-missing',
        message: 'Your own organisation is not among those who go on. Add it, or leave this to the others.',
      });
    const checked = checkContinuation(epoch, genesis);
    if (!checked.ok) {
      const type = checked.error.type === 'quorum-is-there' ? 'quorum-is-there' : 'member-unknown';
      return fail({ type, message: checked.error.message });
    }
    if (!this.#makeRoom())
      return fail({
        type: 'too-many',
        message: `${MAX_BREAKS} such proposals are signed here already. Wait for one of them.`,
      });
    const proposed = this.#proposed(genesis, encodeContinuation(genesis));
    talk.keepSecret(genesis.continues.joinSecret, secret);
    const signed = await this.#sign(proposed);
    if (signed.ok) return ok({ digest: proposed.network as string as Digest });
    if (!this.#proposals.has(proposed.network))
      this.#epochs.forgetBreak(proposed.network, genesis.continues.joinSecret);
    return signed;
  }

  async sign(digest: Digest): Promise<Result<undefined, BreakError>> {
    const refused = this.mayNot();
    if (refused) return fail(refused);
    const proposed = this.#proposals.get(digest as string as NetworkId);
    if (!proposed)
      return fail({
        type: 'break-unknown',
        message: 'Nobody proposes this any more: the network went on, or other proposals took its place.',
      });
    if (!this.isOwn(proposed.genesis))
      return fail({
        type: 'self-missing',
        message: 'This proposal goes on without your organisation, so it cannot sign it.',
      });
    if (proposed.signatures.has(this.#place))
      return fail({ type: 'already-signed', message: 'Your organisation has signed this already.' });
    const rival = this.#rival(proposed);
    if (rival) return fail(rivalSigned(rival));
    if (this.#epochs.talk.secretOf(proposed.genesis.continues.joinSecret) === undefined)
      return fail({
        type: 'secret-missing',
        message:
          'The way to the others in the network that begins has not come yet. Try again when whoever proposes it is linked.',
      });
    return this.#sign(proposed);
  }

  /** Why nothing of this kind can be signed here; null: it can. RESUME need not be done: with so many gone it never is. */
  mayNot(): BreakError | null {
    const { options, machine } = this.#epochs;
    const { epoch } = this.#epochs;
    const observes = (message: string): BreakError => ({ type: 'not-a-voter', message });
    if (options.self === null)
      return observes(
        'A device speaks for nobody. Do this in the browser that holds your organisation’s key.',
      );
    if (this.#epochs.isBehind || options.mesh !== epoch.number)
      return observes('This browser is not in the newest epoch yet. Keep this page open.');
    const entry = epoch.members[this.#place];
    const { standing } = this.#replica;
    const isObserver = standing.kind === 'observer' && !machine.left;
    if (entry?.logId !== options.self.logId || this.#replica.hasLostPast || isObserver)
      return observes('This browser only observes: the one that votes for your organisation has to sign.');
    return null;
  }

  /** 1. the state; 2. one write; 3. the signature leaves. */
  async #sign(proposed: Proposed): Promise<Result<undefined, BreakError>> {
    const replica = this.#replica;
    const { network, genesis } = proposed;
    const { root, network: from, digest: epoch } = genesis.continues;
    const differs = (): Result<never, BreakError> =>
      fail({
        type: 'record-differs',
        message:
          'The record here is another one than the proposal names. Wait until both are the same, or propose it again from here.',
      });
    if (replica.certifiedRoot() !== root) return differs();
    const signature = await replica.options.signer.signEd25519(continueBytes(from, epoch, network));
    // While it was made, something else may have been decided, or the epoch have ended.
    if (replica.certifiedRoot() !== root) return differs();
    const refused = this.mayNot();
    if (refused) return fail(refused);
    const rival = this.#rival(proposed);
    if (rival) return fail(rivalSigned(rival));
    const leaves = this.#epochs.leavesOf(root) ?? [];
    // LEAVE: in this turn and in one write with the signature.
    this.#epochs.dispatch({ type: 'leave' });
    this.#unwritten.add(network);
    proposed.signatures.set(this.#place, signature);
    this.#proposals.set(network, proposed);
    this.#epochs.keepAll([
      markRecord({ state: 'left', epoch, by: network as string as Digest }),
      this.#record(proposed),
      leavesRecord(root, leaves),
    ]);
    if (!(await replica.outbox.durable()))
      return fail({
        type: 'storage-failed',
        message: 'The signature could not be stored, so nobody was told of it. Reload this page.',
      });
    this.#unwritten.delete(network);
    this.#tellAll(proposed, null);
    if (!this.#complete(proposed)) this.#epochs.moveOnceTold();
    replica.options.listener.changed();
    return ok(undefined);
  }

  /**
   * One that was signed here, of the same survivors and the same R, with a lower id. Of such only one may be completed, or two who propose at once
   * and sign what the other proposed would each begin alone: so each signs them in descending order of their ids only.
   */
  #rival(proposed: Pick<Proposed, 'network' | 'genesis'>): Proposed | undefined {
    return this.#rivals(proposed).find((other) => other.signatures.has(this.#place));
  }

  /** Those with a lower id that anybody has signed. */
  #rivals({ network, genesis }: Pick<Proposed, 'network' | 'genesis'>): Proposed[] {
    const ids = (one: Continuation): string => one.members.map(({ id }) => id).join('\n');
    return this.all.filter(
      (other) =>
        other.network < network &&
        other.signatures.size > 0 &&
        other.genesis.continues.root === genesis.continues.root &&
        ids(other.genesis) === ids(genesis),
    );
  }

  // ---- others ----

  async take(link: Link, message: BreakProposal): Promise<void> {
    const replica = this.#replica;
    const { epoch } = this.#epochs;
    const genesis = decodeContinuation(message.genesis);
    if (!genesis.ok) return replica.closeLink(link.id, 'malformed-message');
    const { continues, members } = genesis.value;
    // Of an epoch that is over here, or has not begun here: no fault of who tells it.
    if (this.#epochs.isBehind || continues.digest !== epoch.digest) return;
    const told = this.#proposed(genesis.value, message.genesis);
    const known = this.#proposals.get(told.network);
    const news = message.signatures.filter(({ author }) => !known?.signatures.has(author));
    if (news.length === 0 || !this.#mayCost(link.member).take()) return;
    if (!checkContinuation(epoch, genesis.value).ok) return replica.closeLink(link.id, 'malformed-message');
    const signed = continueBytes(continues.network, continues.digest, told.network);
    for (const { author, signature } of news) {
      const key = epoch.members[author]?.voteKey;
      if (key === undefined || !members.some(({ voteKey }) => voteKey === key))
        return replica.closeLink(link.id, 'malformed-message');
      if (!(await replica.options.ed25519.verify(key, signed, signature)))
        return replica.closeLink(link.id, 'bad-signature');
      told.signatures.set(author, signature);
    }
    // The network may have gone on while these were checked.
    if (replica.stopped || this.#epochs.isBehind || this.#epochs.epoch !== epoch) return;
    const kept = this.#proposals.get(told.network);
    if (!kept && !this.#makeRoom()) return;
    const proposed = kept ?? told;
    const before = proposed.signatures.size;
    for (const [author, signature] of told.signatures)
      if (!proposed.signatures.has(author)) proposed.signatures.set(author, signature);
    if (kept && proposed.signatures.size === before) return;
    this.#proposals.set(proposed.network, proposed);
    const hasLeft = this.#leaveAsSigned(proposed);
    this.#epochs.keep(this.#record(proposed));
    replica.outbox.whenWritten(() => {
      this.#tellAll(proposed, link.id);
      if (!this.#complete(proposed) && hasLeft) this.#epochs.moveOnceTold();
    });
    replica.outbox.flush();
    replica.options.listener.changed();
  }

  /**
   * The own signature, and not from here: this is an old copy of the disk, or the key runs elsewhere. LEAVE holds for it from now on. True when it
   * did not before.
   */
  #leaveAsSigned({ network, genesis, signatures }: Proposed): boolean {
    const { machine } = this.#epochs;
    const isOwn = machine.core.config.self !== null && signatures.has(this.#place);
    if (!isOwn || machine.left) return false;
    this.#epochs.dispatch({ type: 'leave' });
    const { digest: epoch } = genesis.continues;
    this.#epochs.keep(markRecord({ state: 'left', epoch, by: network as string as Digest }));
    return true;
  }

  /** The way into one of them has come, to be told to those whom it lists. */
  secretArrived(digest: string): void {
    for (const proposed of this.all)
      if (proposed.genesis.continues.joinSecret === digest)
        for (const link of this.#replica.links.values()) this.#tellSecret(link, proposed);
    this.#replica.options.listener.changed();
  }

  /** CONTINUE: true when all have signed and this replica goes along. */
  #complete({ network, genesis, bytes, signatures }: Proposed): boolean {
    const { epoch } = this.#epochs;
    const all = genesis.members.map(({ voteKey }) =>
      signatures.get(epoch.members.findIndex((member) => member.voteKey === voteKey) as MemberIndex),
    );
    if (this.#unwritten.has(network) || !all.every((signature) => signature !== undefined)) return false;
    const checked = { type: 'break', genesis, network } as const;
    if (!this.isOwn(genesis)) {
      this.noteElsewhere(checked);
      return false;
    }
    const link: BreakLink = { genesis: bytes, signatures: all };
    this.#epochs.takeLink(link, checked);
    this.#replica.outbox.flush();
    return true;
  }

  get #place(): MemberIndex {
    const { epoch, options } = this.#epochs;
    return epoch.members.findIndex(({ voteKey }) => voteKey === options.member) as MemberIndex;
  }

  #proposed(genesis: Continuation, bytes: Uint8Array): Proposed {
    const network = continuationId(genesis, this.#replica.options.hash);
    return { network, genesis, bytes, signatures: new Map() };
  }

  #record({ network, bytes, signatures }: Proposed): ReturnType<typeof breakRecord> {
    return breakRecord(network, { genesis: bytes, signatures: listOf(signatures) });
  }

  /** What was signed here stays. Of the others the oldest of whoever proposed most goes: nobody pushes out what another proposes. */
  #makeRoom(): boolean {
    if (this.#proposals.size < MAX_BREAKS) return true;
    const place = this.#place;
    const mayGo = this.all.filter(({ signatures }) => !signatures.has(place));
    const proposer = ({ signatures }: Proposed): MemberIndex => [...signatures.keys()][0]!;
    const count = (one: Proposed): number =>
      mayGo.filter((other) => proposer(other) === proposer(one)).length;
    const [first] = mayGo.sort((a, b) => count(b) - count(a));
    if (!first) return false;
    this.#proposals.delete(first.network);
    this.#epochs.forgetBreak(first.network, first.genesis.continues.joinSecret);
    return true;
  }

  #tell(to: LinkId, { network, bytes, signatures }: Proposed): void {
    const own = this.#unwritten.has(network) ? this.#place : null;
    const written = listOf(signatures).filter(({ author }) => author !== own);
    if (written.length === 0) return;
    const message: EpochMessage = { type: 'break', genesis: bytes, signatures: written };
    this.#replica.send(to, message, 'bulk');
  }

  #tellAll(proposed: Proposed, from: LinkId | null): void {
    for (const link of this.#replica.links.keys()) if (link !== from) this.#tell(link, proposed);
    for (const link of this.#replica.links.values()) this.#tellSecret(link, proposed);
  }

  /** Only to those who would go on. */
  #tellSecret(link: Link, { genesis }: Proposed): void {
    const { epoch, joinSecret } = genesis.continues;
    const secret = this.#epochs.talk.secretOf(joinSecret);
    const key = this.#replica.options.epoch.voteKeys[link.member];
    if (secret === undefined || !genesis.members.some(({ voteKey }) => voteKey === key)) return;
    this.#replica.send(link.id, { type: 'join-secret', epoch: epoch + 1, secret: fromHex(secret) }, 'bulk');
  }

  #mayCost(member: MemberIndex): TokenBucket {
    let bucket = this.#costs.get(member);
    if (!bucket) {
      bucket = createTokenBucket(this.#replica.options.clock, BREAK_BURST, BREAKS_PER_SECOND);
      this.#costs.set(member, bucket);
    }
    return bucket;
  }
}

const rivalSigned = ({ genesis }: Proposed): BreakError => ({
  type: 'already-signed',
  message: `Your organisation has signed “${genesis.name}” with the same members already, and only one of the two can begin. Let the others sign that one, or propose it anew.`,
});

const NO_BYTES = new Uint8Array();

const listOf = (signatures: ReadonlyMap<MemberIndex, Uint8Array>): BreakProposal['signatures'] =>
  [...signatures].map(([author, signature]) => ({ author, signature }));
