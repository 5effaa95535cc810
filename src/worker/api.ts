/**
 * What the page may ask of the worker. The page talks to it by Comlink; a tab that is only a view forwards the same calls to the tab
 * that holds the replica. Everything here is structured-cloneable plain data.
 */
import type { MemberEntry, Genesis } from '../codec/genesis.ts';
import type {
  Digest,
  Key,
  LogId,
  MemberId,
  MemberIndex,
  Milliseconds,
  NetworkId,
  Round,
  Version,
} from '../codec/brand.ts';
import type { Invitation } from '../codec/invitation.ts';
import type { Result } from '../codec/result.ts';
import type { KeyExportError } from '../crypto/key-export.ts';
import type { DeviceKey } from '../codec/device.ts';
import type { CertificateGroup, Evidence } from '../codec/vote.ts';
import type { SessionError, SessionView, ServiceRequest, ServiceResponse } from '../l2/types.ts';
import type { EvidenceReport, TrustError } from '../domain/supply/evidence.ts';
import type { Delivery, HandOff } from '../domain/supply/hand-off.ts';
import type { LabelContent, LabelDpi, LabelError } from '../domain/supply/label.ts';
import type {
  DirectoryEntry,
  DirectoryKey,
  DirectoryKind,
  RevokeReason,
} from '../domain/supply/directory.ts';
import type { DeliveryOutcome, PackageRecord, PackageStatus, SamplingPlan } from '../domain/supply/types.ts';
import type { IceServer, TransportStatus } from '../net/types.ts';
import type { BreakView, ChangeView, EpochView, JoinRequestView, MembersApi } from './members-api.ts';
import type { Inspection } from './inspection.ts';
import type { TransactionStatus } from './sessions/status.ts';

export type {
  MemberEntry,
  Genesis,
  Role,
  CourierEntry,
  SupplierKeyEntry,
  Directory,
} from '../codec/genesis.ts';
export type { Failure, Result } from '../codec/result.ts';
export type { Invitation } from '../codec/invitation.ts';
export type { Digest, Key, MemberIndex, NetworkId, Round, Version } from '../codec/brand.ts';
export type {
  SessionError,
  SessionStatus,
  SessionView,
  ServiceProblem,
  ServiceRequest,
  ServiceResponse,
  Transaction,
} from '../l2/types.ts';
export type * from '../domain/supply/types.ts';
export type { Delivery, HandOff } from '../domain/supply/hand-off.ts';
export type { LabelContent, LabelDpi, LabelError } from '../domain/supply/label.ts';
export type {
  DeviceEntry,
  DirectoryEntry,
  DirectoryKey,
  DirectoryKind,
  PartyEntry,
  RevokeReason,
} from '../domain/supply/directory.ts';
export type {
  EvidenceFailure,
  EvidenceReport,
  EvidenceVerdict,
  NamedMember,
  TrustError,
  VerifiedBreak,
  VerifiedEpoch,
} from '../domain/supply/evidence.ts';
export type { DeviceKey } from '../codec/device.ts';
export type {
  BreakError,
  BreakInput,
  BreakView,
  ChainBreak,
  ChangeError,
  ChangeInput,
  ChangeView,
  EpochView,
  JoinRequestView,
  MemberChange,
  MembersApi,
} from './members-api.ts';
export type { TransactionStatus } from './sessions/status.ts';
export type {
  CandidateKind,
  CloseReason,
  PeerStatus,
  Route,
  SignalingStatus,
  TransportStatus,
  IceServer,
} from '../net/types.ts';
export type * from './inspection.ts';

/** A local identity: 64 hex digits, its vote key. Names its database too. */
export type ProfileId = string;

export interface ProfileSummary {
  readonly id: ProfileId;
  /** What the person called it: the organisation. */
  readonly label: string;
  readonly createdAt: number;
  readonly network: { readonly id: NetworkId; readonly name: string; readonly demo: boolean } | null;
  /** A device of a member: `label` is its name. With no network yet it waits for its certificate. Left out: a member's own key. */
  readonly device?: true;
}

/** A door error: names the thing and the next step. */
export interface DoorError {
  readonly type:
    | 'member-key-malformed'
    | 'proof-of-possession-wrong'
    | 'draft-mismatch'
    | 'genesis-malformed'
    | 'genesis-wrong-for-invitation'
    | 'invitation-malformed'
    | 'profile-unknown'
    | 'profile-bound-elsewhere'
    | 'not-in-genesis'
    | 'manifest-malformed'
    | 'file-too-large'
    | 'storage-failed'
    /** The database belongs to a newer version of this program. */
    | 'program-outdated'
    | 'no-member-answers'
    | 'device-text-malformed'
    | 'device-certificate-wrong'
    | 'device-elsewhere'
    | 'package-unknown'
    | 'no-evidence'
    | 'history-incomplete'
    /** A link of the chain of epochs that a member gave is not valid. */
    | 'chain-invalid'
    /** Survivors of the network that was asked for went on as another one: whether to follow them is for a person to decide. */
    | 'network-continued'
    /** To join: the id is a member's, or was one's. */
    | 'id-taken'
    | 'organisation-taken'
    /** To join: nobody of that id is a member now whose place could be taken. */
    | 'member-unknown'
    /** To join in a member's place: the id or the organisation is not that member's. */
    | 'not-its-place'
    /** The network follows other rules than this application was opened with: another version of the callback (docs/middleware.md). */
    | 'rules-differ'
    /** The worker of the middleware did not start (docs/middleware.md): nothing was done. */
    | 'worker-failed'
    /** This key was a member's until a change of members took it out. It cannot come back. */
    | 'no-longer-member';
  readonly message: string;
}

