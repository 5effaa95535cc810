/** The demo page: four replicas on one page, and the story of what they do, at a pace that a person can follow. */
import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { MemberIndex } from '../worker/api.ts';
import { Brand } from '../ui/parts/Brand.tsx';
import type { SealMember } from '../ui/seal/Seal.tsx';
import { translator } from '../ui/i18n/t.ts';
import { formatSealTime } from '../ui/format.ts';
import { DEMO_MEMBERS } from './cast.ts';
import {
  CAST,
  createDemoController,
  isPlaying,
  type DemoController,
  type DemoHost,
  type DemoView,
} from './controller.ts';
import { demoData } from './data.ts';
import { Lanes } from './Lanes.tsx';
import { linksOf } from './links.ts';
import { Log } from './Log.tsx';
import { PaneCard } from './PaneCard.tsx';
import { paneViews, sealOf } from './pane-view.ts';
import { pictureAt, type Picture } from './picture.ts';
import { find, PACES, shownAll } from './playback.ts';
import { decidedAt, endOf, type Recording } from './recording.ts';
import { Screens } from './Screens.tsx';
import { headlineAt, lastFour, logAt, waitingFor, type Headline } from './sentences.ts';
import { StageView } from './StageView.tsx';
import './demo.css';

const t = translator('demo');

export type { DemoHost } from './controller.ts';

export function DemoApp({ host }: { host: DemoHost }): ReactNode {
  const [controller] = useState(() => createDemoController(host, demoData()));
  const view = useSyncExternalStore(controller.subscribe, controller.getView);
  useEffect(() => {
    document.title = `${t('title')} · Countersign`;
    controller.begin();
  }, [controller]);
  useFrames(controller);
  return (
    <div className="demo">
      <header className="bar">
        <Brand href={host.startUrl} />
        <nav aria-label="Countersign">
          <a href={host.startUrl}>{t('start')}</a>
          <a href="/demo" aria-current="page">
            {t('title')}
          </a>
        </nav>
        <p className="where">
          {t('network')}
          <span className="wide"> · {t('networkFacts', { n: CAST.n, q: CAST.q })}</span>
        </p>
      </header>
      <Playing controller={controller} view={view} host={host} />
    </div>
  );
}

function Playing({
  controller,
  view,
  host,
}: {
  controller: DemoController;
  view: DemoView;
  host: DemoHost;
}): ReactNode {
  const [eye, setEye] = useState(0 as MemberIndex);
  const demo = view.stage.kind === 'playing' ? view.stage.demo : null;
  const recording = find(view.playback, view.recordings);
  const { position } = view.playback;
  const here = useMemo(() => hereNow(view), [view]);
  const picture = useMemo(
    () => (recording ? pictureAt(recording, position, CAST, here) : null),
    [recording, position, here],
  );
  const lines = useMemo(() => (recording ? logAt(recording, position, CAST) : []), [recording, position]);
  const panes = paneViews(view.states, recording, picture, CAST);
  const waiting = missingNow(view, recording);
  const headline = headlineOf(view, recording, picture, waiting);
  const seal = sealOf(eye, view.states, recording, picture, CAST);
  return (
    <main tabIndex={-1} aria-label={t('title')}>
      <section className="control" aria-label={t('run')}>
        <div className="tell" aria-live="polite">
          <h1 data-testid="headline">{headline.title}</h1>
          <p className="muted">{headline.detail}</p>
        </div>
        <Controls controller={controller} view={view} recording={recording} />
      </section>
      <StageView
        links={linksOf(
          view.states,
          panes.map((pane) => pane.seal),
        )}
        packets={picture?.packets ?? []}
        names={CAST.names}
        members={SEAL_MEMBERS}
        seal={seal}
        version={recording?.version}
        time={
          seal.outcome === 'closed' && recording
            ? formatSealTime(decidedAt(recording) ?? position)
            : undefined
        }
        subject={recording ? t('stage.package', { four: lastFour(recording.key) }) : t('stage.network')}
        eye={eye}
        onEye={setEye}
      >
        {DEMO_MEMBERS.map((member, i) => (
          <PaneCard
            key={member.id}
            index={i}
            member={member}
            members={SEAL_MEMBERS}
            view={panes[i]!}
            tabUrl={demo ? host.tabUrl(demo.profiles[i]!) : '#'}
            onOffline={(on) => controller.setOffline(i as MemberIndex, on)}
            onLying={(on) => controller.setLying(i as MemberIndex, on)}
            onSlow={(on) => controller.setSlow(i as MemberIndex, on)}
          />
        ))}
      </StageView>
      <section className="strip" aria-label={t('log.inTime')}>
        {recording && picture ? (
          <Lanes recording={recording} picture={picture} position={position} cast={CAST} />
        ) : (
          <div className="plot">
            <h2>{t('plot.heading')}</h2>
            <p className="muted">{t('plot.empty')}</p>
          </div>
        )}
        <Log
          lines={lines}
          told={view.told}
          waiting={waiting}
          tabUrl={demo ? host.tabUrl(demo.profiles[eye]!) : ''}
        />
      </section>
      {demo && (
        <Screens
          key={demo.network}
          profiles={demo.profiles}
          paneUrl={host.paneUrl}
          attach={controller.attach}
        />
      )}
    </main>
  );
}

