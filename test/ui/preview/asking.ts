/** Doors whose members answer a knock as the address says. */
import type { KnockView } from '../../../src/worker/api.ts';
import type { DoorsClient } from '../../../src/ui/doors/client.ts';
import { fakeDoors } from '../../demo/fake.ts';
import { MEMBERS } from '../fake-client.ts';

const network = {
  network: { id: '5d'.repeat(32) as never, name: 'Harbour receivers' },
  epoch: 2,
  members: MEMBERS.map(({ id, name, organisation, role }) => ({ id, name, organisation, role })),
};
const VIEWS: Readonly<Record<string, KnockView>> = {
  asked: { state: 'asked', ...network },
  drafted: {
    state: 'drafted',
    approvals: 2,
    needed: 3,
    reason: 'Echo Freight drives for us from May.',
    ...network,
  },
};

export function askingClient(answer: string | null): DoorsClient {
  return { api: fakeDoors([VIEWS[answer ?? ''] ?? { state: 'nobody' }]) };
}
