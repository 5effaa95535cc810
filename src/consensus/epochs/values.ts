/**
 * valid(C) and valid(O) without the signatures: what a change and an opening must be for members of the epoch to vote for them. Deterministic
 * in the value and the chain of epochs. Signatures, proofs of possession and polkas: src/crypto/epochs.ts.
 */
import { asMemberIndex, isNetworkKey, type MemberIndex } from '../../codec/brand.ts';
import type { Change, ChangeValue, Opening, ReportedLock } from '../../codec/epochs.ts';
import type { MemberEntry } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { certificateSigners, type Vote } from '../../codec/vote.ts';
import { quorum } from '../membership.ts';
import type { Epoch } from './types.ts';

export interface ChangeError {
  readonly type:
    | 'change-wrong-epoch'
    | 'change-rules-go-back'
    | 'change-too-few-members'
    | 'change-organisation-twice'
    | 'change-key-twice'
    | 'change-log-twice'
    | 'change-id-used'
    | 'change-key-used'
    | 'change-log-used'
    | 'change-approvals-lacking'
    | 'change-approval-unknown'
    | 'change-joins-lacking';
  readonly message: string;
}

export interface OpeningError {
  readonly type:
    | 'opening-reports-lacking'
    | 'opening-report-twice'
    | 'opening-report-unknown'
    | 'opening-lock-without-polka'
    | 'opening-polka-unneeded';
  readonly message: string;
}

/** A change must leave so many members, at least: a network of four or more stays one that survives a fault. */
export function fewestMembers(n: number): number {
  return Math.min(n, 4);
}

/** Entries of a change that are in the epoch as they are: same keys and log. The others have to sign a join. */
export function isStaying(epoch: Epoch, entry: MemberEntry): boolean {
  return epoch.members.some(
    (m) =>
      m.voteKey === entry.voteKey && m.certificateKey === entry.certificateKey && m.logId === entry.logId,
  );
}

/** Places in the next list of those that must sign a join. */
export function joiningOf(epoch: Epoch, change: Change): MemberIndex[] {
  return change.members.flatMap((entry, i) => (isStaying(epoch, entry) ? [] : [asMemberIndex(i)]));
}

/** What people may be asked to approve. `chain` ends with the epoch that the change would end. */
export function checkDraft(chain: readonly Epoch[], change: Change): Result<Change, ChangeError> {
  const epoch = chain.at(-1)!;
  const refuse = (type: ChangeError['type'], what: string): Result<never, ChangeError> =>
    fail({ type, message: `This change of members cannot be sealed: ${what} Ask again with other members.` });
  if (change.epoch !== epoch.number + 1)
    return fail({
      type: 'change-wrong-epoch',
      message: `This change leads to epoch ${change.epoch}, but the network is in epoch ${epoch.number}. Ask for the change again: approvals of an earlier epoch do not count.`,
    });
  if (change.rulesVersion < epoch.rulesVersion)
    return refuse(
      'change-rules-go-back',
      `it goes back to rules version ${change.rulesVersion} from ${epoch.rulesVersion}.`,
    );
  const least = fewestMembers(epoch.members.length);
  if (change.members.length < least)
    return refuse(
      'change-too-few-members',
      `it leaves ${change.members.length} members, and ${least} are needed.`,
    );
  const twice = firstTwice(epoch, change.members);
  if (twice) return refuse(twice.type, twice.what);
  for (const entry of change.members) {
    const used = firstUsed(chain, entry);
    if (used) return refuse(used.type, used.what);
  }
  return ok(change);
}

/** valid(C) but for the signatures. */
export function checkChangeValue(
  chain: readonly Epoch[],
  value: ChangeValue,
): Result<ChangeValue, ChangeError> {
  const epoch = chain.at(-1)!;
  const draft = checkDraft(chain, value.change);
  if (!draft.ok) return draft;
  const n = epoch.members.length;
  const approved = certificateSigners({ groups: value.approvals });
  if (
    approved.some((i) => i >= n) ||
    certificateSigners({ groups: value.joins }).some((i) => i >= value.change.members.length)
  )
    return fail({
      type: 'change-approval-unknown',
      message:
        'This change of members has a signature of nobody who is in its lists. Ask for the change again.',
    });
  if (approved.length < quorum(n))
    return fail({
      type: 'change-approvals-lacking',
      message: `This change of members has ${approved.length} approvals, and ${quorum(n)} are needed. Wait for more members to approve.`,
    });
  const joins = new Set(certificateSigners({ groups: value.joins }));
  const lacking = joiningOf(epoch, value.change).filter((i) => !joins.has(i));
  if (lacking.length > 0) {
    const names = lacking.map((i) => value.change.members[i]!.name).join(', ');
    return fail({
      type: 'change-joins-lacking',
      message: `${names} did not sign that they join. Ask them to open their invitation.`,
    });
  }
  return ok(value);
}

