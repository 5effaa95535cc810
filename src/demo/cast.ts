/** The four organisations of every demo, in genesis order: the order in which the seal and the stage place them. */
import type { CourierEntry, Role } from '../worker/api.ts';

export interface DemoMember {
  readonly id: 'alfa' | 'bravo' | 'cargo' | 'delta';
  readonly name: string;
  readonly organisation: string;
  readonly role: Role;
  /** In GS1's ranges for examples (400–440 test company, 952 demonstrations); check digits by GS1 General Specifications 7.9.1. */
  readonly gln: string;
}

export const DEMO_NAME = 'Demo network';

export const DEMO_MEMBERS: readonly DemoMember[] = [
  { id: 'alfa', name: 'Alfa', organisation: 'Alfa Components', role: 'supplier', gln: '4012345000115' },
  { id: 'bravo', name: 'Bravo', organisation: 'Bravo Logistics', role: 'warehouse', gln: '9521141000014' },
  { id: 'cargo', name: 'Cargo', organisation: 'Cargo Nord', role: 'warehouse', gln: '9521142000013' },
  { id: 'delta', name: 'Delta', organisation: 'Delta Express', role: 'courier', gln: '9521143000012' },
];

export const DEMO_COURIERS: readonly CourierEntry[] = [
  { id: 'delta', name: 'Delta Express', gln: '9521143000012' },
];
