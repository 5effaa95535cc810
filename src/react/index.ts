/**
 * Hooks for applications of the middleware (docs/middleware.md, "React"). Safe with StrictMode, Suspense and components that are gone: each key is
 * listened to once however many components show it, and nothing is shown of a key, or a network, that was exchanged for another.
 */
export { NetworkProvider, StatusProvider, useNetwork, useNetworkHealth, useStatus } from './context.tsx';
export type { ReadingError } from './follow.ts';
export { healthOf, type HealthFacts, type NetworkHealth } from './health.ts';
export { MAX_LISTED_ENTRIES, MAX_WATCHED_KEYS, MAX_WATCHED_PREFIXES } from './limits.ts';
export { useSource, type StateSource } from './source.ts';
export { useEntries, useEntry, useSession, useSessions, useValue, type Suspending } from './use-values.ts';
export type { Reading } from './watches.ts';
