/** A session that takes no steps now: it rests, it has moved to another device, or it has expired. */
import type { ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { formatTime, ssccOfKey } from '../format.ts';
import { Sscc } from '../parts/words.tsx';
import { ENDED, REST } from './session-texts.ts';
import { MainAction, ScannerBand } from './step-parts.tsx';
import { BENCH } from './texts.ts';
import type { Bench } from './bench-types.ts';

interface Props {
  readonly bench: Bench;
  readonly session: SessionView;
}

export function RestingView({ bench, session }: Props): ReactNode {
  const sscc = ssccOfKey(session.key);
  return (
    <>
      <h1>{REST.title}</h1>
      {sscc !== null && (
        <p>
          Package <Sscc value={sscc} />
        </p>
      )}
      <p>{REST.since(formatTime(session.pausedAt ?? session.startedAt))}</p>
      <p className="muted">{REST.open}</p>
      <div className="pair">
        <button type="button" className="btn bench" onClick={() => bench.next()}>
          {REST.next}
        </button>
        <button
          type="button"
          className="btn bench"
          disabled={bench.busy !== null}
          onClick={() => void bench.putAway()}
        >
          {BENCH.putAway}
        </button>
      </div>
      <MainAction>
        <button
          type="button"
          className="btn bench main wide"
          disabled={bench.busy !== null}
          onClick={() => void bench.goOn()}
        >
          {REST.goOn}
        </button>
      </MainAction>
    </>
  );
}

/** Closed here by something else than its operator: another device took it, or nobody touched it for days. */
export function EndedView({ bench, session, why }: Props & { readonly why: 'moved' | 'expired' }): ReactNode {
  const { members, self } = useNetwork();
  const sscc = ssccOfKey(session.key);
  const organisation = (self === null ? null : members[self]?.organisation) ?? 'your organisation';
  return (
    <>
      <h1>{why === 'moved' ? ENDED.movedTitle : ENDED.expiredOne}</h1>
      {sscc !== null && (
        <p>
          Package <Sscc value={sscc} />
        </p>
      )}
      <p role="alert">{why === 'moved' ? ENDED.moved(organisation) : ENDED.expiredOneText}</p>
      <ScannerBand>{BENCH.bandNext}</ScannerBand>
      <MainAction>
        <button type="button" className="btn bench main wide" onClick={() => bench.next()}>
          {BENCH.nextPackage}
        </button>
      </MainAction>
    </>
  );
}
