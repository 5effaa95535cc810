/** States of a network that pages are shown in, by the `case` of an address. */
import type {
  Key,
  MemberIndex,
  MirroredSessionView,
  NetworkState,
  SessionView,
} from '../../../src/worker/api.ts';
import {
  blankSession,
  breakView,
  DIGEST_A,
  ECHO,
  entryOf,
  instance,
  joinRequest,
  memberChange,
  pastBreak,
  record,
  sscc,
  tx,
} from '../fake-client.ts';
import { handOffView } from './records.ts';

const query = new URLSearchParams(location.search);

const twoGone = (s: NetworkState): NetworkState => ({
  ...s,
  here: 2,
  members: s.members.map((m) => (m.index > 1 ? { ...m, here: false } : m)),
});

const evidence = (s: NetworkState): NetworkState => ({
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
});

export const STATES: Readonly<Record<string, (state: NetworkState) => NetworkState>> = {
  gone: twoGone,
  'break-asked': (s) => ({ ...twoGone(s), breaks: [breakView()] }),
  'break-differs': (s) => ({ ...twoGone(s), breaks: [breakView({ sameRecord: false })] }),
  'break-signed': (s) => ({
    ...twoGone(s),
    breaks: [breakView({ self: 'signed' })],
    standing: {
      kind: 'observer',
      reason:
        'You have signed that the network goes on without Cargo Nord and Delta Express. It goes on when Bravo Logistics has signed too.',
    },
  }),
  broken: (s) => ({
    ...s,
    n: 2,
    f: 0,
    q: 2,
    here: 2,
    members: s.members.slice(0, 2),
    epoch: { ...s.epoch, number: 1, newest: 1, breaks: [pastBreak] },
  }),
  away: (s) => ({ ...s, here: 2, members: s.members.map((m) => (m.index > 1 ? { ...m, here: false } : m)) }),
  edge: (s) => ({
    ...s,
    here: 3,
    members: s.members.map((m) => (m.index === 2 ? { ...m, here: false } : m)),
  }),
  view: (s) => ({ ...s, mode: 'view', standing: { kind: 'resuming', answered: 2, needed: 3 } }),
  evidence,
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
  devices: (s) => ({
    ...s,
    siblings: [{ key: '7c'.repeat(32), name: 'Dock 2 phone', member: false }],
    mirrored: [mirrored(113, true), mirrored(114, false)],
    notices: [
      {
        sessionId: 'n1',
        key: `package/${sscc(111)}` as Key,
        member: 2 as MemberIndex,
        organisation: 'Cargo Nord',
        device: 'Dock 2',
        operator: 'op-4',
        since: Date.UTC(2026, 2, 11, 14, 2),
        own: false,
      },
    ],
    sessions: [
      ...[0, 1, 2].map((i) => finished(`f${i}`, 120 + i)),
      { ...blankSession('e1', { state: 'abandoned', why: 'expired' }), key: `package/${sscc(125)}` as Key },
      {
        ...blankSession('p1'),
        key: `package/${sscc(126)}` as Key,
        pausedAt: Date.UTC(2026, 2, 11, 14, 2),
        transactions: [tx('/sessions', {}, {})],
      },
      ...(query.has('open')
        ? [
            {
              ...blankSession('o1'),
              key: `package/${sscc(127)}` as Key,
              startedAt: Date.now(),
              record: record(127) as never,
              transactions: [tx('/sessions', {}, {}), tx('/scan', {}, {})],
              mirror: { device: (query.get('open') === 'lost' ? '8d' : '7c').repeat(32) },
            },
          ]
        : []),
    ],
  }),
  device: (s) => ({
    ...s,
    standing: {
      kind: 'device',
      member: 1 as MemberIndex,
      name: 'Dock 2 phone',
      revoked: query.has('revoked'),
    },
    selfDevice: {
      key: '7c'.repeat(32) as never,
      name: 'Dock 2 phone',
      member: 1 as MemberIndex,
      organisation: 'Bravo Logistics',
      revoked: query.has('revoked'),
    },
    siblings: [{ key: s.members[1]!.voteKey, name: 'Bravo Logistics', member: true }],
  }),
  members: (s) => ({
    ...evidence(s),
    epoch: { ...s.epoch, number: 2, rulesVersion: 3, programRules: 4, newest: 2 },
    requests: [
      joinRequest(entryOf('f', 'Foxtrot Cold Storage and Forwarding', 'warehouse', '9521145000010')),
      joinRequest(entryOf('d', 'Delta Express', 'courier', '9521143000012'), {
        replaces: 'delta' as never,
      }),
    ],
    changes: [
      memberChange({
        changes: [{ kind: 'added', entry: ECHO, joined: false }],
        warnings: [
          'Only 3 of the 5 members of the next epoch are here, and 4 must sign. Until one more is back, nothing can be committed after this change.',
        ],
      }),
      memberChange({
        digest: 'a1'.repeat(32) as never,
        reason: 'It signed two values for package …1112, version 2.',
        changes: [{ kind: 'removed', member: 2 as MemberIndex }],
        approvals: [0, 1] as MemberIndex[],
        approved: true,
        next: { n: 4, f: 1, q: 3 },
      }),
      memberChange({
        digest: 'b2'.repeat(32) as never,
        reason: 'We lost our vote log when the tablet was reset.',
        changes: [
          {
            kind: 'replaced',
            member: 3 as MemberIndex,
            entry: entryOf('3', 'Delta Express', 'courier', '9521143000012'),
            sameKey: true,
            joined: true,
          },
        ],
        rulesVersion: { from: 3, to: 4 },
        approvals: [0, 2, 3] as MemberIndex[],
        next: { n: 4, f: 1, q: 3 },
        sealing: true,
      }),
    ],
  }),
  five: (s) => ({
    ...s,
    n: 5,
    q: 4,
    here: 5,
    members: [
      ...s.members,
      { ...s.members[3]!, ...ECHO, index: 4 as MemberIndex, initials: 'EF', evidence: true },
    ],
    evidence: evidence(s).evidence.map((one) => ({ ...one, member: 4 as MemberIndex })),
    epoch: { ...s.epoch, number: 1, newest: 1, programRules: 2 },
  }),
  closing: (s) => ({
    ...s,
    epoch: { ...s.epoch, phase: 'closing', reports: { here: [0, 1] as MemberIndex[], needed: 3 } },
  }),
  behind: (s) => ({ ...s, epoch: { ...s.epoch, phase: 'catching-up', newest: 3, carried: 2 } }),
  offline: (s) => ({ ...s, here: 1, faults: { offline: true, lying: false, delayMs: 0 } }),
  stopped: (s) => ({
    ...s,
    standing: { kind: 'stopped', reason: 'Its database is of a newer program. Load this page again.' },
  }),
  rejected: (s) => ({
    ...s,
    sessions: [
      {
        ...blankSession('r', {
          state: 'rejected',
          rule: 'supplier-key',
          message: 'The key that signed the notice was revoked on 3 March.',
        }),
        key: `package/${sscc(112)}` as Key,
      },
    ],
  }),
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
  'all-evidence': (s) => ({
    ...evidence(s),
    evidence: [
      {
        member: 2 as MemberIndex,
        heldSince: Date.UTC(2026, 2, 11, 14, 32),
        evidence: { kind: 'share', vote: vote(DIGEST_A) } as never,
      },
      {
        member: 3 as MemberIndex,
        heldSince: Date.UTC(2026, 2, 11, 14, 33),
        evidence: {
          kind: 'reports',
          statements: [{ locks: [lock(111, 0), lock(112, 1)] }, { locks: [lock(111, 2)] }],
        } as never,
      },
    ],
    pastEvidence: [
      {
        epoch: { number: 1, members: s.members } as never,
        member: 2 as MemberIndex,
        evidence: { kind: 'votes', first: vote(DIGEST_A), second: vote(OTHER_DIGEST) } as never,
      },
    ],
  }),
  'broken-links': (s) => ({
    ...s,
    here: 2,
    members: s.members.map((m) => (m.index > 1 ? { ...m, here: false } : m)),
    transport: {
      ...s.transport,
      signaling: s.transport.signaling.map((one, i) =>
        i === 0
          ? {
              ...one,
              state: 'failed' as const,
              detail: 'It closed the connection: this page’s origin is not allowed.',
            }
          : one,
      ),
      devices: [{ device: '7c'.repeat(32), name: 'Dock 2 phone', member: 0 as MemberIndex, rttMs: 12 }],
    } as never,
  }),
  voting: (s) => {
    const key = `package/${sscc(115)}` as Key;
    const state = {
      ...s,
      here: 3,
      members: s.members.map((m) => (m.index === 2 ? { ...m, here: false } : m)),
    };
    return {
      ...state,
      sessions: [{ ...blankSession('q0', { state: 'voting' }), key, baseVersion: 1 as never }],
      instances: [instance(key, 2 as never, ['commit', 'commit', 'empty', 'pre'], state)],
    };
  },
  refusing: (s) => {
    const key = `package/${sscc(115)}` as Key;
    const members = s.members.map((m) => (m.index === 3 ? { ...m, here: false } : m));
    const state = { ...s, here: 3, members };
    const one = instance(key, 2 as never, ['pre', 'pre', 'refused' as never, 'empty'], state);
    return {
      ...state,
      sessions: [{ ...blankSession('q0', { state: 'voting' }), key, baseVersion: 1 as never }],
      instances: [
        {
          ...one,
          missing: one.missing.map((each) =>
            each.member === 2 ? { ...each, why: 'refused' as const } : each,
          ),
          refusals: [
            {
              member: 2 as MemberIndex,
              rule: 'supplier-key',
              message: 'The key that signed the notice was revoked on 3 March.',
            },
          ] as never,
        },
      ],
    };
  },
  'no-couriers': (s) => ({ ...s, couriers: [], supplierKeys: [] }),
  outdated: (s) => ({ ...s, epoch: { ...s.epoch, rulesVersion: 5, programRules: 4 } }),
  again: (s) => observing(s, 'possible'),
  asking: (s) => observing(s, 'asking'),
  continued: (s) => ({
    ...twoGone(s),
    epoch: {
      ...s.epoch,
      continuedBy: [
        {
          ...pastBreak,
          survivors: ['Cargo Nord', 'Delta Express'],
          gone: ['Alfa Components', 'Bravo Logistics'],
        },
      ],
    },
  }),
  kept: (s) => ({ ...s, storage: { ...s.storage, persisted: true } }),
  shown: (s) => ({ ...s, handOffs: { requests: [handOffView()], answers: [] } }),
};

