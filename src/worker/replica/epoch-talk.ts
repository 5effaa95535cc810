/**
 * What replicas tell each other about epochs: drafts of changes, approvals, reports, the chain, leaves of R, the next join secret. Everything
 * that is new and right is kept and passed on once; what is wrong costs its sender the link.
 */
import { fromHex, isHex, toHex, type Digest, type MemberIndex } from '../../codec/brand.ts';
import type { Bundle } from '../../codec/door.ts';
import type { EpochMessage, StateLeaf } from '../../codec/epoch-messages.ts';
import {
  decodeChange,
  encodeChange,
  type Approval,
  type Change,
  type EpochLink,
  type Report,
} from '../../codec/epochs.ts';
import { MAX_LEAVES_PER_MESSAGE, MAX_LINKS_PER_MESSAGE } from '../../codec/limits.ts';
import { sameLocks } from '../../consensus/epochs/arms.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import { followLink } from '../../consensus/epochs/follow.ts';
import { checkDraft, hasPolkas, joiningOf } from '../../consensus/epochs/values.ts';
import { stateRoot } from '../../crdt/state-root.ts';
import { changeDigest, joinSecretDigest } from '../../crypto/domains.ts';
import { checkApproval, checkReport, createEpochSignatures } from '../../crypto/epochs.ts';
import { checkMember } from '../../crypto/genesis.ts';
import { createTokenBucket, type TokenBucket } from '../../net/mesh/pace.ts';
import type { Link, LinkId } from '../../net/types.ts';
import { approvalRecord, draftRecord, linkRecord, secretName, secretRecord } from '../epochs/disk.ts';
import { JoinRequests } from '../epochs/requests.ts';
import type { TimerHandle } from '../clock.ts';
import {
  CHAIN_BURST,
  CHAINS_PER_SECOND,
  DRAFT_BURST,
  DRAFTS_PER_SECOND,
  LEAVES_BURST,
  LEAVES_PER_SECOND,
  LEAVES_RETRY_MAX_MS,
  LEAVES_RETRY_MS,
  MAX_LEAVES_HELD,
  REPORT_BURST,
  REPORTS_PER_SECOND,
} from '../limits.ts';
import type { Epochs } from './epochs.ts';
import type { Replica } from './replica.ts';

/** For the leaves of R, from one neighbour after the other. */
interface LeavesSearch {
  readonly root: Digest;
  /** What `asked` has told so far, ascending. */
  leaves: StateLeaf[];
  asked: LinkId | null;
  /** How often each member was asked from the first page on. */
  readonly asks: Map<MemberIndex, number>;
  timer: TimerHandle;
}

/** What one member, with its devices, may cost. */
interface Costs {
  readonly drafts: TokenBucket;
  readonly reports: TokenBucket;
  readonly asks: TokenBucket;
  readonly chains: TokenBucket;
  readonly leaves: TokenBucket;
}

export class EpochTalk {
  /** Who asks to be let in. */
  readonly requests: JoinRequests;
  readonly #replica: Replica;
  readonly #epochs: Epochs;
  /** Join secrets by their digests. */
  readonly #secrets: Map<string, string>;
  #search: LeavesSearch | null = null;
  readonly #costs = new Map<MemberIndex, Costs>();
  /** Neighbours that went on over a break which is none of ours: what follows it in their chain is not asked for. */
  readonly #elsewhere = new Set<LinkId>();
  /** Links are checked one after the other: each is read by the epoch before. */
  #following: Promise<void> = Promise.resolve();

  constructor(replica: Replica, epochs: Epochs) {
    this.#replica = replica;
    this.#epochs = epochs;
    this.#secrets = new Map(epochs.options.stored.secrets);
    this.requests = new JoinRequests(replica, epochs);
  }

  stop(): void {
    if (this.#search) this.#replica.options.clock.clearTimeout(this.#search.timer);
    this.#search = null;
  }

  /** A neighbour is there: it may have missed everything. */
  linked(link: Link): void {
    const { machine, links, options } = this.#epochs;
    if (links.length > options.mesh) this.tellChain(link.id, options.mesh);
    const drafts = [...machine.drafts.values()];
    for (const { change, approvals, joins } of drafts) {
      this.#tellDraft(link.id, change);
      this.#send(link.id, {
        type: 'approvals',
        epoch: this.#epochs.epoch.digest,
        approvals: [...approvals.values(), ...joins.values()],
      });
      this.#tellDraftSecret(link, change);
    }
    const reports = [...machine.reports.values()].flatMap((of) => [...of.values()]);
    const own = machine.core.config.self;
    const written = reports.filter((one) => one.author !== own || machine.ownReports.get(one.root) === one);
    if (written.length > 0)
      // An own one that is being written leaves after it.
      this.#replica.outbox.whenWritten(() => this.#tellReportsTo(link.id, written));
    this.#tellSealedSecret(link);
    this.requests.linked(link);
    this.#epochs.breaks.linked(link);
    const search = this.#search;
    if (search && (search.asked === null || !this.#replica.links.has(search.asked))) {
      search.asked = null;
      this.#askLeaves();
    }
    this.#replica.outbox.flush();
  }

