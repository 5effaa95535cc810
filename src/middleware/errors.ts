/** What is thrown. Everything else that is expected to fail is a `Result`. */

/** A name of the whole page: an application may hold two copies of this package, and the class of one is not the other's. */
const nameOf = (kind: MarkedKind): symbol => Symbol.for(`countersign.${kind}`);

type MarkedKind = 'abstain' | 'step-refused';

/** For errors that an application throws at this package. */
export function mark(error: Error, kind: MarkedKind): void {
  Object.defineProperty(error, nameOf(kind), { value: true });
}

/** Whether some copy of this package has marked it so. */
export const isMarked = (error: unknown, kind: MarkedKind): error is Error =>
  error instanceof Error && nameOf(kind) in error;

/** Of calls that answer with a bare value, and of loops over entries and changes. */
export class NetworkError extends Error {
  readonly type:
    | 'key-malformed'
    /** The newest value is certified and its bytes are on their way. */
    | 'not-arrived'
    /** The network was closed, another tab took over, or the disk failed. */
    | 'stopped'
    /** More keys have changed than one loop keeps while its body runs: read what stands with `entries`, and loop again. */
    | 'fell-behind'
    /** Of `createDraft` and `identities`: the worker did not start. */
    | 'worker-failed';
  constructor(error: { readonly type: NetworkError['type']; readonly message: string }) {
    super(error.message);
    this.name = 'NetworkError';
    this.type = error.type;
  }
}

/**
 * Thrown by an access-control callback: this replica cannot say yes or no yet. It does not vote, refuses nothing, asks the callback again later,
 * and reports the message as `abstained`. For whatever may be here later and may differ between members until then.
 */
export class Abstain extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Abstain';
    mark(this, 'abstain');
  }
}

export const isAbstain = (error: unknown): error is Abstain => isMarked(error, 'abstain');