/** Why keys could not be taken out of this browser, or into it. */
export interface KeyDoorError {
  readonly type:
    | DoorError['type']
    | KeyExportError['type']
    /** A device's keys stay on it: its member certifies another one. */
    | 'keys-of-a-device'
    /** The identity is in no network yet. */
    | 'keys-not-bound'
    /** The file's parts do not belong together. */
    | 'key-export-contradicts-itself'
    /** This browser has these keys already. */
    | 'keys-are-here';
  readonly message: string;
}

export interface ImportedKeys {
  readonly profile: ProfileId;
  readonly network: NetworkId;
  readonly name: string;
  /** To ask with to be admitted again: the member's own entry with the new log. Null: the key is in no list that the file knows. */
  readonly entry: MemberEntry | null;
}

/** What one knock found; the page shows it while a person waits to be let in. */
export type KnockView =
  /** No member answered. */
  | { readonly state: 'nobody' }
  /** A member was told. No change that takes this entry in as it is has been proposed yet, as far as that member knows. */
  | ({ readonly state: 'asked' } & KnockedNetwork)
  /** A change that takes this entry in was proposed; this key has agreed to it. It waits for approvals, then for the next epoch. */
  | ({
      readonly state: 'drafted';
      readonly reason: string;
      /** Members that approve it, and how many must. */
      readonly approvals: number;
      readonly needed: number;
    } & KnockedNetwork)
  /** The profile is bound: open it. */
  | {
      readonly state: 'admitted';
      readonly profile: ProfileId;
      readonly network: NetworkId;
      readonly name: string;
    };

/** The network behind the door, as its newest epoch has it. */
export interface KnockedNetwork {
  readonly network: { readonly id: NetworkId; readonly name: string };
  readonly epoch: number;
  readonly members: readonly {
    readonly id: MemberId;
    readonly name: string;
    readonly organisation: string;
    readonly role: MemberEntry['role'];
  }[];
}

/** Text that the creator hands out so that members make keys for this draft: `csdraft1.<nonce>.<base64url name>`. */
export type DraftText = string;
/** Text that a member hands back: `cskey1.<base64url CBOR of the entry>`: link, QR code or file. */
export type MemberKeyText = string;
/** What a new device shows its member: `csdevice1.<base64url CBOR of its key, its name and its signature>`: QR code or text. */
export type DeviceRequestText = string;
/** What the member hands back: `cscert1.<base64url CBOR of the certificate and an invitation>`: QR code or link. One scan joins. */
export type DeviceCertificateText = string;

