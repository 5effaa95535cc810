/**
 * How asks and answers of RESUME cross the network (docs/protocol.md, RESUME). An ask floods: each replica checks its signature once and
 * passes it on the first time. An answer goes back to the asker over a direct link, else along the ways that the ask came, else, when the
 * asker says that those failed, over every link; each replica passes on one answer of each member to each ask.
 *
 * What is passed on was checked here, so a wrong signature convicts the link it came over. Nobody on the way can make, cut or change an
 * answer, and an old one answers no ask that is open.
 */
import type { MemberIndex, Milliseconds } from '../../codec/brand.ts';
import { toHex } from '../../codec/brand.ts';
import { MAX_RESUME_ANSWER_BYTES } from '../../codec/limits.ts';
import { encodeMessage, type PeerMessage } from '../../codec/messages.ts';
import { resumeBytes } from '../../crypto/domains.ts';
import { createTokenBucket, type TokenBucket } from '../../net/mesh/pace.ts';
import type { Link, LinkId } from '../../net/types.ts';
import {
  MAX_RESUME_CHECKS,
  MAX_RESUME_NONCES,
  MAX_RESUME_OPEN,
  RESUME_ANSWER_BURST_BYTES,
  RESUME_ANSWER_BYTES_PER_SECOND,
  RESUME_ASK_BURST,
  RESUME_ASK_BURST_BYTES,
  RESUME_ASK_BYTES_PER_SECOND,
  RESUME_ASKS_PER_MINUTE,
  RESUME_FRESH_SECONDS,
  RESUME_KEEP_MS,
  RESUME_NEIGHBOUR_ASKS_PER_MINUTE,
  RESUME_NEIGHBOUR_BURST,
  RESUME_PASS_ON_MS,
  RESUME_STALE_ASK_BURST,
  RESUME_STALE_ASKS_PER_MINUTE,
  RESUME_WAYS_BACK,
} from '../limits.ts';
import type { Replica } from './replica.ts';

export type ResumeAsk = Extract<PeerMessage, { type: 'resume-ask' }>;
export type ResumeAnswer = Extract<PeerMessage, { type: 'resume-answer' }>;

export interface FloodHandlers {
  /** Somebody asks for the first time with this nonce. */
  asked(ask: ResumeAsk): void;
  /** An answer to an own ask, signed by its answerer. */
  answered(answer: ResumeAnswer, from: LinkId): void;
}

interface Open {
  readonly ask: ResumeAsk;
  readonly at: Milliseconds;
  readonly own: boolean;
  /** Links that have it: it came or went over them. */
  readonly links: Set<LinkId>;
  /** Links that it came over, in order. */
  readonly ways: LinkId[];
  readonly answered: Set<MemberIndex>;
}

interface Asker {
  /** Asks that were taken, oldest first: each is passed on once. */
  readonly nonces: Set<string>;
  /** The newest of them, whose answers are passed on. */
  readonly open: Map<string, Open>;
  readonly fresh: TokenBucket;
  /** For asks whose time is far from the clock here: old ones said again must not use up what new ones need. */
  readonly stale: TokenBucket;
  readonly bytes: TokenBucket;
  /** For asks that come from the asker itself and are answered, but not passed on. */
  readonly neighbour: TokenBucket;
}

export class ResumeFlood {
  readonly #replica: Replica;
  readonly #handlers: FloodHandlers;
  readonly #askers = new Map<MemberIndex, Asker>();
  readonly #answerBytes = new Map<MemberIndex, TokenBucket>();
  /** Messages whose signatures are being checked, and the links that the same bytes came over meanwhile. */
  readonly #checking = new Map<string, Link[]>();

  constructor(replica: Replica, handlers: FloodHandlers) {
    this.#replica = replica;
    this.#handlers = handlers;
  }