/** valid(O) but for the signatures. It looks at nothing that only some know: not at who has closed, nor at anybody's state. */
export function checkOpeningValue(epoch: Epoch, opening: Opening): Result<Opening, OpeningError> {
  const n = epoch.members.length;
  const refuse = (type: OpeningError['type'], what: string): Result<never, OpeningError> =>
    fail({ type, message: `This opening of an epoch is not valid: ${what}. Another one will be proposed.` });
  const seen = new Set<MemberIndex>();
  for (const { groups } of opening.statements) {
    for (const author of certificateSigners({ groups })) {
      if (author >= n) return refuse('opening-report-unknown', 'it has a report of nobody in the epoch');
      if (seen.has(author)) return refuse('opening-report-twice', 'it has two reports of one member');
      seen.add(author);
    }
  }
  if (seen.size < quorum(n))
    return refuse('opening-reports-lacking', `${seen.size} members report, and ${quorum(n)} are needed`);
  const polkas = polkasOf(opening.polkas);
  const locks = new Set<string>();
  for (const { locks: reported } of opening.statements) {
    for (const lock of reported) {
      const name = lockName(lock);
      locks.add(name);
      const polka = polkas.get(name);
      if (isNetworkKey(lock.key) || !polka || polka.size < quorum(n))
        return refuse('opening-lock-without-polka', `a lock on ${lock.key} comes without its polka`);
    }
  }
  for (const [name, voters] of polkas) {
    if (!locks.has(name))
      return refuse('opening-polka-unneeded', 'it holds votes for which nobody has a lock');
    for (const author of voters)
      if (author >= n) return refuse('opening-report-unknown', 'a vote in it is of nobody');
  }
  return ok(opening);
}

/** Whether votes prove each of the locks of one report, as far as that needs no signature. */
export function hasPolkas(epoch: Epoch, locks: readonly ReportedLock[], votes: readonly Vote[]): boolean {
  const polkas = polkasOf(votes);
  const q = quorum(epoch.members.length);
  return locks.every((lock) => (polkas.get(lockName(lock))?.size ?? 0) >= q);
}

export const lockName = ({ key, version, digest, round }: Omit<ReportedLock, 'type'>): string =>
  `${round} ${version} ${digest} ${key}`;

function polkasOf(votes: readonly Vote[]): Map<string, Set<MemberIndex>> {
  const found = new Map<string, Set<MemberIndex>>();
  for (const vote of votes) {
    // A COMMIT proves no polka: it would name one that nobody needs.
    const name = vote.type === 'PRE-COMMIT' ? lockName(vote) : `COMMIT ${lockName(vote)}`;
    const voters = found.get(name) ?? new Set<MemberIndex>();
    found.set(name, voters.add(vote.author));
  }
  return found;
}

function firstTwice(
  epoch: Epoch,
  members: readonly MemberEntry[],
): { type: ChangeError['type']; what: string } | null {
  const checks = [
    ['id', 'change-organisation-twice', 'names'],
    ['organisation', 'change-organisation-twice', 'names'],
    ['voteKey', 'change-key-twice', 'has the vote key of'],
    ['certificateKey', 'change-key-twice', 'has the certificate key of'],
    ['logId', 'change-log-twice', 'has the log of'],
  ] as const;
  for (const [field, type, what] of checks) {
    const seen = new Map<string, MemberEntry>();
    for (const member of members) {
      const other = seen.get(member[field]);
      // A genesis may name two sites of one organisation: they may stay, and nobody joins them.
      const stay = field === 'organisation' && other && isStaying(epoch, other) && isStaying(epoch, member);
      if (other && !stay) return { type, what: `it ${what} ${member.organisation} twice.` };
      seen.set(member[field], member);
    }
  }
  return null;
}

/**
 * An id names an organisation, so it stays with the place that it has now, also under a new key; one that somebody had before is not given
 * away again. Keys and logs are new, except those of a member that stays, and the own key of a member that comes back with a new log.
 */
function firstUsed(
  chain: readonly Epoch[],
  entry: MemberEntry,
): { type: ChangeError['type']; what: string } | null {
  const now = chain.at(-1)!.members;
  const own = now.find((m) => m.voteKey === entry.voteKey && m.certificateKey === entry.certificateKey);
  const holder = now.find((m) => m.id === entry.id);
  if (own && own.id !== entry.id)
    return { type: 'change-key-used', what: `${entry.organisation} has the key of ${own.organisation}.` };
  for (const { members } of chain) {
    for (const before of members) {
      if (before.id === entry.id && !holder)
        return { type: 'change-id-used', what: `the id ${entry.id} was ${before.organisation}'s.` };
      if (!own && (before.voteKey === entry.voteKey || before.certificateKey === entry.certificateKey))
        return { type: 'change-key-used', what: `a key of ${entry.organisation} was used before.` };
      if (before.logId === entry.logId && own?.logId !== entry.logId)
        return { type: 'change-log-used', what: `the log of ${entry.organisation} was used before.` };
    }
  }
  return null;
}
