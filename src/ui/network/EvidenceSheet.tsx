import { useState, type ReactNode } from 'react';
import type { EvidenceView, MemberView, PastEvidenceView } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { downloadBytes } from '../download.ts';
import { errorText } from '../errors.ts';
import { formatNumber, shortSscc, ssccOfKey } from '../format.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant } from '../parts/words.tsx';
import { MAX_LOCKS_SHOWN } from '../limits.ts';
import { epochWords } from '../seal/seal-sentence.ts';
import { NETWORK } from './texts.ts';
import '../styles/evidence.css';

/**
 * What a member signed and an honest one does not sign: two digests for the same vote, side by side and out of line, the seal's own sign
 * for it; two reports that differ; or a commit with a share that does not verify.
 */
export function EvidenceSheet({
  evidence,
  past = [],
  members,
}: {
  evidence: readonly EvidenceView[];
  /** Of earlier epochs. */
  past?: readonly PastEvidenceView[] | undefined;
  members: readonly MemberView[];
}): ReactNode {
  const save = useSave();
  return (
    <section className="sheet" aria-labelledby="evidence-heading" data-testid="evidence">
      <h2 id="evidence-heading">{NETWORK.evidence}</h2>
      {evidence.length + past.length === 0 && <p className="muted">{NETWORK.evidenceNone}</p>}
      <ul className="stack">
        {evidence.map((item) => {
          const member = members[item.member];
          return (
            <li key={item.member}>
              <Deed item={item} who={member?.organisation ?? NETWORK.evidenceOf(item.member + 1)} />
              <p className="muted">
                {item.heldSince > 0 && (
                  <>{within(NETWORK.evidenceSince(SLOTS[0]), <Instant key="at" at={item.heldSince} />)} </>
                )}
                {NETWORK.evidenceActs}
              </p>
              <p className="row no-print">
                <button
                  type="button"
                  className="btn"
                  onClick={() => save.start(item.member, member?.id ?? `member-${item.member + 1}`)}
                >
                  {NETWORK.evidenceSave}
                </button>
              </p>
            </li>
          );
        })}
        {past.map((item) => {
          const { id, organisation } = item.epoch.members[item.member]!;
          return (
            <li key={`${item.epoch.number}/${item.member}`}>
              <Deed item={item} who={organisation} />
              <p className="muted">
                {NETWORK.evidenceEpoch(epochWords(item.epoch))} {NETWORK.evidencePast}
              </p>
              <p className="row no-print">
                <button
                  type="button"
                  className="btn"
                  onClick={() => save.start(item.member, id, item.epoch.number)}
                >
                  {NETWORK.evidenceSave}
                </button>
              </p>
            </li>
          );
        })}
      </ul>
      <p role="status" className={save.said?.bad ? 'notice bad' : 'muted wrap-any'}>
        {save.said?.text}
      </p>
    </section>
  );
}

function Deed({ item: { evidence }, who }: { item: Pick<EvidenceView, 'evidence'>; who: string }): ReactNode {
  if ('statements' in evidence) return <TwoReports statements={evidence.statements} who={who} />;
  const shown = 'vote' in evidence ? [evidence.vote] : [evidence.first, evidence.second];
  const { key, version, type, round } = shown[0]!;
  const place = [shortSscc(ssccOfKey(key) ?? key), formatNumber(version), type, formatNumber(round)] as const;
  return (
    <>
      <p>
        <b>{'vote' in evidence ? NETWORK.badShare(who) : NETWORK.twoValues(who)}</b>{' '}
        {'vote' in evidence ? NETWORK.badShareText(...place) : NETWORK.twoValuesText(...place)}
      </p>
      <dl className="evidence-pair">
        {shown.map((vote, k) => (
          <div key={k}>
            <dt>{shown.length === 1 ? NETWORK.theValue : k === 0 ? NETWORK.oneValue : NETWORK.otherValue}</dt>
            <dd>
              <Digest hex={vote.digest} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

type Statements = Extract<EvidenceView['evidence'], { kind: 'reports' }>['statements'];

/** What each of two reports names and the other does not: whatever is in both is no contradiction. */
function TwoReports({ statements, who }: { statements: Statements; who: string }): ReactNode {
  const [first, second] = statements;
  return (
    <>
      <p>
        <b>{NETWORK.twoReports(who)}</b> {NETWORK.reportsMean}
      </p>
      <dl className="evidence-pair">
        <OneReport title={NETWORK.oneReport} locks={lacking(first.locks, second.locks)} />
        <OneReport title={NETWORK.otherReport} locks={lacking(second.locks, first.locks)} />
      </dl>
    </>
  );
}

function OneReport({ title, locks }: { title: string; locks: Statements[0]['locks'] }): ReactNode {
  const more = locks.length - MAX_LOCKS_SHOWN;
  return (
    <div>
      <dt>{title}</dt>
      {locks.length === 0 && <dd>{NETWORK.locksNone}</dd>}
      {locks.slice(0, MAX_LOCKS_SHOWN).map(({ key, version, round, digest }) => (
        <dd key={key}>
          {NETWORK.lockOf(shortSscc(ssccOfKey(key) ?? key), formatNumber(version), formatNumber(round))}{' '}
          <Digest hex={digest} />
        </dd>
      ))}
      {more > 0 && <dd>{NETWORK.locksMore(more)}</dd>}
    </div>
  );
}

function lacking(locks: Statements[0]['locks'], others: Statements[0]['locks']): Statements[0]['locks'] {
  const known = new Map(others.map((lock) => [lock.key, lock]));
  return locks.filter(({ key, version, round, digest }) => {
    const other = known.get(key);
    return other?.version !== version || other.round !== round || other.digest !== digest;
  });
}

function useSave() {
  const api = useApi();
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const start = (member: EvidenceView['member'], id: string, epoch?: number): void => {
    setSaid(null);
    const name = `${id}.misbehaviour.json`;
    api.misbehaviour(member, epoch).then(
      (file) => {
        if (!file.ok) return setSaid({ text: errorText(file.error), bad: true });
        downloadBytes(file.value, name, 'application/json');
        setSaid({ text: NETWORK.evidenceSaved(name), bad: false });
      },
      () => setSaid({ text: NETWORK.evidenceFailed, bad: true }),
    );
  };
  return { said, start };
}
