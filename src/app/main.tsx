/** The page's entry: speaks the reader's language, then loads the pages, whose modules read their texts when they are loaded. */
// First: what pages bring with them builds on it, and of equal rules the later one holds.
import '../ui/styles/index.css';
import './unstarted.css';
import { speakReadersLanguage } from '../ui/i18n/boot.ts';
import { fetchAhead } from './fetch-ahead.ts';
import { showLoadFailed } from './load-failed.ts';
import { partOf, TEXTS_OF } from './paths.ts';

async function main(): Promise<void> {
  const root = document.getElementById('root')!;
  const pages = await loadPages().catch((why: unknown) => showLoadFailed(root, why));
  await pages?.showPages(root, import.meta.url);
}

async function loadPages(): Promise<typeof import('./pages.tsx')> {
  const part = partOf(window.location.pathname);
  // It arrives while the catalog does, and runs after it.
  fetchAhead(document, part);
  await speakReadersLanguage(window, TEXTS_OF[part]);
  return import('./pages.tsx');
}

void main();