/** Doors: what can be done before any network is open. */
export interface DoorsApi {
  /** The key with which a profile signs manifests, made on first use; null when the profile is not in this browser. */
  manifestKeyOf(profile: ProfileId): Promise<{ keyId: string; publicKey: string } | null>;
  profiles(): Promise<readonly ProfileSummary[]>;
  forget(profile: ProfileId): Promise<Result<undefined, DoorError>>;
  /** A fresh draft for a network that this person is about to create. */
  newDraft(name: string): Promise<DraftText>;
  /** Reads an invitation: the bare text, or a link that ends in it. */
  readInvitation(text: string): Promise<Result<Invitation, DoorError>>;
  readDraft(text: string): Promise<Result<{ name: string; nonce: string }, DoorError>>;
  /** Makes keys and log id in this browser, in a database of their own, and the proof of possession for the draft. */
  createMemberKey(input: {
    draft: DraftText;
    id: string;
    name: string;
    organisation: string;
    role: MemberEntry['role'];
    gln: string;
  }): Promise<Result<{ profile: ProfileId; key: MemberKeyText; entry: MemberEntry }, DoorError>>;
  /** Reads a handed-over key and checks its proof against the draft. */
  readMemberKey(draft: DraftText, text: string): Promise<Result<MemberEntry, DoorError>>;
  /** Seals the member list; the creator's own profile, if it is a member, is bound at once. */
  sealGenesis(input: {
    draft: DraftText;
    members: readonly MemberEntry[];
    supplierKeys: Genesis['directory']['supplierKeys'];
    couriers: Genesis['directory']['couriers'];
    signaling: readonly string[];
    demo: boolean;
  }): Promise<Result<{ network: NetworkId; invitation: string; genesisFile: Uint8Array }, DoorError>>;
  /**
   * Opens an invitation. The genesis comes from a file (then as if nothing had changed since), or with the chain of epochs from a member over
   * the network; it is checked against the id. Binds the profile whose key the newest epoch lists; several may fit (a demo), then `profile`
   * chooses.
   */
  join(input: {
    invitation: string;
    genesisFile?: Uint8Array;
    profile?: ProfileId;
  }): Promise<Result<{ profile: ProfileId; network: NetworkId; name: string }, DoorError>>;
  /**
   * Asks a network that runs to let this browser in: makes keys, a log id and their proof, in a database of their own, once a member has told
   * who the members are. `knock` then tells members of it. `fingerprint` is what two people compare aloud.
   */
  askToJoin(input: {
    readonly invitation: string;
    readonly id: string;
    readonly name: string;
    readonly organisation: string;
    readonly role: MemberEntry['role'];
    readonly gln: string;
    /** Id of the member whose lost keys or log this takes the place of; null: a new member. */
    readonly replaces: string | null;
  }): Promise<Result<{ profile: ProfileId; fingerprint: string }, DoorError>>;
  /**
   * One knock for a profile that `askToJoin` made; the page calls it every few seconds while a person waits. Agrees to changes that take the
   * entry in exactly as it was made here, and binds the profile when the newest epoch lists it.
   */
  knock(input: {
    readonly invitation: string;
    readonly profile: ProfileId;
  }): Promise<Result<KnockView, DoorError>>;
  /**
   * The member's secret keys, its entry and where its network is, as the text of a file under a passphrase: without the vote log, so that who
   * imports it is an observer. The replica may be open meanwhile, and goes on voting. Takes a second or more.
   */
  exportKeys(profile: ProfileId, passphrase: string): Promise<Result<string, KeyDoorError>>;
  /** The other half: checks all that the file says, and makes a bound profile with a log of its own. Open it, and ask to be let in again. */
  importKeys(file: string, passphrase: string): Promise<Result<ImportedKeys, KeyDoorError>>;
  /** On a new terminal or phone: makes a key of its own and a profile that waits for its member's certificate. */
  createDeviceKey(input: {
    /** As people of the organisation know it, 1 to 80 characters. */
    readonly name: string;
  }): Promise<Result<{ profile: ProfileId; request: DeviceRequestText }, DoorError>>;
  /** The request of a device's profile again; null when this browser has no such device. */
  deviceRequestOf(profile: ProfileId): Promise<DeviceRequestText | null>;
  /** Reads a request that a device shows, or a link that ends in it. */
  readDeviceRequest(text: string): Promise<Result<{ device: DeviceKey; name: string }, DoorError>>;
  /**
   * On the device: takes the member's answer, checks it against this browser's device keys and the genesis, and binds the profile.
   * `device-elsewhere`: the certificate is for a key that is not in this browser.
   */
  joinAsDevice(input: {
    readonly text: string;
    readonly genesisFile?: Uint8Array;
  }): Promise<Result<{ profile: ProfileId; network: NetworkId; name: string }, DoorError>>;
}

// ---- an open network ----

export type Standing =
  | { readonly kind: 'voter' }
  /** Started, and waiting for a quorum to tell what it holds of our votes (RESUME). `answered` counts us. */
  | { readonly kind: 'resuming'; readonly answered: number; readonly needed: number }
  | { readonly kind: 'observer'; readonly reason: string }
  /** A device of a member: it runs sessions, syncs and verifies, and never votes. */
  | {
      readonly kind: 'device';
      readonly member: MemberIndex;
      readonly name: string;
      readonly revoked: boolean;
    }
  | { readonly kind: 'stopped'; readonly reason: string };

export interface MemberView {
  readonly index: MemberIndex;
  readonly id: MemberId;
  readonly name: string;
  /** Two letters for the seal, from the organisation's words. */
  readonly initials: string;
  readonly organisation: string;
  readonly role: MemberEntry['role'];
  readonly gln: string;
  readonly voteKey: string;
  readonly logId: LogId;
  readonly self: boolean;
  /** Linked now (or self). */
  readonly here: boolean;
  readonly rttMs: Milliseconds | null;
  readonly evidence: boolean;
  /** Linked, but runs as an observer. */
  readonly observer: boolean;
}

/** A member as it was in an earlier epoch: what a page shows of it. */
export interface PastMember {
  readonly id: MemberId;
  readonly name: string;
  readonly initials: string;
  readonly organisation: string;
  readonly role: MemberEntry['role'];
}

/** An epoch that is not the one in force here, with its members in its own order. */
export interface PastEpoch {
  readonly number: number;
  readonly members: readonly PastMember[];
}

/** From this alone the seal is drawn. */
export interface SealState {
  readonly n: number;
  readonly q: number;
  /** Per member index. `other`: signed another value; `refused`: saw it and will not sign. */
  readonly marks: readonly ('empty' | 'heard' | 'pre' | 'commit' | 'refused' | 'other')[];
  readonly evidence: readonly boolean[];
  readonly outcome: 'none' | 'voting' | 'closed' | 'conflict' | 'rejected';
  /** It was signed in another epoch, by these members: a place in it is a place among them. Left out: in the one in force. */
  readonly past?: PastEpoch;
}

