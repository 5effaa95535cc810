/** A program that is told what to do by lines of JSON and answers with such lines, and that ends with its input. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PEERS_ANSWER_MS, PEERS_MAX_COMPLAINT } from '../../limits.ts';

/** A line of the program (bench/peers/cometbft/main.go). What a request has no use for is left out. */
export interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly port?: number;
  readonly node?: string;
  readonly milliseconds?: number;
  readonly height?: number;
  readonly peers?: number;
  readonly processor?: number;
  readonly sent?: number;
}

export type Request =
  | { readonly op: 'peers'; readonly addresses: readonly string[] }
  | { readonly op: 'status' }
  | { readonly op: 'set'; readonly key: string; readonly bytes: number }
  | { readonly op: 'usage' }
  | { readonly op: 'route'; readonly to: string }
  | { readonly op: 'delay'; readonly delay: number };

/** Those that run, for the end of this process: it may come between two steps of a study. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Program {
  /** What it said when it was ready. */
  readonly ready: Answer;
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, Waiting>;
  readonly #gone: Promise<unknown>;
  readonly #complaints: () => string;
  #serial = 0;

  private constructor(
    child: ChildProcess,
    ready: Answer,
    waiting: Map<number, Waiting>,
    gone: Promise<unknown>,
    complaints: () => string,
  ) {
    [this.#child, this.ready, this.#waiting, this.#gone, this.#complaints] = [
      child,
      ready,
      waiting,
      gone,
      complaints,
    ];
  }

  /** @throws with what it wrote, when it ends instead of becoming ready. */
  static async start(path: string, args: readonly string[]): Promise<Program> {
    const child = spawn(path, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(child);
    const waiting = new Map<number, Waiting>();
    let complaints = '';
    child.stderr.on('data', (data: Buffer) => {
      complaints = (complaints + data.toString()).slice(-PEERS_MAX_COMPLAINT);
    });
    // It is told of at its end.
    child.stdin.on('error', () => undefined);
    const gone = Promise.race([once(child, 'close'), once(child, 'error')])
      .catch((error: unknown) => void (complaints += String(error)))
      .finally(() => {
        running.delete(child);
        const error = new Error(`${path} ${args[0] ?? ''} has ended. It wrote last:\n${complaints}`);
        for (const { reject } of waiting.values()) reject(error);
        waiting.clear();
      });
    const first = new Promise<Answer>((resolve, reject) => waiting.set(0, { resolve, reject }));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.error === undefined) asked?.resolve(answer);
      else asked?.reject(new Error(`${path} ${args[0] ?? ''}: ${answer.error}`));
    });
    return new Program(child, await first, waiting, gone, () => complaints);
  }

  /** @throws when it cannot, does not answer, or is gone. */
  async ask(request: Request): Promise<Answer> {
    const id = ++this.#serial;
    if (!running.has(this.#child)) throw new Error(`A program has ended:\n${this.#complaints()}`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        timer = setTimeout(
          () => reject(new Error(`No answer to ${request.op} in ${PEERS_ANSWER_MS / 1000} s.`)),
          PEERS_ANSWER_MS,
        );
        this.#child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Dies at once, as a machine whose power is cut. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
