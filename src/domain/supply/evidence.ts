/**
 * The evidence of a package: a file that proves, to somebody who trusts nothing but a network id, what a quorum of that network's
 * members certified about it. docs/evidence.md specifies the format for writers of other verifiers.
 */
export {
  evidenceFileName,
  readBundle,
  writeBundle,
  type AttachedEpcis,
  type EvidenceBundle,
} from './evidence/format.ts';
export { misbehaviourFileName, writeMisbehaviour, type MisbehaviourFile } from './evidence/misbehaviour.ts';
export {
  exportEvidence,
  linksUpTo,
  type ExportError,
  type HeldVersion,
  type KnownChain,
} from './evidence/export.ts';
export { genesisOver } from './evidence/chain.ts';
export { verifyEvidence, type VerifyOptions, type VerifyTools } from './evidence/verify.ts';
export { parsePin, parseTrust } from './evidence/trust.ts';
export { failureReport } from './evidence/report.ts';
export type {
  EvidenceFailure,
  EvidenceReport,
  EvidenceVerdict,
  NamedMember,
  PlainValue,
  Trust,
  TrustError,
  VerifiedBreak,
  VerifiedEpoch,
  VerifiedStep,
  VerifiedVersion,
} from './evidence/types.ts';