export interface InstanceView {
  readonly key: Key;
  readonly version: Version;
  readonly round: Round;
  readonly digest: Digest | null;
  readonly commits: number;
  readonly preCommits: number;
  readonly needed: number;
  readonly seal: SealState;
  /** Members whose commit is not here yet, and why we think so: away, silent, refused. */
  readonly missing: readonly {
    readonly member: MemberIndex;
    readonly why: 'away' | 'silent' | 'refused' | 'other-value';
  }[];
  readonly lockedRound: Round | null;
  /** In words, when this replica will not vote for a value: rule and reason. */
  readonly refusals: readonly { readonly digest: Digest; readonly message: string }[];
}

export interface CertificateView {
  readonly version: Version;
  readonly round: Round;
  readonly digest: Digest;
  readonly previous: Digest | null;
  /** Number of the epoch whose members signed it. */
  readonly epoch: number;
  /** Places in the member list of that epoch: `seal.past`, where it is not the one in force. */
  readonly signers: readonly MemberIndex[];
  readonly groups: readonly CertificateGroup[];
  /** True once one BLS aggregate stands for the votes. */
  readonly aggregated: boolean;
  readonly seal: SealState;
}

export interface PackageSummary {
  readonly sscc: string;
  /** In a list the newest that is certified, also while its contents are on their way; of a `PackageDetail` the last of its history. */
  readonly version: Version;
  readonly status: PackageStatus;
  readonly asnId: string;
  readonly supplier: string;
  readonly courier: string | null;
  /** Distinct lots and GTINs, for search. */
  readonly lots: readonly string[];
  readonly gtins: readonly string[];
  /** Claimed time of the last session's last step, milliseconds since 1970. */
  readonly updatedAt: number;
  readonly seal: SealState;
  /** A vote is under way for the next version. */
  readonly voting: { readonly commits: number; readonly needed: number } | null;
}

/** All words must be found, each in any field; the newest change comes first. */
export interface PackageQuery {
  /** Any runs of characters: digits of an SSCC or a GTIN, a lot, a name. */
  readonly text: string;
  readonly status: PackageStatus | 'all';
  readonly offset: number;
  readonly limit: number;
  /** Statuses that a word of `text` names in the reader's language. The word is found in packages with one of them, too. */
  readonly statusWords?: Readonly<Record<string, readonly PackageStatus[]>>;
}

export interface PackageAnswer {
  /** Rows that fit text and status. */
  readonly total: number;
  readonly rows: readonly PackageSummary[];
  /** Packages that fit the text, by status; those that are left out are none. */
  readonly counts: Readonly<Partial<Record<PackageStatus, number>>>;
  /** Packages are still read from this device's disk: what is not found may come. */
  readonly reading: boolean;
}

export interface PackageDetail {
  readonly summary: PackageSummary;
  readonly record: PackageRecord;
  /** Ascending versions that this replica holds. */
  readonly history: readonly {
    readonly certificate: CertificateView;
    readonly operator: string;
    /** Whose session it was, by the name that it had in that epoch; it need not be a member any more. */
    readonly by: { readonly id: string; readonly name: string; readonly organisation: string };
    readonly transactions: SessionView['transactions'];
    /**
     * Members of today that are known to hold this version and its bytes: this one, and those that have said so within the last hour when they were
     * asked over their own links. Others may hold it too. A device counts for nobody.
     */
    readonly heldBy?: readonly MemberIndex[];
  }[];
  /** Versions below it were pruned here by hand, and are not fetched unless somebody asks; null or left out: nothing was pruned. */
  readonly prunedBelow?: Version | null;
  readonly instance: InstanceView | null;
  readonly sampling: readonly SamplingPlan[];
}

export interface EvidenceView {
  readonly member: MemberIndex;
  readonly evidence: Evidence;
  readonly heldSince: number;
}

/** What was proved in an earlier epoch: it convicts nobody in the one in force, and who did it may have left. */
export interface PastEvidenceView {
  readonly epoch: PastEpoch;
  /** Among the members of that epoch. */
  readonly member: MemberIndex;
  readonly evidence: Evidence;
}

