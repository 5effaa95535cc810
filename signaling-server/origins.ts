/**
 * Which pages may use the server. Browsers name the page's origin in every WebSocket handshake (RFC 6455, 10.2) and pages
 * cannot change it, so the list keeps other sites from using the server through their visitors. It keeps no program out:
 * a program writes what it likes.
 */

/** Stands for a client that names no origin: programs, not pages. */
export const NO_ORIGIN = 'none';

/** An origin as browsers write it, or undefined when the text is none. */
export function parseOrigin(text: string): string | undefined {
  if (text === NO_ORIGIN) return text;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return isBare && /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

/** @param allowed as `parseOrigin` gives them; null for everybody. */
export function mayConnect(origin: string | undefined, allowed: readonly string[] | null): boolean {
  return allowed === null || allowed.includes(origin ?? NO_ORIGIN);
}
