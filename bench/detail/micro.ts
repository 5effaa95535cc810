/** `npm run bench -- --micro` */
import { micro } from '../micro/main.ts';
import { command, say } from './command.ts';
import { MICRO_USAGE, parseMicro } from './options.ts';

command(parseMicro, MICRO_USAGE, async ({ json }) => {
  await micro(json, say);
  return 0;
});
