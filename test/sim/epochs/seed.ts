import { runEpochs, type EpochRunResult } from './run.ts';

/** What is asked of each of many seeds. */
export interface SeedOptions {
  /** Members of epoch 0; null: 4 to 16 in turn. */
  n: number | null;
  /** Changes in each run; null: the seed draws one to four. */
  epochs: number | null;
  script: string | null;
  ablate: string | null;
  trace: boolean;
}

const SIZES = [4, 4, 5, 7, 4, 6, 7, 10, 4, 8, 7, 13, 4, 9, 5, 16];

/** One seed, as a child is asked for it and as the parent runs it itself. */
export function runSeed({ n, epochs, script, ablate, trace }: SeedOptions, seed: number): EpochRunResult {
  return runEpochs({
    ...{ seed, n: n ?? SIZES[seed % SIZES.length]!, trace },
    ...(epochs === null ? {} : { epochs }),
    ...(script === null ? {} : { script }),
    ...(ablate === null ? {} : { ablation: ablate }),
  });
}
