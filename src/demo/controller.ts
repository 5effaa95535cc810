/** What the demo page knows and can do, apart from drawing it: panes, recordings, playback, the driven session. */
import type { DoorsApi, MemberIndex, NetworkState, ProfileId } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import { asEnglish, errorText } from '../ui/errors.ts';
import { DEMO_COURIERS, DEMO_MEMBERS } from './cast.ts';
import type { DemoData } from './data.ts';
import { continuedDemo, createDemoNetwork, rememberDemo, type DemoNetwork } from './demo-network.ts';
import { SLOW_DELAY_MS } from './limits.ts';
import { createPaneHub, type PaneHub } from './pane-hub.ts';
import type { Cast } from './picture.ts';
import {
  advance,
  DEFAULT_PACE,
  find,
  NOTHING_PLAYED,
  replay,
  shownAll,
  step,
  type Pace,
  type Playback,
} from './playback.ts';
import { record, type Recordings } from './recording.ts';
import { runSession, type Narration } from './runner.ts';

const t = translator('demo');

/** What src/app gives the demo page. */
export interface DemoHost {
  readonly doors: DoorsApi;
  readonly memory: Pick<Storage, 'getItem' | 'setItem'>;
  /** Page of one replica for an iframe, with the pane's relay: `/demo/pane/<profile>`. */
  paneUrl(profile: ProfileId): string;
  /** The same replica in a tab of its own: `/n/<profile>`. */
  tabUrl(profile: ProfileId): string;
  /** Where the list of this browser's networks is. */
  readonly startUrl: string;
}

export type Stage =
  | { readonly kind: 'preparing'; readonly what: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'playing'; readonly demo: DemoNetwork };

export interface DemoView {
  readonly stage: Stage;
  /** In member order; null until a pane has told its state. */
  readonly states: readonly (NetworkState | null)[];
  readonly recordings: Recordings;
  readonly playback: Playback;
  readonly pace: Pace;
  readonly running: boolean;
  /** The newest sentence of the driven session. */
  readonly narration: Told | null;
  /** Sentences of this run, oldest first. */
  readonly told: readonly Told[];
}

/** A sentence of the driven session with its time, milliseconds since 1970. */
export interface Told extends Narration {
  readonly at: number;
}

export interface DemoController {
  getView(): DemoView;
  subscribe(onChange: () => void): () => void;
  /** Continues the remembered demo, or makes one. Once. */
  begin(): void;
  playAgain(): void;
  attach(member: MemberIndex, pane: Window | null): void;
  run(): void;
  stop(): void;
  setPaused(paused: boolean): void;
  step(): void;
  replay(): void;
  setPace(pace: Pace): void;
  setOffline(member: MemberIndex, on: boolean): void;
  setLying(member: MemberIndex, on: boolean): void;
  setSlow(member: MemberIndex, on: boolean): void;
  /** One frame: `elapsed` in milliseconds of the viewer, `now` in milliseconds since 1970. True while something moves. */
  frame(elapsed: number, now: number): boolean;
  close(): void;
}

export const CAST: Cast = { n: 4, q: 3, names: DEMO_MEMBERS.map((member) => member.name) };

const NO_STATES: readonly (NetworkState | null)[] = DEMO_MEMBERS.map(() => null);
const SUPPLIER = 0 as MemberIndex;
const WAREHOUSES: readonly MemberIndex[] = [1 as MemberIndex, 2 as MemberIndex];
/** Between two looks at whether a missing vote has come, in milliseconds. */
const LOOK_AGAIN_MS = 200;
/** A run tells at most this many sentences before its vote: eight moves and a few waits. */
const MAX_TOLD = 24;

