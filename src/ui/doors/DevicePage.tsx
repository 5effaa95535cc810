/** "Add this device to an organisation": makes a device's key, shows its request, takes the member's answer, and opens the network. */
import { useCallback, useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { DEVICE_DOOR, fingerprint } from '../devices/texts.ts';
import { errorText } from '../errors.ts';
import { ShowCode } from '../hand-off/ShowCode.tsx';
import { TakeText } from '../hand-off/TakeText.tsx';
import { MAX_DEVICE_LENGTH } from '../limits.ts';
import type { DoorsClient } from './client.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { MAX_GENESIS_FILE_BYTES } from './limits.ts';
import { TextField } from './MemberForm.tsx';
import '../styles/hand-off.css';
import '../styles/devices.css';
import { useFragment } from './use-fragment.ts';

interface Waiting {
  readonly profile: string;
  readonly name: string;
  readonly request: string;
}

export function DevicePage({ client }: { client: DoorsClient }): ReactNode {
  const [waiting, setWaiting] = useState<Waiting | null | 'reading'>('reading');
  const [problem, setProblem] = useState<string | null>(null);
  const joining = useJoin(client);
  const { join } = joining;

  useEffect(() => {
    let current = true;
    newestWaiting(client).then(
      (found) => current && setWaiting(found),
      () => current && setWaiting(null),
    );
    return () => {
      current = false;
    };
  }, [client]);

  // The member's answer as a link, which a phone's own camera has opened. It holds the join secret: it leaves the address bar at once.
  useFragment(
    useCallback(
      (text) => {
        void join(text);
        return true;
      },
      [join],
    ),
  );

  const make = async (name: string): Promise<void> => {
    setProblem(null);
    const made = await client.api.createDeviceKey({ name }).catch(() => null);
    if (made === null) setProblem(DEVICE_DOOR.notMade);
    else if (made.ok) setWaiting({ ...made.value, name });
    else setProblem(errorText(made.error));
  };

  return (
    <DoorFrame title={DEVICE_DOOR.title} lead={DEVICE_DOOR.lead}>
      <div className="stack device-door">
        {waiting === null && <JoinOutcome joining={joining} />}
        {waiting === null && (
          <section className="sheet" aria-labelledby="name-device">
            <h2 id="name-device">{DEVICE_DOOR.nameTitle}</h2>
            <NameForm onMake={make} />
            <Problem message={problem} testId="problem" />
          </section>
        )}
        {waiting !== null && waiting !== 'reading' && (
          <>
            <section className="sheet stack" aria-labelledby="device-request-h">
              <h2 id="device-request-h">{DEVICE_DOOR.requestTitle}</h2>
              <p className="muted">{DEVICE_DOOR.requestText(waiting.name)}</p>
              <ShowCode text={waiting.request} label={DEVICE_DOOR.requestLabel} testId="device-request" />
              <dl className="hand-facts">
                <dt>{DEVICE_DOOR.name}</dt>
                <dd>{waiting.name}</dd>
                <dt>{DEVICE_DOOR.key}</dt>
                <dd className="mono">
                  <bdi>{fingerprint(waiting.profile)}</bdi>
                </dd>
              </dl>
              <p className="muted">{DEVICE_DOOR.keyText}</p>
            </section>
            <section className="sheet stack" aria-labelledby="device-answer-h">
              <h2 id="device-answer-h">{DEVICE_DOOR.answerTitle}</h2>
              <p className="muted">{DEVICE_DOOR.answerText}</p>
              <TakeText what="answer" onText={join} />
            </section>
            <JoinOutcome joining={joining} />
            <p>
              <button type="button" className="btn" onClick={() => setWaiting(null)}>
                {DEVICE_DOOR.rename}
              </button>
            </p>
          </>
        )}
      </div>
    </DoorFrame>
  );
}

function NameForm({ onMake }: { onMake: (name: string) => Promise<void> }): ReactNode {
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const clean = name.trim().slice(0, MAX_DEVICE_LENGTH).trim();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (clean === '' || busy) return;
    setBusy(true);
    void onMake(clean).finally(() => setBusy(false));
  };
  return (
    <form className="stack" noValidate onSubmit={submit}>
      <TextField
        label={DEVICE_DOOR.name}
        hint={DEVICE_DOOR.nameHint}
        value={name}
        onChange={setName}
        problem={tried && clean === '' ? DEVICE_DOOR.nameProblem : null}
      />
      <div className="row">
        <button type="submit" className="btn main" disabled={busy}>
          {busy ? DEVICE_DOOR.making : DEVICE_DOOR.make}
        </button>
      </div>
    </form>
  );
}