function Controls({
  controller,
  view,
  recording,
}: {
  controller: DemoController;
  view: DemoView;
  recording: Recording | null;
}): ReactNode {
  const ready = view.stage.kind === 'playing';
  const busy = view.running || isPlaying(view);
  const { paused } = view.playback;
  const connected = view.states.every((state) => state !== null && state.mode !== 'starting');
  return (
    <div className="run">
      {busy ? (
        <button type="button" className="btn main" onClick={() => controller.setPaused(!paused)}>
          {paused ? t('control.resume') : t('control.pause')}
        </button>
      ) : (
        <button
          type="button"
          className="btn main"
          data-testid="run-session"
          disabled={!ready || !connected}
          onClick={controller.run}
        >
          {t('control.run')}
        </button>
      )}
      {busy ? (
        <button type="button" className="btn" disabled={!recording} onClick={controller.step}>
          {t('control.step')}
        </button>
      ) : (
        <button type="button" className="btn" disabled={!recording} onClick={controller.replay}>
          {t('control.replay')}
        </button>
      )}
      {view.running ? (
        <button type="button" className="btn" onClick={controller.stop}>
          {t('control.stop')}
        </button>
      ) : (
        <button
          type="button"
          className="btn"
          disabled={view.stage.kind === 'preparing'}
          onClick={controller.playAgain}
        >
          {t('control.playAgain')}
        </button>
      )}
      <label className="pace">
        {t('pace')}
        <select
          value={view.pace.id}
          onChange={(event) => {
            const pace = PACES.find((entry) => entry.id === event.target.value);
            if (pace) controller.setPace(pace);
          }}
        >
          {PACES.map((pace) => (
            <option key={pace.id} value={pace.id}>
              {pace.label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

const SEAL_MEMBERS: readonly SealMember[] = DEMO_MEMBERS.map((member) => ({
  name: member.name,
  initials: member.organisation
    .split(' ')
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2),
}));

/** The vote on the screen has the word while it moves; then the driven session; then the vote again, as its result. */
function headlineOf(
  view: DemoView,
  recording: Recording | null,
  picture: Picture | null,
  waiting: string | null,
): Headline {
  if (view.stage.kind === 'preparing')
    return {
      title: t('making.now', { what: view.stage.what }),
      detail: t('making.detail'),
    };
  if (view.stage.kind === 'failed') return { title: t('failed'), detail: view.stage.message };
  const { narration } = view;
  if (recording && picture) {
    const shown = shownAll(view.playback, recording);
    const refused = narration?.tone === 'bad' && decidedAt(recording) === null;
    const later =
      narration !== null && narration.tone !== 'good' && (refused || narration.at > endOf(recording));
    if (!shown || !later || (refused && picture.doubles.length > 0))
      return headlineAt(recording, view.playback.position, picture, CAST, waiting);
  }
  if (narration) return narration;
  const linked = view.states.filter((state) => state !== null && state.here >= CAST.q).length;
  if (linked < CAST.n) {
    return {
      title: t('finding'),
      detail: t('findingDetail', { linked, n: CAST.n }),
    };
  }
  return {
    title: t('ready'),
    detail: t('readyDetail'),
  };
}

/** Whose votes an open vote waits for, once everything that happened has been shown for a moment. */
function missingNow(view: DemoView, recording: Recording | null): string | null {
  if (!recording || decidedAt(recording) !== null) return null;
  // 25 ms of the recording: a second at the default pace.
  if (view.playback.position < endOf(recording) + 25) return null;
  for (const state of view.states) {
    const words = waitingFor(
      state?.instances.find(
        (instance) => instance.key === recording.key && instance.version === recording.version,
      ),
      CAST,
    );
    if (words) return words;
  }
  return null;
}

function hereNow(view: DemoView): readonly boolean[] {
  return CAST.names.map(
    (_, i) =>
      view.states.some((state, j) => i !== j && state?.members[i]?.here === true) ||
      view.states[i]?.self === i,
  );
}

/** Moves the playback once per frame. Nothing that the replicas do depends on it. */
function useFrames(controller: DemoController): void {
  useEffect(() => {
    let last = performance.now();
    let handle = requestAnimationFrame(function frame(now: number) {
      // A page that slept does not leap: the rest is shown at its pace.
      controller.frame(Math.min(now - last, 100), performance.timeOrigin + performance.now());
      last = now;
      handle = requestAnimationFrame(frame);
    });
    return () => cancelAnimationFrame(handle);
  }, [controller]);
}
