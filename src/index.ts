/**
 * Countersign as middleware: a replicated key-value store in which a change counts once a quorum of the members has signed it.
 * Every browser is a replica. docs/middleware.md shows how it is used; the interface is that of the BeauForT paper (section 4.1).
 *
 * Expected failures are values (`Result`); what throws is a mistake of the caller and says so in its description. Nothing is done here:
 * these lists are the interface, and src/middleware is behind them.
 */
export {
  createDraft,
  createIdentity,
  createNetwork,
  encodeValue,
  forgetIdentity,
  identities,
  verifyCertificate,
  verifyProof,
} from './middleware/doors.ts';
export { Abstain, NetworkError } from './middleware/errors.ts';
export { MAX_BUFFERED_CHANGES, MAX_TOOL_CALLS } from './middleware/limits.ts';
export { join } from './middleware/network.ts';
export type {
  AccessControl,
  AccessTools,
  Change,
  Entry,
  Following,
  JoinOptions,
  KeyPattern,
  Member,
  Network,
  ProvenValue,
  SetCallOptions,
  SetHandle,
} from './middleware/types.ts';
export { sessionIn, StepRefused } from './middleware/sessions.ts';
export type {
  SessionError,
  SessionMark,
  SessionOutcome,
  Sessions,
  SessionService,
  SessionsState,
  SessionStatus,
  SessionSummary,
  SessionView,
  Step,
  StepContext,
  StepHandler,
  Stepped,
  StepRefusal,
  StepResponse,
  StepResult,
} from './middleware/sessions.ts';
export type {
  AccessReport,
  Certificate,
  CertificateError,
  Certified,
  ChainBreak,
  CreatedNetwork,
  DoorError,
  Failure,
  IceServer,
  Inspection,
  KvStatus as NetworkStatus,
  MemberView,
  Misbehaviour,
  Objection,
  OpenError,
  ProfileSummary,
  ProofInput,
  ProveError,
  ProvenCertificate,
  ReadError,
  Result,
  SetError,
  SignError,
  Value,
  VerifyInput,
  VotingView,
} from './worker/kv/api.ts';
export {
  ACCESS_BUDGET_MS,
  MAX_BODY_BYTES,
  MAX_LISTENERS,
  MAX_PENDING_SETS,
  MAX_SETS_PER_KEY,
  MAX_SIGNED_BYTES,
  STEPS_BUDGET_MS,
} from './worker/kv/limits.ts';
