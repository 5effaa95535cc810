/** From the core's state to what a person sees: seals, counts, and who is missing and why. */
import type { Digest, EpochDigest, Key, MemberIndex, Round } from '../codec/brand.ts';
import { certificateSigners, accusedOf } from '../codec/vote.ts';
import type { Epoch } from '../consensus/epochs/types.ts';
import { quorum } from '../consensus/membership.ts';
import type { Instance } from '../consensus/types.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type { CertificateView, InstanceView, PastEpoch, PastEvidenceView, SealState } from './api.ts';
import type { Replica } from './replica/replica.ts';
import type { Refusal } from './replica/types.ts';

type Mark = SealState['marks'][number];

export function certificateView(replica: Replica, entry: CertifiedEntry): CertificateView {
  const { certificate } = entry;
  const signers = certificateSigners(certificate);
  return {
    version: entry.version,
    round: certificate.round,
    digest: entry.digest,
    previous: entry.previous ?? null,
    epoch: epochOf(replica, certificate.epoch)?.number ?? 0,
    signers,
    groups: certificate.groups,
    aggregated: certificate.groups.every((group) => group.form === 'aggregate'),
    seal: closedSeal(replica, certificate.epoch, signers),
  };
}

/** By n, q and places of the epoch that the certificate names: a key has another place in another epoch. */
function closedSeal(replica: Replica, digest: EpochDigest, signers: readonly MemberIndex[]): SealState {
  const { epoch } = replica.options;
  const past = digest === epoch.epoch ? null : pastEpoch(replica, digest);
  const n = past?.members.length ?? epoch.n;
  const marks = Array.from({ length: n }, (_, i): Mark =>
    signers.includes(i as MemberIndex) ? 'commit' : 'empty',
  );
  const evidence = past ? pastEvidenceMarks(replica, past) : evidenceMarks(replica);
  const q = past ? quorum(n) : epoch.quorum;
  return { n, q, marks, evidence, outcome: 'closed', ...(past && { past }) };
}

const epochOf = (replica: Replica, digest: EpochDigest): Epoch | undefined =>
  replica.epochs?.machine.chain.find((one) => one.digest === digest);

/** One for each epoch: many rows of a list share it. */
const pastEpochs = new WeakMap<Epoch, PastEpoch>();

function pastEpoch(replica: Replica, digest: EpochDigest): PastEpoch | null {
  const epoch = epochOf(replica, digest);
  if (!epoch) return null;
  const known = pastEpochs.get(epoch);
  if (known) return known;
  const members = epoch.members.map(({ id, name, organisation, role }) => {
    return { id, name, initials: initialsOf(organisation), organisation, role };
  });
  const past = { number: epoch.number, members };
  pastEpochs.set(epoch, past);
  return past;
}

/** Two letters for the seal: of the first two words, or of the only one. */
export function initialsOf(organisation: string): string {
  const words = organisation.split(/\s+/u).filter((word) => word.length > 0);
  const letters = words.length > 1 ? [words[0]![0]!, words[1]![0]!] : [...(words[0] ?? '??')].slice(0, 2);
  return letters.join('').toUpperCase();
}

