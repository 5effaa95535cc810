/** The key-value application on one replica: any key, any value, judged by the access-control callback. No page and no Comlink here. */
import { asKey, fromHex, type Key, type NetworkId, type Version } from '../../codec/brand.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { KnownChain } from '../../domain/supply/evidence.ts';
import type { Verdict } from '../../l2/types.ts';
import type { StoredState } from '../../store/types.ts';
import type { Clock } from '../clock.ts';
import { entryAt } from '../entry-at.ts';
import { certifiedValue, type Application } from '../open-replica.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaOptions } from '../replica/types.ts';
import { Access, type AccessOptions } from './access.ts';
import type { Certified, Judging, KvCalls, KvEntry, KvStatus, ReadError, SetError } from './api.ts';
import { misbehaviours } from './evidence.ts';
import { createJudging } from './judging.ts';
import { KvSessions, type KvSessionsOptions } from './sessions.ts';
import type { KvSessionError, SessionsState } from './sessions-api.ts';
import { isSessionValue, recordIn } from './sessions-told.ts';
import { MAX_VOTING_TOLD } from './limits.ts';
import { certifiedOf, Sets } from './sets.ts';
import { matches } from './pattern.ts';
import { entriesPage, prove, sign } from './calls.ts';
import { decodeBody, keyProblem } from './value.ts';
import { votingView } from './voting.ts';

export interface KvOptions {
  readonly replica: Replica;
  readonly network: NetworkId;
  readonly clock: Clock;
  readonly ask: AccessOptions['ask'];
  /** Every epoch that was known when the replica was opened, the one in which it votes among them. */
  readonly chain: KnownChain;
  /** Bytes of the genesis of epoch 0. */
  readonly genesis: Uint8Array;
  /** Names this opening of the replica. */
  readonly holder: string;
  /** For tests; `ACCESS_BUDGET_MS` unless given. */
  readonly accessBudgetMs?: number;
  /** Left out: this replica has no service, and abstains on what sessions made. */
  readonly sessions?:
    Pick<KvSessionsOptions, 'genesis' | 'place' | 'outline' | 'ask' | 'patience'> | null | undefined;
  /** Something that a status tells may have changed. */
  changed(): void;
  /** A certified change, with its bytes: once per version that this replica adopted as its newest, in order of version. */
  change(entry: KvEntry): void;
}

export type KvApplication = Application &
  Judging &
  Omit<KvCalls, 'setSignaling' | 'setIceServers' | 'invitation' | 'genesisFile' | 'chain' | 'inspect'> & {
    status(): Pick<KvStatus, 'pending' | 'voting' | 'access' | 'sessions' | 'told'>;
  };

type Proposal = Parameters<ReplicaOptions['validate']>[0];