const OTHER_DIGEST = '7b03e6aa'.padEnd(60, '1') + '10c9';
const vote = (digest: string) => ({
  key: `package/${sscc(111)}`,
  version: 2,
  round: 0,
  type: 'COMMIT',
  digest,
});
const lock = (serial: number, round: number) => ({
  key: `package/${sscc(serial)}`,
  version: 2,
  round,
  digest: round === 2 ? OTHER_DIGEST : DIGEST_A,
});
const observing = (s: NetworkState, again: 'possible' | 'asking'): NetworkState => ({
  ...s,
  epoch: { ...s.epoch, again },
  standing: { kind: 'observer', reason: 'Its vote log is not the one that the members know.' },
});

function finished(id: string, serial: number): SessionView {
  return {
    ...blankSession(id),
    key: `package/${sscc(serial)}` as Key,
    record: record(serial) as never,
    transactions: ['/sessions', '/scan', '/validate', '/quality', '/label', '/finish'].map((path) =>
      tx(path, {}, {}),
    ),
  };
}

function mirrored(serial: number, linked: boolean): MirroredSessionView {
  return {
    sessionId: `m${serial}`,
    key: `package/${sscc(serial)}` as Key,
    operator: 'op-7',
    holder: { key: '7c'.repeat(32), name: 'Dock 2 phone', member: false },
    linked,
    steps: 4,
    lastStep: '/quality',
    startedAt: Date.UTC(2026, 2, 11, 14, 2),
    lastStepAt: Date.UTC(2026, 2, 11, 14, 9),
    voting: false,
  };
}
