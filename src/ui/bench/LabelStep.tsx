import { useState, type ReactNode } from 'react';
import type { SessionView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { ShippingLabel } from '../parts/ShippingLabel.tsx';
import { PATHS, post } from '../services.ts';
import { MainAction, UndoButton, type StepProps } from './step-parts.tsx';
import { BENCH, LABEL } from './texts.ts';

/** Choose who carries it on; the label names the courier, and the courier must be in the directory. */
export function LabelStep({
  bench,
  session,
  record,
}: StepProps & { readonly session: SessionView }): ReactNode {
  const { couriers } = useNetwork();
  const [chosen, setChosen] = useState<string | null>(couriers.length === 1 ? couriers[0]!.id : null);
  const courier = couriers.find((c) => c.id === chosen) ?? null;
  const label = (): void => {
    if (courier === null) return;
    void bench.take(
      post(PATHS.label, { courierId: courier.id, at: claimedNow() }),
      { good: true, head: LABEL.action(courier.name), body: BENCH.savedHere },
      LABEL.making,
    );
  };
  return (
    <>
      <h1>{BENCH.labelTitle}</h1>
      {couriers.length === 0 && <p className="notice warn">{LABEL.noCourier}</p>}
      <fieldset className="couriers">
        <legend className="hidden">{LABEL.courier}</legend>
        {couriers.map((c) => (
          <label key={c.id} className={c.id === chosen ? 'btn bench on' : 'btn bench'}>
            <input
              type="radio"
              name="courier"
              value={c.id}
              checked={c.id === chosen}
              onChange={() => setChosen(c.id)}
            />
            {c.name}
          </label>
        ))}
      </fieldset>
      {courier !== null && record !== null && (
        <details className="preview">
          <summary>{BENCH.labelPreview}</summary>
          <ShippingLabel record={record} courierName={courier.name} certificate={null} />
        </details>
      )}
      <UndoButton bench={bench} session={session} />
      <MainAction disabled={courier === null || bench.busy !== null} onPress={label}>
        {courier === null ? LABEL.chooseFirst : LABEL.action(courier.name)}
      </MainAction>
    </>
  );
}