export interface NetworkState {
  /** replica: this tab holds it. view: another tab does; calls are forwarded. starting: waiting for the lock or the database. */
  readonly mode: 'starting' | 'replica' | 'view';
  readonly profile: ProfileId;
  readonly network: {
    readonly id: NetworkId;
    readonly name: string;
    readonly demo: boolean;
    readonly rulesVersion: number;
  };
  /** Own member; of a device: the member that certified it. */
  readonly self: MemberIndex | null;
  readonly standing: Standing;
  readonly n: number;
  readonly f: number;
  readonly q: number;
  readonly members: readonly MemberView[];
  readonly epoch: EpochView;
  /** Who asks to be let in. */
  readonly requests: readonly JoinRequestView[];
  /** Changes of members that were proposed in this epoch. */
  readonly changes: readonly ChangeView[];
  /** Proposals to go on without members that are gone for good. */
  readonly breaks: readonly BreakView[];
  /** Members linked or self that can vote. */
  readonly here: number;
  readonly transport: TransportStatus;
  readonly sessions: readonly SessionView[];
  /** Live votes for keys with an open instance that has started. */
  readonly instances: readonly InstanceView[];
  readonly evidence: readonly EvidenceView[];
  /** Left out: there is none. */
  readonly pastEvidence?: readonly PastEvidenceView[];
  readonly couriers: Genesis['directory']['couriers'];
  readonly supplierKeys: Genesis['directory']['supplierKeys'];
  /** Grows by one whenever the certified packages change: refetch lists then. */
  readonly packagesRevision: number;
  readonly packageCount: number;
  /** Newest first, at most 100: proposal to durable decision, for proposals of this replica. */
  readonly latencies: readonly {
    readonly key: Key;
    readonly version: Version;
    readonly milliseconds: Milliseconds;
    /** In which it was decided: 0 is the common case, and each more waited for a timer or a tie-breaker. */
    readonly round: Round;
    /** When, milliseconds since 1970. */
    readonly at: number;
  }[];
  /** How long the first round waits, and what that follows: two message delays as measured here, null before anybody answered. */
  readonly delays?: { readonly w0: Milliseconds; readonly twoMessages: Milliseconds | null };
  readonly storage: {
    readonly persisted: boolean | null;
    readonly usageBytes: number | null;
    readonly quotaBytes: number | null;
  };
  /** Left out while none has come. */
  readonly handOffs?: HandOffsView;
  /** Left out: this is the member itself. */
  readonly selfDevice?: {
    readonly key: DeviceKey;
    readonly name: string;
    readonly member: MemberIndex;
    readonly organisation: string;
    /** The directory has revoked it: nobody takes its sessions any more. */
    readonly revoked: boolean;
    /** Its certificate counts for nothing since the members changed, and why, in words; null or left out: it counts. */
    readonly outdated?: string | null;
  };
  /** The other devices of the own member that are linked now, the member itself among them on a device: whom a session can be mirrored to. */
  readonly siblings: readonly SiblingView[];
  /** Where new sessions are mirrored to (`setMirror`); null: nowhere. It need not be linked. */
  readonly mirrorTo: string | null;
  /** Sessions of other devices of the own member that this one runs along and could take over. */
  readonly mirrored: readonly MirroredSessionView[];
  /** Sessions that others have open, as far as they have told: hints. The oldest first. Those of this device are in `sessions`. */
  readonly notices: readonly NoticeView[];
  /** Present in a demo only. */
  readonly faults: {
    readonly offline: boolean;
    readonly lying: boolean;
    readonly delayMs: Milliseconds;
  } | null;
}

export interface SiblingView {
  /** Of a device, or the member's vote key: what `mirrorTo` and `setMirror` take. */
  readonly key: string;
  readonly name: string;
  /** It is the member itself. */
  readonly member: boolean;
}

export interface MirroredSessionView {
  /** For `takeOver`. */
  readonly sessionId: string;
  readonly key: Key;
  readonly operator: string;
  /** The device that runs it. */
  readonly holder: SiblingView;
  /** The holder is linked to this device now. */
  readonly linked: boolean;
  readonly steps: number;
  /** Path of the last step, for example `/scan`. */
  readonly lastStep: string;
  /** Claimed times, milliseconds since 1970. */
  readonly startedAt: number;
  readonly lastStepAt: number;
  /** It has been handed to the vote. */
  readonly voting: boolean;
}

/** "Bravo, dock 2, since 14:02." */
export interface NoticeView {
  readonly sessionId: string;
  readonly key: Key;
  readonly member: MemberIndex;
  readonly organisation: string;
  /** Name of the device; null: at the member itself. */
  readonly device: string | null;
  readonly operator: string;
  /** Claimed, milliseconds since 1970. */
  readonly since: number;
  /** Of the own organisation. */
  readonly own: boolean;
}

/** One thing that happened at this replica, for the demo's plot and the inspector. `at` is milliseconds since 1970 with fractions. */
export interface TraceEvent {
  readonly at: number;
  readonly kind:
    | 'session-step'
    | 'proposed'
    | 'pre-commit'
    | 'commit'
    | 'heard-pre-commit'
    | 'heard-commit'
    | 'polka'
    | 'round'
    | 'decided'
    | 'certificate'
    | 'refused'
    | 'evidence'
    | 'link'
    | 'unlink';
  /** Who did it: self for own events, the author of a heard vote, the other end of a link. */
  readonly member: MemberIndex;
  readonly key?: Key;
  readonly version?: Version;
  readonly round?: Round;
  readonly digest?: Digest;
  readonly detail?: string;
}

/** Why a past was not pruned or fetched. The message names how many hold it and how many must. */
export interface HistoryError {
  readonly type:
    | 'package-unknown'
    | 'nothing-to-prune'
    | 'too-few-holders'
    /** Another member prunes the same past at this moment and relies on this copy, or this replica is at it already. */
    | 'pruned-elsewhere'
    | 'too-many-pruned'
    | 'not-pruned'
    | 'storage-failed';
  readonly message: string;
}