export function createDemoController(host: DemoHost, data: DemoData): DemoController {
  let view: DemoView = {
    stage: { kind: 'preparing', what: t('making.looking') },
    states: NO_STATES,
    recordings: [],
    playback: NOTHING_PLAYED,
    pace: DEFAULT_PACE,
    running: false,
    narration: null,
    told: [],
  };
  const listeners = new Set<() => void>();
  let hub: PaneHub | null = null;
  let begun = false;
  /** Which run is meant: a stopped run's late answers are ignored. */
  let run = 0;
  let runs = 0;

  const set = (change: Partial<DemoView>): void => {
    view = { ...view, ...change };
    for (const listener of listeners) listener();
  };
  const say = (narration: Narration): void => {
    const last = view.told.at(-1);
    if (last?.title === narration.title && last.detail === narration.detail) return;
    const told = { ...narration, at: Date.now() };
    set({ narration: told, told: [...view.told, told].slice(-MAX_TOLD) });
  };
  const play = (demo: DemoNetwork): void => {
    hub?.close();
    run += 1;
    hub = createPaneHub(demo.profiles, {
      onState(member, state) {
        set({ states: view.states.map((old, i) => (i === member ? state : old)) });
      },
      onTrace(member, events) {
        set({ recordings: record(view.recordings, member, events) });
      },
    });
    set({
      stage: { kind: 'playing', demo },
      states: NO_STATES,
      recordings: [],
      playback: { ...NOTHING_PLAYED, rate: view.pace.rate },
      running: false,
      narration: null,
      told: [],
    });
  };
  const create = async (): Promise<void> => {
    hub?.close();
    hub = null;
    const onProgress = (what: string): void => set({ stage: { kind: 'preparing', what } });
    onProgress(t('making.network'));
    const made = await createDemoNetwork(host.doors, { data, now: Date.now(), onProgress });
    if (!made.ok) {
      set({ stage: { kind: 'failed', message: errorText(made.error) } });
      return;
    }
    rememberDemo(host.memory, made.value);
    play(made.value);
  };
  const orCreate = async (): Promise<void> => {
    const continued = await continuedDemo(host.doors, host.memory);
    if (continued) play(continued);
    else await create();
  };
  const caught = (work: Promise<void>): void => {
    work.catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      set({
        stage: {
          kind: 'failed',
          message: t('failed.why', { what: asEnglish(what) }),
        },
      });
    });
  };
  const state = (member: MemberIndex): NetworkState | null => view.states[member] ?? null;

  return {
    getView: () => view,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    begin() {
      if (begun) return;
      begun = true;
      caught(orCreate());
    },
    playAgain() {
      run += 1;
      caught(create());
    },
    attach(member, pane) {
      hub?.attach(member, pane);
    },
    run() {
      const panes = hub;
      if (!panes || view.running) return;
      const mine = (run += 1);
      const stopped = (): boolean => mine !== run;
      const operator = nextOperator(runs, view.states);
      runs += 1;
      // A new run is watched from its beginning, and unpaused.
      set({ running: true, told: [], narration: null, playback: { ...view.playback, paused: false } });
      const finished = runSession(
        {
          call: (member, job) => panes.call(member, job),
          state,
          pause: () => viewersPause(() => view, stopped),
          tick: () => wait(LOOK_AGAIN_MS),
          say: (narration) => {
            if (!stopped()) say(narration);
          },
          stopped,
        },
        {
          cast: CAST,
          supplier: SUPPLIER,
          operator,
          courierId: state(operator)?.couriers[0]?.id ?? DEMO_COURIERS[0]!.id,
          notice: data.notice,
          operatorName: 'op-demo',
        },
      );
      void finished
        .catch((error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error);
          if (!stopped())
            say({
              title: t('run.broke'),
              detail: t('run.brokeDetail', { what: asEnglish(detail) }),
              tone: 'bad',
              member: null,
            });
        })
        .finally(() => {
          if (!stopped()) set({ running: false });
        });
    },
    stop() {
      run += 1;
      set({ running: false, narration: null });
    },
    setPaused(paused) {
      set({ playback: { ...view.playback, paused } });
    },
    step() {
      set({ playback: step(view.playback, view.recordings) });
    },
    replay() {
      set({ playback: replay(view.playback, view.recordings) });
    },
    setPace(pace) {
      set({ pace, playback: { ...view.playback, rate: pace.rate } });
    },
    setOffline: (member, on) => hub?.send(member, { type: 'control', command: 'offline', on }),
    setLying: (member, on) => hub?.send(member, { type: 'control', command: 'lying', on }),
    setSlow: (member, on) =>
      hub?.send(member, { type: 'control', command: 'delay', milliseconds: on ? SLOW_DELAY_MS : 0 }),
    frame(elapsed, now) {
      const playback = advance(view.playback, view.recordings, elapsed, now);
      if (playback !== view.playback && !same(playback, view.playback)) set({ playback });
      const current = find(view.playback, view.recordings);
      return current !== null && !view.playback.paused;
    },
    close() {
      run += 1;
      hub?.close();
      hub = null;
    },
  };
}

/** True while the recording on the screen still has something to show. */
export function isPlaying(view: DemoView): boolean {
  const current = find(view.playback, view.recordings);
  return current !== null && !shownAll(view.playback, current);
}

/** The warehouses take turns; one that is offline or was caught lying is passed over while the other one can. */
export function nextOperator(runs: number, states: readonly (NetworkState | null)[]): MemberIndex {
  const turn = WAREHOUSES[runs % WAREHOUSES.length]!;
  const other = WAREHOUSES[(runs + 1) % WAREHOUSES.length]!;
  return unable(turn, states) && !unable(other, states) ? other : turn;
}

function unable(member: MemberIndex, states: readonly (NetworkState | null)[]): boolean {
  const caught = states.some((state) => state?.evidence.some((entry) => entry.member === member));
  // A liar is found out by its vote on the supplier's version, before its own session could show anything.
  const faults = states[member]?.faults;
  return caught || faults?.offline === true || faults?.lying === true;
}

function same(a: Playback, b: Playback): boolean {
  return a.id === b.id && a.position === b.position && a.paused === b.paused && a.dwelled === b.dwelled;
}

/** Ends after the pace's pause; while the viewer has paused, it does not end, except when the run is stopped. */
async function viewersPause(view: () => DemoView, stopped: () => boolean): Promise<void> {
  const slice = 50;
  let waited = 0;
  while (!stopped() && (view().playback.paused || waited < view().pace.betweenSteps)) {
    await wait(slice);
    if (!view().playback.paused) waited += slice;
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
