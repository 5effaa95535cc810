/** The packages of an open network, as lists and pages show them. The summaries of all heads are kept in memory for lists and searches. */
import { asKey, type Key, type MemberIndex, type NetworkId, type Version } from '../codec/brand.ts';
import type { Genesis } from '../codec/genesis.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { epcisDocument, writeEpcis, type CommittedVersion } from '../domain/supply/epcis.ts';
import { exportEvidence, genesisOver, type KnownChain } from '../domain/supply/evidence.ts';
import { samplingPlans } from '../domain/supply/sampling.ts';
import { asPackageRecord, lastClaimedTime, packageFields, searchText } from '../domain/supply/summary.ts';
import type { SessionValue } from '../l2/types.ts';
import { parseSessionValue } from '../l2/value.ts';
import { accusedOf, type Evidence } from '../codec/vote.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type {
  DoorError,
  HistoryError,
  PackageAnswer,
  PackageDetail,
  PackageQuery,
  PackageRecord,
  PackageSummary,
} from './api.ts';
import { MAX_PACKAGE_ROWS, PACKAGES_READ_AT_ONCE, PACKAGES_READ_TOLD } from './limits.ts';
import { misbehaviourFile } from './misbehaviour.ts';
import { PackageIndex, type IndexedPackage } from './package-index.ts';
import type { Replica } from './replica/replica.ts';
import { decodeValue } from '../codec/value.ts';
import { certificateView, instanceView } from './views.ts';

const PACKAGE_PREFIX = 'package/';

export class Packages {
  readonly #replica: Replica;
  readonly #genesis: Genesis;
  readonly #genesisBytes: Uint8Array;
  readonly #chain: KnownChain;
  readonly #index = new PackageIndex();
  #reading = true;
  #revision = 0;

