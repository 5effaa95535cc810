/** `/n/<profile>`: one open network. */
import { OperatorApp } from '../../ui/OperatorApp.tsx';
import { startClient } from '../client.ts';
import { expose } from '../expose.ts';
import { OpenFailed } from '../OpenFailed.tsx';
import type { ShowPart } from '../pages.tsx';
import { profileIn } from '../paths.ts';
import { startReplicaWorker } from '../replica-worker.ts';

export const showNetwork: ShowPart = async ({ pathname, program, show, failed }) => {
  // src/app/paths.ts came here because there is one.
  const profile = profileIn(pathname, '/n/')!;
  const client = startClient(startReplicaWorker());
  client.lost.catch(failed);
  expose(client);
  program.opening();
  program.follow(client);
  show(<OperatorApp client={client} base={`/n/${profile}`} />);
  const opened = await client.open(profile);
  program.settled();
  if (!opened.ok) show(<OpenFailed error={opened.error} />);
};
