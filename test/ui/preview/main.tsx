/** Shows the pages on an in-memory network: `?self=0..3&case=…`; the path is the app's own. */
import { createRoot } from 'react-dom/client';
import type { Key, MemberIndex, NetworkState } from '../../../src/worker/api.ts';
import { OperatorApp } from '../../../src/ui/OperatorApp.tsx';
import { blankSession, DIGEST_A, fakeClient, instance, sscc } from '../fake-client.ts';

const query = new URLSearchParams(location.search);
const which = query.get('case') ?? '';

const CASES: Readonly<Record<string, (state: NetworkState) => NetworkState>> = {
  away: (s) => ({ ...s, here: 2, members: s.members.map((m) => (m.index > 1 ? { ...m, here: false } : m)) }),
  edge: (s) => ({
    ...s,
    here: 3,
    members: s.members.map((m) => (m.index === 2 ? { ...m, here: false } : m)),
  }),
  view: (s) => ({ ...s, mode: 'view', standing: { kind: 'resuming', answered: 2, needed: 3 } }),
  evidence: (s) => ({
    ...s,
    members: s.members.map((m) => (m.index === 2 ? { ...m, evidence: true } : m)),
    evidence: [
      {
        member: 2 as MemberIndex,
        heldSince: Date.UTC(2026, 2, 11, 14, 32),
        evidence: {
          first: {
            key: `package/${sscc(111)}`,
            version: 2,
            round: 0,
            type: 'PRE-COMMIT',
            digest: DIGEST_A,
          } as never,
          second: {
            key: `package/${sscc(111)}`,
            version: 2,
            round: 0,
            type: 'PRE-COMMIT',
            digest: '7b03e6aa'.padEnd(60, '1') + '10c9',
          } as never,
        },
      },
    ],
  }),
  queue: (s) => {
    const keys = [115, 116].map((n) => `package/${sscc(n)}` as Key);
    return {
      ...s,
      sessions: keys.map((key, i) => ({
        ...blankSession(`q${i}`, { state: 'voting' }),
        key,
        baseVersion: 1 as never,
      })),
      instances: [
        instance(keys[0]!, 2 as never, ['commit', 'commit', 'empty', 'pre'], s),
        instance(keys[1]!, 2 as never, ['pre', 'pre', 'empty', 'heard'], s),
      ],
    };
  },
  conflict: (s) => ({
    ...s,
    sessions: [
      {
        ...blankSession('x', {
          state: 'conflict',
          message: 'Cargo Nord committed version 2 of this package while you worked.',
          step: 0,
          before: { status: 200, body: { status: 'announced' } },
          after: {
            status: 409,
            body: { type: 'already-done', message: 'The package is labelled already, for Echo Freight.' },
          },
        }),
        key: `package/${sscc(112)}` as Key,
      },
    ],
  }),
};

const change = CASES[which];
const client = fakeClient({
  self: Number(query.get('self') ?? 1),
  packages: Number(query.get('packages') ?? 30),
  voteMs: Number(query.get('vote') ?? 300),
  ...(change === undefined ? {} : { change }),
});
createRoot(document.getElementById('root')!).render(<OperatorApp client={client} base="/n/test" />);