/** Why a photo was not kept, or cannot be shown. */
export interface PhotoError {
  readonly type:
    | 'photo-empty'
    | 'photo-too-large'
    | 'photo-space-full'
    /** Nobody who is linked has it now. */
    | 'photo-not-here'
    | 'too-many-searches'
    | 'storage-failed';
  readonly message: string;
}

export interface SupplyApi {
  /** Signs a manifest with a key of this profile (made on first use, listed in the directory at the genesis). */
  signManifest(manifestJson: string): Promise<Result<{ envelope: string }, DoorError>>;
  /** This profile's manifest key, for the directory of a draft. */
  manifestKey(): Promise<Result<{ keyId: string; publicKey: string }, DoorError>>;
  /** Reads a file's text: one DSSE envelope or a JSON array of them. Each is checked for shape only. */
  readManifests(
    text: string,
  ): Promise<Result<readonly { envelope: string; sscc: string; asnId: string; lines: number }[], DoorError>>;
  /** Runs createPackage in a session of its own and commits it. */
  createPackage(envelope: string): Promise<Result<SessionView, SessionError>>;
  packages(query: PackageQuery): Promise<PackageAnswer>;
  package(sscc: string): Promise<PackageDetail | null>;
  /** The bytes of `<sscc>.evidence.json` (docs/evidence.md): every version with its certificate; on request each with its EPCIS document. */
  evidence(sscc: string, options?: { readonly epcis?: boolean }): Promise<Result<Uint8Array, DoorError>>;
  /** Drops all but the newest `keepVersions` (1 or more) from this browser, if f + 1 other members say now that they hold them. */
  pruneHistory(
    sscc: string,
    keepVersions: number,
  ): Promise<Result<{ readonly pruned: number }, HistoryError>>;
  /** Keeps a photo (512 KiB at most) in this browser, durably; its digest goes into a record. */
  keepPhoto(bytes: Uint8Array): Promise<Result<Digest, PhotoError>>;
  /** The photo with this digest, from this browser or from whoever is linked and has it; may take ten seconds. */
  photo(digest: Digest): Promise<Result<Uint8Array, PhotoError>>;
  /** Fetches again what was pruned, in the background. */
  fetchHistory(sscc: string): Promise<Result<undefined, HistoryError>>;
  /**
   * The bytes of `<member>.misbehaviour.json` (docs/evidence.md): what this replica holds against a member. `epoch`: number of an earlier one, in
   * whose list `member` is a place (`pastEvidence`).
   */
  misbehaviour(member: MemberIndex, epoch?: number): Promise<Result<Uint8Array, DoorError>>;
  /** One committed session as an EPCIS 2.0 document, JSON-LD; the newest unless a version is given. */
  epcis(sscc: string, version?: number): Promise<Result<Uint8Array, DoorError>>;
  /** The bytes of a 4 × 6 inch label with these words in ZPL II, UTF-8, for a printer of that resolution. */
  labelZpl(content: LabelContent, dpi: LabelDpi): Promise<Result<Uint8Array, LabelError>>;
}

/** Why a session of one step did not come about: what the session room says, or what is wrong with a text or a key. */
export interface ActionError {
  readonly type:
    | SessionError['type']
    | 'text-unreadable'
    | 'text-too-long'
    | 'answer-to-another'
    | 'request-elsewhere'
    | 'statement-malformed'
    | 'package-unknown'
    | 'nothing-to-hand-over'
    | 'not-a-courier'
    | 'secret-malformed'
    | 'key-unavailable'
    | 'not-the-member'
    | 'device-unknown'
    | 'device-revoked'
    /** Its key stands in the directory as a device of another member. */
    | 'device-of-another';
  readonly message: string;
  readonly response?: ServiceResponse;
  readonly sessionId?: string;
}

/** A hand-off that the warehouse has signed, in words and as the text of its QR code. */
export interface HandOffView {
  readonly text: string;
  readonly statement: HandOff;
  /** Of the signed bytes: an answer names it. */
  readonly digest: Digest;
  /** Organisation of the warehouse, and name of the courier, as the network knows them. */
  readonly warehouse: string;
  readonly courier: string;
  /** Pieces by line, when the record is here. */
  readonly contents: readonly { readonly description: string; readonly pieces: number }[];
  /** Is the record that it names the one certified here? `absent`: this device has no such version yet. */
  readonly record: 'same' | 'other' | 'absent';
  /** Why this device should not sign it; null: it may. */
  readonly problem: string | null;
}

/** Live: what came over the links of this replica, newest last, and not kept over a restart. */
export interface HandOffsView {
  /** To this courier. */
  readonly requests: readonly HandOffView[];
  /** To requests of this warehouse, by the digest that they answer. */
  readonly answers: readonly { readonly digest: Digest; readonly text: string }[];
}

export interface DeliveryInput {
  readonly outcome: DeliveryOutcome;
  /** GLN, or null. */
  readonly place: string | null;
  /** Who took it. Only its salted digest leaves this device; null: not said. */
  readonly recipient: string | null;
}

