/** A child process of `--jobs`: runs the seed that it is handed. */
import { runSeed } from './seed.ts';

process.on('message', ({ options, seed }: { options: Parameters<typeof runSeed>[0]; seed: number }) => {
  process.send!({ ...runSeed(options, seed), trace: [] });
});
process.on('disconnect', () => process.exit(0));
