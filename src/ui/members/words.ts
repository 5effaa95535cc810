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
import { plural, shortSscc, ssccOfKey } from '../format.ts';

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
export function numbersWords({ n, f, q }: Numbers): string {
  if (n === 1) return '1 member: nobody may fail, it signs alone';
  return `${n} members: ${f === 0 ? 'nobody' : f} may fail, ${q === n ? `all ${n}` : q} must sign`;
}

export const epochWords = ({ epoch, n, f, q }: Pick<NetworkState, 'epoch' | 'n' | 'f' | 'q'>): string =>
  `Epoch ${epoch.number} · rules ${epoch.rulesVersion} · ${numbersWords({ n, f, q })}${
    isElsewhere({ epoch }) ? ` · the network is in epoch ${epoch.newest}` : ''
  }`;

/** What is shown here is of an earlier epoch: this replica was removed, or has not followed yet. */
export const isElsewhere = ({ epoch }: Pick<NetworkState, 'epoch'>): boolean => epoch.newest > epoch.number;

/** A network that has four members or fewer cannot shrink: fewer than four bear no failure (docs/protocol.md, "Epochs"). */
export const canShrink = (n: number): boolean => n > 4;

/** A key's first 16 hex digits, for two people to compare aloud; the worker cuts those of requests in the same way. */
export const keyFingerprint = (key: string): string => key.slice(0, 16).match(/.{4}/g)?.join(' ') ?? key;

export const organisationOf = (members: readonly MemberView[], index: MemberIndex): string =>
  members[index]?.organisation ?? `Member ${index + 1}`;

/** `Alfa`, `Alfa and Bravo`, `Alfa, Bravo and Cargo`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

const namesOf = (members: readonly MemberView[], indices: readonly MemberIndex[]): string[] =>
  indices.map((index) => members[index]?.name ?? `member ${index + 1}`);

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
      head: `This replica catches up: the network is in epoch ${epoch.newest}.`,
      text: `Epoch ${epoch.number} is the last that began here. The record is being fetched from the members that are here; this replica votes again when it is whole. Sessions go on: steps are kept, and sent afterwards.`,
    };
  const { reports } = epoch;
  const told =
    reports === null
      ? ''
      : `${reports.here.length} of ${reports.needed} reports are here${
          reports.here.length > 0 && members !== undefined
            ? `: ${listed(namesOf(members, reports.here))}`
            : ''
        }. `;
  const tooMany = reports?.tooManyLocks;
  const waits =
    tooMany === undefined
      ? ''
      : `This replica cannot report yet: it has voted on ${tooMany} versions that are not decided, more than a report can hold. It reports by itself when others tell it how some of them were decided: keep as many members online as you can. `;
  return {
    head: `Epoch ${epoch.number} is closing: the change of members is sealed.`,
    text: `${told}${waits}Nothing else is signed until epoch ${epoch.number + 1} begins, which takes seconds when a quorum is here. Sessions go on: steps are kept, and sent afterwards.`,
  };
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
  const reload =
    'Reload this page to get the newer program; what is open here is kept. If it says the same then, ask whoever runs this site to update it.';
  if (rulesVersion > programRules)
    return {
      head: `This program is older than the network’s rules.`,
      text: `The network works by rules ${rulesVersion}, and this program knows rules ${programRules}: here no session is checked, voted on or worked. ${reload}`,
    };
  const next = changes.find((one) => one.sealing && one.rulesVersion.to > programRules);
  if (next === undefined) return null;
  return {
    head: `The members move to rules ${next.rulesVersion.to}.`,
    text: `This program knows rules ${programRules}, so it does not vote on that. ${reload}`,
  };
}

/** One line of what a change does, short enough for a heading. */
export function changeTitle(
  change: Pick<ChangeView, 'changes' | 'rulesVersion'>,
  members: readonly MemberView[],
): string {
  const parts = change.changes.map((one) => {
    if (one.kind === 'added') return `${one.entry.organisation} joins`;
    const who = organisationOf(members, one.member);
    if (one.kind === 'removed') return `${who} is removed`;
    return one.sameKey ? `${who} gets a new vote log` : `${who} gets new keys`;
  });
  const { from, to } = change.rulesVersion;
  if (from !== to) parts.push(`Rules ${from} → ${to}`);
  return parts.join('; ') || 'The same members begin a new epoch';
}

