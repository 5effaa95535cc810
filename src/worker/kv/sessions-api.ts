/**
 * Sessions over the worker's boundary: plain data that can be cloned. Records, requests and responses travel as the canonical bytes of a
 * value (src/worker/kv/value.ts), which are also what a session value holds in their place.
 */
import type { Digest, NetworkId } from '../../codec/brand.ts';
import type { Result } from '../../codec/result.ts';
import type { SessionErrorType } from '../../l2/types.ts';

/** What the worker has to know of the service that a page offers; the handlers stay on the page. */
export interface ServiceOutline {
  /** Keys that begin with it are changed by sessions alone. */
  readonly prefix: string;
  readonly paths: readonly string[];
  /** Whether the page wants to be asked if a session may end where it does. */
  readonly checksEnd: boolean;
}

export interface StepData {
  readonly path: string;
  readonly body: Uint8Array;
  readonly response: Uint8Array;
}

/** What a step may depend on beside the record and its own request: the same at every member that runs it. */
export interface StepCircumstances {
  readonly network: NetworkId;
  readonly key: string;
  readonly member: { readonly id: string; readonly label: string };
  readonly operator: string;
  readonly baseVersion: number;
  /** The steps of this session before it. */
  readonly earlier: readonly StepData[];
}

export type StepQuestion =
  | {
      readonly about: 'step';
      readonly path: string;
      readonly record: Uint8Array;
      readonly body: Uint8Array;
      readonly context: StepCircumstances;
    }
  /** `earlier` of the context: all steps. */
  | { readonly about: 'end'; readonly record: Uint8Array; readonly context: StepCircumstances };

export interface StepRefusal {
  /** 1 to 64 of a-z, 0-9 and `-`. */
  readonly type: string;
  readonly message: string;
}

/** Of a page that keeps to it; the worker checks. An `end` is answered with `ends` or `refused`. */
export type StepAnswer =
  | { readonly record: Uint8Array; readonly response: Uint8Array }
  | { readonly ends: true }
  /** It cannot say yet. */
  | { readonly abstains: string }
  | { readonly refused: StepRefusal };

export type AskStep = (question: StepQuestion) => Promise<unknown>;

/** How a step answered. */
export type ToldResponse = { readonly response: Uint8Array } | { readonly refused: StepRefusal };

export type ToldSessionStatus =
  | { readonly state: 'local' }
  | { readonly state: 'voting' }
  | { readonly state: 'committed'; readonly version: number; readonly digest: Digest }
  | {
      readonly state: 'conflict';
      readonly message: string;
      readonly step: number;
      readonly before: ToldResponse;
      readonly after: ToldResponse;
    }
  | { readonly state: 'rejected'; readonly rule: string; readonly message: string }
  | { readonly state: 'abandoned'; readonly why: 'asked' | 'expired' };

export interface ToldSummary {
  readonly id: string;
  readonly key: string;
  readonly operator: string;
  readonly startedAt: number;
  readonly baseVersion: number;
  readonly stepCount: number;
  readonly rebases: number;
  readonly status: ToldSessionStatus;
}

export interface ToldSession extends ToldSummary {
  readonly steps: readonly StepData[];
  readonly record: Uint8Array;
}

/** What a status tells of sessions. */
export interface SessionsState {
  /** null: this replica was opened without a service, and abstains on the keys of sessions. */
  readonly prefix: string | null;
  /** Local, under vote or in conflict. */
  readonly open: number;
  /** Counts changes of this opening's sessions. */
  readonly revision: number;
}

/** Whose session made a version. */
export interface SessionMark {
  /** 32 hex digits. */
  readonly id: string;
  readonly member: string;
  readonly operator: string;
  readonly steps: number;
}

export interface KvSessionError {
  readonly type:
    | Exclude<
        SessionErrorType,
        | 'key-unknown'
        | 'role-not-allowed'
        | 'service-unknown'
        | 'session-paused'
        | 'session-moved'
        | 'mirror-unreachable'
        | 'mirror-differs'
      >
    /** The network was opened without a service. */
    | 'no-service'
    | 'key-malformed'
    /** The key's certified value has not arrived, or is no session's. */
    | 'not-arrived'
    | 'path-unknown'
    /** The handler gave no answer in time: nothing has changed. */
    | 'step-unanswered'
    | 'value-unsupported'
    | 'too-large'
    | 'stopped'
    | 'aborted';
  readonly message: string;
  /** With `step-refused`: what the handler said. */
  readonly refused?: StepRefusal;
  /** With `session-open-elsewhere`: the session that is open on the key. */
  readonly session?: string;
}

export type SessionCall =
  | {
      readonly about: 'start';
      readonly key: string;
      /** Pseudonym; null: the member's id. */
      readonly operator: string | null;
      readonly path: string;
      readonly body: Uint8Array;
    }
  | { readonly about: 'step'; readonly id: string; readonly path: string; readonly body: Uint8Array }
  | { readonly about: 'undo' | 'commit' | 'abandon' | 'rebase' | 'get'; readonly id: string }
  /** Waits for the end, but not longer than a forwarded call may take. */
  | { readonly about: 'outcome'; readonly id: string }
  | { readonly about: 'list' };

/** It changes nothing, so it may be asked twice. */
export const asksOnly = ({ about }: SessionCall): boolean =>
  about === 'list' || about === 'get' || about === 'outcome';

export interface SessionReply {
  /** Of `outcome`: null as long as there is none. */
  readonly session?: ToldSession | null;
  /** Of `start` and `step`. */
  readonly response?: Uint8Array;
  readonly list?: readonly ToldSummary[];
}

export type SessionAnswer = Result<SessionReply, KvSessionError>;
