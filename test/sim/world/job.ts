/** A child process of `--jobs`: runs what it is handed, one at a time. */
import { drawWorld, type Drawn } from './draw.ts';
import { shortened } from './jobs.ts';
import { runWorld } from './world.ts';

process.on('message', (drawn: Drawn) => {
  void runWorld(drawWorld(drawn)).then((result) => process.send!(shortened(result)));
});
process.on('disconnect', () => process.exit(0));
