/** What replicas of the simulator say to each other, and what survives their crashes. */
import type { Digest, EpochDigest, Key, LogId, MemberIndex } from '../../../src/codec/brand.ts';
import type { StateLeaf } from '../../../src/codec/epoch-messages.ts';
import type { Approval, Change, Report } from '../../../src/codec/epochs.ts';
import type { Certificate, Evidence, Vote } from '../../../src/codec/vote.ts';
import type { Carried, Epoch } from '../../../src/consensus/epochs/types.ts';
import type { InstanceLogLike } from '../../../src/consensus/log.ts';
import type { SimLink } from './scene.ts';

export interface Hello {
  readonly newest: number;
  readonly at: number;
  readonly heads: ReadonlyMap<Key, number>;
  readonly open: ReadonlyMap<Key, string>;
  readonly reports: string;
  readonly approvals: string;
}

export type Message =
  | { readonly type: 'votes'; readonly votes: readonly Vote[]; readonly values: readonly Digest[] }
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | { readonly type: 'evidence'; readonly items: readonly Evidence[] }
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'links'; readonly links: readonly SimLink[] }
  | {
      readonly type: 'approvals';
      readonly changes: readonly Change[];
      readonly approvals: readonly Approval[];
    }
  | { readonly type: 'reports'; readonly reports: readonly Report[] }
  | { readonly type: 'want-values'; readonly digests: readonly Digest[] }
  | { readonly type: 'values'; readonly digests: readonly Digest[] }
  | { readonly type: 'want-leaves'; readonly root: Digest }
  | { readonly type: 'leaves'; readonly root: Digest; readonly leaves: readonly StateLeaf[] }
  | { readonly type: 'want-links'; readonly above: number }
  | { readonly type: 'want-keys'; readonly keys: readonly Key[] }
  | {
      readonly type: 'resume-ask';
      readonly epoch: EpochDigest;
      readonly author: MemberIndex;
      readonly nonce: number;
    }
  | {
      readonly type: 'resume-answer';
      readonly epoch: EpochDigest;
      readonly nonce: number;
      readonly votes: readonly Vote[];
      readonly reports: readonly Report[];
    };

/** What survives a crash. */
export interface Disk {
  logId: LogId;
  chain: Epoch[];
  carried: readonly Carried[];
  /** Of the R of the epoch that is begun. */
  leaves: readonly StateLeaf[];
  closedBy: Digest | null;
  links: SimLink[];
  logs: Map<Key, InstanceLogLike>;
  heads: Map<Key, Certificate>;
  values: Set<Digest>;
  evidence: Map<MemberIndex, Evidence>;
  ownReports: Report[];
  /** Leaves of the roots that were reported in this epoch. */
  reported: Map<Digest, readonly StateLeaf[]>;
  changes: Change[];
  approvals: Approval[];
}

export function emptyDisk(logId: LogId, first: Epoch): Disk {
  return {
    logId,
    chain: [first],
    carried: [],
    leaves: [],
    closedBy: null,
    links: [],
    logs: new Map(),
    heads: new Map(),
    values: new Set(),
    evidence: new Map(),
    ownReports: [],
    reported: new Map(),
    changes: [],
    approvals: [],
  };
}

/** A copy as a backup would have it. */
export function copyOf(disk: Disk): Disk {
  return {
    ...disk,
    chain: [...disk.chain],
    links: [...disk.links],
    logs: new Map(disk.logs),
    heads: new Map(disk.heads),
    values: new Set(disk.values),
    evidence: new Map(disk.evidence),
    ownReports: [...disk.ownReports],
    reported: new Map(disk.reported),
    changes: [...disk.changes],
    approvals: [...disk.approvals],
  };
}
