/**
 * The handlers of a page as a service registry of src/l2: each step is a question over the worker's port, with a time limit, and its answer
 * is data that is checked. A handler that is silent proves nothing about a value; one that throws refuses the step, here and at every
 * member that runs it again.
 */
import type { Milliseconds } from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import { ROLES } from '../../codec/genesis.ts';
import { cutText } from '../../codec/text.ts';
import { canonical } from '../../l2/canonical.ts';
import { MAX_RESPONSE_BYTES, MAX_SERVICES } from '../../l2/limits.ts';
import { createRegistry, isPath } from '../../l2/registry.ts';
import type {
  HandlerContext,
  HandlerResult,
  Service,
  ServiceRegistry,
  ServiceResponse,
  Transaction,
} from '../../l2/types.ts';
import type { Clock } from '../clock.ts';
import { MAX_ACCESS_MESSAGE_LENGTH, MAX_BODY_BYTES, MAX_STEP_CALLS } from './limits.ts';
import type {
  AskStep,
  ServiceOutline,
  StepAnswer,
  StepCircumstances,
  StepData,
  StepQuestion,
  StepRefusal,
} from './sessions-api.ts';
import { keyProblem, RESERVED_PREFIX } from './value.ts';

/** Every step is asked for by this method: an application of the middleware has no other. */
export const STEP_METHOD = 'POST';
export const STEP_OK = 200;
/** Of a refused step: understood, and not done (RFC 9110, 15.5.21). */
const STEP_REFUSED = 422;

/** The page gave no usable answer: nothing is known of the step. src/l2/execute.ts knows it by its name. */
export class CannotJudge extends Error {
  override readonly name = 'CannotJudge';
  readonly why: 'slow' | 'busy' | 'abstained';
  constructor(why: CannotJudge['why'], message: string) {
    super(message);
    this.why = why;
  }
}

export interface StepAskerOptions {
  readonly ask: AskStep;
  readonly clock: Clock;
}

/** What a page says that can be worked with. */
type Usable = Exclude<StepAnswer, { readonly abstains: string }>;

/** Asks the page, and gives up in time. */
export class StepAsker {
  readonly #options: StepAskerOptions;
  #unanswered = 0;

  constructor(options: StepAskerOptions) {
    this.#options = options;
  }

  /** @throws CannotJudge when there is no answer within `patience`, or the page cannot say. */
  async ask(question: StepQuestion, patience: Milliseconds): Promise<Usable> {
    const what = question.about === 'step' ? `step ${question.path}` : 'the end of a session';
    if (this.#unanswered >= MAX_STEP_CALLS) {
      throw new CannotJudge(
        'busy',
        `${MAX_STEP_CALLS} calls of step handlers were never answered; ${what} on ${question.context.key} waits. Reload the page.`,
      );
    }
    const answer = patience > 0 ? await this.#inTime(question, patience) : null;
    if (answer === null)
      throw new CannotJudge(
        'slow',
        `The handlers took longer than allowed over ${what} on ${question.context.key}.`,
      );
    const said = answerOf(question, answer.said);
    if ('abstains' in said) throw new CannotJudge('abstained', said.abstains);
    return said;
  }

