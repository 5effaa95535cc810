/** The devices of the own organisation: which there are, adding one, revoking one, and the second device of new sessions. */
import { useId, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { OwnDeviceView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { RevokeForm } from '../directory/RevokeForm.tsx';
import { REVOKE_WORDS } from '../directory/texts.ts';
import { errorText, langOf } from '../errors.ts';
import { deviceName } from '../organisation.ts';
import { Instant } from '../parts/words.tsx';
import { localSettings } from '../theme/local-settings.ts';
import { AddDevice } from './AddDevice.tsx';
import { DEVICES, fingerprint } from './texts.ts';
import { useDeviceNames, useOwnDevices } from './use-own-devices.ts';
import '../styles/hand-off.css';
import '../styles/directory.css';
import '../styles/devices.css';

export function DevicesPage(): ReactNode {
  const state = useNetwork();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const mayChange = self !== null && state.selfDevice === undefined;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{DEVICES.title}</h1>
          <p>{self === null ? DEVICES.observer : DEVICES.intro(self.organisation)}</p>
        </div>
        <Link className="btn" href="/settings">
          {DEVICES.back}
        </Link>
      </div>
      {self !== null && (
        <div className="columns">
          <div className="stack">
            <List mayRevoke={mayChange} />
            <SecondDevice />
          </div>
          {mayChange ? (
            <AddDevice />
          ) : (
            <div className="stack">
              {state.selfDevice?.outdated && (
                <section className="sheet" aria-labelledby="certify-again">
                  <h2 id="certify-again">{DEVICES.again}</h2>
                  <div className="stack">
                    <p>{state.selfDevice.outdated}</p>
                    <p>
                      {/* The doors are another page: this network is closed here first. */}
                      <a className="btn main" href={`/device?profile=${state.profile}`}>
                        {DEVICES.showAgain}
                      </a>
                    </p>
                  </div>
                </section>
              )}
              <section className="sheet" aria-labelledby="add-device">
                <h2 id="add-device">{DEVICES.add}</h2>
                <p>{DEVICES.onlyMember(self.organisation)}</p>
              </section>
            </div>
          )}
        </div>
      )}
    </>
  );
}

function List({ mayRevoke }: { mayRevoke: boolean }): ReactNode {
  const devices = useOwnDevices();
  return (
    <section className="sheet" aria-labelledby="own-devices">
      <h2 id="own-devices">{DEVICES.list}</h2>
      {devices === 'reading' ? (
        <p role="status">{DEVICES.reading}</p>
      ) : devices === 'failed' ? (
        <p className="notice bad" role="alert" lang={langOf(DEVICES.failed)}>
          {DEVICES.failed}
        </p>
      ) : devices.length === 0 ? (
        <p className="muted">{DEVICES.none}</p>
      ) : (
        <ul className="entries">
          {devices.map((device) => (
            <Device key={device.key} device={device} mayRevoke={mayRevoke} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Device({ device, mayRevoke }: { device: OwnDeviceView; mayRevoke: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  const revoked = device.revokedAt !== null;
  const standing = device.self ? DEVICES.thisOne : device.linked ? DEVICES.linked : DEVICES.away;
  return (
    <li className="entry" data-testid={`device-${device.key}`}>
      <div className="split">
        <h3 className="wrap-any">{device.name}</h3>
        {!revoked && (
          <b className={device.linked || device.self ? 'presence here' : 'presence away'}>{standing}</b>
        )}
      </div>
      <p className="muted device-key">
        {DEVICES.key} <bdi className="mono">{fingerprint(device.key)}</bdi>
      </p>
      <p className="muted">
        {DEVICES.certified} <Instant at={device.certifiedAt} />
      </p>
      {device.oldKey === true && !revoked && <p className="warn">{DEVICES.oldKey}</p>}
      {device.revokedAt !== null && (
        <p>
          <b className="bad">{DEVICES.revoked}</b> <Instant at={device.revokedAt} />
          {device.reason !== null && `: ${REVOKE_WORDS[device.reason].toLowerCase()}`}
        </p>
      )}
      {mayRevoke && !revoked && !open && (
        <div className="row">
          <button type="button" className="btn danger" onClick={() => setOpen(true)}>
            {DEVICES.revoke}
            <span className="hidden"> {device.name}</span>
          </button>
        </div>
      )}
      {open && <Revoke device={device} onClose={() => setOpen(false)} />}
    </li>
  );
}

function Revoke({ device, onClose }: { device: OwnDeviceView; onClose: () => void }): ReactNode {
  const api = useApi();
  return (
    <RevokeForm
      label={DEVICES.revokeNamed(device.name)}
      text={DEVICES.revokeText(device.name)}
      revoke={(reason) =>
        api.revokeDevice({ device: device.key, reason, operator: localSettings().operator })
      }
      onClose={onClose}
    />
  );
}

/** The choice that every new session begins with. */
function SecondDevice(): ReactNode {
  const state = useNetwork();
  const api = useApi();
  const field = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const names = useDeviceNames();
  const { mirrorTo, siblings } = state;
  const isAway = mirrorTo !== null && !siblings.some((one) => one.key === mirrorTo);
  /** What was chosen, until the replica answers. */
  const [wanted, setWanted] = useState<string | null>(null);
  const choose = async (key: string): Promise<void> => {
    setWanted(key);
    const set = await api.setMirror(key || null).catch(() => null);
    setWanted(null);
    setProblem(set === null ? DEVICES.failed : set.ok ? null : errorText(set.error));
  };
  return (
    <section className="sheet" aria-labelledby={`${field}-h`}>
      <h2 id={`${field}-h`}>{DEVICES.second}</h2>
      <div className="field">
        <label className="hidden" htmlFor={field}>
          {DEVICES.second}
        </label>
        <select
          id={field}
          value={wanted ?? mirrorTo ?? ''}
          aria-describedby={`${field}-hint`}
          onChange={(event) => void choose(event.currentTarget.value)}
        >
          <option value="">{DEVICES.secondNone}</option>
          {isAway && (
            <option value={mirrorTo}>{DEVICES.secondAway(deviceName(state, mirrorTo, names))}</option>
          )}
          {siblings.map(({ key }) => (
            <option key={key} value={key}>
              {deviceName(state, key)}
            </option>
          ))}
        </select>
        <p id={`${field}-hint`} className="hint">
          {DEVICES.secondText}
          {siblings.length === 0 && ` ${DEVICES.secondNobody}`}
        </p>
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert" lang={langOf(problem)}>
          {problem}
        </p>
      )}
    </section>
  );
}
