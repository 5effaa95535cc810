/** Stand-ins for tests of the demo and the doors: traces of a commit, states, a worker that keeps everything in memory. */
import type {
  Digest,
  DoorError,
  DoorsApi,
  Key,
  KnockView,
  MemberIndex,
  NetworkId,
  NetworkState,
  ProfileId,
  ProfileSummary,
  Round,
  TraceEvent,
  Version,
} from '../../src/worker/api.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { formatInvitation, parseInvitation, type Invitation } from '../../src/codec/invitation.ts';
import { fail, ok, type Result } from '../../src/codec/result.ts';
import { DEMO_COURIERS, DEMO_MEMBERS } from '../../src/demo/cast.ts';

export const KEY = 'package/040123450000001112' as Key;
export const A = 0 as MemberIndex;
export const B = 1 as MemberIndex;
export const C = 2 as MemberIndex;
export const D = 3 as MemberIndex;
export const X = '9f2c41d8'.padEnd(64, '0') as Digest;
export const Y = '7b03e6aa'.padEnd(64, '0') as Digest;
export const T0 = 1_700_000_000_000;

export type Script = readonly (readonly [observer: MemberIndex, event: TraceEvent])[];

export function event(
  at: number,
  kind: TraceEvent['kind'],
  member: MemberIndex,
  digest: Digest = X,
  more: Partial<TraceEvent> = {},
): TraceEvent {
  return { at: T0 + at, kind, member, key: KEY, version: 2 as Version, round: 0 as Round, digest, ...more };
}

/** Bravo proposes; Alfa, Bravo and Delta sign; Cargo is silent. Quorum at 36 ms, at Delta. */
export const HONEST: Script = [
  [B, event(0, 'proposed', B)],
  [B, event(1, 'pre-commit', B)],
  [A, event(6, 'heard-pre-commit', B)],
  [D, event(7, 'heard-pre-commit', B)],
  [A, event(11, 'pre-commit', A)],
  [D, event(14, 'pre-commit', D)],
  [B, event(15, 'heard-pre-commit', A)],
  [B, event(18, 'heard-pre-commit', D)],
  [D, event(17, 'heard-pre-commit', A)],
  [A, event(18, 'heard-pre-commit', D)],
  [B, event(24, 'commit', B)],
  [A, event(29, 'commit', A)],
  [D, event(28, 'heard-commit', B)],
  [A, event(30, 'heard-commit', B)],
  [D, event(34, 'heard-commit', A)],
  [D, event(36, 'commit', D)],
  [D, event(36, 'decided', D)],
  [A, event(40, 'heard-commit', D)],
  [A, event(40, 'decided', A)],
  [B, event(41, 'heard-commit', A)],
  [B, event(42, 'heard-commit', D)],
  [B, event(42, 'decided', B)],
];

/** The same, and Cargo tells Alfa one value and Delta another; Alfa and Delta find out at 19 and 20 ms. */
export const LIE: Script = [
  ...HONEST,
  [A, event(8, 'heard-pre-commit', C, X)],
  [D, event(9, 'heard-pre-commit', C, Y)],
  [A, event(19, 'evidence', C, X)],
  [D, event(20, 'evidence', C, X)],
];

/** A state of one replica in which everyone is linked. */
export function fakeState(member: MemberIndex, change: Partial<NetworkState> = {}): NetworkState {
  return {
    mode: 'replica',
    profile: profileOf(member),
    network: { id: 'f'.repeat(64) as NetworkId, name: 'Demo network', demo: true, rulesVersion: 1 },
    self: member,
    standing: { kind: 'voter' },
    n: 4,
    f: 1,
    q: 3,
    members: DEMO_MEMBERS.map((entry, i) => ({
      index: i as MemberIndex,
      id: entry.id as unknown as NetworkState['members'][number]['id'],
      name: entry.name,
      initials: entry.organisation
        .split(' ')
        .map((word) => word[0])
        .join(''),
      organisation: entry.organisation,
      role: entry.role,
      gln: entry.gln,
      voteKey: profileOf(i as MemberIndex),
      logId: String(i).repeat(32) as NetworkState['members'][number]['logId'],
      self: i === member,
      here: true,
      rttMs: i === member ? null : 8 + i,
      evidence: false,
      observer: false,
    })),
    epoch: {
      number: 0,
      digest: 'f'.repeat(64) as NetworkState['epoch']['digest'],
      rulesVersion: 1,
      phase: 'open',
      reports: null,
      newest: 0,
      carried: 0,
      breaks: [],
    },
    requests: [],
    changes: [],
    breaks: [],
    here: 4,
    transport: { signaling: [], peers: [] },
    sessions: [],
    instances: [],
    evidence: [],
    couriers: DEMO_COURIERS,
    supplierKeys: [],
    packagesRevision: 0,
    packageCount: 0,
    siblings: [],
    mirrorTo: null,
    mirrored: [],
    notices: [],
    latencies: [],
    storage: { persisted: null, usageBytes: null, quotaBytes: null },
    faults: { offline: false, lying: false, delayMs: 0 },
    ...change,
  };
}

export function profileOf(member: MemberIndex): ProfileId {
  return String(member + 1).repeat(64);
}

const NO_DEVICES: DoorError = { type: 'device-text-malformed', message: 'There are no devices here.' };

/**
 * Doors without cryptography: what it hands out has the shape of the real thing and proves nothing. `knocks`: how members answer, the last
 * of them again and again.
 */
