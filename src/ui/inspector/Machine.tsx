/** Everything that is no vote and no link: the replica itself, its epoch, sync, disk, signatures, timing and exceptions. */
import type { ReactNode } from 'react';
import type { InspectedError, Inspection } from '../../worker/api.ts';
import { formatBytes, formatMilliseconds, formatNumber } from '../format.ts';
import { Instant } from '../parts/words.tsx';
import { CopyCell, DataTable, Facts, Hex, Part, memberName, memberNames } from './parts.tsx';
import { INSPECTOR, STANDINGS } from './texts.ts';

export function Summary({ inspection }: { inspection: Inspection }): ReactNode {
  const { n, f, q, self, isDevice, resuming, standing, network, rulesVersion } = inspection;
  const own = self === null ? INSPECTOR.none : memberName(inspection, self);
  return (
    <Part title={INSPECTOR.summary}>
      <Facts
        rows={[
          [INSPECTOR.network, <Hex key="network" digits={network} />],
          [INSPECTOR.ownPlace, isDevice ? INSPECTOR.deviceOf(own) : own],
          [
            INSPECTOR.standingLabel,
            resuming === null ? STANDINGS[standing] : INSPECTOR.resuming(resuming.answered, resuming.needed),
          ],
          [INSPECTOR.quorum, INSPECTOR.quorumOf(formatNumber(n), formatNumber(f), formatNumber(q))],
          [INSPECTOR.rules, formatNumber(rulesVersion)],
        ]}
      />
    </Part>
  );
}

export function Machine({ inspection }: { inspection: Inspection }): ReactNode {
  return (
    <Part title={INSPECTOR.machine} name="machine">
      <Epochs inspection={inspection} />
      <Sync inspection={inspection} />
      <Store inspection={inspection} />
      <Signatures inspection={inspection} />
      <Timing inspection={inspection} />
    </Part>
  );
}

type Props = { readonly inspection: Inspection };

