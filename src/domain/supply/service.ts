import type { Service } from '../../l2/types.ts';
import type { ProblemType } from './problem.ts';

/** A service with what docs/registry.md says about it. */
export interface SupplyService extends Service {
  /** Fields of the request's body. */
  readonly request: string;
  /** Status and fields of a success. */
  readonly response: string;
  /** Everything that the handler may refuse with. */
  readonly errors: readonly ProblemType[];
}