export function fakeDoors(
  knocks: readonly KnockView[] = [{ state: 'nobody' }],
): DoorsApi & { readonly list: ProfileSummary[] } {
  const list: ProfileSummary[] = [];
  const entries = new Map<string, MemberEntry>();
  let made = 0;
  let networks = 0;
  let knocked = 0;
  return {
    list,
    profiles: () => Promise.resolve([...list]),
    forget(profile): Promise<Result<undefined, DoorError>> {
      list.splice(
        list.findIndex((entry) => entry.id === profile),
        1,
      );
      return Promise.resolve(ok(undefined));
    },
    askToJoin(input): ReturnType<DoorsApi['askToJoin']> {
      const profile = (made += 1).toString(16).padStart(64, 'e');
      list.push({ id: profile, label: input.organisation, createdAt: T0, network: null });
      return Promise.resolve(ok({ profile, fingerprint: profile.slice(0, 16).match(/.{4}/g)!.join(' ') }));
    },
    knock: () => Promise.resolve(ok(knocks[Math.min(knocked++, knocks.length - 1)]!)),
    // The demo has no devices.
    createDeviceKey: () => Promise.resolve(fail(NO_DEVICES)),
    deviceRequestOf: () => Promise.resolve(null),
    readDeviceRequest: () => Promise.resolve(fail(NO_DEVICES)),
    joinAsDevice: () => Promise.resolve(fail(NO_DEVICES)),
    exportKeys: (profile) => Promise.resolve(ok(`cskeys1.${profile}`)),
    importKeys: () =>
      Promise.resolve(
        fail({ type: 'passphrase-wrong', message: 'The passphrase does not open this file. Type it again.' }),
      ),
    manifestKeyOf: (profile) =>
      Promise.resolve({ keyId: `own-${profile.slice(-4)}`, publicKey: 'e'.repeat(64) }),
    newDraft: (name) => Promise.resolve(`csdraft1.${'ab'.repeat(16)}.${btoa(name).replaceAll('=', '')}`),
    readInvitation(text) {
      return Promise.resolve(parseInvitation(text) as Result<Invitation, DoorError>);
    },
    readDraft(text): Promise<Result<{ name: string; nonce: string }, DoorError>> {
      const parts = text.split('.');
      if (parts[0] !== 'csdraft1' || parts.length !== 3) {
        return Promise.resolve(
          fail({
            type: 'draft-mismatch',
            message: 'This is not a request for a key. Ask for the link again and paste it whole.',
          }),
        );
      }
      return Promise.resolve(ok({ name: atob(parts[2]!), nonce: parts[1]! }));
    },
    createMemberKey(input): ReturnType<DoorsApi['createMemberKey']> {
      const hex = (made += 1).toString(16);
      const entry = {
        id: input.id,
        name: input.name,
        organisation: input.organisation,
        role: input.role,
        gln: input.gln,
        voteKey: hex.padStart(64, '1'),
        certificateKey: hex.padStart(192, '2'),
        logId: hex.padStart(32, '3'),
        proofOfPossession: hex.padStart(96, '4'),
      } as unknown as MemberEntry;
      const key = `cskey1.${btoa(JSON.stringify(entry)).replaceAll('=', '')}`;
      entries.set(key, entry);
      list.push({ id: entry.voteKey, label: input.organisation, createdAt: T0, network: null });
      return Promise.resolve(ok({ profile: entry.voteKey, key, entry }));
    },
    readMemberKey(_draft, text): Promise<Result<MemberEntry, DoorError>> {
      const entry = entries.get(text);
      if (entry) return Promise.resolve(ok(entry));
      return Promise.resolve(
        fail({
          type: 'member-key-malformed',
          message: 'This is not a member’s key. Ask for it again and paste it whole.',
        }),
      );
    },
    sealGenesis(input): ReturnType<DoorsApi['sealGenesis']> {
      const network = (networks += 1).toString(16).padStart(64, '5') as NetworkId;
      const invitation = formatInvitation({
        network,
        joinSecret: 'c'.repeat(64),
        name: 'Demo network',
        signaling: [...input.signaling],
      });
      return Promise.resolve(ok({ network, invitation, genesisFile: new Uint8Array([1, 2, 3]) }));
    },
    join(input): Promise<Result<{ profile: ProfileId; network: NetworkId; name: string }, DoorError>> {
      const network = input.invitation.split('.')[1] as NetworkId;
      const at = list.findIndex((entry) =>
        input.profile ? entry.id === input.profile : entry.network === null,
      );
      const profile = list[at];
      if (!profile)
        return Promise.resolve(
          fail({
            type: 'not-in-genesis',
            message:
              'No key in this browser is in that member list. Open the invitation where you made your key.',
          }),
        );
      list[at] = { ...profile, network: { id: network, name: 'Demo network', demo: true } };
      return Promise.resolve(ok({ profile: profile.id, network, name: 'Demo network' }));
    },
  };
}

export function fakeMemory(): Storage {
  const map = new Map<string, string>();
  return {
    get length() {
      return map.size;
    },
    clear: () => map.clear(),
    getItem: (key) => map.get(key) ?? null,
    key: (at) => [...map.keys()][at] ?? null,
    removeItem: (key) => void map.delete(key),
    setItem: (key, value) => void map.set(key, value),
  };
}