function Epochs({ inspection }: Props): ReactNode {
  const { number, digest, newest, phase, left, sealed, reports, carried, drafts } = inspection.epochs;
  return (
    <div className="stack-tight">
      <h3>{INSPECTOR.epochs}</h3>
      {left && <p className="warn">{INSPECTOR.left}</p>}
      <Facts
        rows={[
          [
            INSPECTOR.epoch,
            <span key="epoch">
              {formatNumber(number)} <Hex digits={digest} />
            </span>,
          ],
          [INSPECTOR.newest, formatNumber(newest)],
          [INSPECTOR.phase, INSPECTOR.phases[phase]],
          [INSPECTOR.sealed, <Hex key="sealed" digits={sealed} />],
          [INSPECTOR.reports, memberNames(inspection, reports)],
          [INSPECTOR.carried, formatNumber(carried)],
          [
            INSPECTOR.drafts,
            drafts.length === 0 ? (
              INSPECTOR.none
            ) : (
              <ul key="drafts">
                {drafts.map((draft) => (
                  <li key={draft.digest}>
                    {INSPECTOR.draft(
                      draft.digest.slice(0, 8),
                      memberNames(inspection, draft.approvals),
                      formatNumber(draft.joins),
                    )}
                  </li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
    </div>
  );
}

function Sync({ inspection }: Props): ReactNode {
  const { trees, neighbours, wantedValues } = inspection.sync;
  const c = INSPECTOR.neighbourColumns;
  return (
    <div className="stack-tight">
      <h3>{INSPECTOR.sync}</h3>
      <DataTable
        label={INSPECTOR.sync}
        columns={[
          { text: INSPECTOR.treeColumn },
          { text: INSPECTOR.certifiedColumn },
          { text: INSPECTOR.openColumn },
          { text: INSPECTOR.keysColumn, isNumber: true },
        ]}
      >
        {trees.map((one) => (
          <tr key={one.tree}>
            <th scope="row" className="mono">
              {one.tree}
            </th>
            <td>
              <Hex digits={one.certified} />
            </td>
            <td>
              <Hex digits={one.open} />
            </td>
            <td className="num">{formatNumber(one.keys)}</td>
            <CopyCell what={one.tree} value={one} />
          </tr>
        ))}
      </DataTable>
      {neighbours.length === 0 ? (
        <p className="muted">{INSPECTOR.neighboursNone}</p>
      ) : (
        <DataTable
          label={INSPECTOR.neighbours}
          columns={[
            { text: c.who },
            { text: c.comparing, isNumber: true },
            { text: c.lacks, isNumber: true },
            { text: c.asked, isNumber: true },
            { text: c.pulls },
            { text: c.strikes, isNumber: true },
            { text: c.quiet, isNumber: true },
          ]}
        >
          {neighbours.map((one) => (
            <tr key={one.link}>
              <th scope="row">{memberName(inspection, one.member)}</th>
              <td className="num">{formatNumber(one.comparing)}</td>
              <td className="num">{formatNumber(one.lacks)}</td>
              <td className="num">{formatNumber(one.asked)}</td>
              <td>{one.pulls ? INSPECTOR.yes : INSPECTOR.no}</td>
              <td className="num">{formatNumber(one.strikes)}</td>
              <td className="num">{formatMilliseconds(one.quietIn)}</td>
              <CopyCell what={memberName(inspection, one.member)} value={one} />
            </tr>
          ))}
        </DataTable>
      )}
      <Facts rows={[[INSPECTOR.wantedValues, formatNumber(wantedValues)]]} />
    </div>
  );
}

function Store({ inspection: { store } }: Props): ReactNode {
  const { queued, lastMs, lastAgo, slowestMs, usageBytes, quotaBytes, persisted } = store;
  const r = INSPECTOR.storeRows;
  const time = (value: number | null): string =>
    value === null ? INSPECTOR.none : formatMilliseconds(value);
  return (
    <div className="stack-tight">
      <h3>{INSPECTOR.store}</h3>
      <Facts
        rows={[
          [r.writing, store.isWriting ? INSPECTOR.yes : INSPECTOR.no],
          [
            r.queued,
            INSPECTOR.queuedOf(
              formatNumber(queued.logs),
              formatNumber(queued.certified),
              formatNumber(queued.values),
              formatNumber(queued.sessions),
              formatNumber(queued.other),
            ),
          ],
          [r.after, formatNumber(queued.after)],
          [r.writes, formatNumber(store.writes)],
          [r.last, time(lastMs)],
          [r.lastAgo, lastAgo === null ? INSPECTOR.none : INSPECTOR.ago(formatMilliseconds(lastAgo))],
          [r.slowest, time(slowestMs)],
          [r.keys, formatNumber(store.certifiedKeys)],
          [r.cache, formatBytes(store.cacheBytes)],
          [
            r.usage,
            usageBytes === null || quotaBytes === null
              ? INSPECTOR.unknown
              : INSPECTOR.usageOf(formatBytes(usageBytes), formatBytes(quotaBytes)),
          ],
          [r.persisted, persisted === null ? INSPECTOR.unknown : persisted ? INSPECTOR.yes : INSPECTOR.no],
        ]}
      />
    </div>
  );
}

function Signatures({ inspection: { signatures } }: Props): ReactNode {
  const r = INSPECTOR.signatureRows;
  return (
    <div className="stack-tight">
      <h3>{INSPECTOR.signatures}</h3>
      <Facts
        rows={[
          [r.checking, formatNumber(signatures.checking)],
          [r.signing, formatNumber(signatures.signing)],
          [r.waiting, formatNumber(signatures.waiting)],
          [r.held, formatNumber(signatures.held)],
          [r.batches, formatNumber(signatures.batches)],
          [r.due, formatNumber(signatures.certificatesDue)],
        ]}
      />
    </div>
  );
}

function Timing({ inspection: { timing } }: Props): ReactNode {
  const r = INSPECTOR.timingRows;
  const { w0, twoMessages, roundTrips, echoes, proposalWaits } = timing;
  return (
    <div className="stack-tight">
      <h3>{INSPECTOR.timing}</h3>
      <Facts
        rows={[
          [r.w0, formatMilliseconds(w0)],
          [r.twoMessages, twoMessages === null ? INSPECTOR.unknown : formatMilliseconds(twoMessages)],
          [r.samples, INSPECTOR.samplesOf(formatNumber(roundTrips), formatNumber(echoes))],
          [r.waits, proposalWaits === null ? INSPECTOR.none : formatMilliseconds(proposalWaits)],
        ]}
      />
    </div>
  );
}

export function Errors({ errors }: { errors: readonly InspectedError[] }): ReactNode {
  return (
    <Part title={INSPECTOR.errors}>
      {errors.length === 0 && <p className="muted">{INSPECTOR.errorsNone}</p>}
      <ul className="stack-tight">
        {errors.map((one, i) => (
          <li key={i} className="wrap-any">
            <b>{one.name}</b> {INSPECTOR.errorWhere[one.where]} <Instant at={one.at} />
            <p>{one.message}</p>
            {one.place !== null && <p className="mono">{one.place}</p>}
          </li>
        ))}
      </ul>
    </Part>
  );
}
