/** Shows the demo page and the doors in the browser's language, as the app's own entry does. */
import { speakReadersLanguage } from '../../../src/ui/i18n/boot.ts';

await speakReadersLanguage(window);
await import('./preview.tsx');
