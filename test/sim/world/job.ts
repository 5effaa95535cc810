/** A child process of `--jobs`: runs what it is handed, one at a time. */
import { drawWorld } from './draw.ts';
import { shortened, type Asked } from './jobs.ts';
import { runWorld } from './world.ts';

process.on('message', (asked: Asked) => {
  void (
    'options' in asked
      ? runWorld(asked.options).then((result) => ({ ...result, trace: [] }))
      : runWorld(drawWorld(asked)).then(shortened)
  ).then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));
