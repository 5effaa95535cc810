/** What a person does about members: sees who asks, proposes a change, approves one. The rules are the machine's (src/consensus/epochs). */
import type { Digest, MemberIndex, VoteKey } from '../../codec/brand.ts';
import { fromHex } from '../../codec/brand.ts';
import type { DeviceKey } from '../../codec/device.ts';
import { decodeKnock, encodeBundle } from '../../codec/door.ts';
import type { Change } from '../../codec/epochs.ts';
import type { MemberEntry } from '../../codec/genesis.ts';
import { MAX_CHANGE_REASON_LENGTH, MAX_DRAFTS_PER_MESSAGE } from '../../codec/limits.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { Draft, Epoch } from '../../consensus/epochs/types.ts';
import { checkDraft, isStaying } from '../../consensus/epochs/values.ts';
import { MAX_DRAFTS } from '../../consensus/limits.ts';
import { faultsTolerated, quorum } from '../../consensus/membership.ts';
import { changeDigest, joinSecretDigest } from '../../crypto/domains.ts';
import { randomHex } from '../../crypto/keys.ts';
import type { Door } from '../../net/mesh/options.ts';
import type {
  BreakView,
  ChangeError,
  ChangeInput,
  ChangeView,
  EpochView,
  JoinRequestView,
  MemberChange,
  MembersApi,
} from '../members-api.ts';
import { fingerprintOf } from '../member-keys.ts';
import type { Epochs } from '../replica/epochs.ts';
import type { Replica } from '../replica/replica.ts';
import type { AskAgain } from './ask-again.ts';
import type { JoinRequests } from './requests.ts';
import { breakOf, chainBreaks } from './chain.ts';

export interface ChangesOptions {
  readonly replica: Replica;
  readonly epochs: Epochs;
  /** Bytes of the genesis as it was sealed. */
  readonly genesis: Uint8Array;
  /** The epoch whose members are linked to, and the own place in it. */
  readonly epoch: Epoch;
  readonly place: MemberIndex;
  readonly isDevice: boolean;
  /** The newest rules that this program knows. */
  readonly rulesVersion: number;
  readonly again: Pick<AskAgain, 'state' | 'ask'>;
  /** Id of the member whose device this is by the directory; null: it is none, or was revoked. */
  deviceOf(key: DeviceKey): string | null;
  changed(): void;
}

