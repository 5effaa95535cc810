import { Fragment, useEffect, useId, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useApi, useNetwork } from '../api-context.tsx';
import { DEVICES, fingerprint } from '../devices/texts.ts';
import { errorText, langOf } from '../errors.ts';
import { LanguageChoice } from '../i18n/LanguageChoice.tsx';
import { MAX_BENCH_LENGTH, MAX_OPERATOR_LENGTH } from '../limits.ts';
import { saveLocalSettings, THEMES, useLocalSettings, type Theme } from '../theme/local-settings.ts';
import { optionalCapabilities } from '../doors/capabilities.ts';
import { OPTIONAL } from '../doors/capability-texts.ts';
import { askToKeep } from '../program/persistence.ts';
import { ProgramPart } from '../program/ProgramPart.tsx';
import { ExportKeys } from './ExportKeys.tsx';
import { iceServersText, parseIceServers, parseSignaling } from './connections.ts';
import { SETTINGS, storageWords, THEME_WORDS } from './texts.ts';

export function SettingsPage(): ReactNode {
  const state = useNetwork();
  return (
    <>
      <div className="page-head">
        <h1>{SETTINGS.title}</h1>
      </div>
      <div className="columns">
        <div className="stack">
          <You />
          <Look />
          <Connections />
        </div>
        <div className="stack">
          <Identity />
          <Devices />
          <ExportKeys state={state} />
          <Storage />
          <ProgramPart />
          <Abilities />
        </div>
      </div>
    </>
  );
}

function You(): ReactNode {
  const settings = useLocalSettings();
  const operator = useId();
  const bench = useId();
  return (
    <section className="sheet" aria-labelledby={`${operator}-h`}>
      <h2 id={`${operator}-h`}>{SETTINGS.you}</h2>
      <div className="stack">
        <div className="field">
          <label htmlFor={operator}>{SETTINGS.operator}</label>
          <input
            id={operator}
            defaultValue={settings.operator}
            maxLength={MAX_OPERATOR_LENGTH}
            autoComplete="off"
            aria-describedby={`${operator}-hint`}
            onBlur={(event) => saveLocalSettings({ operator: event.currentTarget.value })}
          />
          <p id={`${operator}-hint`} className="hint">
            {SETTINGS.operatorHint}
          </p>
        </div>
        <div className="field">
          <label htmlFor={bench}>{SETTINGS.bench}</label>
          <input
            id={bench}
            defaultValue={settings.bench}
            maxLength={MAX_BENCH_LENGTH}
            autoComplete="off"
            onBlur={(event) => saveLocalSettings({ bench: event.currentTarget.value })}
          />
        </div>
      </div>
    </section>
  );
}

function Look(): ReactNode {
  const settings = useLocalSettings();
  const theme = useId();
  return (
    <section className="sheet" aria-labelledby={`${theme}-h`}>
      <h2 id={`${theme}-h`}>{SETTINGS.look}</h2>
      <div className="stack">
        <LanguageChoice />
        <div className="field">
          <label htmlFor={theme}>{SETTINGS.theme}</label>
          <select
            id={theme}
            value={settings.theme}
            onChange={(event) => saveLocalSettings({ theme: event.currentTarget.value as Theme })}
          >
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {THEME_WORDS[each]}
              </option>
            ))}
          </select>
        </div>
        <label className="tick">
          <input
            type="checkbox"
            checked={settings.sounds}
            onChange={(event) => saveLocalSettings({ sounds: event.currentTarget.checked })}
          />
          {SETTINGS.sounds}
        </label>
      </div>
    </section>
  );
}

function Identity(): ReactNode {
  const state = useNetwork();
  const self = state.self === null ? null : state.members[state.self];
  const device = state.selfDevice;
  return (
    <section className="sheet" aria-labelledby="identity-heading">
      <h2 id="identity-heading">{SETTINGS.identity}</h2>
      <dl className="facts">
        <dt>{SETTINGS.organisation}</dt>
        <dd>{self?.organisation ?? SETTINGS.noMember}</dd>
        {device !== undefined && (
          <>
            <dt>{SETTINGS.device}</dt>
            <dd>{device.name}</dd>
          </>
        )}
        <dt>{device === undefined ? SETTINGS.fingerprint : SETTINGS.deviceKey}</dt>
        <dd className="mono">
          <bdi>{fingerprint(device?.key ?? self?.voteKey ?? state.profile)}</bdi>
        </dd>
        {device === undefined && self !== null && self !== undefined && (
          <>
            <dt>{SETTINGS.logId}</dt>
            <dd className="mono">
              <bdi>{self.logId}</bdi>
            </dd>
          </>
        )}
      </dl>
      <p className="muted">{SETTINGS.identityText}</p>
    </section>
  );
}

