import type { Role } from '../worker/api.ts';

export type Page = 'announce' | 'bench' | 'deliveries' | 'packages' | 'directory' | 'network' | 'settings';

/** Pages in the bar: a role sees what its members may do; the service registry refuses the rest anyway. */
export function pagesFor(role: Role | null): readonly Page[] {
  const common = ['packages', 'directory', 'network', 'settings'] as const;
  if (role === 'supplier') return ['announce', ...common];
  if (role === 'warehouse') return ['bench', ...common];
  if (role === 'courier') return ['deliveries', ...common];
  return common;
}

/** Where a member begins. */
export const defaultPage = (role: Role | null): Page => pagesFor(role)[0]!;
