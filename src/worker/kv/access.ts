/** The access-control callback as a judge of proposed values: its yes, its no, its failures and its silence. */
import type { Milliseconds } from '../../codec/brand.ts';
import { cutText } from '../../codec/text.ts';
import type { Verdict } from '../../l2/types.ts';
import type { Clock } from '../clock.ts';
import type { AccessAnswer, AccessReport, AskAccess, ProposedChange } from './api.ts';
import {
  ACCESS_BUDGET_MS,
  MAX_ACCESS_CALLS,
  MAX_ACCESS_MESSAGE_LENGTH,
  MAX_ACCESS_REPORTS,
} from './limits.ts';

export const ACCESS_RULE = 'access-control';

export interface AccessOptions {
  /** null: every change is allowed. */
  readonly ask: AskAccess | null;
  readonly clock: Clock;
  readonly budgetMs?: Milliseconds;
  changed(): void;
}

/** Asks the callback, each time anew: a yes of yesterday's attempt would hide that it does not answer today. */
export class Access {
  readonly #options: AccessOptions;
  readonly #reports = new Map<string, AccessReport>();
  #unanswered = 0;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get reports(): readonly AccessReport[] {
    return [...this.#reports.values()];
  }

  async judge(change: ProposedChange): Promise<Verdict> {
    const { ask } = this.#options;
    if (ask === null) return { verdict: 'valid' };
    const what = `version ${change.version} of ${change.key}`;
    if (this.#unanswered >= MAX_ACCESS_CALLS) {
      const message = `${MAX_ACCESS_CALLS} calls of the access-control callback were never answered; ${what} waits. Reload the page.`;
      return this.#report(change, 'busy', { verdict: 'unknown', message });
    }
    const answer = await this.#inTime(ask, change);
    if (answer === null) {
      const message = `The access-control callback took longer than ${this.#budget} ms over ${what}; it is asked again.`;
      return this.#report(change, 'slow', { verdict: 'unknown', message });
    }
    if ('threw' in answer) {
      const why = cutText(answer.threw, MAX_ACCESS_MESSAGE_LENGTH);
      const message = `The access-control callback failed over ${what}: ${why}`;
      return this.#report(change, 'threw', { verdict: 'invalid', rule: ACCESS_RULE, message });
    }
    if ('abstains' in answer) {
      const message = `${what} cannot be judged here yet, and is asked about again: ${answer.abstains}`;
      return this.#report(change, 'abstained', {
        verdict: 'unknown',
        message: cutText(message, MAX_ACCESS_MESSAGE_LENGTH),
      });
    }
    if (answer.allowed) return { verdict: 'valid' };
    const message = `The access-control callback does not allow ${what}.`;
    return this.#report(change, 'refused', { verdict: 'invalid', rule: ACCESS_RULE, message });
  }

  /** Of a value that sessions judge (src/worker/kv/sessions.ts). */
  report(of: Pick<ProposedChange, 'key' | 'version'>, kind: AccessReport['kind'], message: string): void {
    this.#report(of, kind, { verdict: 'unknown', message });
  }

  get #budget(): Milliseconds {
    return this.#options.budgetMs ?? ACCESS_BUDGET_MS;
  }

  /** null: not in time. An answer that comes later is not waited for, but until it comes the call counts. */
  async #inTime(ask: AskAccess, change: ProposedChange): Promise<AccessAnswer | null> {
    const { clock } = this.#options;
    const late = new AbortController();
    this.#unanswered++;
    const answered = Promise.resolve()
      .then(() => ask(change, late.signal))
      // The callback's own failures are answers: this is the way to it, which may hold at other members.
      .catch((error: unknown): AccessAnswer => ({ abstains: String((error as Error)?.message ?? error) }))
      .finally(() => this.#unanswered--);
    let timer: unknown = null;
    const silent = new Promise<null>((resolve) => {
      timer = clock.setTimeout(() => resolve(null), this.#budget);
    });
    const first = await Promise.race([answered, silent]);
    clock.clearTimeout(timer);
    if (first === null) late.abort();
    return first;
  }

  #report(
    change: Pick<ProposedChange, 'key' | 'version'>,
    kind: AccessReport['kind'],
    verdict: Exclude<Verdict, { verdict: 'valid' }>,
  ): Verdict {
    const { key, version } = change;
    const name = `${kind} ${version} ${key}`;
    const count = (this.#reports.get(name)?.count ?? 0) + 1;
    this.#reports.delete(name);
    this.#reports.set(name, {
      key,
      version,
      kind,
      message: verdict.message,
      count,
      at: this.#options.clock.wall(),
    });
    if (this.#reports.size > MAX_ACCESS_REPORTS) this.#reports.delete(this.#reports.keys().next().value!);
    this.#options.changed();
    return verdict;
  }
}