function Devices(): ReactNode {
  const { self } = useNetwork();
  if (self === null) return null;
  return (
    <section className="sheet" aria-labelledby="settings-devices">
      <h2 id="settings-devices">{DEVICES.title}</h2>
      <div className="stack">
        <p>{DEVICES.linkText}</p>
        <div className="row">
          <Link className="btn" href="/settings/devices">
            {DEVICES.link}
          </Link>
        </div>
      </div>
    </section>
  );
}

function Storage(): ReactNode {
  const api = useApi();
  const { storage: measured } = useNetwork();
  const [said, setSaid] = useState('');
  const [promised, setPromised] = useState(false);
  // What the browser has just promised holds for every tab; the one that has the replica measures it when it opens.
  const storage = promised ? { ...measured, persisted: true } : measured;
  const ask = async (): Promise<void> => {
    const granted = await askToKeep();
    await api.requestPersistence().catch(() => false);
    setPromised(granted === true);
    setSaid(granted ? SETTINGS.kept : granted === null ? SETTINGS.cannotKeep : SETTINGS.notKept);
  };
  return (
    <section className="sheet" aria-labelledby="storage-heading">
      <h2 id="storage-heading">{SETTINGS.storage}</h2>
      <div className="stack">
        <p className="muted">{SETTINGS.keepText}</p>
        {storageWords(storage).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {storage.persisted !== true && (
          <button type="button" className="btn" onClick={() => void ask()}>
            {SETTINGS.keep}
          </button>
        )}
        <p role="status">{said}</p>
      </div>
    </section>
  );
}

function Abilities(): ReactNode {
  const list = optionalCapabilities(window);
  return (
    <section className="sheet" aria-labelledby="abilities-heading">
      <h2 id="abilities-heading">{OPTIONAL.title}</h2>
      <dl className="facts" data-testid="abilities">
        {list.map(({ name, present, without }) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              {present ? OPTIONAL.has : <b>{OPTIONAL.hasNot}</b>} {!present && without}
            </dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function Connections(): ReactNode {
  const api = useApi();
  const [texts, setTexts] = useState<{ signaling: string; ice: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const signaling = useId();
  const ice = useId();
  useEffect(() => {
    let wanted = true;
    api.settings().then(
      (held) =>
        wanted && setTexts({ signaling: held.signaling.join('\n'), ice: iceServersText(held.iceServers) }),
      () => wanted && setProblem(SETTINGS.unreadable),
    );
    return () => {
      wanted = false;
    };
  }, [api]);
  const save = async (): Promise<void> => {
    if (texts === null) return;
    setSaid('');
    const urls = parseSignaling(texts.signaling);
    if (!urls.ok) return setProblem(urls.error.message);
    const servers = parseIceServers(texts.ice);
    if (!servers.ok) return setProblem(servers.error.message);
    for (const result of [await api.setSignaling(urls.value), await api.setIceServers(servers.value)]) {
      if (!result.ok) return setProblem(errorText(result.error));
    }
    setProblem(null);
    setSaid(SETTINGS.saved);
  };
  return (
    <section className="sheet" aria-labelledby={`${signaling}-h`}>
      <h2 id={`${signaling}-h`}>{SETTINGS.connections}</h2>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save().catch(() => setProblem(SETTINGS.notSaved));
        }}
      >
        <div className="field">
          <label htmlFor={signaling}>{SETTINGS.signaling}</label>
          <textarea
            id={signaling}
            className="mono"
            dir="ltr"
            spellCheck={false}
            value={texts?.signaling ?? ''}
            disabled={texts === null}
            aria-describedby={`${signaling}-hint`}
            onChange={(event) => setTexts({ ice: texts?.ice ?? '', signaling: event.currentTarget.value })}
          />
          <p id={`${signaling}-hint`} className="hint">
            {SETTINGS.signalingHint}
          </p>
        </div>
        <div className="field">
          <label htmlFor={ice}>{SETTINGS.ice}</label>
          <textarea
            id={ice}
            className="mono"
            dir="ltr"
            spellCheck={false}
            value={texts?.ice ?? ''}
            disabled={texts === null}
            aria-describedby={`${ice}-hint`}
            onChange={(event) =>
              setTexts({ signaling: texts?.signaling ?? '', ice: event.currentTarget.value })
            }
          />
          <p id={`${ice}-hint`} className="hint">
            {SETTINGS.iceHint}
          </p>
        </div>
        {problem !== null && (
          <p className="notice bad" role="alert" lang={langOf(problem)}>
            {problem}
          </p>
        )}
        <div className="row">
          <button type="submit" className="btn main" disabled={texts === null}>
            {SETTINGS.save}
          </button>
          <p role="status">{said}</p>
        </div>
      </form>
    </section>
  );
}
