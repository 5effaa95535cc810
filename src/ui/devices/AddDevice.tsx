/** The member's half of adding a device: read its request, look at it, certify it, show the answer. */
import { useState, type ReactNode } from 'react';
import { useApi } from '../api-context.tsx';
import { errorText } from '../errors.ts';
import { ShowCode } from '../hand-off/ShowCode.tsx';
import { TakeText } from '../hand-off/TakeText.tsx';
import { ActionOutcome } from '../parts/ActionOutcome.tsx';
import { useAction } from '../parts/use-action.ts';
import { localSettings } from '../theme/local-settings.ts';
import { DEVICES, fingerprint } from './texts.ts';

interface Request {
  readonly text: string;
  readonly device: string;
  readonly name: string;
}

export function AddDevice(): ReactNode {
  const api = useApi();
  const action = useAction();
  const [request, setRequest] = useState<Request | null>(null);
  const [answer, setAnswer] = useState<string | null>(null);

  const take = async (text: string): Promise<string | null> => {
    const read = await api.readDeviceRequest(text);
    if (!read.ok) return errorText(read.error);
    setRequest({ text, ...read.value });
    return null;
  };
  const certify = ({ text }: Request): Promise<boolean> =>
    action.run(DEVICES.certifying, async () => {
      const made = await api.certifyDevice({ request: text, operator: localSettings().operator });
      if (!made.ok) return made;
      setAnswer(made.value.text);
      return made.value.session;
    });
  const startOver = (): void => {
    setRequest(null);
    setAnswer(null);
    action.clear();
  };

  return (
    <section className="sheet" aria-labelledby="add-device" data-testid="add-device">
      <h2 id="add-device">{DEVICES.add}</h2>
      {request === null ? (
        <div className="stack">
          <ol className="numbered">
            {DEVICES.addSteps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <TakeText what="device" onText={take} />
        </div>
      ) : (
        <div className="stack">
          {answer === null ? (
            <>
              <h3>{DEVICES.check}</h3>
              <Facts request={request} />
              <p>{DEVICES.checkText}</p>
              <div className="row">
                <button
                  type="button"
                  className="btn main"
                  disabled={action.busy !== null}
                  onClick={() => void certify(request)}
                >
                  {DEVICES.certify}
                </button>
                <button type="button" className="btn" disabled={action.busy !== null} onClick={startOver}>
                  {DEVICES.dont}
                </button>
              </div>
            </>
          ) : (
            <>
              <h3>{DEVICES.answerTitle(request.name)}</h3>
              <ShowCode
                text={answerLink(answer, window.location.origin)}
                label={DEVICES.answerLabel}
                testId="device-answer"
              />
              <p className="muted">{DEVICES.answerText}</p>
            </>
          )}
          <ActionOutcome action={action} done={DEVICES.entered} />
          {answer !== null && action.busy === null && action.session === null && action.failure === null && (
            <p role="status">{DEVICES.enteredBefore}</p>
          )}
          {answer !== null && (
            <>
              {action.failure !== null && (
                <>
                  <p className="notice warn">{DEVICES.notEntered}</p>
                  <div className="row">
                    <button type="button" className="btn" onClick={() => void certify(request)}>
                      {DEVICES.enterAgain}
                    </button>
                  </div>
                </>
              )}
              <div className="row">
                <button type="button" className="btn" onClick={startOver}>
                  {DEVICES.done}
                </button>
              </div>
            </>
          )}
        </div>
      )}
    </section>
  );
}

/** A phone’s own camera can open it; what follows # is sent to no server. */
export const answerLink = (text: string, origin: string): string =>
  text.includes('#') ? text : `${origin}/device#${text}`;

function Facts({ request }: { request: Request }): ReactNode {
  return (
    <dl className="hand-facts">
      <dt>{DEVICES.name}</dt>
      <dd>{request.name}</dd>
      <dt>{DEVICES.key}</dt>
      <dd className="mono">
        <bdi>{fingerprint(request.device)}</bdi>
      </dd>
    </dl>
  );
}
