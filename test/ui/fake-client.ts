/** A network of four in memory, for looking at the pages and for testing them: votes come by timers, nothing is signed. Tests only. */
import { labelZpl } from '../../src/domain/supply/label.ts';
import type {
  BreakView,
  CertificateView,
  ChainBreak,
  ChangeInput,
  ChangeView,
  Digest,
  InstanceView,
  JoinRequestView,
  Key,
  MemberEntry,
  MemberIndex,
  MemberView,
  NetworkState,
  PackageDetail,
  PackageRecord,
  PackageSummary,
  Round,
  SealState,
  ServiceRequest,
  ServiceResponse,
  SessionStatus,
  SessionView,
  Transaction,
  Version,
} from '../../src/worker/api.ts';
import type { RemoteApi, UiClient } from '../../src/ui/client.ts';

type Mark = SealState['marks'][number];
const NOW = Date.UTC(2026, 2, 11, 14, 31);
export const DIGEST_A = '9f2c41d8'.padEnd(60, '0') + '77b0';
const DIGEST_B = '7b03e6aa'.padEnd(60, '0') + '10c9';

const member = (
  index: number,
  id: string,
  name: string,
  organisation: string,
  role: MemberView['role'],
  gln: string,
  initials: string,
): MemberView => ({
  index: index as MemberIndex,
  id: id as MemberView['id'],
  name,
  initials,
  organisation,
  role,
  gln,
  voteKey: `${index}a`.repeat(32),
  logId: `${index}b`.repeat(16) as MemberView['logId'],
  self: false,
  here: true,
  rttMs: 9,
  evidence: false,
  observer: false,
});

export const MEMBERS: readonly MemberView[] = [
  member(0, 'alfa', 'Alfa', 'Alfa Components', 'supplier', '4012345000115', 'AC'),
  member(1, 'bravo', 'Bravo', 'Bravo Logistics', 'warehouse', '9521141000014', 'BL'),
  member(2, 'cargo', 'Cargo', 'Cargo Nord', 'warehouse', '9521142000013', 'CN'),
  member(3, 'delta', 'Delta', 'Delta Express', 'courier', '9521143000012', 'DE'),
];

export const seal = (
  marks: readonly Mark[],
  outcome: SealState['outcome'] = 'voting',
  evidence?: readonly boolean[],
): SealState => ({
  n: marks.length,
  q: marks.length - Math.floor((marks.length - 1) / 3),
  marks,
  evidence: evidence ?? marks.map(() => false),
  outcome,
});

const checkDigit = (digits: string): number => {
  let sum = 0;
  for (let i = 0; i < digits.length; i++)
    sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
};
export const sscc = (serial: number): string => {
  const head = `04012345${String(serial).padStart(9, '0')}`;
  return head + checkDigit(head);
};

export function record(serial: number): PackageRecord {
  return {
    sscc: sscc(serial),
    status: 'announced',
    manifest: {
      envelope: '{}',
      keyId: 'A-2',
      announcedAt: NOW - 3600_000,
      announcedBy: 'alfa',
      content: {
        asnId: `ASN-${20881 + serial}`,
        sscc: sscc(serial),
        supplierGln: '4012345000115',
        shipToGln: '9521142000013',
        issuedAt: '2026-03-11T13:00:00Z',
        lines: [
          {
            gtin: '04012345000207',
            description: 'Bearing 6204',
            lot: 'L-2291',
            serial: null,
            quantity: 240,
            expiry: null,
          },
          {
            gtin: '04012345000214',
            description: 'Shaft seal 40 mm',
            lot: 'L-2307',
            serial: null,
            quantity: 120,
            expiry: '2027-01-31',
          },
        ],
      },
    },
    scan: null,
    supplierCheck: null,
    inspection: null,
    label: null,
  };
}

const plan = (lotSize: number, n: number) => ({
  lotSize,
  letter: 'G',
  sampleSize: n,
  major: { aql: 2.5, accept: 2, reject: 3 },
  minor: { aql: 4, accept: 3, reject: 4 },
});

const digestAt = (version: number): Digest =>
  (version === 1
    ? DIGEST_A
    : version === 2
      ? DIGEST_B
      : DIGEST_B.slice(0, -2) + String(10 + version)) as Digest;

