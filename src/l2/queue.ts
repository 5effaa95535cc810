/** One line of waiting jobs per name: jobs of one name run one after another, those of different names side by side. */
export interface Queues {
  /** Jobs that wait or run under this name. */
  waiting(name: string): number;
  /** Runs `job` after all earlier ones of this name, whatever became of them. The caller checks `waiting` against its limit. */
  run<T>(name: string, job: () => Promise<T>): Promise<T>;
  /** Resolves when nothing waits or runs under any name. */
  idle(): Promise<void>;
}

export function createQueues(): Queues {
  const tails = new Map<string, { tail: Promise<unknown>; count: number }>();
  return {
    waiting: (name) => tails.get(name)?.count ?? 0,
    run: (name, job) => {
      const line = tails.get(name) ?? { tail: Promise.resolve(), count: 0 };
      tails.set(name, line);
      line.count++;
      const result = line.tail.then(job, job);
      const leave = (): void => {
        if (--line.count === 0) tails.delete(name);
      };
      line.tail = result.then(leave, leave);
      return result;
    },
    idle: async () => {
      while (tails.size > 0) await Promise.all([...tails.values()].map((line) => line.tail));
    },
  };
}
