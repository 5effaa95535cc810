/** A session that takes no steps now: it rests, it has moved to another device, or it has expired. */
import type { ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { formatTime } from '../format.ts';
import { ENDED, REST } from './session-texts.ts';
import { MainAction, NextPackage, PackageLine, PutAwayButton } from './step-parts.tsx';
import type { Bench } from './bench-types.ts';

interface Props {
  readonly bench: Bench;
  readonly session: SessionView;
}

export function RestingView({ bench, session }: Props): ReactNode {
  return (
    <>
      <h1>{REST.title}</h1>
      <PackageLine session={session} />
      <p>{REST.since(formatTime(session.pausedAt ?? session.startedAt))}</p>
      <p className="muted">{REST.open}</p>
      <div className="pair">
        <button type="button" className="btn bench" onClick={() => bench.next()}>
          {REST.next}
        </button>
        <PutAwayButton bench={bench} />
      </div>
      <MainAction disabled={bench.busy !== null} onPress={() => void bench.goOn()}>
        {REST.goOn}
      </MainAction>
    </>
  );
}

/** Closed here by something else than its operator: another device took it, or nobody touched it for days. */
export function EndedView({ bench, session, why }: Props & { readonly why: 'moved' | 'expired' }): ReactNode {
  const { members, self } = useNetwork();
  const organisation = (self === null ? null : members[self]?.organisation) ?? null;
  return (
    <>
      <h1>{why === 'moved' ? ENDED.movedTitle : ENDED.expiredOne}</h1>
      <PackageLine session={session} />
      <p role="alert">{why === 'moved' ? ENDED.moved(organisation) : ENDED.expiredOneText}</p>
      <NextPackage bench={bench} />
    </>
  );
}