export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** For whoever has no link: joiners, sleepers, those who were removed. */
  readonly door: Door = {
    knock: (key, bytes) => this.#knocked(key, bytes),
    answer: (key) => this.#answer(key),
  };

  readonly api: MembersApi = {
    proposeChange: (input) => Promise.resolve(this.#propose(input)),
    approveChange: (digest) => Promise.resolve(this.#approve(digest)),
    askAgain: () => this.#options.again.ask(),
    proposeBreak: (input) => this.#options.epochs.breaks.propose(input),
    signBreak: (digest) => this.#options.epochs.breaks.sign(digest),
    dismissRequest: (key) =>
      Promise.resolve(this.#requests.dismiss(key as VoteKey) ? ok(undefined) : fail(requestUnknown)),
  };

  epochView(): EpochView {
    const { epochs, epoch } = this.#options;
    const { machine } = epochs;
    const { number, digest, rulesVersion } = epoch;
    const isClosing = machine.phase !== 'open' && !epochs.isBehind;
    const reported = [...machine.reports].flatMap(([author, of]) =>
      machine.root !== null && of.has(machine.root) ? [author] : [],
    );
    const open = [...machine.carried.values()].filter(
      ({ key, version }) => (machine.core.certified.get(key)?.version ?? 0) < version,
    );
    return {
      number,
      digest,
      rulesVersion,
      programRules: this.#options.rulesVersion,
      phase: epochs.isBehind && epochs.isListed ? 'catching-up' : isClosing ? 'closing' : 'open',
      reports: isClosing
        ? {
            here: reported,
            needed: quorum(epoch.members.length),
            ...(epochs.tooManyLocks !== null && { tooManyLocks: epochs.tooManyLocks }),
          }
        : null,
      newest: epochs.newest.number,
      carried: open.length,
      again: this.#options.again.state,
      breaks: chainBreaks(machine.chain.slice(0, epoch.number + 1)),
      ...(epochs.breaks.elsewhere.length > 0 && {
        continuedBy: epochs.breaks.elsewhere.map((link) => breakOf(epochs.epoch, link)),
      }),
    };
  }

  requestViews(): JoinRequestView[] {
    const { epochs, epoch } = this.#options;
    return this.#requests.shown().map(({ entry, replaces, askedAt }) => ({
      voteKey: entry.voteKey,
      fingerprint: fingerprintOf(entry.voteKey),
      entry,
      replaces,
      sameKey: epoch.members.some((member) => member.voteKey === entry.voteKey),
      askedAt,
      inChange:
        [...epochs.machine.drafts.values()].find(({ change }) =>
          change.members.some((one) => one.voteKey === entry.voteKey && one.logId === entry.logId),
        )?.digest ?? null,
    }));
  }

  changeViews(): ChangeView[] {
    return [...this.#options.epochs.machine.drafts.values()].map((draft) => this.#view(draft));
  }

  breakViews(): BreakView[] {
    const { epochs, place, replica } = this.#options;
    const { epoch, breaks } = epochs;
    const notHere = breaks.mayNot()?.message ?? null;
    const root = replica.certifiedRoot();
    return breaks.all.map(({ network, genesis, signatures }) => {
      const survivors = epoch.members.flatMap((member, i) => {
        const at = i as MemberIndex;
        if (!genesis.members.some(({ id }) => id === member.id)) return [];
        const here = at === place || replica.linksOf(at).length > 0;
        return [{ id: member.id, organisation: member.organisation, signed: signatures.has(at), here }];
      });
      const [first] = signatures.keys();
      return {
        digest: network as string as Digest,
        name: genesis.name,
        epoch: genesis.continues.epoch + 1,
        survivors,
        gone: epoch.members
          .filter(({ id }) => !survivors.some((one) => one.id === id))
          .map(({ id, organisation }) => ({ id, organisation })),
        self: !breaks.isOwn(genesis) ? 'not-listed' : signatures.has(place) ? 'signed' : 'asked',
        sameRecord: genesis.continues.root === root,
        proposedBy: epoch.members[first!]?.organisation ?? '',
        notHere,
      };
    });
  }

  get #requests(): JoinRequests {
    return this.#options.epochs.talk.requests;
  }

  // ---- the door ----

  async #knocked(key: VoteKey, bytes: Uint8Array): Promise<void> {
    const { epochs, replica } = this.#options;
    const read = bytes.length > 0 ? decodeKnock(bytes) : null;
    if (!read?.ok) return;
    const { entry, replaces, joins } = read.value;
    if (entry !== null && entry.voteKey === key) this.#requests.heard(entry, replaces);
    if (joins.length > 0 && !replica.stopped) await epochs.talk.takeJoins(joins);
  }

  #answer(key: VoteKey): Uint8Array {
    const { epochs, genesis } = this.#options;
    const { newest, machine, links } = epochs;
    // A device that slept through the change is in no list: its member stands for it.
    const owner = this.#options.deviceOf(key as string as DeviceKey);
    const isListed = newest.members.some(({ voteKey, id }) => voteKey === key || id === owner);
    const secret = newest.began && isListed ? epochs.talk.secretOf(newest.began.joinSecret) : undefined;
    const naming = [...machine.drafts.values()].filter(({ change }) =>
      change.members.some(({ voteKey }) => voteKey === key),
    );
    return encodeBundle({
      genesis,
      links,
      secret: secret === undefined ? null : { epoch: newest.number, secret: fromHex(secret) },
      drafts: naming
        .slice(0, MAX_DRAFTS_PER_MESSAGE)
        .map(({ change, approvals }) => ({ change, approvals: approvals.size })),
    });
  }

  // ---- proposing and approving ----

  #propose(input: ChangeInput): Result<{ digest: Digest }, ChangeError> {
    const { epochs, epoch, replica } = this.#options;
    const refused = this.#mayNot();
    if (refused) return fail(refused);
    const next = this.#nextOf(input);
    if (!next.ok) return next;
    const { hash } = replica.options;
    const secret = randomHex(32);
    const change: Change = {
      format: 'countersign-change-1',
      epoch: epoch.number + 1,
      members: next.value.members,
      rulesVersion: next.value.rulesVersion,
      joinSecret: joinSecretDigest(hash, secret),
      reason: input.reason.trim().slice(0, MAX_CHANGE_REASON_LENGTH),
    };
    const { machine } = epochs;
    const checked = checkDraft(machine.chain.slice(0, machine.at + 1), change);
    if (!checked.ok) return fail({ type: 'change-invalid', message: checked.error.message });
    if (machine.drafts.size >= MAX_DRAFTS)
      return fail({
        type: 'too-many-changes',
        message: `${MAX_DRAFTS} changes are proposed already. Approve one of them: when it is sealed the others end.`,
      });
    const digest = changeDigest(hash, change);
    epochs.talk.propose(change, digest, secret);
    epochs.dispatch({ type: 'approve', change: digest });
    replica.outbox.flush();
    this.#options.changed();
    return ok({ digest });
  }

  #nextOf(
    input: ChangeInput,
  ): Result<{ members: readonly MemberEntry[]; rulesVersion: number }, ChangeError> {
    const { epoch, rulesVersion } = this.#options;
    const { members } = epoch;
    const same = { members, rulesVersion: epoch.rulesVersion };
    switch (input.kind) {
      case 'admit': {
        const request = this.#requests.of(input.voteKey as VoteKey);
        if (!request) return fail(requestUnknown);
        const { entry, replaces } = request;
        if (replaces === null) return ok({ ...same, members: [...members, entry] });
        const place = members.findIndex(({ id }) => id === replaces);
        if (place < 0)
          return fail({
            type: 'member-unknown',
            message: `The request names ${replaces} as the member whose place it takes, and no member has that id. Ask its sender to ask again.`,
          });
        return ok({ ...same, members: members.map((one, i) => (i === place ? entry : one)) });
      }
      case 'remove':
        if (members[input.member] === undefined)
          return fail({ type: 'member-unknown', message: 'There is no such member. Reload the page.' });
        return ok({ ...same, members: members.filter((_, i) => i !== input.member) });
      case 'rules':
        if (rulesVersion <= epoch.rulesVersion)
          return fail({
            type: 'change-invalid',
            message: `The network has rules version ${epoch.rulesVersion} already, the newest that this program knows.`,
          });
        return ok({ members, rulesVersion });
    }
  }

  #approve(digest: Digest): Result<undefined, ChangeError> {
    const { epochs, replica } = this.#options;
    const refused = this.#mayNot();
    if (refused) return fail(refused);
    const draft = epochs.machine.drafts.get(digest);
    if (!draft)
      return fail({
        type: 'change-unknown',
        message: 'This change is no longer proposed: another one was sealed, or it was crowded out.',
      });
    if (draft.approvals.has(this.#options.place))
      return fail({ type: 'already-approved', message: 'This organisation has approved it already.' });
    epochs.dispatch({ type: 'approve', change: digest });
    replica.outbox.flush();
    return ok(undefined);
  }

  #mayNot(): ChangeError | null {
    const { epochs, isDevice, place } = this.#options;
    if (isDevice)
      return {
        type: 'not-a-voter',
        message: 'A device speaks for nobody. Do this in the browser that holds your organisation’s key.',
      };
    if (place < 0 || epochs.isBehind || epochs.options.mesh < epochs.newest.number)
      return { type: 'not-a-voter', message: 'This browser is not a member of the newest epoch.' };
    if (epochs.machine.left)
      return {
        type: 'not-a-voter',
        message:
          'Your organisation has signed that the network goes on without some of its members, so nothing more is signed in this one.',
      };
    if (epochs.machine.phase !== 'open')
      return { type: 'closing', message: 'A change of members is being carried out. Try again in a moment.' };
    return null;
  }

  // ---- what a person sees ----

  #view({ change, digest, approvals, joins }: Draft): ChangeView {
    const { epochs, epoch, place } = this.#options;
    const n = change.members.length;
    const { offeredChange, sealed } = epochs.machine;
    return {
      digest,
      reason: change.reason,
      epoch: change.epoch,
      changes: this.#changesOf(change, joins),
      rulesVersion: { from: epoch.rulesVersion, to: change.rulesVersion },
      approvals: [...approvals.keys()].sort((a, b) => a - b),
      needed: quorum(epoch.members.length),
      approved: approvals.has(place),
      notHere: this.#mayNot()?.message ?? null,
      next: { n, f: faultsTolerated(n), q: quorum(n) },
      sealing: offeredChange === digest || sealed?.digest === digest,
      warnings: this.#warnings(change, joins),
    };
  }

  #changesOf(change: Change, joins: Draft['joins']): MemberChange[] {
    const { members } = this.#options.epoch;
    const removed = members.flatMap((member, i): MemberChange[] =>
      change.members.some(({ id }) => id === member.id)
        ? []
        : [{ kind: 'removed', member: i as MemberIndex }],
    );
    const others = change.members.flatMap((entry, i): MemberChange[] => {
      const place = members.findIndex(({ id }) => id === entry.id) as MemberIndex;
      const joined = joins.has(i as MemberIndex);
      if (place < 0) return [{ kind: 'added', entry, joined }];
      if (isStaying(this.#options.epoch, entry)) return [];
      const sameKey = members[place]!.voteKey === entry.voteKey;
      return [{ kind: 'replaced', member: place, entry, sameKey, joined }];
    });
    return [...others, ...removed];
  }

  /** Before CLOSE: with fewer than these, one more that fails stops the change half way. */
  #warnings(change: Change, joins: Draft['joins']): string[] {
    const { epoch, place, replica, rulesVersion } = this.#options;
    const { members } = epoch;
    const here = members.filter((_, i) => i === place || replica.linksOf(i as MemberIndex).length > 0);
    const nextHere = change.members.filter(
      (entry, i) => joins.has(i as MemberIndex) || here.some(({ voteKey }) => voteKey === entry.voteKey),
    );
    const found: string[] = [];
    if (change.rulesVersion > rulesVersion)
      found.push(
        `This program knows rules ${rulesVersion}, not rules ${change.rulesVersion}: it can neither vote on this change nor work after it. ` +
          'Reload this page first, to get the newer program.',
      );
    const [q, nextQ] = [quorum(members.length), quorum(change.members.length)];
    const wanted = Math.min(q + 1, members.length);
    if (here.length < wanted)
      found.push(
        `Only ${here.length} of ${members.length} members are reachable, and ${q} must sign to end this epoch. ` +
          'If one more leaves half way, nothing can be committed until it is back.',
      );
    const nextWanted = Math.min(nextQ + 1, change.members.length);
    if (nextHere.length < nextWanted)
      found.push(
        `Only ${nextHere.length} of the ${change.members.length} members after the change are reachable, and ${nextQ} must sign then.`,
      );
    return found;
  }
}

const requestUnknown: ChangeError = {
  type: 'request-unknown',
  message: 'Nobody asks under this key any more. Ask them to open their page again.',
};
