/** The key-value application on one replica: any key, any value, judged by the access-control callback. No page and no Comlink here. */
import { asKey, type Key, type NetworkId, type Version } from '../../codec/brand.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { Verdict } from '../../l2/types.ts';
import type { CertifiedEntry, StoredState } from '../../store/types.ts';
import type { Clock } from '../clock.ts';
import { certifiedValue, type Application } from '../open-replica.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaOptions } from '../replica/types.ts';
import { instanceView } from '../views.ts';
import { Access, type AccessOptions } from './access.ts';
import type { KvCalls, KvEntry, KvStatus, Pattern, ReadError } from './api.ts';
import { MAX_VOTING_TOLD } from './limits.ts';
import { certifiedOf, Sets } from './sets.ts';
import { decodeBody, keyProblem } from './value.ts';

export interface KvOptions {
  readonly replica: Replica;
  readonly network: NetworkId;
  readonly clock: Clock;
  readonly ask: AccessOptions['ask'];
  /** Names this opening of the replica. */
  readonly holder: string;
  /** For tests; `ACCESS_BUDGET_MS` unless given. */
  readonly accessBudgetMs?: number;
  /** Something that a status tells may have changed. */
  changed(): void;
  /** A certified change, with its bytes: once per version that this replica adopted as its newest, in order of version. */
  change(entry: KvEntry): void;
}

export type KvApplication = Application &
  Omit<KvCalls, 'setSignaling' | 'setIceServers' | 'invitation' | 'genesisFile' | 'chain'> & {
    status(): Pick<KvStatus, 'pending' | 'voting' | 'access' | 'told'>;
  };

type Proposal = Parameters<ReplicaOptions['validate']>[0];

export function createKvApplication(options: KvOptions): KvApplication {
  const { replica, network, clock, changed } = options;
  const sets = new Sets({ replica, clock, changed });
  const access = new Access({
    ask: options.ask,
    clock,
    changed,
    ...(options.accessBudgetMs !== undefined && { budgetMs: options.accessBudgetMs }),
  });
  /** Newest version of each key whose bytes were here: told to listeners, or on the disk at the start. */
  const told = new Map<Key, Version>();
  let changes = 0;

  async function judge(proposal: Proposal): Promise<Verdict> {
    const { key, version, previousBody: previous, body } = proposal;
    const problem = keyProblem(key);
    if (problem !== null) return { verdict: 'invalid', rule: 'key-malformed', message: problem };
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
    return access.judge({ network, key, version, previous, body });
  }

  return {
    async validate(proposal) {
      const verdict = await judge(proposal);
      sets.judged(proposal.key, proposal.version, proposal.body, verdict);
      return verdict;
    },

    decided(entry, body) {
      sets.decided(entry);
      // Told again when the bytes are here; the same version with its aggregate is no new change.
      if (body === undefined || (told.get(entry.key) ?? 0) >= entry.version) return;
      told.set(entry.key, entry.version);
      changes++;
      options.change({ ...certifiedOf(replica, entry), body });
      changed();
    },

    refused: (key, digest, rule, message) => sets.refused(key, digest, rule, message),
    standing: (standing) => sets.standing(standing),

    started(stored: Pick<StoredState, 'certified'>) {
      for (const { key, version, previous } of stored.certified) {
        if (previous !== undefined && (told.get(key) ?? 0) < version) told.set(key, version);
      }
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
        return ok(held && { ...certifiedOf(replica, held.entry), body: held.body });
      } catch (error) {
        return fail({ type: 'not-arrived', message: `${(error as Error).message} Read it again later.` });
      }
    },

    async certificate(key, version) {
      const find = (entry: CertifiedEntry | undefined): boolean => entry?.version === version;
      const head = replica.heads.get(asKey(key));
      if (head && find(head)) return head.certificate;
      return (await replica.options.store.history(asKey(key))).find(find)?.certificate ?? null;
    },

    versions: (pattern) => Promise.resolve([...told].filter(([key]) => matches(pattern, key))),

    status: () => ({
      pending: sets.pending,
      voting: openKeys(replica).flatMap((key) => instanceView(replica, key) ?? []),
      access: access.reports,
      told: { holder: options.holder, changes },
    }),
  };
}

export function matches(pattern: Pattern, key: string): boolean {
  return 'key' in pattern ? key === pattern.key : key.startsWith(pattern.prefix);
}

const openKeys = (replica: Replica): Key[] => [...replica.core.instances.keys()].slice(0, MAX_VOTING_TOLD);