  /** null: not in time. Until an answer comes the call counts. */
  async #inTime(question: StepQuestion, patience: Milliseconds): Promise<{ readonly said: unknown } | null> {
    const { clock } = this.#options;
    this.#unanswered++;
    const answered = Promise.resolve()
      .then(() => this.#options.ask(question))
      .then((said) => ({ said }))
      // The port itself failed: the page is gone, which says nothing of the step.
      .catch(() => null)
      .finally(() => this.#unanswered--);
    let timer: unknown = null;
    const late = new Promise<null>((resolve) => {
      timer = clock.setTimeout(() => resolve(null), patience);
    });
    const first = await Promise.race([answered, late]);
    clock.clearTimeout(timer);
    return first;
  }
}

/** What runs a question; how long it may take is for whoever makes the registry. */
export type RunStep = (question: StepQuestion, context: HandlerContext) => Promise<Usable>;

export function stepRegistry(outline: ServiceOutline, rulesVersion: number, run: RunStep): ServiceRegistry {
  const services = outline.paths.map((path): Service => ({
    method: STEP_METHOD,
    path,
    roles: ROLES,
    since: rulesVersion,
    summary: '',
    handler: (record, request, context) => runStep(run, record, { ...request, path }, context),
  }));
  // The end is the application's to judge as well, but only the page can, so src/worker/kv/sessions.ts asks it.
  return createRegistry(
    services,
    [rulesVersion],
    (key) => sessionKeyProblem(outline, key),
    () => null,
  );
}

/** Why a service cannot be, or null: for the page, before anything is opened. */
export function outlineProblem({ prefix, paths }: ServiceOutline): string | null {
  if (typeof prefix !== 'string' || keyProblem(prefix) !== null)
    return `A session service needs a prefix for its keys: ${String(prefix)} is none. Choose another.`;
  if (RESERVED_PREFIX.startsWith(prefix))
    return `Keys that begin with ${RESERVED_PREFIX} belong to the network: choose another prefix than ${prefix}.`;
  if (paths.length === 0 || paths.length > MAX_SERVICES)
    return `A session service has 1 to ${MAX_SERVICES} steps, and this one ${paths.length}.`;
  const wrong = paths.find((path) => !isPath(path) || path.startsWith('/.'));
  return wrong === undefined
    ? null
    : `${wrong} is no path of a step. Write / and then letters, digits and -._~/, not beginning with a dot.`;
}

export function sessionKeyProblem({ prefix }: ServiceOutline, key: string): string | null {
  const malformed = keyProblem(key);
  if (malformed !== null) return malformed;
  if (key.length > prefix.length && key.startsWith(prefix)) return null;
  return `${key} is no key of a session: those begin with ${prefix}, and go on. Use set for other keys.`;
}

async function runStep(
  run: RunStep,
  record: CborValue,
  request: { readonly path: string; readonly body: CborValue },
  context: HandlerContext,
): Promise<HandlerResult> {
  const answer = await run(
    {
      about: 'step',
      path: request.path,
      record: encode(record),
      body: encode(request.body),
      context: circumstancesOf(context),
    },
    context,
  );
  if ('refused' in answer) return refusing(record, answer.refused);
  if (!('record' in answer)) return refusing(record, NO_ANSWER);
  // Kept deterministic: what does not fit is refused by everybody, where src/l2/execute.ts would take it for a bug of this copy.
  const response = sized(answer.response, (body) => ({ status: STEP_OK, body }), MAX_RESPONSE_BYTES);
  const after = sized(answer.record, (value) => value, MAX_BODY_BYTES);
  if (response === null) return refusing(record, tooLarge('response', MAX_RESPONSE_BYTES));
  if (after === null) return refusing(record, tooLarge('record', MAX_BODY_BYTES));
  return { response: response as unknown as ServiceResponse, record: after };
}

function sized(bytes: Uint8Array, wrap: (value: CborValue) => CborValue, maxBytes: number): CborValue | null {
  const decoded = decode(bytes, maxBytes);
  if (!decoded.ok) return null;
  const form = canonical(wrap(decoded.value), maxBytes);
  return form.ok ? form.value.value : null;
}

const refusing = (record: CborValue, { type, message }: StepRefusal): HandlerResult => ({
  response: { status: STEP_REFUSED, body: { type, message } },
  record,
});

const NO_ANSWER: StepRefusal = {
  type: 'answer-malformed',
  message: 'The handler of this step gave no record and no refusal. Please report this as a bug.',
};

const tooLarge = (what: string, maxBytes: number): StepRefusal => ({
  type: 'too-large',
  message: `The ${what} of this step is nested too deep, or takes more than ${maxBytes} bytes. Keep large content under keys of its own.`,
});

export function circumstancesOf(
  context: Omit<HandlerContext, 'hash' | 'verifyEd25519' | 'genesis'>,
): StepCircumstances {
  const { network, key, member, operator, baseVersion, earlier } = context;
  return {
    network,
    key,
    member: { id: member.id, label: member.organisation },
    operator,
    baseVersion,
    earlier: earlier.map(stepData),
  };
}

export const stepData = ({ request, response }: Transaction): StepData => ({
  path: request.path,
  body: encode(request.body),
  response: encode(response.body),
});

/** The page's answer, taken for nothing but what it shows itself to be. */
function answerOf(question: StepQuestion, said: unknown): StepAnswer {
  const fields: Record<string, unknown> = { ...(said as object | null) };
  if (fields.abstains !== undefined) return { abstains: messageOf(fields.abstains) };
  if (fields.refused !== undefined) return { refused: refusalOf(fields.refused) };
  if (question.about === 'end') return fields.ends === true ? { ends: true } : { refused: NO_ANSWER };
  const { record, response } = fields;
  return record instanceof Uint8Array && response instanceof Uint8Array
    ? { record, response }
    : { refused: NO_ANSWER };
}

export function refusalOf(value: unknown): StepRefusal {
  const { type, message } = { ...(value as { readonly type?: unknown; readonly message?: unknown } | null) };
  return {
    type: typeof type === 'string' && /^[a-z0-9-]{1,64}$/.test(type) ? type : 'refused',
    message: messageOf(message),
  };
}

/** An exception may carry any text. */
const messageOf = (text: unknown): string =>
  cutText(typeof text === 'string' ? text : '', MAX_ACCESS_MESSAGE_LENGTH);