/** null when nothing of the key's open version is known here. */
export function instanceView(replica: Replica, key: Key): InstanceView | null {
  const instance = replica.core.instances.get(key);
  if (!instance || (instance.rounds.size === 0 && instance.proposal === null)) return null;
  const { n, quorum } = replica.options.epoch;
  const refusals = (replica.refusals.get(key) ?? []).filter((r) => r.version === instance.version);
  const digest = leadingDigest(instance);
  const commits = authorsOf(instance, 'commits', digest);
  const preCommits = authorsOf(instance, 'preCommits', digest);
  const others = otherAuthors(instance, digest);
  const here = new Set<MemberIndex>([...replica.links.values()].map((link) => link.member));
  if (replica.options.self !== null) here.add(replica.options.self);
  const refused = new Set(refusals.filter((r) => r.digest === digest).map((r) => r.member));
  const marks: Mark[] = Array.from({ length: n }, (_, i) => {
    const member = i as MemberIndex;
    if (commits.has(member)) return 'commit';
    if (preCommits.has(member)) return 'pre';
    if (refused.has(member)) return 'refused';
    if (others.has(member)) return 'other';
    return here.has(member) ? 'heard' : 'empty';
  });
  const missing = marks.flatMap((mark, i): InstanceView['missing'] => {
    // Before there is a polka, nobody can commit: only PRE-COMMITs are missed.
    if (mark === 'commit' || (mark === 'pre' && preCommits.size < quorum)) return [];
    const member = i as MemberIndex;
    const why =
      mark === 'refused'
        ? 'refused'
        : mark === 'other'
          ? 'other-value'
          : here.has(member)
            ? 'silent'
            : 'away';
    return [{ member, why }];
  });
  const against = refusals.filter((r) => r.digest === digest && r.rule !== 'abstains').length;
  return {
    key,
    version: instance.version,
    round: Math.max(0, instance.round) as Round,
    digest,
    commits: commits.size,
    preCommits: preCommits.size,
    needed: quorum,
    seal: {
      n,
      q: quorum,
      marks,
      evidence: evidenceMarks(replica),
      outcome: against > n - quorum ? 'rejected' : 'voting',
    },
    missing,
    lockedRound: instance.lock?.round ?? null,
    refusals: refusals.map((r: Refusal) => ({ digest: r.digest, message: r.message })),
  };
}

export function evidenceMarks(replica: Replica): boolean[] {
  return Array.from({ length: replica.options.epoch.n }, (_, i) => replica.convicted.has(i as MemberIndex));
}

/** What is on the disk of epochs whose members are known here. */
export function pastEvidenceViews(replica: Replica): PastEvidenceView[] {
  return replica.pastEvidence.flatMap((evidence): PastEvidenceView[] => {
    const { author: member, epoch: digest } = accusedOf(evidence);
    const epoch = pastEpoch(replica, digest);
    return epoch?.members[member] ? [{ epoch, member, evidence }] : [];
  });
}

/** What is held against a member of today, where it stood then. */
function pastEvidenceMarks(replica: Replica, { members }: PastEpoch): boolean[] {
  const now = epochOf(replica, replica.options.epoch.epoch)?.members ?? [];
  return members.map(({ id }) => {
    const place = now.findIndex((member) => member.id === id);
    return place >= 0 && replica.convicted.has(place as MemberIndex);
  });
}

/** The value with most COMMITs; else the one with most PRE-COMMITs; else the own proposal. */
function leadingDigest(instance: Instance): Digest | null {
  for (const table of ['commits', 'preCommits'] as const) {
    let best: Digest | null = null;
    let most = 0;
    for (const digest of digestsOf(instance, table)) {
      const count = authorsOf(instance, table, digest).size;
      if (count > most || (count === most && best !== null && digest > best)) {
        best = digest;
        most = count;
      }
    }
    if (best !== null) return best;
  }
  return instance.proposal;
}

function digestsOf(instance: Instance, table: 'commits' | 'preCommits'): Set<Digest> {
  const found = new Set<Digest>();
  for (const round of instance.rounds.values()) for (const digest of round[table].keys()) found.add(digest);
  return found;
}

/** Distinct authors of COMMITs in any one round's table, or of PRE-COMMITs in the newest round they voted in. */
function authorsOf(
  instance: Instance,
  table: 'commits' | 'preCommits',
  digest: Digest | null,
): Set<MemberIndex> {
  const found = new Set<MemberIndex>();
  if (digest === null) return found;
  for (const round of instance.rounds.values())
    for (const author of round[table].get(digest)?.keys() ?? []) found.add(author);
  return found;
}

function otherAuthors(instance: Instance, digest: Digest | null): Set<MemberIndex> {
  const found = new Set<MemberIndex>();
  for (const round of instance.rounds.values()) {
    for (const [other, votes] of round.preCommits)
      if (other !== digest) for (const author of votes.keys()) found.add(author);
  }
  return found;
}