  receive(link: Link, message: EpochMessage): void {
    switch (message.type) {
      case 'drafts':
        for (const bytes of message.changes) this.#takeDraft(link, bytes);
        break;
      case 'approvals':
        void this.#takeApprovals(link, message.approvals);
        break;
      case 'reports':
        void this.#takeReports(link, message.reports);
        break;
      case 'want-chain':
        this.tellChain(link.id, message.above);
        break;
      case 'chain':
        void this.#follow(() => this.#takeChain(link, message.first, message.links));
        break;
      case 'want-leaves':
        if (this.#mayCost(link.member).leaves.take()) this.#answerLeaves(link.id, message.root, message.from);
        break;
      case 'leaves':
        this.#takeLeaves(link, message);
        break;
      case 'break':
        // In the order in which they come: a join secret follows what names it.
        void this.#follow(() => this.#epochs.breaks.take(link, message));
        break;
      case 'join-secret':
        // Behind the link that names it, which came before and is still being checked.
        this.#following = this.#following.then(() => {
          this.#takeSecret(message.epoch, message.secret);
          this.#replica.outbox.flush();
        });
        break;
      case 'requests':
        this.requests.take(link, message.requests);
        break;
    }
    this.#replica.outbox.flush();
  }

  // ---- drafts and approvals ----

  /** An own draft, with the secret that it names the digest of. */
  propose(change: Change, digest: Digest, secret: string): void {
    this.keepSecret(change.joinSecret, secret);
    this.#keepDraft(change, digest, null);
    this.#replica.outbox.flush();
  }

  secretOf(digest: string): string | undefined {
    return this.#secrets.get(digest);
  }

  #takeDraft(link: Link, bytes: Uint8Array): void {
    const found = this.#readDraft(bytes);
    if (!found) return this.#replica.closeLink(link.id, 'malformed-message');
    const { change, digest } = found;
    const { machine, epoch, tools } = this.#epochs;
    if (machine.drafts.has(digest)) return this.#tellDraftSecret(link, change);
    // Anybody can make up changes, and each is kept and passed on: what one neighbour brings is bounded.
    if (!this.#mayCost(link.member).drafts.take()) return;
    // Of another epoch: nothing to keep, and no fault of who passes it on in good faith. What cannot be sealed in this one nobody passes on.
    if (change.epoch !== epoch.number + 1) return;
    if (!checkDraft(machine.chain.slice(0, machine.at + 1), change).ok)
      return this.#replica.closeLink(link.id, 'malformed-message');
    const joining = joiningOf(epoch, change).map((i) => change.members[i]!);
    if (!joining.every((entry) => checkMember(entry, epoch.network, tools.nonce, tools.bls).ok))
      return this.#replica.closeLink(link.id, 'bad-signature');
    this.#keepDraft(change, digest, link.id);
  }

  #readDraft(bytes: Uint8Array): { change: Change; digest: Digest } | null {
    const change = decodeChange(bytes);
    if (!change.ok) return null;
    return { change: change.value, digest: changeDigest(this.#replica.options.hash, change.value) };
  }

  #keepDraft(change: Change, digest: Digest, from: LinkId | null): void {
    const { machine } = this.#epochs;
    const before = [...machine.drafts.values()];
    this.#epochs.dispatch({ type: 'draft', change, digest });
    for (const one of before)
      if (!machine.drafts.has(one.digest)) this.#forget(one.digest, one.change.joinSecret);
    if (!machine.drafts.has(digest)) return;
    this.#epochs.keep(draftRecord(digest, change));
    for (const link of this.#replica.links.values()) {
      if (link.id !== from) this.#tellDraft(link.id, change);
      this.#tellDraftSecret(link, change);
    }
    this.#replica.options.listener.changed();
  }

  /** Crowded out: nothing of it stays. */
  #forget(digest: Digest, joinSecret: string): void {
    if (!this.#epochs.forget(digest, joinSecret)) this.#secrets.delete(joinSecret);
  }

  #tellDraft(to: LinkId, change: Change): void {
    this.#send(to, { type: 'drafts', changes: [encodeChange(change)] });
  }

  /** Signed and right, also an own one. */
  keepApproval(approval: Approval): void {
    this.#epochs.keep(approvalRecord(approval));
    const message: EpochMessage = { type: 'approvals', epoch: approval.epoch, approvals: [approval] };
    this.#replica.outbox.whenWritten(() => this.#sendAll(message));
    this.#replica.options.listener.changed();
  }

  /** From the door: a join that somebody signed who has no link yet. */
  async takeJoins(approvals: readonly Approval[]): Promise<void> {
    await this.#takeApprovals(null, approvals);
    this.#replica.outbox.flush();
  }

  async #takeApprovals(link: Link | null, approvals: readonly Approval[]): Promise<void> {
    const { machine, tools } = this.#epochs;
    for (const approval of approvals) {
      const draft = machine.drafts.get(approval.change);
      const { epoch } = this.#epochs;
      if (!draft || approval.epoch !== epoch.digest) continue;
      const table = approval.kind === 'approve' ? draft.approvals : draft.joins;
      if (table.has(approval.author)) continue;
      if (await checkApproval(approval, epoch, draft.change.members, tools))
        this.#epochs.dispatch({ type: 'approval', approval });
      else if (link) return this.#replica.closeLink(link.id, 'bad-signature');
    }
    this.#replica.outbox.flush();
  }

  // ---- reports ----

  tellReports(reports: readonly Report[]): void {
    for (const link of this.#replica.links.keys()) this.#tellReportsTo(link, reports);
  }

  #tellReportsTo(to: LinkId, reports: readonly Report[]): void {
    for (const report of reports) this.#send(to, { type: 'reports', epoch: report.epoch, reports: [report] });
  }

  async #takeReports(link: Link, reports: readonly Report[]): Promise<void> {
    for (const report of reports) {
      const { machine, epoch, tools } = this.#epochs;
      if (report.epoch === epoch.digest) {
        if (this.#isKnown(report)) continue;
        // What is passed over is told again.
        if (!this.#mayCost(report.author).reports.take()) continue;
        const isRight =
          (await checkReport(report, epoch, tools)) && hasPolkas(epoch, report.locks, report.polkas);
        if (!isRight) return this.#replica.closeLink(link.id, 'bad-signature');
      }
      this.#epochs.dispatch({ type: 'report', report, from: link.id });
      if (machine.reports.get(report.author)?.get(report.root) === report)
        for (const other of this.#replica.links.keys())
          if (other !== link.id) this.#tellReportsTo(other, [report]);
    }
    this.#replica.options.listener.changed();
    this.#replica.outbox.flush();
  }

  /** What this member said before, and not something else under the same R. */
  #isKnown(report: Report): boolean {
    const { machine } = this.#epochs;
    const isOwn = report.author === machine.core.config.self;
    const known = isOwn
      ? machine.ownReports.get(report.root)
      : machine.reports.get(report.author)?.get(report.root);
    return known !== undefined && sameLocks(known, report);
  }

  // ---- the chain ----

  askChain(from: string, above: number): void {
    const link = this.#replica.links.get(from as LinkId) ?? this.#replica.devices.get(from as LinkId);
    if (link && this.#mayCost(link.member).asks.take()) this.#send(link.id, { type: 'want-chain', above });
  }

  /** `above`: the number of the newest epoch that the other knows. */
  tellChain(to: string, above: number): void {
    const link = this.#replica.links.get(to as LinkId) ?? this.#replica.devices.get(to as LinkId);
    if (!link || this.#epochs.links.length <= above || !this.#mayCost(link.member).chains.take()) return;
    const links = this.#epochs.links.slice(Math.max(0, above), above + MAX_LINKS_PER_MESSAGE);
    // One at a time: a link may be as long as two values.
    for (const [i, link] of links.entries())
      this.#send(to as LinkId, { type: 'chain', first: above + 1 + i, links: [link] });
  }

  keepLink(epoch: number, link: EpochLink): void {
    this.#epochs.keep(linkRecord(epoch, link));
    this.#replica.outbox.whenWritten(() => {
      for (const links of [this.#replica.links, this.#replica.devices])
        for (const to of links.values()) {
          this.tellChain(to.id, epoch - 1);
          this.#tellSealedSecret(to);
        }
    });
    this.#replica.outbox.flush();
  }

  /** From the door of another member; every link is checked here too. */
  async takeBundle({ links, secret }: Pick<Bundle, 'links' | 'secret'>): Promise<void> {
    const known = this.#epochs.machine.chain.length - 1;
    await this.#follow(() => this.#takeChain(null, known + 1, links.slice(known)));
    if (secret) this.#takeSecret(secret.epoch, secret.secret);
    this.#replica.outbox.flush();
  }

  /** Also after one that failed: the chain must not stand still for it. */
  #follow(take: () => Promise<void>): Promise<void> {
    this.#following = this.#following.then(take, take);
    return this.#following;
  }

  async #takeChain(from: Link | null, first: number, links: readonly EpochLink[]): Promise<void> {
    for (const [i, link] of links.entries()) {
      const { machine, tools } = this.#epochs;
      // Whose link is gone, for a wrong one perhaps, is not listened to any more.
      if (this.#replica.stopped || (from && !this.#isLinked(from))) return;
      // Some between were missed.
      if (first + i > machine.chain.length && from && this.#elsewhere.has(from.id)) return;
      if (first + i > machine.chain.length && from) return this.askChain(from.id, machine.chain.length - 1);
      if (first + i !== machine.chain.length) continue;
      const { hash } = this.#replica.options;
      const checked = await followLink(machine.chain, link, hash, createEpochSignatures(tools));
      if (!checked.ok) return from ? this.#replica.closeLink(from.id, 'bad-signature') : undefined;
      // Survivors went on, and this replica's person has signed nothing of the kind: who tells it may be honest all the same.
      if (checked.value.type === 'break' && !this.#epochs.breaks.isOwn(checked.value.genesis)) {
        for (const id of this.#elsewhere) if (!this.#replica.links.has(id)) this.#elsewhere.delete(id);
        if (from) this.#elsewhere.add(from.id);
        return this.#epochs.breaks.noteElsewhere(checked.value);
      }
      this.#epochs.takeLink(link, checked.value);
    }
  }

  // ---- leaves of R ----

  /** Called for each certificate that needs them: what was found so far is kept. */
  searchLeaves(root: Digest): void {
    if (this.#search?.root === root) return;
    this.stop();
    this.#search = { root, leaves: [], asked: null, asks: new Map(), timer: this.#retry(1) };
    this.#askLeaves();
  }

  /** `ask`: which one it is of the neighbour that is waited for, from 1. */
  #retry(ask: number): TimerHandle {
    const wait = Math.min(LEAVES_RETRY_MAX_MS, LEAVES_RETRY_MS * 2 ** (ask - 1));
    return this.#replica.options.clock.setTimeout(() => {
      if (!this.#search || this.#replica.stopped) return;
      // Where nobody is linked, or all are gone by then, it is looked again.
      this.#search.timer = this.#retry(1);
      this.#search.asked = null;
      this.#askLeaves();
    }, wait);
  }

  /** One neighbour after the other, at random; who was passed over comes last. */
  #askLeaves(): void {
    const search = this.#search;
    const links = [...this.#replica.links.values()];
    if (!search || links.length === 0) return;
    if (search.asked === null) {
      const { asks } = search;
      const least = Math.min(...links.map(({ member }) => asks.get(member) ?? 0));
      const next = links.filter(({ member }) => (asks.get(member) ?? 0) === least);
      const { id, member } = next[this.#replica.options.random(1)[0]! % next.length]!;
      search.asked = id;
      search.leaves = [];
      asks.set(member, least + 1);
      this.#wait(search, least + 1);
    }
    const from = search.leaves.at(-1)?.key ?? '';
    this.#send(search.asked, { type: 'want-leaves', root: search.root, from });
  }

  #wait(search: LeavesSearch, ask: number): void {
    this.#replica.options.clock.clearTimeout(search.timer);
    search.timer = this.#retry(ask);
  }

  /** The asker names the last key that it has: what follows is sent. */
  #answerLeaves(to: LinkId, root: Digest, from: string): void {
    const all = this.#epochs.leavesOf(root);
    if (!all) return;
    const start = from === '' ? 0 : all.findIndex(({ key }) => key > from);
    const page = start < 0 ? [] : all.slice(start, start + MAX_LEAVES_PER_MESSAGE);
    const complete = start < 0 || start + page.length >= all.length;
    this.#send(to, { type: 'leaves', root, leaves: page, complete });
  }

  #takeLeaves(link: Link, { root, leaves, complete }: Extract<EpochMessage, { type: 'leaves' }>): void {
    const search = this.#search;
    if (search?.root !== root || search.asked !== link.id) return;
    const ask = search.asks.get(link.member) ?? 1;
    // Ascending: others will be given them by the page from here.
    let last = search.leaves.at(-1)?.key ?? '';
    const isAscending = leaves.every(({ key }) => last < (last = key));
    search.leaves.push(...leaves);
    // One page after the other, each full: leaf by leaf a liar would be listened to for months.
    const isGrowing =
      isAscending && leaves.length === MAX_LEAVES_PER_MESSAGE && search.leaves.length <= MAX_LEAVES_HELD;
    if (!complete && isGrowing) {
      // It has as long again for the next page.
      this.#wait(search, ask);
      return this.#askLeaves();
    }
    const found = search.leaves;
    if (!complete || !isAscending || stateRoot(this.#replica.options.hash, found) !== root) {
      // Who was asked more than once may be slow: a page of an earlier ask has come into this one. The timer asks on.
      search.leaves = [];
      search.asked = null;
      this.#wait(search, 1);
      if (ask === 1) this.#replica.closeLink(link.id, 'bad-signature');
      return;
    }
    this.stop();
    this.#epochs.giveLeaves(root, found);
  }

  // ---- join secrets ----

  /** To a neighbour that the next epoch lists, so that it finds the others there. */
  #tellSecret(
    link: Link,
    next: { readonly number: number; readonly joinSecret: string } & Pick<Epoch, 'members'>,
  ): void {
    const secret = this.#secrets.get(next.joinSecret);
    const key = this.#replica.options.epoch.voteKeys[link.member];
    if (secret === undefined || !next.members.some(({ voteKey }) => voteKey === key)) return;
    this.#send(link.id, { type: 'join-secret', epoch: next.number, secret: fromHex(secret) });
  }

  #tellDraftSecret(link: Link, { epoch: number, members, joinSecret }: Change): void {
    this.#tellSecret(link, { number, members, joinSecret });
  }

  /** The draft is gone once its epoch is over; the chain still names its secret. */
  #tellSealedSecret(link: Link): void {
    const { newest, isElsewhere } = this.#epochs;
    if (newest.began && isElsewhere)
      this.#tellSecret(link, { ...newest, joinSecret: newest.began.joinSecret });
  }

  /** Only one that a change names is kept. */
  #takeSecret(epoch: number, bytes: Uint8Array): void {
    const secret = toHex(bytes);
    if (!isHex(secret, 64)) return;
    const digest = joinSecretDigest(this.#replica.options.hash, secret);
    const { machine } = this.#epochs;
    const named =
      [...machine.drafts.values()].some(({ change }) => change.joinSecret === digest) ||
      machine.chain.some(({ began, number }) => number === epoch && began?.joinSecret === digest) ||
      this.#epochs.breaks.names(digest);
    if (!named || this.#secrets.has(digest)) return;
    this.keepSecret(digest, secret);
    for (const { change } of machine.drafts.values())
      if (change.joinSecret === digest)
        for (const link of this.#replica.links.values()) this.#tellDraftSecret(link, change);
    this.#epochs.secretArrived(digest);
    this.#epochs.breaks.secretArrived(digest);
  }

  forgetSecret(digest: string): void {
    if (this.#secrets.delete(digest)) this.#epochs.keep({ name: secretName(digest), bytes: null });
  }

  keepSecret(digest: string, secret: string): void {
    this.#secrets.set(digest, secret);
    this.#epochs.keep(secretRecord(digest, secret));
  }

  #mayCost(member: MemberIndex): Costs {
    let costs = this.#costs.get(member);
    if (!costs) {
      const bucket = (burst: number, perSecond: number): TokenBucket =>
        createTokenBucket(this.#replica.options.clock, burst, perSecond);
      costs = {
        drafts: bucket(DRAFT_BURST, DRAFTS_PER_SECOND),
        reports: bucket(REPORT_BURST, REPORTS_PER_SECOND),
        asks: bucket(CHAIN_BURST, CHAINS_PER_SECOND),
        chains: bucket(CHAIN_BURST, CHAINS_PER_SECOND),
        leaves: bucket(LEAVES_BURST, LEAVES_PER_SECOND),
      };
      this.#costs.set(member, costs);
    }
    return costs;
  }

  #isLinked({ id }: Link): boolean {
    return this.#replica.links.has(id) || this.#replica.devices.has(id);
  }

  #send(to: LinkId, message: EpochMessage): void {
    this.#replica.send(to, message, 'bulk');
  }

  #sendAll(message: EpochMessage): void {
    for (const link of this.#replica.links.keys()) this.#send(link, message);
  }
}
