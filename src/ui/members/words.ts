/** Members, epochs and changes in plain words: pure functions of the state, so that pages and banners say the same. */
import type {
  ChangeView,
  EvidenceView,
  JoinRequestView,
  MemberChange,
  MemberIndex,
  MemberView,
  NetworkState,
  SealState,
} from '../../worker/api.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { listOf } from '../i18n/lists.ts';
import { translator } from '../i18n/t.ts';

const t = translator('members');

export interface Numbers {
  readonly n: number;
  readonly f: number;
  readonly q: number;
}

/** The quorum rule of the protocol: f = ⌊(n − 1) / 3⌋, q = n − f. */
export function numbersOf(n: number): Numbers {
  const f = Math.floor((n - 1) / 3);
  return { n, f, q: n - f };
}

/** `4 members: 1 may fail, 3 must sign`. */
export const numbersWords = ({ n, f, q }: Numbers): string =>
  t('numbers', { n, f, q, all: q === n ? 'yes' : 'no' });

export const epochWords = ({ epoch, n, f, q }: Pick<NetworkState, 'epoch' | 'n' | 'f' | 'q'>): string =>
  t(isElsewhere({ epoch }) ? 'epochElsewhere' : 'epoch', {
    epoch: epoch.number,
    rules: epoch.rulesVersion,
    numbers: numbersWords({ n, f, q }),
    newest: epoch.newest,
  });

/** Of a member, as its entry in the list says. */
export const roleWords = (role: MemberView['role']): string => t(`role.${role}`);

/** What is shown here is of an earlier epoch: this replica was removed, or has not followed yet. */
export const isElsewhere = ({ epoch }: Pick<NetworkState, 'epoch'>): boolean => epoch.newest > epoch.number;

/** A network that has four members or fewer cannot shrink: fewer than four bear no failure (docs/protocol.md, "Epochs"). */
export const canShrink = (n: number): boolean => n > 4;

/** A key's first 16 hex digits, for two people to compare aloud; the worker cuts those of requests in the same way. */
export const keyFingerprint = (key: string): string => key.slice(0, 16).match(/.{4}/g)?.join(' ') ?? key;

export const organisationOf = (members: readonly MemberView[], index: MemberIndex): string =>
  members[index]?.organisation ?? t('memberAt', { place: index + 1 });

/** `nobody`, `Alfa`, `Alfa and Bravo`, `Alfa, Bravo and Cargo`. */
export const listed = (names: readonly string[]): string =>
  names.length === 0 ? t('nobody') : listOf(names);

/** In a list: who of it is not here. */
export const notHereWords = (who: string): string => t('notHere', { who });

const namesOf = (members: readonly MemberView[], indices: readonly MemberIndex[]): string[] =>
  indices.map((index) => members[index]?.name ?? t('memberAtIn', { place: index + 1 }));

/** What is going on in the epoch; null: it is open, and votes go on. */
export function phaseWords({
  epoch,
  members,
}: Pick<NetworkState, 'epoch'> & Partial<Pick<NetworkState, 'members'>>): {
  readonly head: string;
  readonly text: string;
} | null {
  if (epoch.phase === 'open') return null;
  if (epoch.phase === 'catching-up')
    return {
      head: t('phase.catchingUpHead', { newest: epoch.newest }),
      text: t('phase.catchingUpText', { epoch: epoch.number }),
    };
  const { reports } = epoch;
  const sentences: string[] = [];
  if (reports !== null) {
    const counts = { here: reports.here.length, needed: reports.needed };
    sentences.push(
      reports.here.length > 0 && members !== undefined
        ? t('phase.reports', { ...counts, who: listed(namesOf(members, reports.here)) })
        : t('phase.reportsNone', counts),
    );
  }
  const tooMany = reports?.tooManyLocks;
  if (tooMany !== undefined) sentences.push(t('phase.tooMany', { count: tooMany }));
  sentences.push(t('phase.closingText', { next: epoch.number + 1 }));
  return { head: t('phase.closingHead', { epoch: epoch.number }), text: sentences.join(' ') };
}

/**
 * The network works by rules that this program does not know, or the members vote on going there; null: neither. `programRules` left out: it
 * knows them.
 */
