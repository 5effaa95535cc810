/**
 * `countersign/testing/simulator`: whole replicas with your access-control callback as judge, under virtual time and a seed. docs/testing.md,
 * "Simulator", says how to write a workload and how to replay a seed.
 */
export { drawFaults, simulate } from './sim/simulate.ts';
export { roleNames } from '../test/sim/world/roles.ts';
export type {
  CertifiedChange,
  CertifiedState,
  MemberReport,
  Offer,
  SimulatedMember,
  SimulatedRandom,
  SimulatedWorld,
  SimulateOptions,
  SimulateResult,
} from './sim/types.ts';
