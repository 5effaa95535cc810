/** The two steps that are one press: who sent it, and sending it on. */
import type { ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { plural } from '../format.ts';
import { Instant, Sscc } from '../parts/words.tsx';
import { PATHS, post } from '../services.ts';
import { SHIFT } from './session-texts.ts';
import { MainAction, ScannerBand, UndoButton, type StepProps } from './step-parts.tsx';
import { BENCH } from './texts.ts';

type Props = StepProps & { readonly session: SessionView };

export function SupplierStep({ bench, session, record }: Props): ReactNode {
  const state = useNetwork();
  if (record === null)
    return <p>The record of this package could not be read. Take the last step back and scan it again.</p>;
  const { content, keyId } = record.manifest;
  const key = state.supplierKeys.find((k) => k.keyId === keyId);
  const pieces = content.lines.reduce((sum, line) => sum + line.quantity, 0);
  const check = (): Promise<boolean> =>
    bench.take(
      post(PATHS.validate, { at: claimedNow() }),
      {
        good: true,
        head: `${key?.name ?? 'The supplier'}'s signature is valid`,
        body: `Notice ${content.asnId}. ${BENCH.savedHere}`,
      },
      'Checking the signature',
    );
  return (
    <>
      <h1>{BENCH.supplierTitle}</h1>
      <dl className="big-facts">
        <dt>Package</dt>
        <dd>
          <Sscc value={record.sscc} />
        </dd>
        <dt>Supplier, as the notice says</dt>
        <dd>{key?.name ?? `GLN ${content.supplierGln}`}</dd>
        <dt>Notice</dt>
        <dd>
          {content.asnId}, {plural(content.lines.length, 'line', 'lines')},{' '}
          {plural(pieces, 'piece', 'pieces')}
        </dd>
        <dt>Announced</dt>
        <dd>
          <Instant at={record.manifest.announcedAt} />
        </dd>
      </dl>
      <ScannerBand>{BENCH.bandSupplier}</ScannerBand>
      <UndoButton bench={bench} session={session} />
      <MainAction disabled={bench.busy !== null} onPress={() => void check()}>
        {BENCH.supplierAction}
      </MainAction>
    </>
  );
}

export function SendStep({ bench, session, record }: Props): ReactNode {
  const state = useNetwork();
  const lines = record?.inspection?.lines ?? [];
  const count = (verdict: string): number => lines.filter((l) => l.verdict === verdict).length;
  return (
    <>
      <h1>{BENCH.sendTitle}</h1>
      <dl className="big-facts">
        <dt>Package</dt>
        <dd>{record === null ? session.key : <Sscc value={record.sscc} />}</dd>
        <dt>Quality</dt>
        <dd>
          {count('accept')} accepted, {count('quarantine')} held, {count('reject')} rejected
        </dd>
        <dt>Courier</dt>
        <dd>{record?.label?.courierName ?? 'none: no label was made'}</dd>
      </dl>
      <p>
        {state.q} of {state.n} members must sign. Each runs your steps again and signs only if it gets the
        same responses.
      </p>
      {state.here < state.q && (
        <p className="notice warn">
          Only {state.here} of the {state.q} members that must sign are here. You can send it now: it waits on
          this device and is signed as soon as they return.
        </p>
      )}
      <UndoButton bench={bench} session={session} />
      <button
        type="button"
        className="btn bench wide"
        disabled={bench.busy !== null}
        onClick={() => void bench.keepForLater()}
      >
        {SHIFT.later}
      </button>
      <MainAction disabled={bench.busy !== null} onPress={() => void bench.send()}>
        {BENCH.sendAction}
      </MainAction>
    </>
  );
}