/** What shows later what a salted digest stands for. Whoever needs it keeps it; it is nowhere else. */
export interface RecipientOpening {
  readonly network: NetworkId;
  readonly key: Key;
  readonly name: string;
  readonly text: string;
  /** Hex. */
  readonly salt: string;
  readonly digest: Digest;
}

/** Hand-offs and deliveries. Keys stay in the worker; texts are those of hand-off-exchange.ts. */
export interface HandOffApi {
  /** Warehouse: a hand-off of the package as it is certified now, signed by this member. */
  prepareHandOff(
    sscc: string,
    input: { readonly vehicle: string | null; readonly seal: string | null; readonly place: string },
  ): Promise<Result<HandOffView, ActionError>>;
  /** Reads a request; `problem` says whether this device may sign it. */
  readHandOff(text: string): Promise<Result<HandOffView, ActionError>>;
  /** Warehouse: shows the request on the courier's own replica. False: it is not linked to this one, take the QR code. */
  sendHandOff(text: string): Promise<boolean>;
  /** Courier: signs; the answer is also sent to the warehouse when it is linked. */
  signHandOff(text: string): Promise<Result<{ answer: string; sent: boolean }, ActionError>>;
  /** Warehouse: enters what both have signed, as a session of its own. */
  enterHandOff(request: string, answer: string, operator: string): Promise<Result<SessionView, ActionError>>;
  /** Courier: signs how the delivery ended. */
  signDelivery(
    sscc: string,
    input: DeliveryInput,
  ): Promise<Result<{ report: string; opening: RecipientOpening | null }, ActionError>>;
  readDelivery(report: string): Promise<Result<Delivery, ActionError>>;
  /** Courier, or the warehouse that handed over: enters a signed report. */
  enterDelivery(
    report: string,
    photos: readonly string[],
    operator: string,
  ): Promise<Result<SessionView, ActionError>>;
  /** A session of one step: quarantine, release, another courier, a change of the directory. */
  runAlone(key: Key, request: ServiceRequest, operator: string): Promise<Result<SessionView, ActionError>>;
  /** BLAKE3 of a file, hex: how a record names a photo. */
  digestOf(bytes: Uint8Array): Promise<Digest>;
}

/** A new key as a request carries it. */
export type NewDirectoryKey = Pick<DirectoryKey, 'keyId' | 'publicKey'> & {
  /** Seconds since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
};

export interface DirectoryApi {
  /** Certified entries that this replica holds, by key. */
  directory(): Promise<readonly { readonly entry: DirectoryEntry; readonly version: Version }[]>;
  /** The bytes that a new key must sign to be entered, hex. */
  keyProofBytes(kind: Exclude<DirectoryKind, 'device'>, id: string, key: NewDirectoryKey): Promise<string>;
  /** The proof of this browser's own manifest key. */
  proveOwnKey(
    kind: Exclude<DirectoryKind, 'device'>,
    id: string,
    period: { readonly validFrom: number; readonly validUntil: number },
  ): Promise<Result<NewDirectoryKey & { readonly proof: Uint8Array }, ActionError>>;
}

export interface SessionsApi {
  /** Starts a session on a key; its first step is startSession. */
  start(key: Key, operator: string): Promise<Result<SessionView, SessionError>>;
  /** Durable before it resolves. */
  step(
    sessionId: string,
    request: ServiceRequest,
  ): Promise<Result<{ response: ServiceResponse; session: SessionView }, SessionError>>;
  /** Takes back the last step of this session (never the start). */
  undo(sessionId: string): Promise<Result<SessionView, SessionError>>;
  abandon(sessionId: string): Promise<Result<SessionView, SessionError>>;
  commit(sessionId: string): Promise<Result<SessionView, SessionError>>;
  /** After a conflict: continue on the new record with the steps that still give the same responses. */
  rebase(sessionId: string): Promise<Result<SessionView, SessionError>>;
  /**
   * Commits many together, with one signature, write and message for all: a shift that was offline. One result for each, in order; one that
   * fails does not hold back the others.
   */
  commitAll(sessionIds: readonly string[]): Promise<readonly Result<SessionView, SessionError>[]>;
  /** Lets a session rest: it stays open on its key, and takes no step (`session-paused`) until `unpause`. */
  pause(sessionId: string): Promise<Result<SessionView, SessionError>>;
  unpause(sessionId: string): Promise<Result<SessionView, SessionError>>;
  /**
   * From now on each step of the session is run by that device too (a key of `siblings`) and acknowledged only when both agree; null: goes on
   * alone. `mirror-unreachable`, `mirror-differs`: nothing was changed. `session-moved`: the other device has taken it over.
   */
  mirrorTo(sessionId: string, device: string | null): Promise<Result<SessionView, SessionError>>;
  /** The device that new sessions are mirrored to, kept over restarts; null: none. */
  setMirror(device: string | null): Promise<Result<undefined, DoorError>>;
  /** Goes on here with a session of `mirrored`; its other device can take no further step of it. */
  takeOver(sessionId: string): Promise<Result<SessionView, SessionError>>;
  /** Which version holds a transaction, by which digest, and the certificate: by session id or version, else the newest. Null: not held here. */
  status(
    key: Key,
    of?: { readonly session?: string; readonly version?: number },
  ): Promise<TransactionStatus | null>;
  /** The session layer as a web service (src/l2/http.ts); the page's `window.countersign.fetch` makes a Request and a Response of it. */
  request(request: PlainRequest): Promise<PlainResponse>;
}

