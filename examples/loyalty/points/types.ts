/** What the keys of the street hold, and what people sign. Everything is plain data; shape.ts reads it back from bytes of strangers. */

/** Who owns points: a customer by its Ed25519 public key (64 hex digits), or a merchant by its member id. */
export type Owner = `customer/${string}` | `merchant/${string}`;

/** Key of a point group: 40 hex digits, derived from what it came out of. */
export type GroupKey = `points/${string}`;
export type AccountKey = `account/${string}`;

/** Last day on which merchants take it, `2027-03-31`; null: for ever. No rule knows what day it is: merchants look. */
export type Expiry = string | null;

/** What of a group an owner's signature covers: all that the group is at that `seq`, so that nothing else can be meant. */
export interface Ref {
  readonly key: GroupKey;
  /** Changes by its owners' will so far, 1 when it was placed. No two states of a group that differ in what they are worth share one. */
  readonly seq: number;
  /** Member id of the merchant that issued the points. */
  readonly issuer: string;
  /** Points: a whole number from 1. */
  readonly amount: number;
  readonly owner: Owner;
  readonly expires: Expiry;
}

/** A group that an issue or a split names. */
export interface Output {
  readonly amount: number;
  readonly owner: Owner;
}

/** Of an issue. */
export interface IssueOutput extends Output {
  readonly expires: Expiry;
}

// ---- what is signed ----

/** The group passes to `to`. Given to a merchant it is redeemed; given to its owner again it only calls back what was signed before. */
export interface Give {
  readonly kind: 'give';
  readonly network: string;
  readonly from: Ref;
  readonly to: Owner;
}

/** The group ends; the outputs, whose sum is its amount, begin. Also how part of a group is paid. */
export interface Split {
  readonly kind: 'split';
  readonly network: string;
  readonly from: Ref;
  readonly outputs: readonly Output[];
}

/** The points of the sources go into the target. All of one owner and one issuer; the earliest expiry counts. */
export interface Merge {
  readonly kind: 'merge';
  readonly network: string;
  readonly target: Ref;
  readonly sources: readonly Ref[];
}

/** The owners of two groups exchange them. Signed by both; either may be a customer. */
export interface Swap {
  readonly kind: 'swap';
  readonly network: string;
  /** Locked first. */
  readonly first: Ref;
  /** Its next change decides: the swap, for both; or anything else, for neither. */
  readonly second: Ref;
}

/** What locks a group until another key, the decider, has decided: a merge's target, a swap's second. */
export type Plan = Merge | Swap;
/** What owners of groups sign. */
export type Statement = Give | Split | Plan;

/** Of an issuer's account: version `version` of it issues these. */
export interface Issue {
  readonly kind: 'issue';
  readonly network: string;
  readonly issuer: string;
  readonly version: number;
  readonly outputs: readonly IssueOutput[];
}

/** Points that are their issuer's again leave circulation, as its retirement number `round`: version `version` of its account opens it. */
export interface Retirement {
  readonly kind: 'retirement';
  readonly network: string;
  readonly issuer: string;
  readonly version: number;
  readonly round: number;
  readonly groups: readonly Ref[];
}

/** The list of swaps that a merchant shows, in version `version` of its key. */
export interface OffersList {
  readonly kind: 'offers';
  readonly network: string;
  readonly merchant: string;
  readonly version: number;
  readonly offers: readonly { readonly plan: Swap; readonly signature: Uint8Array }[];
}

// ---- what keys hold ----

/** How a version of a group came to be, with what shows that it may. */
export type GroupMove =
  /** Version 1: by the proof of the issue or split that names it. */
  | { readonly kind: 'placed'; readonly proof: Uint8Array }
  /** The same group without the proofs that its version before carries. Anyone may; `seq` stays. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'given'; readonly signature: Uint8Array }
  /** The end of this group. */
  | { readonly kind: 'split'; readonly outputs: readonly Output[]; readonly signature: Uint8Array }
  /** Until the plan's decider has decided. `signatures`: of a merge the owner's, of a swap both, the first's first. `proof`: of the decider as it stands. */
  | {
      readonly kind: 'locked';
      readonly plan: Plan;
      readonly signatures: readonly Uint8Array[];
      readonly proof: Uint8Array;
    }
  /** Target of a merge. A proof per source: that it is locked for this, or that it was spent otherwise and stays out. Anyone may. */
  | { readonly kind: 'merged'; readonly plan: Merge; readonly proofs: readonly Uint8Array[] }
  /** Second of a swap, the other owner's from now on. `proof`: that the first is locked for it. Anyone may. */
  | { readonly kind: 'swapped'; readonly plan: Swap; readonly proof: Uint8Array }
  /** First of a swap, the other owner's from now on. `proof`: that the second has swapped. Anyone may. */
  | { readonly kind: 'received'; readonly proof: Uint8Array }
  /** Its owner's again. `proof`: that the decider has decided otherwise. Anyone may. */
  | { readonly kind: 'unlocked'; readonly proof: Uint8Array }
  /** The end of this group, in a retirement. `proof`: that its issuer's account has opened that one for it. Anyone may. */
  | { readonly kind: 'retired'; readonly round: number; readonly proof: Uint8Array };

/** Value of a key `points/…`. */
export interface GroupValue {
  readonly format: 1;
  readonly seq: number;
  readonly issuer: string;
  readonly amount: number;
  readonly owner: Owner;
  readonly expires: Expiry;
  /** Ids of merges and swaps that this group has decided; never shorter than in the version before. */
  readonly done: readonly string[];
  readonly move: GroupMove;
}

export type AccountMove =
  | { readonly kind: 'issued'; readonly outputs: readonly IssueOutput[]; readonly signature: Uint8Array }
  /** Opens a retirement. A proof per group, as it stands. */
  | { readonly kind: 'opened'; readonly signature: Uint8Array; readonly proofs: readonly Uint8Array[] }
  /** Closes it. A proof per group: that it is retired, or that it was spent otherwise and does not count. Anyone may. */
  | { readonly kind: 'closed'; readonly proofs: readonly Uint8Array[] };

/** Value of a key `account/<member id>`. */
export interface AccountValue {
  readonly format: 1;
  /** Points ever issued, and ever taken back. `issued - retired` may not pass the cap. */
  readonly issued: number;
  readonly retired: number;
  /** Retirements closed so far. */
  readonly rounds: number;
  /** Groups of the retirement that is open, number `rounds + 1`; empty: none is. */
  readonly open: readonly Ref[];
  readonly move: AccountMove;
}

/** Value of a key `offers/<member id>`: swaps that this merchant has signed as the first. */
export interface OffersValue {
  readonly format: 1;
  readonly offers: readonly { readonly plan: Swap; readonly signature: Uint8Array }[];
  /** By the member, over key, version and list. */
  readonly signature: Uint8Array;
}