export function outdatedWords({
  epoch,
  changes = [],
}: Pick<NetworkState, 'epoch'> & Partial<Pick<NetworkState, 'changes'>>): {
  readonly head: string;
  readonly text: string;
} | null {
  const { rulesVersion, programRules } = epoch;
  if (programRules === undefined) return null;
  const reload = t('outdated.reload');
  if (rulesVersion > programRules)
    return {
      head: t('outdated.olderHead'),
      text: `${t('outdated.older', { rules: rulesVersion, known: programRules })} ${reload}`,
    };
  const next = changes.find((one) => one.sealing && one.rulesVersion.to > programRules);
  if (next === undefined) return null;
  return {
    head: t('outdated.movingHead', { rules: next.rulesVersion.to }),
    text: `${t('outdated.moving', { known: programRules })} ${reload}`,
  };
}

/** One line of what a change does, short enough for a heading. */
export function changeTitle(
  change: Pick<ChangeView, 'changes' | 'rulesVersion'>,
  members: readonly MemberView[],
): string {
  const parts = change.changes.map((one) => {
    if (one.kind === 'added') return t('change.joins', { who: one.entry.organisation });
    const who = organisationOf(members, one.member);
    if (one.kind === 'removed') return t('change.removed', { who });
    return t(one.sameKey ? 'change.newLog' : 'change.newKeys', { who });
  });
  const { from, to } = change.rulesVersion;
  if (from !== to) parts.push(t('change.rules', { from, to }));
  return parts.length === 0
    ? t('change.same')
    : parts.reduce((first, next) => t('change.andAlso', { first, next }));
}

/** What a change does, a sentence for each part of it. */
export function changeSentences(
  change: Pick<ChangeView, 'changes' | 'rulesVersion'>,
  members: readonly MemberView[],
): readonly string[] {
  const sentences = change.changes.map((one) => {
    if (one.kind === 'added') {
      const { organisation, id, role, gln, voteKey } = one.entry;
      const key = keyFingerprint(voteKey);
      return t('change.addedText', { who: organisation, id, role: roleWords(role), gln, key });
    }
    const who = organisationOf(members, one.member);
    if (one.kind === 'removed')
      return t('change.removedText', { who, self: members[one.member]?.self ? 'yes' : 'no' });
    return t(one.sameKey ? 'change.newLogText' : 'change.newKeysText', {
      who,
      key: keyFingerprint(one.entry.voteKey),
    });
  });
  const { from, to } = change.rulesVersion;
  if (from !== to) sentences.push(t('change.rulesText', { from, to }));
  return sentences;
}

/** The SealState of approvals: one place per member of today, inked by its approval. */
export function approvalSeal(
  change: Pick<ChangeView, 'approvals' | 'needed'>,
  members: readonly MemberView[],
): SealState {
  return tallySeal(change.approvals, change.needed, members);
}

/** The same for anything that members give one by one. */
export function tallySeal(
  given: readonly MemberIndex[],
  needed: number,
  members: readonly MemberView[],
): SealState {
  return {
    n: members.length,
    q: needed,
    marks: members.map((member) =>
      given.includes(member.index) ? 'commit' : member.here || member.self ? 'heard' : 'empty',
    ),
    // Of this seal nobody can give two halves.
    evidence: members.map(() => false),
    outcome: given.length >= needed ? 'closed' : 'voting',
  };
}

/** What a change still waits for, each a sentence; empty: nothing, its vote can begin. */
export function missingSentences(change: ChangeView, members: readonly MemberView[]): readonly string[] {
  const sentences: string[] = [];
  const lacking = change.needed - change.approvals.length;
  if (lacking > 0) {
    const silent = members.filter((one) => !change.approvals.includes(one.index));
    const who = silent.map((one) => (one.here || one.self ? one.name : notHereWords(one.name)));
    sentences.push(t('missing.approvals', { count: lacking, who: listed(who) }));
  }
  for (const name of change.changes.flatMap(unjoined)) sentences.push(t('missing.join', { who: name }));
  return sentences;
}

function unjoined(one: MemberChange): string[] {
  return one.kind === 'removed' || one.joined ? [] : [one.entry.organisation];
}

/** Changes that wait for this member's tap. */
export const awaitedChanges = ({
  changes,
  epoch,
}: Pick<NetworkState, 'changes' | 'epoch'>): readonly ChangeView[] =>
  epoch.phase === 'open'
    ? changes.filter((one) => !one.approved && !one.sealing && one.notHere === null)
    : [];

