/** Everything before a network is open. */
import { DoorsApp } from '../../ui/doors/DoorsApp.tsx';
import { startClient } from '../client.ts';
import { expose } from '../expose.ts';
import type { ShowPart } from '../pages.tsx';
import { startReplicaWorker } from '../replica-worker.ts';

export const showDoors: ShowPart = async (stage) => {
  const client = startClient(startReplicaWorker());
  client.lost.catch(stage.failed);
  expose(client);
  stage.show(<DoorsApp client={{ api: client.api }} />);
};
