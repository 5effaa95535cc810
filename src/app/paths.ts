import type { LaterNamespace } from '../ui/i18n/t.ts';

/** The profile that an address names, as 64 hex digits after `prefix`, or null. */
export function profileIn(pathname: string, prefix: string): string | null {
  if (!pathname.startsWith(prefix)) return null;
  const [profile = ''] = pathname.slice(prefix.length).split('/');
  return /^[0-9a-f]{64}$/.test(profile) ? profile : null;
}

/** What is loaded for an address besides what every page needs; each a module of src/app/parts, and the demo. */
export type Part = 'verify' | 'demo' | 'network' | 'doors';

/** The texts that a part needs besides those that all do; the pages of a network name their own (src/ui/later-pages.ts). */
export const TEXTS_OF: Readonly<Record<Part, readonly LaterNamespace[]>> = {
  verify: ['verify', 'doors', 'package-page'],
  demo: ['demo'],
  network: [],
  doors: ['doors', 'hand-off'],
};

export function partOf(pathname: string): Part {
  if (pathname === '/verify') return 'verify';
  if (pathname === '/demo' || pathname.startsWith('/demo/')) return 'demo';
  return profileIn(pathname, '/n/') === null ? 'doors' : 'network';
}
