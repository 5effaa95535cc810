/** What the bench offers to its views. */
import type { ScanBody, ServiceRequest, SessionView } from '../../worker/api.ts';

/** Stands on the whole screen until it is answered. */
export interface BlockingProblem {
  readonly type: string;
  readonly title: string;
  readonly message: string;
  /** The code that was read, and what it should have been. */
  readonly read?: string;
  readonly expected?: string;
  /** A session that the operator may take up instead. */
  readonly sessionId?: string;
  /** Other ways out than to leave it. */
  readonly ways?: readonly { readonly words: string; readonly go: () => void }[];
}

export interface Echo {
  readonly good: boolean;
  readonly head: string;
  readonly body: string;
}

/** Scans that came while they were paused. */
export interface PausedScans {
  readonly count: number;
  /** The last of them, with separators made visible. */
  readonly codes: readonly string[];
}

export const NONE_PAUSED: PausedScans = { count: 0, codes: [] };

export interface IncomingScan {
  readonly code: string;
  readonly source: ScanBody['source'];
}

export interface Bench {
  readonly session: SessionView | null;
  readonly problem: BlockingProblem | null;
  /** How many problems were answered: tells one from the one behind it. */
  readonly answered: number;
  readonly paused: PausedScans;
  readonly echo: Echo | null;
  /** What is being awaited, in words; null: nothing. */
  readonly busy: string | null;
  scan(scan: IncomingScan): void;
  take(request: ServiceRequest, done: Echo, busy: string): Promise<boolean>;
  send(): Promise<void>;
  undo(): Promise<void>;
  putAway(): Promise<void>;
  rebase(): Promise<void>;
  /** Lets the session rest, and makes room for the next package. */
  rest(): Promise<void>;
  goOn(): Promise<void>;
  /** Has another device keep the session too; null: on this one alone. */
  alsoOn(device: string | null): Promise<void>;
  takeOver(sessionId: string): Promise<void>;
  /** Closes the session without sending it. */
  keepForLater(): Promise<void>;
  /** Sends finished sessions together. Gives what was not sent, and why; null: no answer came. */
  sendAll(sessions: readonly SessionView[]): Promise<readonly NotSent[] | null>;
  next(): void;
  show(sessionId: string): void;
  block(problem: BlockingProblem): void;
  acknowledge(): void;
  /** Pauses the scans while a question is on the screen, until `resume`. */
  hold(): void;
  resume(): void;
}

export interface NotSent {
  readonly session: SessionView;
  readonly message: string;
}
