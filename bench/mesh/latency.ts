/** A vote's way from one worker to another: half of an echo, over the real transport. */
import {
  MESH_BLOCK_MS,
  MESH_BLOCKS,
  MESH_ECHO_BYTES,
  MESH_ECHOES,
  MESH_ECHOES_WHILE_BLOCKED,
} from '../limits.ts';
import { everyoneLinked, startAll, until, urlOf, type Bed, type Peer } from './bed.ts';

/** Half of each round trip, milliseconds. `port`: the answering browser cannot transfer channels. */
export async function oneHop(
  bed: Bed,
  how: { readonly port: boolean; readonly busy: boolean },
): Promise<number[]> {
  const group = await bed.open(2, (i) => (i === 1 && how.port ? '?port' : ''));
  try {
    const { peers } = group;
    const [asker, answerer] = peers as [Peer, Peer];
    await startAll(peers, [urlOf(bed.server)]);
    await until(peers, 'two to be linked', everyoneLinked);
    await until(peers, 'the way of the bytes to be told', (all) => pathOf(all[1]!.status) !== undefined);
    const path = pathOf((await answerer.ask({ type: 'state' })).status);
    if (path !== (how.port ? 'page-port' : 'worker-channel')) throw new Error(`The bytes go by ${path}.`);
    const echo = async (count: number): Promise<readonly number[]> =>
      (await asker.ask({ type: 'echo', member: 1, count, bytes: MESH_ECHO_BYTES })).echoes;
    // Code is compiled and the congestion window is open after these.
    await echo(MESH_ECHOES_WHILE_BLOCKED);
    if (!how.busy) return (await echo(MESH_ECHOES)).map((ms) => ms / 2);
    const samples: number[] = [];
    for (let turn = 0; turn < MESH_BLOCKS; turn++) {
      const block = { over: false };
      const free = answerer.block(MESH_BLOCK_MS).then(() => (block.over = true));
      const some = await echo(MESH_ECHOES_WHILE_BLOCKED);
      // What outlasts the block was not measured during it.
      if (!block.over) samples.push(...some.map((ms) => ms / 2));
      await free;
    }
    if (samples.length === 0)
      throw new Error(`${MESH_ECHOES_WHILE_BLOCKED} echoes took longer than ${MESH_BLOCK_MS} ms, each time.`);
    return samples;
  } finally {
    await group.close();
  }
}

const pathOf = (
  status: { readonly peers: readonly { readonly path?: string }[] } | null,
): string | undefined => status?.peers[0]?.path;