interface Joining {
  readonly busy: boolean;
  readonly problem: string | null;
  /** The answer that could not be used for want of a member list. */
  readonly unanswered: string | null;
  /** Gives the sentence that says why it was not taken, or null. */
  readonly join: (text: string, genesisFile?: Uint8Array) => Promise<string | null>;
  readonly fail: (message: string) => void;
}

function useJoin(client: DoorsClient): Joining {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [unanswered, setUnanswered] = useState<string | null>(null);
  const running = useRef(false);
  const join = useCallback(
    async (text: string, genesisFile?: Uint8Array): Promise<string | null> => {
      if (running.current) return DEVICE_DOOR.stillTrying;
      running.current = true;
      setBusy(true);
      setProblem(null);
      try {
        const done = await client.api.joinAsDevice({ text, ...(genesisFile ? { genesisFile } : {}) });
        // The pages of an open network are another app: the page is loaded anew.
        if (done.ok) window.location.assign(`/n/${done.value.profile}`);
        else {
          setProblem(errorText(done.error));
          setUnanswered(done.error.type === 'no-member-answers' || genesisFile ? text : null);
        }
      } catch {
        setProblem(DEVICE_DOOR.noAnswer);
        setUnanswered(text);
      } finally {
        running.current = false;
        setBusy(false);
      }
      return null;
    },
    [client],
  );
  return { busy, problem, unanswered, join, fail: setProblem };
}

function JoinOutcome({ joining }: { joining: Joining }): ReactNode {
  const { busy, problem, unanswered, join, fail } = joining;
  const takeFile = async (file: File | undefined): Promise<void> => {
    if (!file || unanswered === null) return;
    if (file.size > MAX_GENESIS_FILE_BYTES)
      return fail(DEVICE_DOOR.tooLarge(file.name, MAX_GENESIS_FILE_BYTES / 1024 / 1024));
    const bytes = await file.arrayBuffer().catch(() => null);
    if (bytes === null) return fail(DEVICE_DOOR.unreadable(file.name));
    await join(unanswered, new Uint8Array(bytes));
  };
  return (
    <>
      <p role="status" className="muted">
        {busy && DEVICE_DOOR.joining}
      </p>
      <Problem message={problem} testId="join-problem" />
      {unanswered !== null && !busy && (
        <section className="sheet stack" aria-label={DEVICE_DOOR.file}>
          <div className="row">
            <button type="button" className="btn main" onClick={() => void join(unanswered)}>
              {DEVICE_DOOR.again}
            </button>
          </div>
          <div className="field">
            <span className="label">{DEVICE_DOOR.file}</span>
            <span className="hint">{DEVICE_DOOR.fileText}</span>
            <label className="btn file">
              {DEVICE_DOOR.choose}
              <input
                type="file"
                onChange={(event) => {
                  const input = event.currentTarget;
                  void takeFile(input.files?.[0]).finally(() => (input.value = ''));
                }}
              />
            </label>
          </div>
        </section>
      )}
    </>
  );
}

/**
 * The device key of this browser that still waits for its certificate: whoever closed the page goes on where it stood. `?profile=` names one that
 * is certified again, since its member has a new key.
 */
async function newestWaiting(client: DoorsClient): Promise<Waiting | null> {
  const wanted = new URLSearchParams(window.location.search).get('profile');
  const open = (await client.api.profiles()).filter(
    (one) => one.device === true && (wanted === null ? one.network === null : one.id === wanted),
  );
  const newest = open.reduce<(typeof open)[number] | null>(
    (best, one) => (best === null || one.createdAt > best.createdAt ? one : best),
    null,
  );
  if (newest === null) return null;
  const request = await client.api.deviceRequestOf(newest.id);
  return request === null ? null : { profile: newest.id, name: newest.label, request };
}
