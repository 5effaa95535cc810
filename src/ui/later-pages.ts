/** Every page of an open network but the bench, which is there at once. */
import { lazyPage } from './lazy-page.tsx';

export const LATER = {
  packages: lazyPage(['packages'], async () => (await import('./packages/PackagesPage.tsx')).PackagesPage),
  package: lazyPage(
    ['package-page', 'packages', 'hand-off'],
    async () => (await import('./PackageAndActions.tsx')).PackageAndActions,
  ),
  announce: lazyPage(['announce'], async () => (await import('./announce/AnnouncePage.tsx')).AnnouncePage),
  deliveries: lazyPage(['hand-off'], async () => (await import('./hand-off/CourierPage.tsx')).CourierPage),
  handOver: lazyPage(
    ['hand-off', 'doors'],
    async () => (await import('./hand-off/HandOverPage.tsx')).HandOverPage,
  ),
  delivery: lazyPage(
    ['hand-off', 'doors'],
    async () => (await import('./hand-off/DeliveryPage.tsx')).DeliveryPage,
  ),
  lines: lazyPage(
    ['hold', 'hand-off', 'package-page'],
    async () => (await import('./hold/HoldPage.tsx')).HoldPage,
  ),
  directory: lazyPage(
    ['directory', 'doors'],
    async () => (await import('./directory/DirectoryPage.tsx')).DirectoryPage,
  ),
  network: lazyPage(['network'], async () => (await import('./network/NetworkPage.tsx')).NetworkPage),
  members: lazyPage([], async () => (await import('./members/MembersPage.tsx')).MembersPage),
  settings: lazyPage(['settings'], async () => (await import('./settings/SettingsPage.tsx')).SettingsPage),
  devices: lazyPage(
    ['directory', 'hand-off'],
    async () => (await import('./devices/DevicesPage.tsx')).DevicesPage,
  ),
  inspector: lazyPage(
    ['inspector', 'network'],
    async () => (await import('./inspector/InspectorPage.tsx')).InspectorPage,
  ),
} as const;

type Name = keyof typeof LATER;

/** By the ends of addresses, the longer ones first. */
const NAMED: readonly (readonly [end: RegExp, name: Name])[] = [
  [/\/hand-over$/, 'handOver'],
  [/\/delivery$/, 'delivery'],
  [/\/lines$/, 'lines'],
  [/^\/packages\/[^/]+$/, 'package'],
  [/^\/packages$/, 'packages'],
  [/^\/network\/members$/, 'members'],
  [/^\/settings\/devices$/, 'devices'],
  [/^\/announce$/, 'announce'],
  [/^\/deliveries$/, 'deliveries'],
  [/^\/directory$/, 'directory'],
  [/^\/network$/, 'network'],
  [/^\/settings$/, 'settings'],
  [/^\/inspector$/, 'inspector'],
];

/** Begins to load the page that an address names. What fails here is tried again where the page is shown. */
export function fetchNamed(path: string): void {
  const name = NAMED.find(([end]) => end.test(path))?.[1];
  if (name !== undefined) void LATER[name].fetch().catch(() => undefined);
}
