/** Runs the steps of a session again: on the same record to take one back, on a newer one to rebase. */
import { equalBytes } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import { runRequest, transactionOf, type Execution } from './execute.ts';
import type { Base, Step } from './stored.ts';
import type { HandlerContext, L2Ports, ServiceRegistry, ServiceRequest, ServiceResponse } from './types.ts';

/** A working copy: where a number of steps have led. */
export interface Work {
  readonly steps: readonly Step[];
  readonly record: CborValue;
  readonly recordBytes: Uint8Array;
}

export type Rerun =
  | { readonly same: true; readonly work: Work }
  /** `step` is the first one that answers otherwise. */
  | {
      readonly same: false;
      readonly step: number;
      readonly before: ServiceResponse;
      readonly after: ServiceResponse;
    };

export interface Runner {
  /** Runs one request after the steps of `work`; null: it is the first one. */
  run(
    base: Base & { readonly record: CborValue },
    operator: string,
    work: Work | null,
    request: ServiceRequest,
    key: HandlerContext['key'],
  ): Promise<Execution>;
  /** Work after one more step that succeeded. `node`: who ran it first; this device unless given. */
  append(work: Work | null, execution: Execution, node?: string): Work;
  /** Runs all steps and stops at the first response that differs. */
  again(subject: Subject, base: Base & { readonly record: CborValue }): Promise<Rerun>;
  /**
   * Keeps what still gives the same response and drops the rest. The first step opens the session, so it is kept with whatever
   * success it gives now; when it is refused there is no session, and that execution is returned. So is a step that gave no answer: it says
   * nothing about that step, which must not be dropped for it.
   */
  keepEqual(
    subject: Subject,
    base: Base & { readonly record: CborValue },
  ): Promise<{ readonly work: Work } | { readonly refused: Execution }>;
}

export type RunnerPorts = Pick<
  L2Ports,
  'network' | 'genesis' | 'member' | 'device' | 'hash' | 'verifyEd25519'
>;

export interface Subject {
  readonly key: HandlerContext['key'];
  readonly operator: string;
  readonly steps: readonly Step[];
}

export function createRunner(ports: RunnerPorts, registry: ServiceRegistry): Runner {
  const rulesVersion = ports.genesis.rulesVersion;
  const run: Runner['run'] = (base, operator, work, request, key) =>
    runRequest(registry, rulesVersion, work === null ? base.record : work.record, request, {
      key,
      network: ports.network,
      genesis: ports.genesis,
      member: ports.member,
      operator,
      baseVersion: base.version,
      earlier: work === null ? [] : work.steps.map((step) => step.transaction),
      hash: (bytes) => ports.hash(bytes),
      verifyEd25519: (publicKey, message, signature) => ports.verifyEd25519(publicKey, message, signature),
    });

  const self = ports.device?.key ?? ports.member.id;
  const append: Runner['append'] = (work, execution, node = self) => {
    if (execution.recordBytes === null) throw new Error('only a success makes a step');
    const transaction = transactionOf(execution, node);
    const step: Step = { transaction, bytes: encode(transaction as unknown as CborValue) };
    return {
      steps: [...(work?.steps ?? []), step],
      record: execution.record,
      recordBytes: execution.recordBytes,
    };
  };

  return {
    run,
    append,
    again: async ({ key, operator, steps }, base) => {
      let work: Work | null = null;
      for (const [index, step] of steps.entries()) {
        const { request, response, node } = step.transaction;
        const execution: Execution = await run(base, operator, work, request, key);
        if (!sameResponse(execution, response)) {
          return { same: false, step: index, before: response, after: execution.response };
        }
        work = append(work, execution, node);
      }
      if (work === null) throw new Error('a session has at least one step');
      return { same: true, work };
    },
    keepEqual: async ({ key, operator, steps }, base) => {
      let work: Work | null = null;
      for (const step of steps) {
        const { request, response, node } = step.transaction;
        const execution: Execution = await run(base, operator, work, request, key);
        if (execution.outcome === 'handler-failed') return { refused: execution };
        if (work === null && execution.outcome !== 'success') return { refused: execution };
        if (work === null || sameResponse(execution, response)) work = append(work, execution, node);
      }
      if (work === null) throw new Error('a session has at least one step');
      return { work };
    },
  };
}

/** Byte for byte in canonical form; a kept response is always a success, so equal bytes mean success again. */
export function sameResponse(execution: Execution, response: ServiceResponse): boolean {
  if (execution.outcome !== 'success') return false;
  return equalBytes(execution.responseBytes, encode({ status: response.status, body: response.body }));
}