  /** `genesisBytes`: the very bytes whose digest is the network id. `chain`: of all epochs; left out: the network is in epoch 0. */
  constructor(
    replica: Replica,
    genesis: Genesis,
    genesisBytes: Uint8Array,
    chain: KnownChain = { epochs: [], links: [] },
  ) {
    this.#replica = replica;
    this.#genesis = genesis;
    this.#genesisBytes = genesisBytes;
    this.#chain = chain;
    const moved = (key: Key): void => {
      if (this.#index.has(key)) this.#changed();
    };
    replica.holders.learned = moved;
    replica.history.arrived = moved;
  }

  get revision(): number {
    return this.#revision;
  }

  get count(): number {
    return this.#index.size;
  }

  /** Takes in a durable head. */
  decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void {
    this.#revision++;
    if (!body) return;
    const value = sessionIn(body);
    const record = value && asPackageRecord(value.record);
    if (!value || !record) return;
    this.#index.put({
      key: entry.key,
      version: entry.version,
      fields: packageFields(record, this.#genesis),
      text: searchText(record, this.#genesis),
      updatedAt: lastClaimedTime(value.session.transactions),
    });
  }

  /** After a start: reads the heads' values from the store. Until it is done, answers say so. */
  async load(): Promise<void> {
    const heads = [...this.#replica.heads.values()].filter(({ key }) => key.startsWith(PACKAGE_PREFIX));
    for (let from = 0; from < heads.length; from += PACKAGES_READ_AT_ONCE) {
      if (this.#replica.stopped) return;
      await Promise.all(heads.slice(from, from + PACKAGES_READ_AT_ONCE).map((head) => this.#read(head)));
      if (from > 0 && from % PACKAGES_READ_TOLD < PACKAGES_READ_AT_ONCE) this.#changed();
    }
    this.#reading = false;
    this.#changed();
  }

  async #read(entry: CertifiedEntry): Promise<void> {
    if ((this.#index.get(entry.key)?.version ?? 0) >= entry.version) return;
    const bytes = await this.#replica.valueOf(entry.digest);
    const value = bytes && decodeValue(bytes);
    // Meanwhile a newer version may have been decided.
    if (value && (this.#index.get(entry.key)?.version ?? 0) < entry.version) this.decided(entry, value.body);
  }

  query(query: PackageQuery): PackageAnswer {
    const { rows, counts } = this.#index.find(query);
    const from = Math.max(0, Math.trunc(query.offset) || 0);
    const limit = Math.min(MAX_PACKAGE_ROWS, Math.max(0, Math.trunc(query.limit) || 0));
    return {
      total: rows.length,
      rows: rows.slice(from, from + limit).flatMap((row) => {
        const head = this.#replica.heads.get(row.key);
        return head ? [this.#summary(row, head)] : [];
      }),
      counts,
      reading: this.#reading,
    };
  }

  async detail(sscc: string): Promise<PackageDetail | null> {
    const key = asKey(`package/${sscc}`);
    const newest = this.#replica.heads.get(key);
    if (newest) await this.#read(newest);
    const row = this.#index.get(key);
    if (!row) return null;
    // A head whose bytes are still on their way is not told yet: its certificate alone says nothing of the package.
    const entries = (await this.#held(key)).filter(({ version }) => version <= row.version);
    const shown = entries.at(-1);
    if (!shown) return null;
    const summary = this.#summary(row, shown);
    const { holders, options } = this.#replica;
    holders.ask(key);
    const history: PackageDetail['history'][number][] = [];
    let record: PackageRecord | null = null;
    for (const entry of entries) {
      const value = await this.#sessionOf(entry);
      if (!value) continue;
      record = asPackageRecord(value.record) ?? record;
      const { operator, transactions, member: id } = value.session;
      const others = holders.of(key, entry.version).filter((one) => one !== options.self);
      history.push({
        certificate: certificateView(this.#replica, entry),
        operator,
        by: this.#nameOf(entry, id),
        transactions,
        heldBy: options.self === null ? others : [...others, options.self].sort((a, b) => a - b),
      });
    }
    if (!record) return null;
    const sampling = samplingPlans(record.manifest.content);
    const floor = holders.floor(key);
    const prunedBelow = floor > 1 ? floor : null;
    return { summary, record, history, prunedBelow, instance: instanceView(this.#replica, key), sampling };
  }

  async pruneHistory(
    sscc: string,
    keepVersions: number,
  ): Promise<Result<{ readonly pruned: number }, HistoryError>> {
    const head = this.#replica.heads.get(asKey(`package/${sscc}`));
    if (!head) return fail({ ...unknownPackage(sscc), type: 'package-unknown' });
    const pruned = await this.#replica.holders.prune(head, Math.max(1, Math.trunc(keepVersions) || 1));
    if (pruned.ok) this.#changed();
    return pruned;
  }

  async fetchHistory(sscc: string): Promise<Result<undefined, HistoryError>> {
    const head = this.#replica.heads.get(asKey(`package/${sscc}`));
    if (!head) return fail({ ...unknownPackage(sscc), type: 'package-unknown' });
    if (!(await this.#replica.holders.fetchAgain(head))) {
      const message = `Nothing of package ${sscc} was pruned here: what is missing is being fetched already.`;
      return fail({ type: 'not-pruned', message });
    }
    this.#changed();
    return ok(undefined);
  }

  #changed(): void {
    this.#revision++;
    this.#replica.options.listener.changed();
  }

  /** Every version held, with its certificate, as a file that anybody can verify. */
  async evidence(
    sscc: string,
    { epcis = false }: { readonly epcis?: boolean } = {},
  ): Promise<Result<Uint8Array, DoorError>> {
    const key = asKey(`package/${sscc}`);
    const held = await this.#held(key);
    if (held.length === 0) return fail(unknownPackage(sscc));
    const pruned = this.#prunedProblem(sscc, key);
    if (pruned) return fail(pruned);
    const documents = epcis ? await this.#epcisOfAll(held) : [];
    return exportEvidence({
      epcis: documents,
      network: this.#network,
      key,
      genesis: this.#genesisBytes,
      chain: this.#chain,
      held: await Promise.all(
        held.map(async ({ version, certificate, digest }) => ({
          version,
          certificate,
          value: (await this.#replica.valueOf(digest)) ?? undefined,
        })),
      ),
      equivocations: [...this.#replica.core.evidence.values()],
    });
  }

  /** What proves that a member broke the protocol, as a file that anybody can verify. */
  misbehaviour(member: MemberIndex, epoch?: number): Result<Uint8Array, DoorError> {
    const { convicted, pastEvidence } = this.#replica;
    const digest = epoch === undefined ? null : this.#chain.epochs[epoch]?.digest;
    const isMeant = (one: Evidence): boolean =>
      accusedOf(one).epoch === digest && accusedOf(one).author === member;
    const evidence = digest === null ? convicted.get(member) : pastEvidence.find(isMeant);
    if (!evidence) {
      const message = `This replica holds no evidence against member ${member + 1}. It may come from another member: look again later.`;
      return fail({ type: 'no-evidence', message });
    }
    const file = misbehaviourFile(this.#replica, this.#chain, this.#genesisBytes, evidence);
    if (!file) {
      const message = `The evidence against member ${member + 1} is of an epoch whose members this replica does not know yet. Try again when another member is online.`;
      return fail({ type: 'no-evidence', message });
    }
    return ok(file);
  }

  /** Of epoch 0: files and events keep it where survivors went on as another network. */
  get #network(): NetworkId {
    return this.#chain.epochs[0]?.network ?? this.#replica.options.epoch.network;
  }

  /** One committed session for systems that read EPCIS. */
  async epcis(sscc: string, version?: number): Promise<Result<Uint8Array, DoorError>> {
    const key = asKey(`package/${sscc}`);
    const held = await this.#held(key);
    const at = held.findIndex((entry) => entry.version === (version ?? held.at(-1)?.version));
    const entry = held[at];
    if (!entry) return fail(unknownPackage(sscc, version));
    const committed = await this.#committed(entry);
    if (!committed) return fail(notHereYet(sscc, entry.version));
    // What a later session takes back or corrects stands in the versions before it: all of them, without a gap.
    const before: CommittedVersion[] = [];
    for (const past of held.slice(0, at)) {
      const earlier = await this.#committed(past);
      if (earlier?.version !== before.length + 1) break;
      before.push(earlier);
    }
    if (before.length !== committed.version - 1) {
      const pruned = this.#prunedProblem(sscc, key);
      if (pruned) return fail(pruned);
      return fail(notHereYet(sscc, before.length + 1));
    }
    const document = this.#epcisOf(entry, committed, before);
    return document === null ? fail(unknownPackage(sscc, version)) : ok(document);
  }

  /** Of each version that has one, as long as none is missing before it: a file with a gap is refused as a whole. */
  async #epcisOfAll(
    held: readonly CertifiedEntry[],
  ): Promise<{ readonly version: Version; readonly document: Uint8Array }[]> {
    const before: CommittedVersion[] = [];
    const documents: { readonly version: Version; readonly document: Uint8Array }[] = [];
    for (const entry of held) {
      const committed = await this.#committed(entry);
      if (committed?.version !== before.length + 1) break;
      const document = this.#epcisOf(entry, committed, before);
      if (document) documents.push({ version: entry.version, document });
      before.push(committed);
    }
    return documents;
  }

  #epcisOf(
    { key, certificate }: CertifiedEntry,
    committed: CommittedVersion,
    before: readonly CommittedVersion[],
  ): Uint8Array<ArrayBuffer> | null {
    // By the names of the epoch in which it was certified, as a verifier of the file has them.
    const { epochs } = this.#chain;
    const until = epochs.findIndex((epoch) => epoch.digest === certificate.epoch);
    const document = epcisDocument({
      network: this.#network,
      genesis: genesisOver(this.#genesis, epochs.slice(0, until + 1)),
      key,
      committed,
      before,
      hash: this.#replica.options.hash,
    });
    return document && writeEpcis(document);
  }

  /** Who it was in the epoch in which the version was certified. */
  #nameOf({ certificate }: CertifiedEntry, id: string): PackageDetail['history'][number]['by'] {
    const until = this.#chain.epochs.findIndex((epoch) => epoch.digest === certificate.epoch);
    const { members } = genesisOver(this.#genesis, this.#chain.epochs.slice(0, until + 1));
    const member = members.find((one) => one.id === id);
    return { id, name: member?.name ?? id, organisation: member?.organisation ?? id };
  }

  /** What is fetched in the background will come; what was pruned will not. */
  #prunedProblem(sscc: string, key: Key): DoorError | null {
    const floor = this.#replica.holders.floor(key);
    if (floor <= 1) return null;
    return {
      type: 'history-incomplete',
      message: `Versions below ${floor} of package ${sscc} were pruned in this browser. Fetch them again on the package's page, or export from another member.`,
    };
  }

  /** Of one moment: the head, and every version before it that is held, ascending. */
  async #held(key: Key): Promise<readonly CertifiedEntry[]> {
    const { heads, outbox, options } = this.#replica;
    const head = heads.get(key);
    if (!head) return [];
    // The version before it is among the earlier ones once it is written, and so is it itself once there is a newer one.
    await outbox.durable();
    const earlier = await options.store.history(key);
    return [...earlier.filter(({ version }) => version < head.version), head];
  }

  async #committed(entry: CertifiedEntry): Promise<CommittedVersion | null> {
    const value = await this.#sessionOf(entry);
    return value && { version: entry.version, digest: entry.digest, value };
  }

  async #sessionOf(entry: CertifiedEntry): Promise<SessionValue | null> {
    const bytes = await this.#replica.valueOf(entry.digest);
    const value = bytes && decodeValue(bytes);
    return value?.body ? sessionIn(value.body) : null;
  }

  #summary(row: IndexedPackage, shown: CertifiedEntry): PackageSummary {
    const instance = instanceView(this.#replica, row.key);
    const voting = instance?.seal.outcome === 'voting' && instance.digest !== null;
    return {
      ...row.fields,
      version: shown.version,
      updatedAt: row.updatedAt,
      seal: certificateView(this.#replica, shown).seal,
      voting: voting ? { commits: instance.commits, needed: instance.needed } : null,
    };
  }
}

function sessionIn(body: Uint8Array): SessionValue | null {
  const parsed = parseSessionValue(body);
  return parsed.ok ? parsed.value : null;
}

const notHereYet = (sscc: string, version: number): DoorError => ({
  type: 'history-incomplete',
  message: `Version ${version} of package ${sscc} is not here yet; it is fetched from the other members in the background. Try again when one is online.`,
});
const unknownPackage = (sscc: string, version?: number): DoorError => ({
  type: 'package-unknown',
  message: `This replica holds no ${version === undefined ? 'certified version' : `version ${version}`} of package ${sscc}. Check the number, or wait until it has been synchronised.`,
});