/** This browser has signed that the network goes on, and waits. */
export const hasSignedBreak = ({
  breaks = [],
}: {
  readonly breaks?: NetworkState['breaks'] | undefined;
}): boolean => breaks.some(({ self }) => self === 'signed');

/** Why nothing can be proposed from this page; null: it can. The worker has the last word. */
export function cannotPropose(
  state: Pick<NetworkState, 'self' | 'standing' | 'members' | 'epoch' | 'selfDevice'> &
    Pick<NetworkState, 'breaks'>,
): string | null {
  const { standing } = state;
  if (standing.kind === 'device' || state.selfDevice !== undefined)
    return state.self === null
      ? t('cannot.deviceOfMember')
      : t('cannot.device', { who: organisationOf(state.members, state.self) });
  if (hasSignedBreak(state)) return t('cannot.signedBreak');
  if (state.self === null || standing.kind === 'observer') return t('cannot.observer');
  if (standing.kind === 'stopped') return t('cannot.stopped');
  if (state.epoch.phase === 'closing') return t('cannot.closing', { epoch: state.epoch.number });
  if (state.epoch.phase === 'catching-up') return t('cannot.catchingUp');
  return null;
}

/** What is held against a member, in a sentence that fits into a reason; null: nothing. */
export function evidenceWords(evidence: readonly EvidenceView[], member: MemberIndex): string | null {
  const held = evidence.find((one) => one.member === member)?.evidence;
  return held === undefined ? null : deedWords(held, null);
}

/** The same, and if this epoch holds nothing against it, what an earlier one does: two reports are only found as an epoch ends. */
export function heldAgainst(
  state: Pick<NetworkState, 'evidence' | 'pastEvidence' | 'members'>,
  member: MemberIndex,
): string | null {
  const now = evidenceWords(state.evidence, member);
  if (now !== null) return now;
  const id = state.members[member]?.id;
  const past = state.pastEvidence?.find((one) => one.epoch.members[one.member]?.id === id);
  return past === undefined ? null : deedWords(past.evidence, past.epoch.number);
}

export function deedOf(evidence: EvidenceView['evidence']): 'two-values' | 'bad-share' | 'two-reports' {
  if ('statements' in evidence) return 'two-reports';
  return 'vote' in evidence ? 'bad-share' : 'two-values';
}

/** `past`: the earlier epoch of it; null: this one. */
function deedWords(evidence: EvidenceView['evidence'], past: number | null): string {
  const when = { when: past === null ? 'now' : 'past', epoch: past ?? 0 };
  if ('statements' in evidence) return t('held.reports', when);
  const { key, version } = 'vote' in evidence ? evidence.vote : evidence.first;
  const sscc = ssccOfKey(key);
  const place =
    sscc === null ? t('held.key', { key, version }) : t('held.package', { sscc: shortSscc(sscc), version });
  return t('vote' in evidence ? 'held.share' : 'held.values', { ...when, place });
}

export interface RequestWords {
  /** What it asks for. */
  readonly asks: string;
  /** Reasons to ask back before it is let in. */
  readonly doubts: readonly string[];
  /** For the form: what most people would write. */
  readonly reason: string;
}

export function requestWords(request: JoinRequestView, members: readonly MemberView[]): RequestWords {
  const { entry, replaces, sameKey } = request;
  if (replaces === null)
    return {
      asks: t('request.join', { role: roleWords(entry.role) }),
      doubts: [],
      reason: t('request.joinReason', { who: entry.organisation }),
    };
  const before = members.find((one) => one.id === replaces);
  const doubts: string[] = [];
  if (before === undefined) doubts.push(t('request.noMember', { id: replaces }));
  else {
    if (before.organisation !== entry.organisation)
      doubts.push(t('request.otherName', { who: entry.organisation, member: before.organisation }));
    if (before.here) doubts.push(t('request.isHere', { who: before.organisation }));
  }
  const who = before?.organisation ?? replaces;
  return sameKey
    ? { asks: t('request.sameKey', { who }), doubts, reason: t('request.sameKeyReason', { who }) }
    : { asks: t('request.newKeys', { who }), doubts, reason: t('request.newKeysReason', { who }) };
}