/** A `Request` as plain data (Fetch Standard). */
export interface PlainRequest {
  readonly method: string;
  /** Path and query, or a whole URL, of which they count. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
}

/** A `Response` as plain data. */
export interface PlainResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
}

/** The devices of the own member. */
export interface DevicesApi {
  /**
   * On the member's own replica (else `not-the-member`): signs a certificate for the device that shows this request, and enters it in the
   * directory in a session of its own. `session`: how that session stands; the certificate is good without it, but only what is entered can
   * be revoked.
   */
  certifyDevice(input: { readonly request: DeviceRequestText; readonly operator: string }): Promise<
    Result<
      {
        readonly text: DeviceCertificateText;
        readonly device: DeviceKey;
        readonly name: string;
        /** Null: it is in the directory already. */
        readonly session: Result<SessionView | null, ActionError>;
      },
      ActionError
    >
  >;
  /** On the member's own replica: revokes a device in the directory. Once that is decided nobody links to it or takes its sessions. */
  revokeDevice(input: {
    readonly device: string;
    readonly reason: RevokeReason;
    readonly operator: string;
  }): Promise<Result<SessionView, ActionError>>;
  /** Devices of the own member as the directory has them, the newest first. */
  ownDevices(): Promise<readonly OwnDeviceView[]>;
}

export interface OwnDeviceView {
  readonly key: DeviceKey;
  readonly name: string;
  /** Claimed times, milliseconds since 1970. */
  readonly certifiedAt: number;
  readonly revokedAt: number | null;
  readonly reason: RevokeReason | null;
  /** Linked to this replica now. */
  readonly linked: boolean;
  /** It is this one. */
  readonly self: boolean;
  /**
   * It was entered with a certificate of a key that the member no longer has, and is not linked: unless it was certified again since, the
   * others refuse it. Left out: as far as is known it stands.
   */
  readonly oldKey?: boolean;
}

/** For developers: nothing is changed by looking. */
export interface InspectApi {
  /** What the replica holds now. Asked sooner than INSPECT_PERIOD_MS after the last time, it is the same again. */
  inspect(): Promise<Inspection>;
}

/** Refused unless the genesis is a demo's. */
export interface FaultsApi {
  setOffline(offline: boolean): Promise<Result<undefined>>;
  setLying(lying: boolean): Promise<Result<undefined>>;
  setDelay(milliseconds: Milliseconds): Promise<Result<undefined>>;
}

/** The Comlink root of the offline verifier's worker: it needs no network, no key and no database. */
export interface VerifyApi {
  /** Resolves when everything is loaded; from then on the page may be offline. */
  ready(): Promise<void>;
  /** `trust`: a network id, the bytes of a genesis file, or an empty text for none. `pin`: digest of an epoch, or empty for none. */
  verify(
    file: Uint8Array,
    trust: string | Uint8Array,
    pin?: string,
  ): Promise<Result<EvidenceReport, TrustError>>;
}

/** What the opening of a network waits for: a tab of this browser that runs an older program has its database open. */
export type OpeningView = 'older-tab' | null;

/** The Comlink root of one worker. `open` first; the other calls wait for it. */
export interface WorkerApi
  extends
    DoorsApi,
    SupplyApi,
    SessionsApi,
    DevicesApi,
    HandOffApi,
    DirectoryApi,
    MembersApi,
    FaultsApi,
    InspectApi {
  open(profile: ProfileId): Promise<Result<undefined, DoorError>>;
  state(): Promise<NetworkState | null>;
  /** Calls back with the newest state, at most once per 50 ms, and once at once. Pass a Comlink proxy. */
  subscribe(onState: (state: NetworkState) => void): Promise<void>;
  /** Calls back while opening takes long, with the reason, and with null when it goes on. Pass a Comlink proxy. */
  opening(onWhy: (why: OpeningView) => void): Promise<void>;
  /** Every trace event from now on, in small batches. Pass a Comlink proxy. */
  trace(onEvents: (events: readonly TraceEvent[]) => void): Promise<void>;
  invitation(): Promise<string | null>;
  genesisFile(): Promise<Uint8Array | null>;
  setSignaling(urls: readonly string[]): Promise<Result<undefined, DoorError>>;
  setIceServers(servers: readonly IceServer[]): Promise<Result<undefined, DoorError>>;
  settings(): Promise<{ signaling: readonly string[]; iceServers: readonly IceServer[] }>;
  requestPersistence(): Promise<boolean>;
  /** Page visibility, told by src/app. */
  visible(visible: boolean): Promise<void>;
  /** The port that carries PageCommand / PageEvent (src/net/types.ts). */
  connectPage(port: MessagePort): Promise<void>;
}
