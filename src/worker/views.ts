/** From the core's state to what a person sees: seals, counts, and who is missing and why. */
import type { Digest, Key, MemberIndex, Round } from '../codec/brand.ts';
import { certificateSigners } from '../codec/vote.ts';
import type { Instance } from '../consensus/types.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type { CertificateView, InstanceView, SealState } from './api.ts';
import type { Replica } from './replica/replica.ts';
import type { Refusal } from './replica/types.ts';

type Mark = SealState['marks'][number];

export function certificateView(replica: Replica, entry: CertifiedEntry): CertificateView {
  const { n, quorum } = replica.options.epoch;
  const signers = certificateSigners(entry.certificate);
  const marks: Mark[] = Array.from({ length: n }, (_, i) =>
    signers.includes(i as MemberIndex) ? 'commit' : 'empty',
  );
  return {
    version: entry.version,
    round: entry.certificate.round,
    digest: entry.digest,
    previous: entry.previous ?? null,
    signers,
    groups: entry.certificate.groups,
    aggregated: entry.certificate.groups.every((group) => group.form === 'aggregate'),
    seal: { n, q: quorum, marks, evidence: evidenceMarks(replica), outcome: 'closed' },
  };
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
  return Array.from({ length: replica.options.epoch.n }, (_, i) =>
    replica.core.evidence.has(i as MemberIndex),
  );
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
