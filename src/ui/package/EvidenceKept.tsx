/**
 * What this replica keeps against members who signed two values for a version of this package, or a share that does not verify: beside the
 * record, since whoever reads the record asks what it means for it. The file of it is on the page of the network.
 */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { EvidenceView, NetworkState } from '../../worker/api.ts';
import { formatNumber } from '../format.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant } from '../parts/words.tsx';
import { epochWords } from '../seal/seal-sentence.ts';
import { KEPT } from './texts.ts';
import '../styles/evidence.css';

type Votes = Exclude<EvidenceView['evidence'], { readonly kind: 'reports' }>;

export interface Kept {
  readonly version: number;
  /** Organisation. */
  readonly who: string;
  readonly evidence: Votes;
  /** Milliseconds since 1970; null: not noted. */
  readonly since: number | null;
  /** Of an earlier epoch, in words; null: of the one in force. */
  readonly epoch: string | null;
}

/** Evidence about votes on this package, by version. */
export function keptFor(
  sscc: string,
  { evidence, pastEvidence = [], members }: Pick<NetworkState, 'evidence' | 'pastEvidence' | 'members'>,
): readonly Kept[] {
  const now = evidence.map((item) => ({
    evidence: item.evidence,
    who: members[item.member]?.organisation ?? KEPT.memberAt(item.member + 1),
    since: item.heldSince > 0 ? item.heldSince : null,
    epoch: null,
  }));
  const past = pastEvidence.map((item) => ({
    evidence: item.evidence,
    who: item.epoch.members[item.member]?.organisation ?? KEPT.memberAt(item.member + 1),
    since: null,
    epoch: epochWords(item.epoch),
  }));
  return [...now, ...past]
    .flatMap((item) => {
      // Two reports that differ are about the end of an epoch, not about a version.
      if ('statements' in item.evidence) return [];
      const vote = voteOf(item.evidence);
      return vote.key === `package/${sscc}`
        ? [{ ...item, evidence: item.evidence, version: vote.version as number }]
        : [];
    })
    .sort((a, b) => a.version - b.version);
}

export function EvidenceKept({
  kept,
  certified,
}: {
  readonly kept: readonly Kept[];
  /** The newest version that is. */
  readonly certified: number;
}): ReactNode {
  return kept.map((item, i) => {
    const id = `kept-${i}`;
    return (
      <section key={id} className="sheet" aria-labelledby={id} data-testid="evidence-kept">
        <h2 id={id}>{KEPT.title(item.version)}</h2>
        <Deed {...item} />
        <p className="muted">
          {item.version <= certified && <>{KEPT.outcome(item.version)} </>}
          {item.since !== null && <>{within(KEPT.since(SLOTS[0]), <Instant key="at" at={item.since} />)} </>}
          {item.epoch === null ? KEPT.acts : KEPT.past(item.epoch)}
        </p>
        <p className="kept-file no-print">
          <Link className="btn" href="/network">
            {KEPT.file}
          </Link>
        </p>
      </section>
    );
  });
}

function Deed({ evidence, who }: Kept): ReactNode {
  const shown = 'vote' in evidence ? [evidence.vote] : [evidence.first, evidence.second];
  const { type, round } = voteOf(evidence);
  const act = type === 'COMMIT' ? 'commit' : 'pre';
  return (
    <>
      <p>
        <b>{'vote' in evidence ? KEPT.badShare(who) : KEPT.twoValues(who)}</b>{' '}
        {'vote' in evidence
          ? KEPT.badShareText(act, formatNumber(round))
          : KEPT.twoValuesText(act, formatNumber(round))}
      </p>
      <dl className="evidence-pair">
        {shown.map(({ digest }, k) => (
          <div key={k}>
            <dt>{shown.length === 1 ? KEPT.theValue : k === 0 ? KEPT.oneValue : KEPT.otherValue}</dt>
            <dd>
              <Digest hex={digest} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The vote that names the place: of two, both do. */
const voteOf = (evidence: Votes) => ('vote' in evidence ? evidence.vote : evidence.first);