  /** Signs an ask of this replica, and tells it to all neighbours. */
  async ask(unsigned: Omit<ResumeAsk, 'signature'>): Promise<void> {
    const ask: ResumeAsk = { ...unsigned, signature: await this.#sign({ ...unsigned, signature: NONE }) };
    if (this.#replica.stopped) return;
    const open = this.#remember(this.#asker(ask.asker), ask, true);
    for (const link of this.#replica.links.values()) this.#pass(open, link);
  }

  /** Signs an answer of this replica, and sends it towards the asker. */
  async answer(unsigned: Omit<ResumeAnswer, 'signature'>): Promise<void> {
    const answer: ResumeAnswer = {
      ...unsigned,
      signature: await this.#sign({ ...unsigned, signature: NONE }),
    };
    const open = this.#askers.get(answer.asker)?.open.get(answer.nonce);
    if (!open || this.#replica.stopped) return;
    open.answered.add(answer.answerer);
    this.#route(open, answer, null);
  }

  /** The asker gets its answers from whoever is linked to it; others learn of what was asked before they came. */
  linked(link: Link): void {
    for (const asker of this.#askers.values()) {
      const newest = [...asker.open.values()].at(-1);
      if (newest?.own) this.#pass(newest, link);
    }
    // It tells whom it is linked to meanwhile, and in a full mesh it has heard the askers itself.
    this.#replica.options.clock.setTimeout(() => {
      if (this.#replica.stopped || !this.#replica.links.has(link.id)) return;
      for (const asker of this.#askers.values()) {
        const newest = [...asker.open.values()].at(-1);
        if (newest && !newest.own && this.#replica.now - newest.at < RESUME_KEEP_MS) this.#pass(newest, link);
      }
    }, RESUME_PASS_ON_MS);
  }

  take(link: Link, message: ResumeAsk | ResumeAnswer): void {
    if (message.type === 'resume-ask') void this.#takeAsk(link, message);
    else void this.#takeAnswer(link, message);
  }

  async #takeAsk(link: Link, ask: ResumeAsk): Promise<void> {
    const { n } = this.#replica.options.epoch;
    if (ask.asker >= n || ask.answered.length > Math.ceil(n / 8)) {
      this.#replica.closeLink(link.id, 'malformed-message');
      return;
    }
    const asker = this.#asker(ask.asker);
    const known = asker.open.get(ask.nonce);
    if (known) this.#cameAlso(known, link);
    if (known || asker.nonces.has(ask.nonce)) return;
    const bearers = await this.#check(link, ask, ask.asker);
    if (!bearers || asker.nonces.has(ask.nonce) || this.#replica.stopped) return;
    const age = Math.abs(this.#replica.options.clock.wall() / 1000 - ask.time);
    const budget = age <= RESUME_FRESH_SECONDS ? asker.fresh : asker.stale;
    const isPassedOn = budget.take() && asker.bytes.take(ask.known.length);
    // A neighbour that asks for itself costs nobody else anything: a person may reload a page many times in a minute.
    const isNeighbour = bearers.some((bearer) => bearer.member === ask.asker);
    if (!isPassedOn && !(isNeighbour && asker.neighbour.take())) return;
    const open = this.#remember(asker, ask, false);
    for (const bearer of bearers) this.#cameAlso(open, bearer);
    if (isPassedOn) for (const other of this.#replica.links.values()) this.#pass(open, other);
    this.#handlers.asked(ask);
  }

  async #takeAnswer(link: Link, answer: ResumeAnswer): Promise<void> {
    const open = this.#askers.get(answer.asker)?.open.get(answer.nonce);
    if (!open || open.answered.has(answer.answerer)) return;
    const { n } = this.#replica.options.epoch;
    const size = encodeMessage(answer).length;
    if (answer.answerer >= n || size > MAX_RESUME_ANSWER_BYTES) {
      this.#replica.closeLink(
        link.id,
        size > MAX_RESUME_ANSWER_BYTES ? 'oversized-message' : 'malformed-message',
      );
      return;
    }
    const bearers = await this.#check(link, answer, answer.answerer);
    if (!bearers || open.answered.has(answer.answerer) || this.#replica.stopped) return;
    open.answered.add(answer.answerer);
    if (open.own) this.#handlers.answered(answer, link.id);
    else if (this.#bytesOf(answer.answerer).take(size)) this.#route(open, answer, link.id);
  }

  /** Whom the ask is told: not whoever has it, nor, where nearly everybody is linked to everybody, whoever hears the asker itself. */
  #pass(open: Open, link: Link): void {
    const { ask, links } = open;
    if (links.has(link.id) || (link.member === ask.asker && link.instance === ask.instance)) return;
    const { gossip, options } = this.#replica;
    const isMesh = this.#replica.links.size >= options.epoch.quorum - 1;
    if (!open.own && !ask.everywhere && isMesh && gossip.neighboursOf(link.id)?.has(ask.asker)) return;
    links.add(link.id);
    this.#replica.send(link.id, ask, 'vote');
  }

  #route(open: Open, answer: ResumeAnswer, from: LinkId | null): void {
    const { ask, ways } = open;
    const direct = this.#replica.linksOf(ask.asker).filter((link) => link.instance === ask.instance);
    const { links } = this.#replica;
    let to = direct.map((link) => link.id);
    if (to.length === 0 && ask.everywhere) to = [...links.keys()];
    else if (to.length === 0) to = ways.filter((way) => links.has(way)).slice(0, RESUME_WAYS_BACK);
    for (const link of to) if (link !== from) this.#replica.send(link, answer, 'vote');
  }

  #cameAlso(open: Open, link: Link): void {
    open.links.add(link.id);
    if (!open.ways.includes(link.id)) open.ways.push(link.id);
  }

  #remember(asker: Asker, ask: ResumeAsk, own: boolean): Open {
    const open: Open = { ask, own, at: this.#replica.now, links: new Set(), ways: [], answered: new Set() };
    asker.nonces.add(ask.nonce);
    asker.open.set(ask.nonce, open);
    forgetOldest(asker.nonces, MAX_RESUME_NONCES);
    forgetOldest(asker.open, MAX_RESUME_OPEN);
    return open;
  }

  /** Whom the same bytes came from, once they are found right; null when they are wrong, or somebody else waits for the verdict. */
  async #check(link: Link, message: ResumeAsk | ResumeAnswer, signer: MemberIndex): Promise<Link[] | null> {
    const { epoch, ed25519 } = this.#replica.options;
    const bytes = this.#signedBytes(message);
    const name = `${toHex(bytes)} ${toHex(message.signature)}`;
    const waiting = this.#checking.get(name);
    if (waiting) {
      if (!waiting.includes(link)) waiting.push(link);
      return null;
    }
    if (this.#checking.size >= MAX_RESUME_CHECKS) return null;
    const bearers = [link];
    this.#checking.set(name, bearers);
    const isRight = await ed25519.verify(epoch.voteKeys[signer]!, bytes, message.signature);
    this.#checking.delete(name);
    if (isRight) return bearers;
    for (const bearer of bearers) this.#replica.closeLink(bearer.id, 'bad-signature');
    return null;
  }

  #sign(message: ResumeAsk | ResumeAnswer): Promise<Uint8Array> {
    return this.#replica.options.signer.signEd25519(this.#signedBytes(message));
  }

  #signedBytes(message: ResumeAsk | ResumeAnswer): Uint8Array {
    const { epoch, hash } = this.#replica.options;
    const digest = hash(encodeMessage({ ...message, signature: NONE }));
    return resumeBytes(message.type, epoch.network, epoch.epoch, digest);
  }

  #asker(member: MemberIndex): Asker {
    let asker = this.#askers.get(member);
    if (!asker) {
      const bucket = (burst: number, perSecond: number): TokenBucket =>
        createTokenBucket(this.#replica.options.clock, burst, perSecond);
      asker = {
        nonces: new Set(),
        open: new Map(),
        fresh: bucket(RESUME_ASK_BURST, RESUME_ASKS_PER_MINUTE / 60),
        stale: bucket(RESUME_STALE_ASK_BURST, RESUME_STALE_ASKS_PER_MINUTE / 60),
        bytes: bucket(RESUME_ASK_BURST_BYTES, RESUME_ASK_BYTES_PER_SECOND),
        neighbour: bucket(RESUME_NEIGHBOUR_BURST, RESUME_NEIGHBOUR_ASKS_PER_MINUTE / 60),
      };
      this.#askers.set(member, asker);
    }
    return asker;
  }

  #bytesOf(answerer: MemberIndex): TokenBucket {
    let bucket = this.#answerBytes.get(answerer);
    if (!bucket) {
      const { clock } = this.#replica.options;
      bucket = createTokenBucket(clock, RESUME_ANSWER_BURST_BYTES, RESUME_ANSWER_BYTES_PER_SECOND);
      this.#answerBytes.set(answerer, bucket);
    }
    return bucket;
  }
}

const NONE = new Uint8Array(0);

function forgetOldest(kept: Set<string> | Map<string, unknown>, most: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}
