/** A partially synchronous network: before GST it delays, loses, reorders and splits; after GST delays are at most D, some loss may stay. */
import type { Random, Scheduler } from './scheduler.ts';

export interface NetworkModel {
  readonly members: number;
  /** D: the longest delay after GST, in milliseconds. */
  readonly maxDelay: number;
  /** GST: from here on the network keeps its promise. */
  readonly settledAt: number;
  readonly lossBefore: number;
  /** Per cent; gossip repairs what is lost. */
  readonly lossAfter: number;
  /** Splits the members in two until GST, changing now and then. */
  readonly partitions: boolean;
}

export interface Network<Message> {
  send(from: number, to: number, message: Message): void;
  /** Everything that is under way is lost (total outage). */
  drain(): void;
}

export function createNetwork<Message>(
  model: NetworkModel,
  random: Random,
  scheduler: Scheduler,
  deliver: (to: number, from: number, message: Message) => void,
): Network<Message> {
  let era = 0;
  let side: readonly boolean[] = [];
  const split = (): void => {
    side = Array.from({ length: model.members }, () => random.chance(50));
    const again = scheduler.now + 50 + random.below(200);
    if (again < model.settledAt) scheduler.at(again, split);
  };
  if (model.partitions) split();
  return {
    send(from, to, message) {
      const settled = scheduler.now >= model.settledAt;
      if (random.chance(settled ? model.lossAfter : model.lossBefore)) return;
      if (!settled && model.partitions && side[from] !== side[to]) return;
      const longest = settled ? model.maxDelay : model.maxDelay * 8;
      const delay = random.chance(50) ? 1 + random.below(longest) : random.chance(50) ? 1 : longest;
      const sent = era;
      scheduler.at(scheduler.now + delay, () => {
        if (sent === era) deliver(to, from, message);
      });
    },
    drain() {
      era++;
    },
  };
}