function certificate(
  version: number,
  signers: readonly number[],
  evidence?: readonly boolean[],
): CertificateView {
  return {
    version: version as Version,
    round: 0 as Round,
    digest: digestAt(version),
    previous: version === 1 ? null : digestAt(version - 1),
    epoch: 0,
    signers: signers as MemberIndex[],
    groups: [],
    aggregated: true,
    seal: seal(
      [0, 1, 2, 3].map((i) => (signers.includes(i) ? 'commit' : 'heard')),
      'closed',
      evidence,
    ),
  };
}

/** An entry as a newcomer sends it; nothing in it is signed. */
export const entryOf = (
  letter: string,
  organisation: string,
  role: MemberEntry['role'],
  gln: string,
  id = organisation.split(' ')[0]!.toLowerCase(),
): MemberEntry => ({
  id: id as MemberEntry['id'],
  name: organisation.split(' ')[0]!,
  organisation,
  role,
  gln,
  voteKey: `${letter}7`.repeat(32) as MemberEntry['voteKey'],
  certificateKey: `${letter}8`.repeat(96) as MemberEntry['certificateKey'],
  logId: `${letter}9`.repeat(16) as MemberEntry['logId'],
  proofOfPossession: `${letter}6`.repeat(48),
});

export const ECHO = entryOf('e', 'Echo Freight', 'courier', '9521144000011');

export const joinRequest = (
  entry: MemberEntry,
  change: Partial<Omit<JoinRequestView, 'entry' | 'voteKey'>> = {},
): JoinRequestView => ({
  voteKey: entry.voteKey,
  fingerprint: entry.voteKey.slice(0, 16).match(/.{4}/g)!.join(' '),
  entry,
  replaces: null,
  sameKey: false,
  askedAt: NOW - 120_000,
  inChange: null,
  ...change,
});

/** Echo joins the four, and Alfa has approved. */
export const memberChange = (change: Partial<ChangeView> = {}): ChangeView => ({
  digest: 'c4'.repeat(32) as Digest,
  reason: 'Echo Freight drives for us from May.',
  epoch: 1,
  changes: [{ kind: 'added', entry: ECHO, joined: true }],
  rulesVersion: { from: 1, to: 1 },
  approvals: [0 as MemberIndex],
  needed: 3,
  approved: false,
  notHere: null,
  next: { n: 5, f: 1, q: 4 },
  sealing: false,
  warnings: [],
  ...change,
});

/** Alfa and Bravo go on without Cargo and Delta; Alfa has signed. */
export const breakView = (change: Partial<BreakView> = {}): BreakView => ({
  digest: 'b7'.repeat(32) as Digest,
  name: 'Demo network two',
  epoch: 1,
  survivors: MEMBERS.slice(0, 2).map(({ id, organisation, index }) => ({
    id,
    organisation,
    signed: index === 0,
    here: true,
  })),
  gone: MEMBERS.slice(2).map(({ id, organisation }) => ({ id, organisation })),
  self: 'asked',
  sameRecord: true,
  proposedBy: MEMBERS[0]!.organisation,
  notHere: null,
  ...change,
});

/** The same, after it. */
export const pastBreak: ChainBreak = {
  epoch: 1,
  name: 'Demo network two',
  network: '7c'.repeat(32) as never,
  from: '5d11a7c4'.padEnd(60, '0').concat('20fe') as never,
  root: 'e0'.repeat(32) as Digest,
  survivors: ['Alfa Components', 'Bravo Logistics'],
  gone: ['Cargo Nord', 'Delta Express'],
};

export interface FakeOptions {
  readonly self?: number;
  readonly packages?: number;
  /** Versions of each package; one unless given. */
  readonly versions?: number;
  /** Members that hold every version; all unless given. */
  readonly holders?: readonly number[];
  /** Milliseconds between two votes; 0: votes never come. */
  readonly voteMs?: number;
  readonly change?: (state: NetworkState) => NetworkState;
}

export interface Fake extends UiClient {
  update(change: (state: NetworkState) => NetworkState): void;
}

