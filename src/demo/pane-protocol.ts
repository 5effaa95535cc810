/**
 * What the demo page and its panes say to each other by `window.postMessage`, for show and control only: votes, records
 * and keys never pass here, replicas talk to one another over WebRTC. Both ends are of one origin and still check it,
 * the sender's window, and the shape of each message.
 *
 * | from | message | meaning |
 * |---|---|---|
 * | pane | `pane-state` | the replica's newest state, for badge, seal and links |
 * | pane | `pane-trace` | what it did or heard since the last one |
 * | pane | `pane-answer` | outcome of one `run` |
 * | page | `control` | take offline, lie, delay, or run one job as if its person had |
 */
import * as v from 'valibot';
import { TRACE_KINDS } from '../ui/inspector/trace-kinds.ts';
import type { NetworkState, ProfileId, TraceEvent } from '../worker/api.ts';
import { MAX_EVENTS_PER_MESSAGE, MAX_MANIFEST_TEXT, MAX_PANE_TEXT } from './limits.ts';

export type StepName = 'scan' | 'validate' | 'quality' | 'label' | 'finish';
export const STEPS: readonly StepName[] = ['scan', 'validate', 'quality', 'label', 'finish'];

/** One thing that a person could do by hand in that pane. */
export type Job =
  /** The next package of `notice` that the network does not have yet; without one, the supplier signs a manifest itself. */
  | { readonly kind: 'announce'; readonly notice: string | null }
  | { readonly kind: 'start'; readonly key: string; readonly operator: string }
  | { readonly kind: 'step'; readonly sessionId: string; readonly step: StepName; readonly courierId: string }
  | { readonly kind: 'commit'; readonly sessionId: string };

export type Answer =
  | { readonly ok: true; readonly sessionId: string; readonly key: string }
  | { readonly ok: false; readonly type: string; readonly message: string };

export type PageMessage =
  | { readonly type: 'control'; readonly command: 'offline' | 'lying'; readonly on: boolean }
  | { readonly type: 'control'; readonly command: 'delay'; readonly milliseconds: number }
  | { readonly type: 'control'; readonly command: 'run'; readonly call: string; readonly job: Job };

export type PaneMessage =
  | { readonly type: 'pane-state'; readonly profile: ProfileId; readonly state: NetworkState }
  | { readonly type: 'pane-trace'; readonly profile: ProfileId; readonly events: readonly TraceEvent[] }
  | {
      readonly type: 'pane-answer';
      readonly profile: ProfileId;
      readonly call: string;
      readonly answer: Answer;
    };

/** Null when the message is none of ours or is malformed. */
export function readPaneMessage(data: unknown): PaneMessage | null {
  const parsed = v.safeParse(PaneMessageSchema, data);
  // The schema checks the outline and what the page computes with; the rest comes from our own worker's types.
  return parsed.success ? (parsed.output as unknown as PaneMessage) : null;
}

/** Null when the message is none of ours or is malformed. */
export function readPageMessage(data: unknown): PageMessage | null {
  const parsed = v.safeParse(PageMessageSchema, data);
  return parsed.success ? parsed.output : null;
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Index = v.pipe(Count, v.maxValue(999));
const Text = v.pipe(v.string(), v.maxLength(MAX_PANE_TEXT));
const Profile = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Call = v.pipe(v.string(), v.maxLength(40));

const EventSchema = v.object({
  at: v.pipe(v.number(), v.finite()),
  kind: v.picklist(TRACE_KINDS),
  member: Index,
  key: v.optional(v.pipe(v.string(), v.maxLength(200))),
  version: v.optional(Count),
  round: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1))),
  digest: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  detail: v.optional(Text),
});

const StateSchema = v.looseObject({
  mode: v.picklist(['starting', 'replica', 'view']),
  profile: Profile,
  self: v.nullable(Index),
  n: Count,
  q: Count,
  members: v.pipe(
    v.array(v.looseObject({ index: Index, name: Text, here: v.boolean() })),
    v.maxLength(1_000),
  ),
  instances: v.array(v.looseObject({ key: v.string(), version: Count })),
  sessions: v.array(v.looseObject({ id: v.string(), status: v.looseObject({ state: v.string() }) })),
  evidence: v.array(v.looseObject({ member: Index })),
  faults: v.nullable(v.object({ offline: v.boolean(), lying: v.boolean(), delayMs: v.number() })),
});

const AnswerSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), sessionId: Text, key: v.pipe(v.string(), v.maxLength(200)) }),
  v.object({ ok: v.literal(false), type: Text, message: Text }),
]);

const PaneMessageSchema = v.variant('type', [
  v.object({ type: v.literal('pane-state'), profile: Profile, state: StateSchema }),
  v.object({
    type: v.literal('pane-trace'),
    profile: Profile,
    events: v.pipe(v.array(EventSchema), v.maxLength(MAX_EVENTS_PER_MESSAGE)),
  }),
  v.object({ type: v.literal('pane-answer'), profile: Profile, call: Call, answer: AnswerSchema }),
]);

const JobSchema = v.variant('kind', [
  v.object({
    kind: v.literal('announce'),
    notice: v.nullable(v.pipe(v.string(), v.maxLength(MAX_MANIFEST_TEXT))),
  }),
  v.object({
    kind: v.literal('start'),
    key: v.pipe(v.string(), v.maxLength(200)),
    operator: v.pipe(v.string(), v.maxLength(24)),
  }),
  v.object({
    kind: v.literal('step'),
    sessionId: Text,
    step: v.picklist(['scan', 'validate', 'quality', 'label', 'finish'] satisfies StepName[]),
    courierId: v.pipe(v.string(), v.maxLength(24)),
  }),
  v.object({ kind: v.literal('commit'), sessionId: Text }),
]);

const PageMessageSchema = v.variant('command', [
  v.object({ type: v.literal('control'), command: v.picklist(['offline', 'lying']), on: v.boolean() }),
  v.object({
    type: v.literal('control'),
    command: v.literal('delay'),
    milliseconds: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000)),
  }),
  v.object({ type: v.literal('control'), command: v.literal('run'), call: Call, job: JobSchema }),
]);
