/** The profile that an address names, as 64 hex digits after `prefix`, or null. */
export function profileIn(pathname: string, prefix: string): string | null {
  if (!pathname.startsWith(prefix)) return null;
  const [profile = ''] = pathname.slice(prefix.length).split('/');
  return /^[0-9a-f]{64}$/.test(profile) ? profile : null;
}
