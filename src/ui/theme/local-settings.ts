/** What this browser remembers for the person in front of it; never replicated. */
import { useSyncExternalStore } from 'react';
import { isLanguage, type Language } from '../i18n/languages.ts';
import { MAX_BENCH_LENGTH, MAX_OPERATOR_LENGTH } from '../limits.ts';

export type Theme = 'system' | 'light' | 'dark' | 'contrast' | 'contrast-dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'contrast', 'contrast-dark'];

export interface LocalSettings {
  readonly theme: Theme;
  /** `system`: as the browser says. Another choice is spoken from the next load of the page. */
  readonly language: Language | 'system';
  readonly sounds: boolean;
  /** A pseudonym: it goes into committed sessions, where personal data has no place. */
  readonly operator: string;
  readonly bench: string;
}

const STORAGE_KEY = 'countersign.ui';
const DEFAULTS: LocalSettings = {
  theme: 'system',
  language: 'system',
  sounds: true,
  operator: 'operator-1',
  bench: 'Bench 1',
};

let current: LocalSettings | null = null;
const listeners = new Set<() => void>();

export function localSettings(): LocalSettings {
  current ??= read();
  return current;
}

export function saveLocalSettings(change: Partial<LocalSettings>): void {
  current = parseLocalSettings({ ...localSettings(), ...change });
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(current));
  } catch {
    // Storage may be full or forbidden; the setting then holds until the page closes.
  }
  applyTheme(current.theme);
  for (const listener of listeners) listener();
}

export function useLocalSettings(): LocalSettings {
  return useSyncExternalStore(subscribe, localSettings);
}

/** `system` leaves the choice to the media queries of tokens.css. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
}

/** Takes what is well-formed and defaults for the rest: an old or damaged entry must not keep anyone out. */
export function parseLocalSettings(value: unknown): LocalSettings {
  const v = (value !== null && typeof value === 'object' ? value : {}) as Partial<
    Record<keyof LocalSettings, unknown>
  >;
  const text = (x: unknown, max: number, otherwise: string): string => {
    const trimmed = typeof x === 'string' ? x.trim().slice(0, max).trim() : '';
    return trimmed === '' ? otherwise : trimmed;
  };
  return {
    theme: THEMES.includes(v.theme as Theme) ? (v.theme as Theme) : DEFAULTS.theme,
    language: isLanguage(v.language) ? v.language : DEFAULTS.language,
    sounds: typeof v.sounds === 'boolean' ? v.sounds : DEFAULTS.sounds,
    operator: text(v.operator, MAX_OPERATOR_LENGTH, DEFAULTS.operator),
    bench: text(v.bench, MAX_BENCH_LENGTH, DEFAULTS.bench),
  };
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  // Another tab of the same origin may change them.
  const onStorage = (event: StorageEvent): void => {
    if (event.key !== STORAGE_KEY) return;
    current = null;
    applyTheme(localSettings().theme);
    onChange();
  };
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(onChange);
    window.removeEventListener('storage', onStorage);
  };
}

function read(): LocalSettings {
  try {
    return parseLocalSettings(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null'));
  } catch {
    return DEFAULTS;
  }
}
