/** Shows the pages on an in-memory network, in the browser's language or the address's, as the app's own entry does. */
import { speakReadersLanguage } from '../../../src/ui/i18n/boot.ts';
import { applyTheme, saveLocalSettings, type Theme } from '../../../src/ui/theme/local-settings.ts';

const query = new URLSearchParams(location.search);
const language = query.get('language');
const theme = query.get('theme');
if (language !== null) saveLocalSettings({ language: language as never });
if (theme !== null) saveLocalSettings({ theme: theme as Theme });
if (theme !== null) applyTheme(theme as Theme);
await speakReadersLanguage(window);
await import('./pages.tsx');
