/**
 * Below the history: that older versions were removed here and how they come back, and, folded, how to remove them. Removing is rare and
 * costs this device its evidence, so it asks first and tells who else holds them.
 */
import { useRef, useState, type ReactNode } from 'react';
import type { PackageDetail } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { langOf } from '../errors.ts';
import { shortSscc } from '../format.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { fetchOlder, olderOf, removeOlder, type Older, type Outcome } from './older-versions.ts';
import { OLDER } from './texts.ts';

interface Props {
  readonly sscc: string;
  readonly history: PackageDetail['history'];
  readonly prunedBelow: number | null;
}

export function OlderVersions({ sscc, history, prunedBelow }: Props): ReactNode {
  const api = useApi();
  const { self, f } = useNetwork();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Outcome | null>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const older = olderOf(history, self);

  const run = async (call: () => Promise<Outcome>): Promise<Outcome | null> => {
    if (busy) return null;
    setBusy(true);
    setSaid(null);
    const outcome = await call();
    setBusy(false);
    setSaid(outcome);
    return outcome;
  };
  const remove = async (): Promise<void> => {
    const outcome = await run(() => removeOlder(api, sscc));
    if (outcome?.bad === false) setAsking(false);
  };
  const fetchAgain = async (): Promise<void> => {
    const outcome = await run(() => fetchOlder(api, sscc));
    // The button goes away with its line: whoever works by keyboard would begin at the top of the page again.
    if (outcome?.bad === false) status.current?.focus();
  };

  return (
    <div className="older no-print">
      {prunedBelow !== null && (
        <div className="row" data-testid="pruned">
          <p className="muted">{OLDER.removed(prunedBelow)}</p>
          <button
            type="button"
            className="btn"
            aria-disabled={busy || undefined}
            onClick={() => void fetchAgain()}
          >
            {OLDER.fetch}
          </button>
        </div>
      )}
      <p role="status" ref={status} tabIndex={-1} className={said?.bad ? 'notice bad' : 'muted'}>
        {asking ? null : said?.text}
      </p>
      {older !== null && (
        <details>
          <summary>{OLDER.more}</summary>
          <button
            type="button"
            className="btn"
            onClick={() => {
              setSaid(null);
              setAsking(true);
            }}
          >
            {OLDER.remove}
          </button>
        </details>
      )}
      <Dialog
        open={asking && older !== null}
        title={OLDER.title(shortSscc(sscc))}
        onClose={() => {
          setAsking(false);
          // The browser has given the focus back to a button that goes away when nothing is left to remove.
          if (said?.bad === false) status.current?.focus();
        }}
      >
        {older !== null && <Consequences older={older} needed={f + 1} />}
        <p role="status">{busy && OLDER.busy}</p>
        {said?.bad && (
          <p className="notice bad" role="alert" lang={langOf(said.text)}>
            {said.text}
          </p>
        )}
        <div className="row">
          <button type="button" className="btn main" onClick={() => setAsking(false)}>
            {OLDER.keep}
          </button>
          <button
            type="button"
            className="btn danger"
            aria-disabled={busy || undefined}
            onClick={() => void remove()}
          >
            {OLDER.confirm}
          </button>
        </div>
      </Dialog>
    </div>
  );
}

/** What goes, what stays, and what the replica asks before it removes anything. `needed`: other members that must hold what goes. */
export function Consequences({ older, needed }: { older: Older; needed: number }): ReactNode {
  return (
    <ul className="older-terms">
      <li>{OLDER.goes(older.first, older.last)}</li>
      <li>{OLDER.stays(older.newest)}</li>
      <li>
        {OLDER.held(older.holders)} {OLDER.must(needed)}
      </li>
      <li>{OLDER.costs}</li>
    </ul>
  );
}
