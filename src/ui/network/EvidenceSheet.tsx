import type { ReactNode } from 'react';
import type { EvidenceView, MemberView } from '../../worker/api.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { Digest, Instant } from '../parts/words.tsx';
import { NETWORK } from './texts.ts';

/** Two digests that one member signed for the same vote, side by side and out of line: the seal's own sign for it. */
export function EvidenceSheet({
  evidence,
  members,
}: {
  evidence: readonly EvidenceView[];
  members: readonly MemberView[];
}): ReactNode {
  return (
    <section className="sheet" aria-labelledby="evidence-heading" data-testid="evidence">
      <h2 id="evidence-heading">{NETWORK.evidence}</h2>
      {evidence.length === 0 && <p className="muted">{NETWORK.evidenceNone}</p>}
      <ul className="stack">
        {evidence.map((item, i) => {
          const { first, second } = item.evidence;
          return (
            <li key={i}>
              <p>
                <b>{members[item.member]?.organisation ?? `Member ${item.member + 1}`} signed two values</b>{' '}
                for package {shortSscc(ssccOfKey(first.key) ?? first.key)}, version {first.version}, both as{' '}
                {first.type} in round {first.round}. Two signatures that cannot both be honest:
              </p>
              <dl className="evidence-pair">
                {[first, second].map((vote, k) => (
                  <div key={k}>
                    <dt>{k === 0 ? 'One value' : 'Another value'}</dt>
                    <dd>
                      <Digest hex={vote.digest} />
                    </dd>
                  </div>
                ))}
              </dl>
              <p className="muted">
                {item.heldSince > 0 && (
                  <>
                    Kept here since <Instant at={item.heldSince} />.{' '}
                  </>
                )}
                Links to this member are closed. Its signatures in certificates still count.
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