export function fakeClient(options: FakeOptions = {}): Fake {
  const self = options.self ?? 1;
  const voteMs = options.voteMs ?? 300;
  const listeners = new Set<() => void>();
  const details = new Map<string, PackageDetail>();
  for (let i = 0; i < (options.packages ?? 30); i++) {
    const r = record(111 + i);
    const history = Array.from({ length: options.versions ?? 1 }, (_, at) => ({
      certificate: certificate(at + 1, [0, 1, 2, 3]),
      operator: 'desk-2',
      by: MEMBERS[0]!,
      transactions: [tx(at === 0 ? '/packages' : '/scan', {}, { sscc: r.sscc })],
      heldBy: (options.holders ?? [0, 1, 2, 3]) as MemberIndex[],
    }));
    const summary: PackageSummary = {
      sscc: r.sscc,
      version: history.length as Version,
      status: 'announced',
      asnId: r.manifest.content.asnId,
      supplier: 'Alfa Components',
      courier: null,
      lots: ['L-2291', 'L-2307'],
      gtins: ['04012345000207', '04012345000214'],
      updatedAt: NOW - i * 60_000,
      seal: certificate(1, [0, 1, 2, 3]).seal,
      voting: null,
    };
    details.set(r.sscc, {
      summary,
      record: r,
      history,
      instance: null,
      sampling: [plan(240, 32), plan(120, 20)],
    });
  }

  let state: NetworkState = {
    mode: 'replica',
    profile: '1a'.repeat(32),
    network: {
      id: '5d11a7c4'.padEnd(60, '0').concat('20fe') as NetworkState['network']['id'],
      name: 'Demo network',
      demo: true,
      rulesVersion: 1,
    },
    self: self as MemberIndex,
    standing: { kind: 'voter' },
    n: 4,
    f: 1,
    q: 3,
    members: MEMBERS.map((m) => ({ ...m, self: m.index === self })),
    epoch: {
      number: 0,
      digest: '5d11a7c4'.padEnd(60, '0').concat('20fe') as NetworkState['epoch']['digest'],
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
    transport: {
      signaling: [
        { source: 'own', url: 'ws://localhost:8080/signaling', state: 'open' },
        {
          source: 'hint',
          url: 'wss://signal.example.org',
          state: 'waiting',
          detail: 'It did not answer. The next attempt is in 8 s.',
        },
      ],
      peers: MEMBERS.filter((m) => m.index !== self).map((m) => ({
        member: m.index,
        state: 'linked',
        rttMs: 4 + m.index * 3,
        path: 'worker-channel',
        bytesSent: 81_220,
        bytesReceived: 93_871,
      })),
    },
    sessions: [],
    instances: [],
    evidence: [],
    couriers: [
      { id: 'delta', name: 'Delta Express', gln: '9521143000012' },
      { id: 'echo', name: 'Echo Freight', gln: '9521144000011' },
    ],
    siblings: [],
    mirrorTo: null,
    mirrored: [],
    notices: [],
    supplierKeys: [
      {
        keyId: 'A-2',
        publicKey: 'ab'.repeat(32),
        gln: '4012345000115',
        name: 'Alfa Components',
        validFrom: null,
        validUntil: null,
      },
    ],
    packagesRevision: 1,
    packageCount: details.size,
    latencies: Array.from({ length: 24 }, (_, i) => ({
      key: `package/${sscc(111 + i)}` as Key,
      version: 2 as Version,
      milliseconds: 8 + ((i * 7919) % 13) + (i % 9 === 4 ? 160 : 0),
      round: (i % 9 === 4 ? 1 : 0) as Round,
      at: NOW - i * 60_000,
    })),
    storage: { persisted: false, usageBytes: 3_120_000, quotaBytes: 12_000_000_000 },
    faults: { offline: false, lying: false, delayMs: 0 },
  };
  if (options.change) state = options.change(state);

  const update = (change: (s: NetworkState) => NetworkState): void => {
    state = change(state);
    for (const listener of listeners) listener();
  };
  const put = (session: SessionView): SessionView => {
    update((s) => ({ ...s, sessions: [...s.sessions.filter((x) => x.id !== session.id), session] }));
    return session;
  };
  const find = (id: string): SessionView => state.sessions.find((s) => s.id === id)!;
  const ok = <T>(value: T) => ({ ok: true as const, value });

  function vote(session: SessionView): void {
    const marks: Mark[] = ['heard', 'heard', 'heard', 'heard'];
    const order = [self, ...[0, 1, 2, 3].filter((i) => i !== self && state.members[i]!.here)];
    const version = (session.baseVersion + 1) as Version;
    const show = (): void =>
      update((s) => ({
        ...s,
        instances: [
          ...s.instances.filter((i) => i.key !== session.key),
          instance(session.key, version, [...marks], s),
        ],
      }));
    const tick = (at: number): void => {
      if (at < order.length) marks[order[at]!] = 'pre';
      else marks[order[at - order.length]!] = 'commit';
      show();
      if (marks.filter((m) => m === 'commit').length >= state.q) return close(session, version, marks);
      if (at + 1 < order.length * 2) setTimeout(() => tick(at + 1), voteMs);
    };
    marks[self] = 'pre';
    show();
    if (voteMs > 0) setTimeout(() => tick(1), voteMs);
  }

  function close(session: SessionView, version: Version, marks: readonly Mark[]): void {
    const held = details.get(session.key.slice(8))!;
    const cert = certificate(
      version,
      marks.flatMap((m, i) => (m === 'commit' ? [i] : [])),
    );
    const now = find(session.id).record as unknown as PackageRecord;
    details.set(held.record.sscc, {
      ...held,
      record: now,
      summary: {
        ...held.summary,
        version,
        status: now.status,
        courier: now.label?.courierName ?? null,
        seal: cert.seal,
      },
      history: [
        ...held.history,
        {
          certificate: cert,
          operator: session.operator,
          by: MEMBERS[self]!,
          transactions: session.transactions,
        },
      ],
    });
    update((s) => ({
      ...s,
      packagesRevision: s.packagesRevision + 1,
      instances: s.instances.filter((i) => i.key !== session.key),
    }));
    put({ ...find(session.id), status: { state: 'committed', version, digest: cert.digest } });
  }

  const refuse = (type: string, message: string) => ({
    ok: false as const,
    error: { type: 'step-refused' as const, message, response: { status: 409, body: { type, message } } },
  });

  const pruned = new Map<string, PackageDetail['history']>();
  const change = (held: PackageDetail): void => {
    details.set(held.summary.sscc, held);
    update((s) => ({ ...s, packagesRevision: s.packagesRevision + 1 }));
  };
  const proposed = (input: ChangeInput): ChangeView => {
    const digest = `${state.changes.length}d`.repeat(32) as Digest;
    const { rulesVersion, programRules = rulesVersion } = state.epoch;
    const base = {
      digest,
      reason: input.reason,
      approvals: [self as MemberIndex],
      approved: true,
      needed: state.q,
    };
    const numbers = (n: number) => ({ n, f: Math.floor((n - 1) / 3), q: n - Math.floor((n - 1) / 3) });
    if (input.kind === 'rules')
      return memberChange({
        ...base,
        changes: [],
        rulesVersion: { from: rulesVersion, to: programRules },
        next: numbers(state.n),
      });
    if (input.kind === 'remove')
      return memberChange({
        ...base,
        changes: [{ kind: 'removed', member: input.member }],
        next: numbers(state.n - 1),
      });
    const { entry, replaces, sameKey } = state.requests.find((one) => one.voteKey === input.voteKey)!;
    const place = state.members.find((one) => one.id === replaces);
    return memberChange({
      ...base,
      changes: [
        place === undefined
          ? { kind: 'added', entry, joined: false }
          : { kind: 'replaced', member: place.index, entry, sameKey, joined: false },
      ],
      next: numbers(state.n + (place === undefined ? 1 : 0)),
    });
  };
  const partial: Partial<RemoteApi> = {
    proposeChange: async (input) => {
      if (input.kind === 'admit' && !state.requests.some((one) => one.voteKey === input.voteKey))
        return {
          ok: false,
          error: { type: 'request-unknown', message: 'That request is gone. Ask them to ask again.' },
        };
      const made = proposed(input);
      update((s) => ({
        ...s,
        changes: [...s.changes, made],
        requests: s.requests.map((one) =>
          input.kind === 'admit' && one.voteKey === input.voteKey ? { ...one, inChange: made.digest } : one,
        ),
      }));
      return ok({ digest: made.digest });
    },
    approveChange: async (digest) => {
      if (!state.changes.some((one) => one.digest === digest))
        return {
          ok: false,
          error: { type: 'change-unknown', message: 'That change is gone: another one was sealed.' },
        };
      update((s) => ({
        ...s,
        changes: s.changes.map((one) =>
          one.digest === digest && !one.approved
            ? {
                ...one,
                approved: true,
                approvals: [...one.approvals, self as MemberIndex].sort((a, b) => a - b),
                sealing: one.approvals.length + 1 >= one.needed,
              }
            : one,
        ),
      }));
      return ok(undefined);
    },
    proposeBreak: async ({ members, name }) => {
      const one = breakView({
        name,
        self: 'signed',
        proposedBy: state.members[self]!.organisation,
        survivors: state.members
          .filter(({ id }) => members.includes(id))
          .map(({ id, organisation, here, index }) => ({ id, organisation, here, signed: index === self })),
        gone: state.members.filter(({ id }) => !members.includes(id)),
      });
      update((s) => ({
        ...s,
        breaks: [...s.breaks, one],
        standing: { kind: 'observer', reason: 'You have signed that the network goes on.' },
      }));
      return ok({ digest: one.digest });
    },
    signBreak: async (digest) => {
      if (!state.breaks.some((one) => one.digest === digest && one.sameRecord))
        return { ok: false, error: { type: 'record-differs', message: 'The record here is another one.' } };
      update((s) => ({
        ...s,
        breaks: s.breaks.map((one) =>
          one.digest === digest
            ? {
                ...one,
                self: 'signed',
                survivors: one.survivors.map((who) =>
                  who.id === state.members[self]!.id ? { ...who, signed: true } : who,
                ),
              }
            : one,
        ),
      }));
      return ok(undefined);
    },
    dismissRequest: async (voteKey) => {
      update((s) => ({ ...s, requests: s.requests.filter((one) => one.voteKey !== voteKey) }));
      return ok(undefined);
    },
    pruneHistory: async (number, keepVersions) => {
      const held = details.get(number)!;
      const older = held.history.slice(0, -keepVersions);
      const others = (options.holders ?? [0, 1, 2, 3]).filter((one) => one !== self).length;
      if (others < state.f + 1)
        return {
          ok: false,
          error: {
            type: 'too-few-holders',
            message: `Versions 1 to ${older.length} stay: ${others} other members say that they hold them, and ${state.f + 1} must.`,
          },
        };
      pruned.set(number, older);
      change({
        ...held,
        history: held.history.slice(-keepVersions),
        prunedBelow: (older.length + 1) as Version,
      });
      return ok({ pruned: older.length });
    },
    fetchHistory: async (number) => {
      const held = details.get(number)!;
      const older = pruned.get(number);
      if (!older)
        return { ok: false, error: { type: 'not-pruned', message: 'Nothing of it was pruned here.' } };
      pruned.delete(number);
      change({ ...held, history: [...older, ...held.history], prunedBelow: null });
      return ok(undefined);
    },
    keepPhoto: async (bytes) => ok(bytes.length.toString(16).padStart(64, '0') as Digest),
    evidence: async (number, asked) =>
      pruned.has(number)
        ? {
            ok: false,
            error: { type: 'history-incomplete', message: 'Older versions were pruned in this browser.' },
          }
        : ok(new TextEncoder().encode(JSON.stringify({ sscc: number, epcis: asked?.epcis ?? false }))),
    epcis: async (number, version) => ok(new TextEncoder().encode(JSON.stringify({ sscc: number, version }))),
    labelZpl: async (content, dpi) => {
      const zpl = labelZpl(content, dpi);
      return zpl.ok ? ok(new TextEncoder().encode(zpl.value)) : zpl;
    },
    state: async () => state,
    packages: async ({ text, status, offset, limit }) => {
      const all = [...details.values()]
        .map((d) => d.summary)
        .filter((s) => (status === 'all' || s.status === status) && JSON.stringify(s).includes(text));
      const counts = Object.fromEntries(
        all.map((one) => [one.status, all.filter((other) => other.status === one.status).length]),
      );
      return { total: all.length, rows: all.slice(offset, offset + limit), counts, reading: false };
    },
    package: async (number) => {
      const held = details.get(number);
      return held === undefined
        ? null
        : { ...held, instance: state.instances.find((i) => i.key === `package/${number}`) ?? null };
    },
    start: async (key, operator) => {
      const held = details.get(key.slice(8));
      if (!held)
        return {
          ok: false,
          error: {
            type: 'key-unknown',
            message: `Package ${key.slice(8)} is not known here. Ask its supplier to announce it, then scan it again.`,
          },
        };
      const open = state.sessions.find((s) => s.key === key && s.status.state === 'local');
      if (open)
        return {
          ok: false,
          error: {
            type: 'session-open-elsewhere',
            message: 'It is open on this device.',
            sessionId: open.id,
          },
        };
      return ok(
        put({
          id: `s${state.sessions.length}`,
          key,
          operator,
          startedAt: NOW,
          baseVersion: held.summary.version,
          transactions: [tx('/sessions', {}, { sscc: held.record.sscc })],
          record: held.record as never,
          status: { state: 'local' },
          rebases: 0,
        }),
      );
    },
    step: async (id, request) => {
      const session = find(id);
      const r = session.record as unknown as PackageRecord;
      const body = request.body as Record<string, unknown>;
      let next: PackageRecord = r;
      if (request.path === '/scan') {
        if (!String(body['code']).includes(r.sscc))
          return refuse('wrong-package', `This is another package; the session is on ${r.sscc}.`);
        next = { ...r, scan: { code: String(body['code']), symbology: null, at: NOW, by: 'bravo' } };
      } else if (request.path === '/validate')
        next = { ...r, supplierCheck: { keyId: 'A-2', supplier: 'Alfa Components', at: NOW } };
      else if (request.path === '/quality') {
        const lines = (body['lines'] as { line: number; verdict: 'accept'; defects: [] }[]).map((l, i) => ({
          ...l,
          photos: [],
          plan: plan(240 / (i + 1), 32),
        }));
        next = { ...r, inspection: { lines, at: NOW, by: 'bravo' } };
      } else if (request.path === '/label') {
        const courier = state.couriers.find((c) => c.id === body['courierId']);
        if (!courier) return refuse('courier-unknown', 'This courier is not in the directory.');
        next = {
          ...r,
          status: 'labelled',
          label: {
            courierId: courier.id,
            courierName: courier.name,
            humanReadable: `(00)${r.sscc}`,
            at: NOW,
            by: 'bravo',
          },
        };
      }
      const transaction: Transaction = tx(request.path, request.body, { sscc: r.sscc });
      return ok({
        response: transaction.response,
        session: put({
          ...session,
          record: next as never,
          transactions: [...session.transactions, transaction],
        }),
      });
    },
    undo: async (id) => {
      const session = find(id);
      return ok(put({ ...session, transactions: session.transactions.slice(0, -1) }));
    },
    abandon: async (id) => ok(put({ ...find(id), status: { state: 'abandoned' } })),
    commit: async (id) => {
      const session = put({ ...find(id), status: { state: 'voting' } });
      setTimeout(() => vote(session), 10);
      return ok(session);
    },
    pause: async (id) => ok(put({ ...find(id), pausedAt: NOW })),
    unpause: async (id) => {
      const { pausedAt, ...awake } = find(id);
      return ok(put(pausedAt === undefined ? find(id) : awake));
    },
    commitAll: async (ids) => {
      const sent = ids.map((id) => put({ ...find(id), status: { state: 'voting' } }));
      return sent.map((session) => ok(session));
    },
    mirrorTo: async (id, device) => {
      const { mirror, ...alone } = find(id);
      return ok(put(device === null ? alone : { ...alone, mirror: { ...mirror, device } }));
    },
    setMirror: async (device) => {
      update((s) => ({ ...s, mirrorTo: device }));
      return ok(undefined);
    },
    takeOver: async (id) => {
      const taken = state.mirrored.find((one) => one.sessionId === id)!;
      update((s) => ({ ...s, mirrored: s.mirrored.filter((one) => one !== taken) }));
      return ok(put({ ...blankSession(id), key: taken.key, transactions: [tx('/sessions', {}, {})] }));
    },
    status: async (key, of) => {
      const held = details.get(key.slice(8));
      const entry = held?.history.find(
        (one) => one.certificate.version === (of?.version ?? held.summary.version),
      );
      if (!entry) return null;
      const { version, round, digest, previous } = entry.certificate;
      return {
        key,
        version,
        digest,
        previous,
        session: '5e'.repeat(16),
        certificate: { epoch: DIGEST_A as never, key, version, round, digest, groups: [] },
      };
    },
    ownDevices: async () => [
      {
        key: '7c'.repeat(32) as never,
        name: 'Dock 2 phone',
        certifiedAt: NOW - 86_400_000,
        revokedAt: null,
        reason: null,
        linked: true,
        self: false,
      },
      {
        key: '8d'.repeat(32) as never,
        name: 'Forklift terminal with a long name of it',
        certifiedAt: NOW - 9 * 86_400_000,
        revokedAt: NOW - 3600_000,
        reason: 'stolen',
        linked: false,
        self: false,
      },
    ],
    readDeviceRequest: async (text) =>
      text.includes('csdevice1.')
        ? ok({ device: '9e'.repeat(32) as never, name: 'Dock 3 phone' })
        : {
            ok: false,
            error: {
              type: 'device-text-malformed',
              message: 'This is no request of a device. Scan the code on its screen.',
            },
          },
    certifyDevice: async () =>
      ok({
        text: `cscert1.${'Ab0_'.repeat(140)}`,
        device: '9e'.repeat(32) as never,
        name: 'Dock 3 phone',
        session: ok(put({ ...blankSession('dev'), status: { state: 'voting' } })),
      }),
    revokeDevice: async () => ok(put({ ...blankSession('rev'), status: { state: 'voting' } })),
    rebase: async (id) => ok(put({ ...find(id), status: { state: 'local' } })),
    readManifests: async (text) =>
      text.startsWith('[') || text.startsWith('{')
        ? ok(
            Array.from({ length: 20 }, (_, i) => ({
              envelope: `{"n":${i}}`,
              sscc: sscc(500 + i),
              asnId: `ASN-9${i}`,
              lines: 1 + (i % 4),
            })),
          )
        : {
            ok: false,
            error: {
              type: 'manifest-malformed',
              message: 'It is not JSON. Choose the signed notice itself.',
            },
          },
    signManifest: async () => ok({ envelope: '{}' }),
    createPackage: async (envelope) =>
      envelope.includes('"n":3}')
        ? {
            ok: false,
            error: {
              type: 'step-refused',
              message: 'The signature does not fit. Ask the supplier for the notice again.',
            },
          }
        : ok(put({ ...blankSession(`c${state.sessions.length}`), status: { state: 'voting' } })),
    invitation: async () => `v1.${'5d'.repeat(32)}.${'ab'.repeat(32)}.WyJEZW1vIiwgW11d`,
    genesisFile: async () => new Uint8Array([1, 2, 3]),
    settings: async () => ({ signaling: ['ws://localhost:8080/signaling'], iceServers: [] }),
    directory: async () => [],
    digestOf: async () => DIGEST_A as Digest,
    sendHandOff: async () => false,
    exportKeys: async (profile) => ok(`cskeys1.${profile}`),
    setSignaling: async () => ok(undefined),
    setIceServers: async () => ok(undefined),
    requestPersistence: async () => false,
  };
  return {
    api: partial as RemoteApi,
    getState: () => state,
    // Most tests render to text.
    getServerState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    verifier: () => Promise.reject(new Error('The pages are shown without a verifier.')),
    update,
  };
}

export function blankSession(id: string, status: SessionStatus = { state: 'local' }): SessionView {
  return {
    id,
    key: `package/${sscc(900)}` as Key,
    operator: 'operator-7',
    startedAt: NOW,
    baseVersion: 0 as Version,
    transactions: [],
    record: null,
    status,
    rebases: 0,
  };
}

export function instance(
  key: Key,
  version: Version,
  marks: readonly Mark[],
  state: Pick<NetworkState, 'q' | 'members'>,
): InstanceView {
  return {
    key,
    version,
    round: 0 as Round,
    digest: DIGEST_A as Digest,
    commits: marks.filter((m) => m === 'commit').length,
    preCommits: marks.filter((m) => m === 'pre').length,
    needed: state.q,
    seal: seal(marks),
    missing: marks.flatMap((m, i) =>
      m === 'commit'
        ? []
        : [
            {
              member: i as MemberIndex,
              why: state.members[i]!.here ? ('silent' as const) : ('away' as const),
            },
          ],
    ),
    lockedRound: null,
    refusals: [],
  };
}

export function tx(
  path: string,
  request: ServiceRequest['body'],
  response: ServiceResponse['body'],
  status = 200,
): Transaction {
  return {
    request: { method: 'POST', path, body: request },
    response: { status, body: response },
    node: 'bravo',
  };
}
