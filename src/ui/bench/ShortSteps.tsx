/** The two steps that are one press: who sent it, and sending it on. */
import type { ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { Instant, Sscc } from '../parts/words.tsx';
import { PATHS, post } from '../services.ts';
import { SHIFT } from './session-texts.ts';
import { MainAction, once, ScannerBand, UndoButton, type StepProps } from './step-parts.tsx';
import { BENCH, SEND, SUPPLIER } from './texts.ts';

type Props = StepProps & { readonly session: SessionView };

export function SupplierStep({ bench, session, record }: Props): ReactNode {
  const state = useNetwork();
  if (record === null)
    return (
      <>
        <h1>{BENCH.supplierTitle}</h1>
        <p role="alert">{SUPPLIER.unreadable}</p>
        <UndoButton bench={bench} session={session} />
      </>
    );
  const { content, keyId } = record.manifest;
  const key = state.supplierKeys.find((k) => k.keyId === keyId);
  const pieces = content.lines.reduce((sum, line) => sum + line.quantity, 0);
  const check = (): Promise<boolean> =>
    bench.take(
      post(PATHS.validate, { at: claimedNow() }),
      {
        good: true,
        head: SUPPLIER.valid(key?.name),
        body: SUPPLIER.validBody(content.asnId),
      },
      SUPPLIER.busy,
    );
  return (
    <>
      <h1>{BENCH.supplierTitle}</h1>
      <dl className="big-facts">
        <dt>{BENCH.package}</dt>
        <dd>
          <Sscc value={record.sscc} />
        </dd>
        <dt>{SUPPLIER.supplier}</dt>
        <dd>{key?.name ?? SUPPLIER.gln(content.supplierGln)}</dd>
        <dt>{SUPPLIER.notice}</dt>
        <dd>{SUPPLIER.noticeLine(content.asnId, content.lines.length, pieces)}</dd>
        <dt>{SUPPLIER.announced}</dt>
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
        <dt>{BENCH.package}</dt>
        <dd>{record === null ? session.key : <Sscc value={record.sscc} />}</dd>
        <dt>{SEND.quality}</dt>
        <dd>{SEND.counts(count('accept'), count('quarantine'), count('reject'))}</dd>
        <dt>{SEND.courier}</dt>
        <dd>{record?.label?.courierName ?? SEND.noCourier}</dd>
      </dl>
      <p>{SEND.rule(state.q, state.n)}</p>
      {state.here < state.q && <p className="notice warn">{SEND.tooFew(state.here, state.q)}</p>}
      <UndoButton bench={bench} session={session} />
      <button
        type="button"
        className="btn bench wide"
        disabled={bench.busy !== null}
        {...once(() => void bench.keepForLater())}
      >
        {SHIFT.later}
      </button>
      <MainAction disabled={bench.busy !== null} onPress={() => void bench.send()}>
        {BENCH.sendAction}
      </MainAction>
    </>
  );
}