/** What a change does, a sentence for each part of it. */
export function changeSentences(
  change: Pick<ChangeView, 'changes' | 'rulesVersion'>,
  members: readonly MemberView[],
): readonly string[] {
  const sentences = change.changes.map((one) => {
    if (one.kind === 'added')
      return `Added: ${one.entry.organisation} (${one.entry.id}), ${one.entry.role}, GLN ${one.entry.gln}, key ${keyFingerprint(one.entry.voteKey)}.`;
    const who = organisationOf(members, one.member);
    if (one.kind === 'removed')
      return `Removed: ${who}${members[one.member]?.self ? ', which is you' : ''}. It signs nothing from then on; what it signed before stays valid.`;
    return one.sameKey
      ? `Replaced: the vote log of ${who}. Its key ${keyFingerprint(one.entry.voteKey)} stays.`
      : `Replaced: the keys of ${who}. The new key is ${keyFingerprint(one.entry.voteKey)}; the one it has now signs nothing from then on.`;
  });
  const { from, to } = change.rulesVersion;
  if (from !== to)
    sentences.push(
      `Rules: version ${from} becomes version ${to}. A member whose program is older cannot check sessions until it is updated.`,
    );
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
    const who = silent.map((one) => (one.here || one.self ? one.name : `${one.name} (not here)`));
    sentences.push(
      `${plural(lacking, 'more approval is', 'more approvals are')} needed. Not yet: ${listed(who)}.`,
    );
  }
  for (const name of change.changes.flatMap(unjoined))
    sentences.push(`${name} has not signed that it joins: its page must be open.`);
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
    return `Changes are proposed and approved in ${
      state.self === null ? 'the member' : organisationOf(state.members, state.self)
    }’s own browser, which holds its key. This is one of its devices.`;
  if (hasSignedBreak(state))
    return 'This browser has signed that the network goes on without the others. It signs nothing more in this one, so it can neither propose nor approve a change of members.';
  if (state.self === null || standing.kind === 'observer')
    return 'This replica only observes: it can neither propose nor approve a change.';
  if (standing.kind === 'stopped') return 'This replica has stopped. Reload the page first.';
  if (state.epoch.phase === 'closing')
    return `Epoch ${state.epoch.number} is closing. Propose again when the next one has begun.`;
  if (state.epoch.phase === 'catching-up')
    return 'This replica catches up with the network. Propose again when that has ended.';
  return null;
}

/** What is held against a member, in a sentence that fits into a reason; null: nothing. */
export function evidenceWords(evidence: readonly EvidenceView[], member: MemberIndex): string | null {
  const held = evidence.find((one) => one.member === member)?.evidence;
  return held === undefined ? null : `It ${deedWords(held)}.`;
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
  return past === undefined ? null : `In epoch ${past.epoch.number} it ${deedWords(past.evidence)}.`;
}

export function deedOf(evidence: EvidenceView['evidence']): 'two-values' | 'bad-share' | 'two-reports' {
  if ('statements' in evidence) return 'two-reports';
  return 'vote' in evidence ? 'bad-share' : 'two-values';
}

function deedWords(evidence: EvidenceView['evidence']): string {
  if ('statements' in evidence) return 'signed two different reports of one state as the epoch closed';
  const { key, version } = 'vote' in evidence ? evidence.vote : evidence.first;
  const sscc = ssccOfKey(key);
  const place = `${sscc === null ? key : `package ${shortSscc(sscc)}`}, version ${version}`;
  return 'vote' in evidence
    ? `signed a bad certificate share for ${place}`
    : `signed two values for ${place}`;
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
      asks: `Asks to join as a new member, ${entry.role}.`,
      doubts: [],
      reason: `${entry.organisation} joins.`,
    };
  const before = members.find((one) => one.id === replaces);
  const doubts: string[] = [];
  if (before === undefined) doubts.push(`No member has the id ${replaces}. Ask them what they mean.`);
  else {
    if (before.organisation !== entry.organisation)
      doubts.push(
        `It calls itself ${entry.organisation}; the member with that place is ${before.organisation}.`,
      );
    if (before.here)
      doubts.push(
        `${before.organisation} is here at this moment with the key that is in force. Ask it whether it has really lost something.`,
      );
  }
  const who = before?.organisation ?? replaces;
  return sameKey
    ? {
        asks: `Asks for the place of ${who}: its key is the same, and only its vote log was lost.`,
        doubts,
        reason: `${who} lost its vote log.`,
      }
    : {
        asks: `Asks for the place of ${who}: its keys were lost, and these are new.`,
        doubts,
        reason: `${who} lost its keys.`,
      };
}
