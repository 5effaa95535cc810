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

/** `held`: what this browser has already, `mine` or `device`. */
export function askingClient(answer: string | null, held: string | null): DoorsClient {
  const doors = fakeDoors([VIEWS[answer ?? ''] ?? { state: 'nobody' }]);
  const at = Date.UTC(2026, 2, 11, 14, 31);
  const harbour = { id: '5d'.repeat(32) as never, name: 'Harbour receivers', demo: false };
  if (held === 'mine')
    doors.list.push(
      { id: '1a'.repeat(32), label: 'Bravo Logistics', createdAt: at, network: harbour },
      { id: '2b'.repeat(32), label: 'Dock 2 phone', createdAt: at, network: harbour, device: true },
      {
        id: '3c'.repeat(32),
        label: 'Cargo Nord',
        createdAt: at,
        network: { ...harbour, name: 'Demo', demo: true },
      },
      { id: '4d'.repeat(32), label: 'Echo Freight', createdAt: at, network: null },
    );
  if (held !== 'device') return { api: doors };
  doors.list.push({ id: '7c'.repeat(32), label: 'Dock 2 phone', createdAt: at, network: null, device: true });
  return { api: { ...doors, deviceRequestOf: async () => `csdevice1.${'Ab0_'.repeat(50)}` } };
}
