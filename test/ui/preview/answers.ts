/** What the replica in memory answers beside what every test needs; `refuse` in the address names what fails. */
import type { DirectoryEntry, SessionView } from '../../../src/worker/api.ts';
import type { RemoteApi } from '../../../src/ui/client.ts';
import exampleUrl from '../../../examples/evidence/040123450000001112.evidence.json?url';
import { blankSession, sscc, type Fake } from '../fake-client.ts';
import { inspection } from './inspection.ts';
import { atRecord, handOffView } from './records.ts';

const query = new URLSearchParams(location.search);
const refused = query.get('refuse');
const ok = <T>(value: T) => ({ ok: true as const, value });
const no = <T extends string>(type: T, message: string) => ({ ok: false as const, error: { type, message } });
const never = (): Promise<never> => Promise.reject(new Error('The replica is gone.'));
const at = Date.UTC(2026, 2, 11, 14, 31);

const key = (keyId: string, letter: string, revoked: boolean) => ({
  keyId,
  publicKey: letter.repeat(64),
  validFrom: at / 1000 - 86_400 * 90,
  validUntil: at / 1000 + 86_400 * 500,
  revokedAt: revoked ? at - 86_400_000 : null,
  reason: revoked ? ('stolen' as const) : null,
});
const ENTRIES: readonly DirectoryEntry[] = [
  {
    kind: 'supplier',
    id: '9521145000010',
    gln: '9521145000010',
    name: 'Foxtrot Bearings',
    sponsor: 'bravo',
    keys: [key('F-1', '4', false)],
    at,
  },
  {
    kind: 'courier',
    id: 'echo',
    gln: '9521144000011',
    name: 'Echo Freight',
    sponsor: 'bravo',
    keys: [key('E-1', '5', true), key('E-2', '6', false)],
    at,
  },
  {
    kind: 'device',
    id: '7c'.repeat(32),
    name: 'Dock 2 phone',
    sponsor: 'bravo',
    notBefore: at,
    revokedAt: null,
    reason: null,
    at,
  },
  {
    kind: 'device',
    id: '8d'.repeat(32),
    name: 'Forklift terminal',
    sponsor: 'cargo',
    notBefore: at,
    revokedAt: at,
    reason: 'lost',
    at,
  },
];

/** A session that is with the members at once. */
function voting(client: Fake): { readonly ok: true; readonly value: SessionView } {
  const session: SessionView = { ...blankSession('alone', { state: 'voting' }) };
  client.update((s) => ({ ...s, sessions: [...s.sessions, session] }));
  return ok(session);
}

const REFUSALS: Readonly<Record<string, Partial<RemoteApi>>> = {
  list: { packages: never },
  silent: { start: never },
  inspect: { inspect: never },
  evidence: {
    evidence: async () =>
      no('history-incomplete', 'Older versions were pruned in this browser. Fetch them again first.'),
  },
  propose: {
    proposeChange: async () =>
      no('change-unknown', 'That change is gone: another one was sealed. Look at it, then propose again.'),
  },
  send: {
    commitAll: async (ids) =>
      ids.map((id, i) =>
        i === 1
          ? no('not-a-voter', 'This replica was not let in yet, so it cannot send.')
          : ok({ ...blankSession(id, { state: 'voting' }) }),
      ) as never,
  },
};

export function answersOf(client: Fake): RemoteApi {
  const given = client.api;
  const view = handOffView(
    refused === 'sign'
      ? 'The record that it names is not the one that this device holds. Ask the warehouse to sign again.'
      : null,
  );
  const more: Partial<RemoteApi> = {
    inspect: async () => inspection,
    directory: async () =>
      query.has('directory') ? ENTRIES.map((entry) => ({ entry, version: 1 as never })) : [],
    package: async (number) => atRecord(query.get('record'), await given.package(number)),
    packages: async (asked) => {
      const list = await given.packages(asked);
      const held = atRecord(query.get('record'), await given.package(sscc(111)));
      // The courier's page asks for its own packages by their status.
      if (query.has('record') && held !== null && asked.status === held.summary.status)
        return { ...list, total: 1, rows: [held.summary] };
      if (query.has('record') && asked.status !== 'all') return { ...list, total: 0, rows: [] };
      const { instances } = client.getState()!;
      if (!query.has('voting')) return list;
      return {
        ...list,
        rows: list.rows.map((row) => {
          const one = instances.find((each) => each.key === `package/${row.sscc}`);
          return one === undefined
            ? row
            : {
                ...row,
                seal: one.seal,
                voting: {
                  version: one.version,
                  commits: one.seal.marks.filter((mark) => mark === 'commit').length,
                  needed: one.needed,
                },
              };
        }) as never,
      };
    },
    prepareHandOff: async () => ok(view),
    sendHandOff: async () => false,
    readHandOff: async () => ok(view),
    signHandOff: async () => ok({ answer: `csanswer1.${'Cd1-'.repeat(60)}`, sent: true }),
    enterHandOff: async () =>
      no(
        'answer-other',
        'This answer is to another request. Let the courier scan the code that is shown here.',
      ) as never,
    signDelivery: async () => ok({ report: `csreport1.${'Ef2-'.repeat(60)}`, opening: null }),
    readDelivery: async () =>
      ok({
        network: '5d'.repeat(32) as never,
        sscc: sscc(111),
        handOff: 'e1'.repeat(32) as never,
        courier: 'delta',
        outcome: 'delivered' as const,
        place: null,
        recipient: null,
        time: at,
      }),
    enterDelivery: async () => voting(client) as never,
    runAlone: async () => voting(client) as never,
    askAgain: async () => ok(undefined) as never,
    ...(query.get('evidence') === 'real'
      ? { evidence: async () => ok(new Uint8Array(await (await fetch(exampleUrl)).arrayBuffer())) }
      : {}),
    ...(refused === null ? {} : REFUSALS[refused]),
  };
  return { ...given, ...more };
}
