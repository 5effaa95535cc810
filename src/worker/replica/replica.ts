/**
 * One replica: the pure core, what carries out its effects, gossip, sync and RESUME. It owns no platform: store, transport, clock,
 * cryptography and the application's judgement are given to it.
 *
 * Kept at every await: nothing signed leaves before the write that holds it (Outbox); a failed write stops the replica.
 */
import {
  asVersion,
  fromHex,
  toHex,
  type Digest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type Version,
} from '../../codec/brand.ts';
import { MAX_REASON_LENGTH, MAX_VOTES_PER_MESSAGE } from '../../codec/limits.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../codec/messages.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import {
  certificateSigners,
  type Certificate,
  type Equivocation,
  type Vote,
  type VoteBody,
} from '../../codec/vote.ts';
import { newCore, restoreHead, restoreInstance, step } from '../../consensus/core.ts';
import { polkaOf } from '../../consensus/instance.ts';
import { instanceLog } from '../../consensus/log.ts';
import type { CoreEffect, CoreEvent, CoreState } from '../../consensus/types.ts';
import { checkCertificates, checkVote } from '../../crypto/certificates.ts';
import { commitBytes, valueBytes, voteBytes } from '../../crypto/domains.ts';
import type { CloseReason, Link, LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { Standing, TraceEvent } from '../api.ts';
import type { TimerHandle } from '../clock.ts';
import type { DeviationTools } from '../deviation.ts';
import {
  AHEAD_GRACE_MS,
  BEHIND_RETRY_MS,
  CERTIFICATES_CHECKED_AT_ONCE,
  DEFAULT_W0_MS,
  MAX_KEYS_ASKED,
  MAX_LATENCIES,
  MAX_PUSHED_VALUE_BYTES,
  MAX_PUSHED_VALUES,
  MAX_REFUSALS_PER_MEMBER,
  MAX_REFUSAL_KEYS,
  VALIDATION_BUDGET_MS,
  VALIDATION_RETRY_MS,
} from '../limits.ts';
import { Certifier } from './certifier.ts';
import { Delta } from './delta.ts';
import { HistoryFetcher } from './history.ts';
import { Outbox } from './outbox.ts';
import { Resume } from './resume.ts';
import { SyncDriver } from './sync-driver.ts';
import type { Held, ProposeError, Refusal, ReplicaOptions } from './types.ts';
import { ValueCache } from './value-cache.ts';
import { ValueFetcher } from './value-fetcher.ts';
import { decodeValue } from '../../codec/value.ts';
import { Witness } from './witness.ts';

const META_OBSERVER = 'observer';

export class Replica {
  readonly options: ReplicaOptions;
  readonly core: CoreState;
  readonly links = new Map<LinkId, Link>();
  readonly heads = new Map<Key, CertifiedEntry>();
  readonly outbox: Outbox;
  readonly cache = new ValueCache();
  readonly refusals = new Map<Key, Refusal[]>();
  readonly evidenceSince = new Map<MemberIndex, Milliseconds>();
  readonly latencies: { key: Key; version: Version; milliseconds: Milliseconds }[] = [];
  readonly #fetcher: ValueFetcher;
  readonly #sync: SyncDriver;
  readonly #resume: Resume;
  readonly #certifier: Certifier;
  readonly #history: HistoryFetcher;
  readonly #witness: Witness;
  readonly #timers = new Map<Key, TimerHandle>();
  readonly #neighbours = new Map<LinkId, ReadonlySet<MemberIndex>>();
  readonly #asked = new Map<string, Milliseconds>();
  readonly #proposedAt = new Map<string, { at: Milliseconds; digest: Digest }>();
  readonly #askAgain = new Set<string>();
  /** PERSIST: own votes that are signed and not yet on disk. Nothing that leaves may hold one, whoever asked for it. */
  readonly #unwritten = new Set<Vote>();
  readonly #delta = new Delta();
  readonly #decidedAt = new Map<Key, Milliseconds>();
  readonly #twinTold = new Set<MemberIndex>();
  #forward: Vote[] = [];
  #pushes: Vote[] = [];
  #standing: Standing = { kind: 'observer', reason: 'Not started.' };
  #stopped = false;

  constructor(options: ReplicaOptions) {
    this.options = options;
    const { epoch, hash, self } = options;
    this.core = newCore({ epoch: epoch.epoch, n: epoch.n, self, w0: options.w0 ?? DEFAULT_W0_MS, hash });
    this.outbox = new Outbox({
      store: options.store,
      log: (key) => instanceLog(this.core, key),
      bytes: (digest) => this.cache.get(digest),
      failed: (error) => this.stop(error.message),
    });
    this.#fetcher = new ValueFetcher(this);
    this.#sync = new SyncDriver(this);
    this.#resume = new Resume(this);
    this.#certifier = new Certifier(this);
    this.#history = new HistoryFetcher(this);
    this.#witness = new Witness(this);
  }

  /** Reads the store, resumes, and opens the transport. */
  async start(): Promise<void> {
    const { store, transport, self, clock } = this.options;
    const stored = await store.load();
    for (const { member, evidence } of stored.evidence) {
      this.core.evidence.set(member, evidence);
      this.evidenceSince.set(member, clock.wall());
    }
    for (const entry of stored.certified) {
      this.heads.set(entry.key, entry);
      const bytesKnown = entry.previous !== undefined;
      restoreHead(this.core, entry.key, { version: entry.version, digest: entry.digest, bytesKnown });
      this.#sync.headChanged(entry);
      if (!bytesKnown) this.#fetcher.wantHead(entry.key, entry.digest);
      if (entry.certificate.groups.some((group) => group.form === 'votes'))
        this.#certifier.schedule(entry.key, true);
    }
    const observer = stored.meta.get(META_OBSERVER);
    if (observer) this.#setStanding({ kind: 'observer', reason: new TextDecoder().decode(observer) });
    else if (self === null) {
      this.#setStanding({
        kind: 'observer',
        reason: 'The member list does not name the vote log of this browser.',
      });
    } else this.#resume.begin(stored.logs);
    this.outbox.restore(stored.logs);
    for (const log of stored.logs) {
      this.#carryOut(restoreInstance(this.core, log, clock.now()));
      // Told to the others: the votes of round r − 1 that are on this disk may be the only copies.
      this.#sync.openChanged(log.key);
    }
    this.#refuseConvicted();
    transport.start({
      onLink: (link) => this.#onLink(link),
      onUnlink: (link, reason) => this.#onUnlink(link, reason),
      onMessage: (link, bytes) => this.#onMessage(link, bytes),
      onStatus: (status) => this.options.listener.transport(status),
    });
    this.#sync.start();
    this.#resume.check();
    void this.#history.fillAll();
  }

  stop(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.outbox.stop();
    for (const handle of this.#timers.values()) this.options.clock.clearTimeout(handle);
    this.#timers.clear();
    this.#sync.stop();
    this.#fetcher.stop();
    this.#history.stop();
    this.#certifier.stop();
    this.#setStanding({ kind: 'stopped', reason });
    this.options.transport.stop();
  }

  get standing(): Standing {
    return this.#standing;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get now(): Milliseconds {
    return this.options.clock.now();
  }

  // ---- for the application ----

  /** The newest certified value with its body; null when there is none or its bytes are not here yet. */
  async held(key: Key): Promise<Held | null> {
    const entry = this.heads.get(key);
    if (!entry) return null;
    const bytes = await this.valueOf(entry.digest);
    const value = bytes && decodeValue(bytes);
    return value ? { entry, body: value.body } : null;
  }

  async valueOf(digest: Digest): Promise<Uint8Array | undefined> {
    const cached = this.cache.get(digest);
    if (cached) return cached;
    // What cannot be read is as good as missing: the others have it.
    const bytes = await this.options.store.value(digest).catch(() => undefined);
    if (bytes) this.cache.put(digest, bytes, null);
    return bytes;
  }

  /** Proposes a body for the open version of a key. Its session is durable already; the vote for it is before it leaves. */
  async propose(
    key: Key,
    version: Version,
    previous: Digest | null,
    body: Uint8Array | null,
  ): Promise<Result<{ digest: Digest }, ProposeError>> {
    const problem = this.#proposalProblem(key, version, previous);
    if (problem) return fail(problem);
    const bytes = valueBytes(previous, body);
    const digest = this.options.hash(bytes);
    const honest = !this.options.deviation?.lying;
    if (honest) {
      const verdict = await this.#judge(key, version, digest, bytes);
      if (verdict.verdict !== 'valid') return fail({ type: 'not-valid', message: verdict.message });
      const late = this.#proposalProblem(key, version, previous);
      if (late) return fail(late);
    }
    this.cache.put(digest, bytes, key);
    this.#proposedAt.set(`${version} ${key}`, { at: this.now, digest });
    this.#trace({ kind: 'proposed', member: this.options.self!, key, version, digest });
    this.dispatch({ type: 'propose', key, version, digest });
    const instance = this.core.instances.get(key);
    if (instance && instance.version === version && instance.proposal !== digest) {
      return fail({
        type: 'already-voted',
        message: `This replica has already voted for another session on ${key} in version ${version}; it proposes again in the next.`,
      });
    }
    return ok({ digest });
  }

  #proposalProblem(key: Key, version: Version, previous: Digest | null): ProposeError | null {
    if (this.#stopped) return { type: 'stopped', message: 'This replica has stopped. Reload the page.' };
    if (this.#standing.kind === 'observer') {
      return { type: 'not-a-voter', message: `This replica only observes: ${this.#standing.reason}` };
    }
    const head = this.core.certified.get(key);
    if (version !== (head?.version ?? 0) + 1 || previous !== (head?.digest ?? null)) {
      return {
        type: 'version-passed',
        message: `${key} has version ${head?.version ?? 0} now; the session was built on version ${version - 1}.`,
      };
    }
    const instance = this.core.instances.get(key);
    if (instance && (instance.round > 0 || instance.ownPreCommits.has(0))) {
      return {
        type: 'already-voted',
        message: `This replica has already voted in version ${version} of ${key}.`,
      };
    }
    return null;
  }

  // ---- the core ----

  dispatch(event: CoreEvent): void {
    if (this.#stopped) return;
    const { effects } = step(this.core, event, this.now);
    this.#carryOut(effects);
  }

  #carryOut(effects: readonly CoreEffect[]): void {
    for (const effect of effects) this.#perform(effect);
    this.#pushOut();
    this.#forwardOut();
    // A signature takes a tenth of a millisecond, a write several: the `signed` event that follows writes both, and the vote leaves one
    // write earlier. Every other event flushes as well, so nothing waits for long.
    if (!effects.some((effect) => effect.type === 'sign')) this.outbox.flush();
    if (effects.length > 0) this.options.listener.changed();
  }

  #perform(effect: CoreEffect): void {
    switch (effect.type) {
      case 'check':
        void this.#check(effect.votes, effect.from as LinkId);
        break;
      case 'sign':
        void this.#sign(effect.vote);
        break;
      case 'persist':
        this.outbox.log(effect.key);
        this.#sync.openChanged(effect.key);
        break;
      case 'forgotten':
        this.#sync.openChanged(effect.key);
        this.#fetcher.closed(effect.key);
        this.refusals.delete(effect.key);
        break;
      case 'push':
        this.#unwritten.add(effect.vote);
        this.#pushes.push(effect.vote);
        break;
      case 'heard':
        this.#heard(effect.vote);
        break;
      case 'need-value':
        void this.#needValue(effect.key, effect.version, effect.digest);
        break;
      case 'decide':
        this.#decide(effect);
        break;
      case 'evidence':
        this.#keepEvidence(effect.member, effect.evidence);
        break;
      case 'timer':
        this.#setTimer(effect.key, effect.at);
        break;
      case 'behind':
        this.#askKey(effect.key, effect.from as LinkId);
        break;
      case 'ahead':
        this.#tellAhead(effect.key, effect.from as LinkId);
        break;
      case 'unknown-own-vote':
        this.becomeObserver(
          `A vote with this member's signature (${effect.vote.key}, version ${effect.vote.version}) is not in this browser's log: ` +
            'an old copy was restored, or the same key runs elsewhere.',
        );
        break;
      case 'trace': {
        const { kind, key, version, round, digest } = effect;
        this.#trace({
          kind,
          member: this.options.self ?? (0 as MemberIndex),
          key,
          version,
          round,
          ...(digest && { digest }),
        });
        break;
      }
    }
  }

  /** VERIFIED: counted, stored and forwarded only when the signature is right; a wrong one costs the link. */
  async #check(votes: readonly Vote[], from: LinkId): Promise<void> {
    const { epoch, ed25519 } = this.options;
    const verdicts = await Promise.all(votes.map((vote) => checkVote(vote, epoch, ed25519)));
    const good = votes.filter((_, i) => verdicts[i]);
    if (good.length < votes.length) this.closeLink(from, 'bad-signature');
    this.#delta.holds(from, good);
    if (good.length === 0) return;
    // A version may have been decided while its votes were being checked.
    for (const vote of good) if (vote.version < this.openVersion(vote.key)) this.#witness.late(vote);
    this.dispatch({ type: 'checked', votes: good });
  }

  async signVote(body: VoteBody): Promise<Vote> {
    const { epoch, signer, self } = this.options;
    const bytes = voteBytes(epoch.network, epoch.epoch, body);
    const base = { ...body, epoch: epoch.epoch, author: self! };
    if (body.type === 'PRE-COMMIT') return { ...base, signature: await signer.signEd25519(bytes) };
    const share = signer.signShare(bytes);
    return { ...base, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
  }

  async #sign(body: VoteBody): Promise<void> {
    this.dispatch({ type: 'signed', vote: await this.signVote(body) });
  }

  #heard(vote: Vote): void {
    this.#sync.openChanged(vote.key);
    this.#forward.push(vote);
    const { key, version, round, digest, author } = vote;
    const kind = vote.type === 'COMMIT' ? 'heard-commit' : 'heard-pre-commit';
    this.#trace({ kind, member: author, key, version, round, digest });
  }

  #setTimer(key: Key, at: Milliseconds | null): void {
    const { clock } = this.options;
    const old = this.#timers.get(key);
    if (old !== undefined) clock.clearTimeout(old);
    this.#timers.delete(key);
    if (at === null) return;
    const run = (): void => {
      this.#timers.delete(key);
      this.dispatch({ type: 'tick', key });
    };
    this.#timers.set(key, clock.setTimeout(run, Math.max(0, at - this.now)));
  }

  // ---- values ----

  async #needValue(key: Key, version: Version, digest: Digest, attempt = 0): Promise<void> {
    const bytes = await this.valueOf(digest);
    if (this.#stopped || this.core.instances.get(key)?.version !== version) return;
    if (bytes) await this.#classify(key, version, digest, bytes, attempt);
    else this.#fetcher.want(key, digest);
  }

  /** Asks again for every value that is lacking: the fetcher holds so many at once only. */
  wantMissing(): void {
    for (const { key, digest, previous } of this.heads.values())
      if (previous === undefined) this.#fetcher.wantHead(key, digest);
    for (const { key, values, previousKnown } of this.core.instances.values()) {
      if (!previousKnown) continue;
      for (const [digest, status] of values) if (status === 'missing') this.#fetcher.want(key, digest);
    }
  }

  /** Bytes that a neighbour sent; their digest names them. */
  arrived(digest: Digest, bytes: Uint8Array, keys: Iterable<Key>): void {
    this.cache.put(digest, bytes, null);
    for (const key of keys) {
      const head = this.heads.get(key);
      if (head?.digest === digest) this.#headArrived(head, bytes);
      const instance = this.core.instances.get(key);
      if (instance?.values.has(digest)) void this.#classify(key, instance.version, digest, bytes);
    }
  }

  #headArrived(head: CertifiedEntry, bytes: Uint8Array): void {
    const value = decodeValue(bytes);
    // q members certified it, so f + 1 honest ones found it valid; what is no value at all cannot carry q signatures.
    const entry: CertifiedEntry = { ...head, previous: value?.previous ?? null };
    this.heads.set(head.key, entry);
    this.outbox.value(head.digest, bytes);
    this.outbox.certify(entry, false);
    this.outbox.then(() => this.options.listener.decided(entry, value?.body ?? null));
    void this.#history.fill(entry);
    this.dispatch({ type: 'head-bytes', key: head.key, digest: head.digest });
  }

  async #classify(key: Key, version: Version, digest: Digest, bytes: Uint8Array, attempt = 0): Promise<void> {
    if (this.core.instances.get(key)?.version !== version) return;
    this.dispatch({ type: 'value', key, version, digest, status: 'checking' });
    const verdict = await this.#judge(key, version, digest, bytes);
    if (this.#stopped || this.core.instances.get(key)?.version !== version) return;
    if (verdict.verdict === 'valid') {
      // Kept in memory from here on, since a vote for it is written together with it; what nobody will vote for is not.
      this.cache.put(digest, bytes, key);
      this.dispatch({ type: 'value', key, version, digest, status: 'valid' });
      return;
    }
    const rule = verdict.verdict === 'invalid' ? verdict.rule : 'abstains';
    this.#refuse(key, version, digest, rule, verdict.message);
    if (verdict.verdict === 'invalid') {
      this.dispatch({ type: 'value', key, version, digest, status: 'invalid' });
      return;
    }
    // Not valid yet: never remembered as invalid, tried again.
    const wait = VALIDATION_RETRY_MS * 2 ** Math.min(attempt, 6);
    this.options.clock.setTimeout(() => {
      if (!this.#stopped) void this.#needValue(key, version, digest, attempt + 1);
    }, wait);
  }

  async #judge(
    key: Key,
    version: Version,
    digest: Digest,
    bytes: Uint8Array,
  ): Promise<
    | { verdict: 'valid' }
    | { verdict: 'invalid'; rule: string; message: string }
    | { verdict: 'unknown'; message: string }
  > {
    const value = decodeValue(bytes);
    const head = this.core.certified.get(key);
    if (!value)
      return {
        verdict: 'invalid',
        rule: 'value-malformed',
        message: `The value ${digest.slice(0, 8)} of ${key} is malformed.`,
      };
    if (version !== (head?.version ?? 0) + 1) return { verdict: 'unknown', message: `${key} has moved on.` };
    if (value.previous !== (head?.digest ?? null)) {
      return {
        verdict: 'invalid',
        rule: 'value-base',
        message: `The value does not name the version before it of ${key}.`,
      };
    }
    let previousBody: Uint8Array | null = null;
    if (head) {
      const previous = await this.valueOf(head.digest);
      if (!previous) {
        this.#fetcher.wantHead(key, head.digest);
        return { verdict: 'unknown', message: `The version before it of ${key} is not here yet.` };
      }
      previousBody = decodeValue(previous)?.body ?? null;
    }
    const { validate, clock } = this.options;
    let timer: TimerHandle;
    const late = new Promise<{ verdict: 'unknown'; message: string }>((resolve) => {
      const answer = { verdict: 'unknown' as const, message: 'The check took too long; it is tried again.' };
      timer = clock.setTimeout(() => resolve(answer), VALIDATION_BUDGET_MS);
    });
    const judged = validate({
      key,
      version,
      previousDigest: head?.digest ?? null,
      previousBody,
      body: value.body,
    }).catch((error: unknown) => ({
      verdict: 'unknown' as const,
      message: `The check failed: ${(error as Error).message}`,
    }));
    return Promise.race([judged, late]).finally(() => clock.clearTimeout(timer));
  }

  // ---- decisions ----

  #decide(effect: Extract<CoreEffect, { type: 'decide' }>): void {
    const { certificate } = effect;
    const { key, version, digest, round } = certificate;
    const bytes = effect.bytesKnown ? this.cache.get(digest) : undefined;
    const value = bytes && decodeValue(bytes);
    const entry: CertifiedEntry = {
      key,
      version,
      digest,
      certificate,
      ...(value && { previous: value.previous }),
    };
    const before = this.heads.get(key);
    this.heads.set(key, entry);
    this.#decidedAt.set(key, this.now);
    if (bytes) this.outbox.value(digest, bytes);
    this.outbox.certify(entry, true);
    this.#sync.headChanged(entry);
    this.#sync.openChanged(key);
    this.#fetcher.closed(key);
    if (effect.closed) this.#witness.decided(effect.closed);
    this.refusals.delete(key);
    this.cache.unpin(key);
    const proposed = this.#proposedAt.get(`${version} ${key}`);
    this.#proposedAt.delete(`${version} ${key}`);
    this.outbox.then(() => {
      if (proposed?.digest === digest) {
        this.latencies.unshift({ key, version, milliseconds: this.now - proposed.at });
        this.latencies.length = Math.min(this.latencies.length, MAX_LATENCIES);
      }
      const signers = certificateSigners(certificate).join(' ');
      this.#trace({
        kind: 'decided',
        member: this.options.self ?? (0 as MemberIndex),
        key,
        version,
        round,
        digest,
        detail: signers,
      });
      this.options.listener.decided(entry, value ? value.body : undefined);
      if (certificate.groups.some((group) => group.form === 'votes')) {
        this.#certifier.schedule(key, proposed?.digest === digest);
      }
    });
    if (!bytes) this.#fetcher.wantHead(key, digest);
    // Also when the head before never got its bytes: nobody wants them any more, and its past hangs on them.
    else if (effect.previous === undefined || (before && before.previous === undefined))
      void this.#history.fill(entry);
  }

  /** Checks certificates that came in; a higher version replaces the own head, an aggregate replaces votes. */
  async takeCertificates(certificates: readonly Certificate[], from: LinkId | null): Promise<void> {
    const wanted = certificates.filter((c) => this.#isNewer(c));
    if (wanted.length === 0) return;
    const { epoch, bls, ed25519 } = this.options;
    // By pages: among false ones each costs pairings of its own, and one page of them is enough to end the link.
    for (let at = 0; at < wanted.length && !this.#stopped; at += CERTIFICATES_CHECKED_AT_ONCE) {
      const page = wanted.slice(at, at + CERTIFICATES_CHECKED_AT_ONCE);
      const verdicts = await checkCertificates(page, epoch, { bls, ed25519 });
      for (const [i, certificate] of page.entries()) if (verdicts[i]) this.#takeCertificate(certificate);
      if (from === null || !verdicts.includes(false)) continue;
      this.closeLink(from, 'bad-signature');
      return;
    }
  }

  #isNewer(certificate: Certificate): boolean {
    if (certificate.epoch !== this.options.epoch.epoch) return false;
    const head = this.heads.get(certificate.key);
    if (!head || certificate.version > head.version) return true;
    return (
      certificate.version === head.version &&
      (certificate.digest !== head.digest || isSmaller(certificate, head.certificate))
    );
  }

  #takeCertificate(certificate: Certificate): void {
    const { key, version, digest, round } = certificate;
    const head = this.heads.get(key);
    if (head && head.version === version) {
      if (head.digest !== digest) {
        this.stop(
          `Two certificates exist for version ${version} of ${key}: more than f members signed contradictions.`,
        );
      } else if (isSmaller(certificate, head.certificate)) this.replaceCertificate({ ...head, certificate });
      return;
    }
    if (head && head.version > version) return;
    const instance = this.core.instances.get(key);
    const isOpen = version === (head?.version ?? 0) + 1;
    const mine = this.options.self !== null && certificateSigners(certificate).includes(this.options.self);
    if (mine && !(isOpen && instance?.ownCommits.get(round) === digest)) {
      this.becomeObserver(
        `A certificate holds a signature of this member (${key}, version ${version}) that this browser's log lacks: ` +
          'an old copy was restored, or the same key runs elsewhere.',
      );
    }
    this.dispatch({ type: 'certified', certificate, bytesKnown: this.cache.has(digest) });
  }

  replaceCertificate(entry: CertifiedEntry): void {
    this.heads.set(entry.key, entry);
    this.outbox.certify(entry, false);
    const { key, version, digest, certificate } = entry;
    this.outbox.then(() => {
      this.#trace({
        kind: 'certificate',
        member: this.options.self ?? (0 as MemberIndex),
        key,
        version,
        round: certificate.round,
        digest,
      });
      this.options.listener.changed();
    });
    this.outbox.flush();
  }

  // ---- evidence and refusals ----

  #keepEvidence(member: MemberIndex, evidence: Equivocation): void {
    this.evidenceSince.set(member, this.options.clock.wall());
    this.outbox.evidence({ member, evidence });
    const { key, version, round, digest } = evidence.first;
    const detail = `${evidence.first.digest} ${evidence.second.digest}`;
    this.#trace({ kind: 'evidence', member, key, version, round, digest, detail });
    for (const open of this.core.instances.keys()) this.#sync.openChanged(open);
    this.outbox.then(() => {
      for (const link of this.links.values()) {
        if (link.member !== member) this.send(link.id, { type: 'evidence', items: [evidence] }, 'vote');
      }
      this.#refuseConvicted();
    });
  }

  #refuseConvicted(): void {
    const convicted = new Set(this.core.evidence.keys());
    if (this.options.self !== null) convicted.delete(this.options.self);
    for (const link of [...this.links.values()])
      if (convicted.has(link.member)) this.closeLink(link.id, 'equivocation');
    this.options.transport.refuse(convicted);
  }

  #refuse(key: Key, version: Version, digest: Digest, rule: string, message: string): void {
    const { self } = this.options;
    if (self === null) return;
    // An unfinished check is tried again and again: said once.
    if (!this.#noteRefusal(key, { member: self, version, digest, rule, message })) return;
    this.#trace({ kind: 'refused', member: self, key, version, digest, detail: message });
    const text = message.slice(0, MAX_REASON_LENGTH);
    for (const link of this.links.keys())
      this.send(link, { type: 'refusal', key, version, digest, rule, message: text }, 'vote');
  }

  /** False when it was known. */
  #noteRefusal(key: Key, refusal: Refusal): boolean {
    const kept = this.refusals.get(key) ?? [];
    if (
      kept.some((r) => r.member === refusal.member && r.digest === refusal.digest && r.rule === refusal.rule)
    )
      return false;
    // The round-0 vote of a proposer is for its own value, also after a restart.
    const mine =
      this.#proposedAt.get(`${refusal.version} ${key}`)?.digest ??
      this.core.instances.get(key)?.ownPreCommits.get(0);
    const told = kept.filter((r) => r.member === refusal.member);
    if (told.length >= MAX_REFUSALS_PER_MEMBER) {
      const oldest = told.find((r) => r.digest !== mine);
      if (!oldest) return false;
      kept.splice(kept.indexOf(oldest), 1);
    }
    kept.push(refusal);
    if (!this.refusals.has(key) && this.refusals.size >= MAX_REFUSAL_KEYS) this.#forgetRefusals();
    this.refusals.set(key, kept);
    if (mine === refusal.digest) {
      const against = new Set(
        kept.filter((r) => r.digest === mine && r.rule !== 'abstains').map((r) => r.member),
      );
      const { n, quorum } = this.options.epoch;
      if (against.size > n - quorum) this.options.listener.refused(key, mine, refusal.rule, refusal.message);
    }
    this.options.listener.changed();
    return true;
  }

  /** The oldest key goes first, those with an own proposal last: others could fill the map with keys that do not exist. */
  #forgetRefusals(): void {
    const keys = [...this.refusals.keys()];
    const oldest = keys.find((key) => !this.#proposedAt.has(`${this.openVersion(key)} ${key}`)) ?? keys[0]!;
    this.refusals.delete(oldest);
  }

  /** A proposer that was away when its value was refused would wait for votes for ever. */
  #resendRefusals(link: Link): void {
    for (const [key, kept] of this.refusals) {
      for (const { member, version, digest, rule, message } of kept) {
        if (member !== this.options.self || version !== this.openVersion(key)) continue;
        const text = message.slice(0, MAX_REASON_LENGTH);
        this.send(link.id, { type: 'refusal', key, version, digest, rule, message: text }, 'bulk');
      }
    }
  }

  becomeObserver(reason: string): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    this.#resume.end();
    this.dispatch({ type: 'may-vote', mayVote: false });
    this.outbox.meta(META_OBSERVER, new TextEncoder().encode(reason));
    this.outbox.flush();
    this.#setStanding({ kind: 'observer', reason });
  }

  /**
   * Another start of this log is alive: this one, the later, observes until it is started again. Not remembered: told, not proved. f
   * members may lie, and one that could silence whoever it likes would stop the network: so more than f have to tell it.
   */
  foundTwin(toldBy: MemberIndex): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    const { n, quorum } = this.options.epoch;
    if (this.#twinTold.add(toldBy).size <= n - quorum) return;
    this.#resume.end();
    this.dispatch({ type: 'may-vote', mayVote: false });
    this.#setStanding({
      kind: 'observer',
      reason:
        'Another running copy of this member is connected already; this one, started later, only observes. Close the other one and reload.',
    });
  }

  certifiedRoot(): string {
    return this.#sync.certifiedRoot();
  }

  /** RESUME is done: a quorum told what it holds, and the log has it all. */
  mayVote(): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    this.#resume.end();
    this.#setStanding({ kind: 'voter' });
    this.dispatch({ type: 'may-vote', mayVote: true });
  }

  resuming(answered: number, needed: number): void {
    this.#setStanding({ kind: 'resuming', answered, needed });
  }

  #setStanding(standing: Standing): void {
    this.#standing = standing;
    this.options.listener.standing(standing);
  }

  // ---- links ----

  #onLink(link: Link): void {
    if (this.core.evidence.has(link.member) && link.member !== this.options.self) {
      this.options.transport.close(link.id, 'equivocation');
      return;
    }
    this.links.set(link.id, link);
    this.#delta.linked(link.id);
    this.#trace({ kind: 'link', member: link.member });
    this.#tellNeighbours();
    this.#resume.linked(link);
    this.#sync.linked(link.id);
    this.#fetcher.linked(link.id);
    this.#history.linked();
    this.#resendOwn(link);
    this.#resendRefusals(link);
    this.#suspect();
  }

  #onUnlink(link: Link, reason: CloseReason): void {
    if (!this.links.delete(link.id)) return;
    this.#neighbours.delete(link.id);
    this.#delta.unlinked(link.id);
    this.#sync.unlinked(link.id);
    this.#trace({ kind: 'unlink', member: link.member, detail: reason });
    this.#tellNeighbours();
    this.#resume.unlinked(link);
    this.#suspect();
  }

  /** Restart: the same signatures again; to a new neighbour, the own open votes at once. */
  #resendOwn(link: Link): void {
    const votes: Vote[] = [];
    for (const instance of this.core.instances.values()) votes.push(...instance.ownVotes);
    if (votes.length === 0) return;
    this.outbox.then(() => this.#sendVotes(link, votes.slice(0, MAX_VOTES_PER_MESSAGE)));
    this.outbox.flush();
  }

  #tellNeighbours(): void {
    const bitmap = new Uint8Array(Math.ceil(this.options.epoch.n / 8));
    for (const { member } of this.links.values()) bitmap[member >> 3]! |= 1 << (member & 7);
    for (const link of this.links.keys()) this.send(link, { type: 'neighbours', members: bitmap }, 'vote');
  }

  /** suspected: no live link here, and in no linked member's neighbour list. */
  #suspect(): void {
    const reachable = new Set<MemberIndex>();
    for (const link of this.links.values()) {
      reachable.add(link.member);
      for (const member of this.#neighbours.get(link.id) ?? []) reachable.add(member);
    }
    const suspected = new Set<MemberIndex>();
    for (let i = 0; i < this.options.epoch.n; i++) {
      const member = i as MemberIndex;
      if (member !== this.options.self && !reachable.has(member)) suspected.add(member);
    }
    const { suspected: known } = this.core;
    // Every open version looks at its rules again: not for a neighbour that says the same over and over.
    if (suspected.size !== known.size || [...suspected].some((member) => !known.has(member)))
      this.dispatch({ type: 'suspected', members: suspected });
    this.options.listener.changed();
  }

  closeLink(link: LinkId, reason: CloseReason): void {
    this.options.transport.close(link, reason);
  }

  linksOf(member: MemberIndex): Link[] {
    return [...this.links.values()].filter((link) => link.member === member);
  }

  #askKey(key: Key, from: LinkId): void {
    const name = `${from} ${key}`;
    const last = this.#asked.get(name);
    const wait = last === undefined ? 0 : last + BEHIND_RETRY_MS - this.now;
    if (wait > 0) {
      // The answer under way may be older than the vote that was dropped just now: asked once more.
      if (this.#askAgain.has(name) || this.#askAgain.size >= MAX_KEYS_ASKED) return;
      this.#askAgain.add(name);
      this.options.clock.setTimeout(() => {
        this.#askAgain.delete(name);
        this.#askKey(key, from);
      }, wait);
      return;
    }
    if (this.#asked.size >= MAX_KEYS_ASKED) this.#asked.clear();
    this.#asked.set(name, this.now);
    this.send(from, { type: 'want-keys', keys: [key] }, 'bulk');
  }

  // ---- messages out ----

  send(to: LinkId, asked: PeerMessage, priority: 'vote' | 'bulk'): boolean {
    const link = this.links.get(to);
    const message = link && !this.#stopped ? this.#withoutUnwritten(asked) : null;
    if (!link || !message) return false;
    const { deviation, transport } = this.options;
    if (!deviation?.lying) return transport.send(to, encodeMessage(message), priority);
    void deviation.outgoing(link, message, this.#tools).then((messages) => {
      for (const one of messages) transport.send(to, encodeMessage(one), priority);
    });
    return true;
  }

  /** What is left out here is pushed when it is durable, or asked for again by the next comparison of roots. */
  #withoutUnwritten(message: PeerMessage): PeerMessage | null {
    if (this.#unwritten.size === 0) return message;
    const isWritten = ({ key, version, round }: Certificate): boolean =>
      ![...this.#unwritten].some(
        (v) => v.type === 'COMMIT' && v.key === key && v.version === version && v.round === round,
      );
    switch (message.type) {
      case 'votes': {
        const votes = message.votes.filter((vote) => !this.#unwritten.has(vote));
        return votes.length > 0 ? { ...message, votes } : null;
      }
      case 'certificates': {
        const certificates = message.certificates.filter(isWritten);
        return certificates.length > 0 ? { ...message, certificates } : null;
      }
      case 'resume-answer':
        return { ...message, certificates: message.certificates.filter(isWritten) };
      default:
        return message;
    }
  }

  readonly #tools: DeviationTools = {
    sign: (vote) => this.signVote(vote),
    links: () => [...this.links.values()],
    otherDigest: (digest) => this.options.hash(fromHex(digest)),
  };

  /** Own votes go to every neighbour once they are durable; all of one turn in one message a link. */
  #pushOut(): void {
    if (this.#pushes.length === 0) return;
    const votes = this.#pushes;
    this.#pushes = [];
    this.outbox.then(() => {
      for (const vote of votes) this.#unwritten.delete(vote);
      for (const { type, key, version, round, digest } of votes) {
        const kind = type === 'COMMIT' ? 'commit' : 'pre-commit';
        this.#trace({ kind, member: this.options.self!, key, version, round, digest });
      }
      for (const link of this.links.values()) this.#sendVotes(link, votes);
    });
  }

  /** With the newest polka held, as far as the neighbour may lack its votes, and the bytes of the values that it may lack. */
  #sendVotes(link: Link, own: readonly Vote[]): void {
    const votes = new Set(own);
    const near = this.#neighbours.get(link.id);
    for (const vote of own) {
      const instance = this.core.instances.get(vote.key);
      if (!instance || instance.version !== vote.version) continue;
      for (let round = instance.round as number; round >= 0; round--) {
        const polka = polkaOf(this.core.config, instance, round);
        if (!polka) continue;
        for (const other of polka.votes) {
          const lacks =
            other.author !== link.member && !near?.has(other.author) && this.#delta.lacks(link.id, other);
          if (lacks) votes.add(other);
        }
        break;
      }
    }
    this.#push(link, [...votes]);
  }

  /**
   * Votes of others, only to neighbours who are not linked to their author and have not told them here: in a full mesh, to nobody.
   * The first vote for a value carries its bytes on: no hop waits for a question.
   */
  #forwardOut(): void {
    if (this.#forward.length === 0) return;
    const votes = this.#forward.filter((vote) => !this.#isBeyondPolka(vote));
    this.#forward = [];
    for (const link of this.links.values()) {
      const near = this.#neighbours.get(link.id);
      if (!near) continue;
      const lacking = votes.filter(
        (v) =>
          v.author !== link.member &&
          !near.has(v.author) &&
          v.author !== this.options.self &&
          this.#delta.lacks(link.id, v),
      );
      if (lacking.length > 0) this.#push(link, lacking);
    }
  }

  /** With a polka here its votes go on, and no others for its value: they would prove nothing more. */
  #isBeyondPolka(vote: Vote): boolean {
    const polka = this.core.instances.get(vote.key)?.rounds.get(vote.round)?.polka;
    return vote.type === 'PRE-COMMIT' && polka?.digest === vote.digest && !polka.votes.includes(vote);
  }

  /**
   * A value goes along unless the neighbour is linked to the member whose vote for it came here first: that one heard of it earlier, so
   * whoever leaves it to another leaves it, in the end, to the proposer, which tells all its neighbours.
   */
  #push(link: Link, votes: readonly Vote[]): void {
    const near = this.#neighbours.get(link.id);
    const values = new Map<Digest, Uint8Array>();
    for (const { type, key, digest } of votes) {
      const instance = this.core.instances.get(key);
      if (
        type !== 'PRE-COMMIT' ||
        !instance ||
        values.size >= MAX_PUSHED_VALUES ||
        !this.#delta.lacksValue(link.id, digest)
      )
        continue;
      const [first] = instance.rounds.get(0)?.preCommits.get(digest)?.keys() ?? [];
      const isOwn = instance.proposal === digest;
      if (!isOwn && (first === undefined || first === link.member || !near || near.has(first))) continue;
      const bytes = this.cache.get(digest);
      if (!bytes || (bytes.length > MAX_PUSHED_VALUE_BYTES && !isOwn)) continue;
      values.set(digest, bytes);
      this.#delta.holdsValue(link.id, digest);
    }
    this.#delta.holds(link.id, votes);
    const { epoch } = this.options.epoch;
    this.send(link.id, { type: 'votes', epoch, votes, values: [...values.values()] }, 'vote');
  }

  /** The neighbour votes in a version that is decided here. Just after the decision its votes crossed those that made it. */
  #tellAhead(key: Key, to: LinkId): void {
    const decidedAt = this.#decidedAt.get(key);
    if (decidedAt !== undefined && this.now - decidedAt < AHEAD_GRACE_MS) return;
    this.#sync.sendKeys(to, [key]);
  }

  // ---- messages in ----

  #onMessage(link: Link, bytes: Uint8Array): void {
    if (this.#stopped || !this.links.has(link.id)) return;
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      this.closeLink(link.id, 'malformed-message');
      return;
    }
    this.#receive(link, decoded.value);
  }

  #receive(link: Link, message: PeerMessage): void {
    switch (message.type) {
      case 'votes':
        this.#takeValues(link.id, message.votes, message.values);
        this.#delta.heard(link.id, message.votes, this.core);
        void this.#witness.compare(message.votes, link.id);
        this.dispatch({ type: 'received', votes: message.votes, from: link.id });
        break;
      case 'witness':
        this.#witness.answer(link.id, message.items);
        break;
      case 'want-values':
        void this.#fetcher.answer(link.id, message.digests);
        break;
      case 'values':
        for (const value of message.values) this.#fetcher.take(value);
        break;
      case 'certificates':
        void this.takeCertificates(message.certificates, link.id);
        break;
      case 'roots':
      case 'want-nodes':
      case 'nodes':
      case 'want-keys':
        this.#sync.receive(link.id, message);
        break;
      case 'evidence':
        void this.#takeEvidence(link.id, message.items);
        break;
      case 'resume-ask':
      case 'resume-answer':
      case 'probe':
      case 'alive':
        this.#resume.receive(link, message);
        break;
      case 'neighbours':
        this.#neighbours.set(link.id, this.#membersOf(message.members));
        this.#suspect();
        break;
      case 'want-history':
      case 'history':
        void this.#history.receive(link.id, message);
        break;
      case 'refusal': {
        const { key, version, digest, rule, message: text } = message;
        if (version === (this.core.certified.get(key)?.version ?? 0) + 1) {
          this.#noteRefusal(key, { member: link.member, version, digest, rule, message: text });
        }
        break;
      }
    }
  }

  /** Values travel with votes for them; others are not taken. */
  #takeValues(from: LinkId, votes: readonly Vote[], values: readonly Uint8Array[]): void {
    for (const bytes of values) {
      const digest = this.options.hash(bytes);
      const named = votes.find((vote) => vote.digest === digest);
      if (!named) continue;
      const open = (this.core.certified.get(named.key)?.version ?? 0) + 1;
      if (named.version < open) continue;
      this.cache.put(digest, bytes, null);
      this.#delta.holdsValue(from, digest);
    }
  }

  async #takeEvidence(
    from: LinkId,
    items: Extract<PeerMessage, { type: 'evidence' }>['items'],
  ): Promise<void> {
    const { epoch, ed25519 } = this.options;
    for (const evidence of items) {
      if (this.core.evidence.has(evidence.first.author)) continue;
      const checked = await Promise.all([
        checkVote(evidence.first, epoch, ed25519),
        checkVote(evidence.second, epoch, ed25519),
      ]);
      if (checked.includes(false)) {
        this.closeLink(from, 'bad-signature');
        return;
      }
      this.dispatch({ type: 'evidence', evidence });
    }
  }

  #membersOf(bitmap: Uint8Array): ReadonlySet<MemberIndex> {
    const found = new Set<MemberIndex>();
    for (let i = 0; i < this.options.epoch.n; i++) {
      if ((bitmap[i >> 3] ?? 0) & (1 << (i & 7))) found.add(i as MemberIndex);
    }
    return found;
  }

  #trace(event: Omit<TraceEvent, 'at'>): void {
    this.options.listener.trace({ at: this.options.clock.wall(), ...event });
  }

  /** Random hex, for nonces. */
  nonce(bytes: number): string {
    return toHex(this.options.random(bytes));
  }

  openVersion(key: Key): Version {
    return asVersion((this.core.certified.get(key)?.version ?? 0) + 1);
  }
}

/** An aggregate says the same as a list of votes in fewer bytes. */
function isSmaller(a: Certificate, b: Certificate): boolean {
  const votes = (c: Certificate): number =>
    c.groups.reduce((sum, g) => sum + (g.form === 'votes' ? g.votes.length : 0), 0);
  return votes(a) < votes(b);
}
