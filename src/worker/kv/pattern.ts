/** Which keys a pattern means. */
import type { Pattern } from './api.ts';

export function matches(pattern: Pattern, key: string): boolean {
  return 'key' in pattern ? key === pattern.key : key.startsWith(pattern.prefix);
}