export function createKvApplication(options: KvOptions): KvApplication {
  const { replica, network, clock, chain, changed } = options;
  const epoch = chain.epochs.find(({ digest }) => digest === replica.options.epoch.epoch);
  if (!epoch) throw new Error('The chain does not reach the epoch in which this replica votes.');
  const members = epoch.members.map(({ id, organisation, voteKey }) => {
    return { id: id as string, label: organisation, publicKey: fromHex(voteKey) };
  });
  const sets = new Sets({ replica, clock, changed, refuses: (key) => setProblem(key) });
  const access = new Access({
    ask: options.ask,
    clock,
    changed,
    ...(options.accessBudgetMs !== undefined && { budgetMs: options.accessBudgetMs }),
  });
  const sessions = options.sessions
    ? new KvSessions({
        ...options.sessions,
        replica,
        network,
        clock,
        changed,
        report: (of, kind, message) => access.report(of, kind, message),
        failed: (error) =>
          setTimeout(() => {
            throw error;
          }),
      })
    : null;
  /** Newest version of each key whose bytes were here: told to listeners, or on the disk at the start. */
  const told = new Map<Key, Version>();
  let changes = 0;

  async function judge(proposal: Proposal): Promise<Verdict> {
    const { key, version, previousBody, previousDigest, body } = proposal;
    const previous = previousBody && { body: previousBody, digest: previousDigest! };
    const problem = keyProblem(key);
    if (problem !== null) return { verdict: 'invalid', rule: 'key-malformed', message: problem };
    if (sessions?.owns(key)) return sessions.validate(proposal);
    if (!sessions && (isSessionValue(body) || isSessionValue(previousBody))) {
      const message = `${key} is changed by the steps of a session, and this page has joined without the service that runs them.`;
      access.report(proposal, 'abstained', message);
      return { verdict: 'unknown', message };
    }
    if (body === null && previous === null) {
      return {
        verdict: 'invalid',
        rule: 'nothing-to-delete',
        message: `${key} has no value that could be deleted.`,
      };
    }
    if (body && !decodeBody(body)) {
      return {
        verdict: 'invalid',
        rule: 'value-malformed',
        message: `Version ${version} of ${key} is not the canonical encoding of a value, or too large.`,
      };
    }
    return access.judge({ network, key, version, previous, body, epoch: epoch!.number, members });
  }

  function setProblem(key: Key): SetError | null {
    if (!sessions?.owns(key)) return null;
    return {
      type: 'session-key',
      message: `${key} is changed by the steps of a session, not by set or delete. Start a session on it.`,
    };
  }

  /** What a session made is told as its record. */
  function entry(certified: Certified, body: Uint8Array | null): KvEntry {
    const value = body && sessions?.owns(certified.key) ? recordIn(body) : null;
    return value ? { ...certified, body: value.record, session: value.session } : { ...certified, body };
  }

  return {
    async validate(proposal) {
      const verdict = await judge(proposal);
      sets.judged(proposal.key, proposal.version, proposal.body, verdict);
      return verdict;
    },

    decided(head, body) {
      sets.decided(head);
      sessions?.decided(head, body);
      // Told again when the bytes are here; the same version with its aggregate is no new change.
      if (body === undefined || (told.get(head.key) ?? 0) >= head.version) return;
      told.set(head.key, head.version);
      changes++;
      options.change(entry(certifiedOf(replica, head), body));
      changed();
    },

    refused(key, digest, rule, message) {
      sets.refused(key, digest, rule, message);
      sessions?.refused(key, digest, rule, message);
    },
    standing(standing) {
      sets.standing(standing);
      sessions?.standing(standing);
    },
    stopping: () => sessions?.stop(),

    started(stored: Pick<StoredState, 'certified' | 'sessions'>) {
      for (const { key, version, previous } of stored.certified) {
        if (previous !== undefined && (told.get(key) ?? 0) < version) told.set(key, version);
      }
      sessions?.resume(stored.sessions);
      return Promise.resolve();
    },

    begin: (id, key, body, setOptions) => Promise.resolve(sets.begin(id, key, body, setOptions)),
    outcome: (id) => sets.outcome(id),
    abort: (id) => Promise.resolve(sets.abort(id)),

    async read(key): Promise<Result<KvEntry | null, ReadError>> {
      const problem = keyProblem(key);
      if (problem !== null) return fail({ type: 'key-malformed', message: problem });
      try {
        const held = await certifiedValue(replica, asKey(key));
        return ok(held && entry(certifiedOf(replica, held.entry), held.body));
      } catch (error) {
        return fail({ type: 'not-arrived', message: `${(error as Error).message} Read it again later.` });
      }
    },

    certificate: async (key, version) => (await entryAt(replica, asKey(key), version))?.certificate ?? null,

    versions: (pattern) => Promise.resolve([...told].filter(([key]) => matches(pattern, key))),

    async page(pattern, after) {
      const page = await entriesPage(replica, pattern, after);
      if (!page.ok) return page;
      const entries = page.value.entries.map(({ body, ...certified }) => entry(certified, body));
      return ok({ ...page.value, entries });
    },
    prove: (key, version) => prove(replica, key, version),
    sign: (bytes) => sign(replica, bytes),
    evidence: () => Promise.resolve(misbehaviours(replica, chain, options.genesis)),
    ...createJudging(replica, chain.epochs),
    sessionCall: async (call) => sessions?.call(call) ?? fail(NO_SERVICE),

    status: () => ({
      pending: sets.pending,
      voting: openKeys(replica).flatMap((key) => votingView(replica, epoch.members, key) ?? []),
      access: access.reports,
      sessions: sessions?.state ?? NO_SESSIONS,
      told: { holder: options.holder, changes },
    }),
  };
}

const NO_SESSIONS: SessionsState = { prefix: null, open: 0, revision: 0 };
const NO_SERVICE: KvSessionError = {
  type: 'no-service',
  message: 'This network was joined without a session service. Give join its `sessions`.',
};

const openKeys = (replica: Replica): Key[] => [...replica.core.instances.keys()].slice(0, MAX_VOTING_TOLD);
