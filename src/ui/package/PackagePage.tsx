/** One package: its record, how it came about, who signed, and the label. */
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { MemberView, PackageDetail } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { formatSealTime } from '../format.ts';
import { StatusBadge } from '../parts/StatusBadge.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Instant, Sscc } from '../parts/words.tsx';
import { STATUS_WORDS } from '../packages/texts.ts';
import { useScanToPackage } from '../packages/use-scan-to-package.ts';
import { Seal } from '../seal/Seal.tsx';
import { sealSentence } from '../seal/seal-sentence.ts';
import { Certificate } from './Certificate.tsx';
import { awaitsVersions, chainOf } from './chain.ts';
import { EvidenceKept, keptFor } from './EvidenceKept.tsx';
import { Exports } from './Exports.tsx';
import { History, Steps } from './History.tsx';
import type { HeldBy } from './history-file.ts';
import { LaterAudit } from './later-audit.ts';
import { LabelSheet } from './LabelSheet.tsx';
import { LastTransaction } from './LastTransaction.tsx';
import { RecordSheet } from './RecordSheet.tsx';
import { AUDIT, PACKAGE } from './texts.ts';
import { workingWords } from '../notice-words.ts';
import { noticesOn } from '../organisation.ts';
import { useInOrder } from '../use-in-order.ts';
import '../styles/package.css';
import { PrintButton } from '../parts/PrintButton.tsx';

export function PackagePage({ sscc }: { sscc: string }): ReactNode {
  const state = useNetwork();
  const held = useDetail(sscc);
  const [chosen, setChosen] = useState<number | null>(null);
  const [search, setSearch] = useSearchParams();
  useScanToPackage();
  if (held === 'reading') return <p role="status">{PACKAGE.readingRecord}</p>;
  if (held === null) {
    return (
      <div className="stack">
        <h1>{PACKAGE.unknown}</h1>
        <p>
          <Sscc value={sscc} />
        </p>
        <p>{PACKAGE.unknownText}</p>
        <p>
          <Link className="btn" href="/packages">
            {PACKAGE.allPackages}
          </Link>
        </p>
      </div>
    );
  }
  const { summary, record, history, instance } = held;
  const shown = history.find((h) => h.certificate.version === chosen) ?? history.at(-1);
  const newest = history.at(-1);
  if (search.get('view') === 'audit') {
    return (
      <LaterAudit
        title={AUDIT.title}
        sscc={summary.sscc}
        heldBy={holdersOf(history, state.members)}
        version={summary.version}
        epoch={newest?.certificate.epoch ?? state.epoch.number}
        onBack={() => setSearch({})}
      />
    );
  }
  const live = instance !== null && summary.voting !== null;
  const seal = live ? instance.seal : summary.seal;
  const kept = keptFor(summary.sscc, state);
  const working = workingWords(noticesOn(state, `package/${summary.sscc}`));
  return (
    <div className="package">
      <p role="status" className={working === null ? 'hidden' : 'notice'} data-testid="working">
        {working}
      </p>
      <section className="package-head">
        <Seal
          seal={seal}
          members={state.members}
          size={160}
          drawnSize={216}
          version={summary.version}
          time={formatSealTime(summary.updatedAt)}
          live={live}
        />
        <div>
          <p className="muted">{PACKAGE.kind}</p>
          <h1>
            <Sscc value={summary.sscc} />
          </h1>
          <p className="row package-now">
            <StatusBadge
              status={
                live
                  ? { state: 'voting' }
                  : {
                      state: 'committed',
                      version: summary.version,
                      digest: newest?.certificate.digest ?? ('' as never),
                    }
              }
              seal={seal}
              members={state.members}
              tally={instance === null ? null : { commits: instance.commits, needed: instance.needed }}
            />
            <span>
              {summary.courier === null
                ? STATUS_WORDS[summary.status]
                : within(PACKAGE.statusFor(STATUS_WORDS[summary.status], SLOTS[0]), <b>{summary.courier}</b>)}
            </span>
          </p>
          <p className="muted" aria-hidden="true">
            {sealSentence(
              seal,
              state.members.map((m) => m.name),
              summary.version,
            )}
          </p>
          <p className="muted">{within(PACKAGE.lastStep(SLOTS[0]), <Instant at={summary.updatedAt} />)}</p>
        </div>
        <div className="package-do">
          {record.label !== null && <PrintButton className="btn main">{PACKAGE.print}</PrintButton>}
          <button type="button" className="btn" onClick={() => setSearch({ view: 'audit' })}>
            {PACKAGE.audit}
          </button>
          <Exports sscc={summary.sscc} version={shown?.certificate.version ?? summary.version} />
        </div>
      </section>
      <History
        key={summary.sscc}
        sscc={summary.sscc}
        history={history}
        prunedBelow={held.prunedBelow ?? null}
        members={state.members}
        breaks={state.epoch.breaks}
        kept={kept}
        shown={shown?.certificate.version ?? null}
        onShow={setChosen}
      />
      <div className="columns">
        <div className="stack">
          {shown !== undefined && <Steps entry={shown} members={state.members} />}
          <RecordSheet
            record={record}
            sampling={held.sampling}
            members={state.members}
            suppliers={state.supplierKeys}
          />
          <EvidenceKept kept={kept} certified={summary.version} />
        </div>
        <div className="stack">
          {shown !== undefined && (
            <Certificate
              certificate={shown.certificate}
              network={state.network.id}
              breaks={state.epoch.breaks}
              members={state.members}
            />
          )}
          <LastTransaction
            key={chosen}
            sscc={summary.sscc}
            version={chosen}
            certificate={shown?.certificate ?? null}
          />
          <LabelSheet record={record} certificate={newest?.certificate ?? null} />
        </div>
      </div>
    </div>
  );
}

/** Who holds each version, where the replica counts them. */
function holdersOf(history: PackageDetail['history'], members: readonly MemberView[]): HeldBy {
  return new Map(
    history.flatMap(({ certificate, heldBy }) =>
      heldBy === undefined ? [] : [[certificate.version, heldBy.flatMap((i) => members[i] ?? [])] as const],
    ),
  );
}

/** Fetched again whenever certified packages change, a vote on this one moves, or its past may have arrived. */
function useDetail(sscc: string): PackageDetail | null | 'reading' {
  const api = useApi();
  const state = useNetwork();
  const { packagesRevision, instances } = state;
  const instance = instances.find((i) => i.key === `package/${sscc}`);
  const pulse =
    instance === undefined
      ? ''
      : `${instance.version}/${instance.round}/${instance.preCommits}/${instance.commits}`;
  const [held, setHeld] = useState<PackageDetail | null | 'reading'>('reading');
  // A past that arrives makes no new revision, only a new state: while some of it is awaited, each is a reason to look.
  const arrivals = held !== null && held !== 'reading' && isAwaited(held) ? state : null;
  const answers = useInOrder(sscc);
  useEffect(() => {
    answers.take(api.package(sscc), setHeld);
  }, [api, answers, sscc, packagesRevision, pulse, arrivals]);
  return held;
}

const isAwaited = ({ history, prunedBelow }: PackageDetail): boolean =>
  awaitsVersions(chainOf(history.map((entry) => entry.certificate)), prunedBelow ?? 1);
