/** The audit report, for the package's page; most who open a package do not want one. */
import { lazyPage } from '../lazy-page.tsx';

export const LaterAudit = lazyPage(
  ['package-page', 'verify', 'doors'],
  async () => (await import('./AuditPage.tsx')).AuditPage,
);
