/** The app in Spanish and in Arabic: nothing stays English, nothing is cut, and a session goes from its scan to its seal. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { IntlMessageFormat } from 'intl-messageformat';
import type { RunningServer } from '../signaling-server/server.ts';
import { LANGUAGES, type Language } from '../src/ui/i18n/languages.ts';
import { GROUPS } from '../test/ui/preview/cases.ts';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';
import { expectFits, expectGloves } from './layout.ts';
import { openCases, startPreview } from './preview.ts';
import { openTwins } from './twins.ts';
import { scanByWedge } from './wedge.ts';

const OTHERS = ['es', 'ar'] as const;
const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } as const;

let server: RunningServer;
test.beforeAll(async () => void (server = await startPreview()));
test.afterAll(() => server.close());

/** Cases of one test: three pages for each take a while on two busy cores. */
const AT_ONCE = 12;
const all = Object.values(GROUPS)
  .flatMap((cases) => Object.entries(cases))
  // A case that names its own language is of that one only.
  .filter(([, [, path]]) => !path.includes('language='))
  .map(([name]) => name);
const INSTEAD = ['load-failed', 'broken', 'unstarted'];
const parts = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, i) =>
  all.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
);

for (const names of parts)
  test(`a text stayed English, or does not fit where it is read from the right: ${names[0]} to ${names.at(-1)}`, async ({
    chromium,
  }) => {
    const contexts = await Promise.all(
      ['en', ...OTHERS].map((locale) => chromium.newContext({ ...CONTEXT_OPTIONS, ...PHONE, locale })),
    );
    const { context, others, alike } = await openTwins(contexts[0]!, contexts.slice(1));
    const pages = await openCases(context, server);
    test.setTimeout(600_000);
    for (const name of names)
      await test.step(name, async () => {
        const { complaints } = await pages.open(name);
        expect.soft(await alike(), `${name} comes to the same state in every language`).toBe(true);
        for (const [i, page] of others.entries()) {
          const language = OTHERS[i]!;
          const said = await page.evaluate(() => document.documentElement.lang);
          // What is shown in place of the app, whatever is missing, is in English and says so.
          if (INSTEAD.includes(name)) expect.soft(said, name).toBe('en');
          else expect.soft(said, name).toBe(language);
          expect
            .soft(await leftEnglish(page, language), `${name}: English in the ${language} page`)
            .toEqual([]);
          await expectFits(page, `${name} in ${language}`);
        }
        expect.soft(complaints, name).toEqual([]);
      });
    for (const each of contexts) await each.close();
  });

// ---- a session ----

for (const language of OTHERS)
  test(`a session in ${language}, on a phone, from the choice of the language to the seal`, async ({
    cluster,
  }) => {
    const made = await cluster();
    const [alfa, bravo] = made.replicas as [Replica, Replica];
    const notice = NOTICES.find((each) => each.lines.length > 1) as Notice;
    await alfa.announce(notice);
    await bravo.holds(notice.sscc, 1);
    const { page } = bravo;
    await page.setViewportSize(PHONE.viewport);
    const touch = await page.context().newCDPSession(page);
    await touch.send('Emulation.setTouchEmulationEnabled', { enabled: true });
    const fits = async (name: string): Promise<void> => {
      expect.soft(await leftEnglish(page, language), `${name}: English`).toEqual([]);
      await expectFits(page, name);
    };

    await test.step('the language is chosen in the settings, and stays', async () => {
      await bravo.goto(bravo.path('settings'));
      const loaded = page.waitForEvent('load');
      await page.getByLabel('Language').selectOption(language);
      await loaded;
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(
        say(language, 'layout', 'pages.settings'),
      );
      await bravo.reload();
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await expect(page.locator('html')).toHaveAttribute('dir', LANGUAGES[language].direction);
      await fits('settings');
      await bravo.expectAccessible();
    });

    await test.step('scan', async () => {
      await bravo.goto(bravo.path('bench'));
      await made.linked();
      await expect(page.getByTestId('scan-sink')).toBeFocused();
      await fits('scan');
      await scanByWedge(page, `]C100${notice.sscc}`);
    });
    const does = page.locator('.bench-act .btn.main');
    const step = async (key: string, values?: Record<string, string | number>): Promise<void> => {
      await expect(does).toHaveText(say(language, 'bench', key, values));
      await fits(key);
      await expectGloves(page, key);
      await bravo.expectAccessible();
      await does.click();
    };
    await test.step('check who sent it', () => step('supplierAction'));
    await test.step('count', async () => {
      for (const [i] of notice.lines.entries()) await step('quality.accept', { line: i + 1 });
    });
    await test.step('choose a courier', async () => {
      await page.getByText('Delta Express').first().click();
      await step('label.action', { courier: 'Delta Express' });
    });
    await test.step('send', () => step('sendAction'));
    await test.step('signed and sealed', async () => {
      await expect(
        page.getByRole('heading', { name: say(language, 'bench', 'committedTitle') }),
      ).toBeVisible();
      await fits('sealed');
      await made.agree(notice.sscc, 2);
    });
    await test.step('the package tells it', async () => {
      await bravo.goto(bravo.path(`packages/${notice.sscc}`));
      await expect(page.locator('main h1').first()).toBeVisible();
      await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
      await fits('package');
      await bravo.expectAccessible();
    });
  });

// ---- texts ----

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;

const LOCALES = fileURLToPath(new URL('../src/ui/locales', import.meta.url));

function textsOf(language: Language): Texts {
  const names = readdirSync(join(LOCALES, language));
  return Object.fromEntries(
    names.map((name) => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(join(LOCALES, language, name), 'utf8')) as Record<string, string>,
    ]),
  );
}

const CATALOGS = Object.fromEntries(
  (Object.keys(LANGUAGES) as Language[]).map((language) => [language, textsOf(language)]),
) as Readonly<Record<Language, Texts>>;

const formatOf = (message: string, language: Language): IntlMessageFormat =>
  new IntlMessageFormat(message, language, undefined, { ignoreTag: true });

function say(language: Language, namespace: string, key: string, values = {}): string {
  const message = CATALOGS[language][namespace]?.[key];
  if (message === undefined) throw new Error(`There is no text ${namespace}.${key}.`);
  return String(formatOf(message, language).format(values));
}

/** Whole texts, and what stands in texts with names and numbers, that the other language says otherwise. */
function englishOnly(language: Language): {
  readonly whole: readonly string[];
  readonly within: readonly string[];
} {
  const own = new Set(Object.values(CATALOGS[language]).flatMap((texts) => Object.values(texts)));
  const all = [...own].join('\n');
  const whole: string[] = [];
  const within: string[] = [];
  for (const [namespace, texts] of Object.entries(CATALOGS.en))
    for (const [key, text] of Object.entries(texts)) {
      if (CATALOGS[language][namespace]?.[key] === text) continue;
      if (!/[{<]/u.test(text) && !own.has(text)) whole.push(text.trim());
      const runs = formatOf(text, 'en')
        .getAst()
        .map((node) => (node.type === 0 ? node.value.trim() : ''));
      // Three words in a row are of a sentence.
      within.push(...runs.filter((run) => run.split(/\s+/u).length >= 3 && !all.includes(run)));
    }
  return { whole: [...new Set(whole)], within: [...new Set(within)] };
}

/** What people of the preview have written: names and reasons. */
const OF_PEOPLE = ['Demo network', 'It signed two values for package …1112, version 2.'];

const ENGLISH = { es: englishOnly('es'), ar: englishOnly('ar') };

/** What a person reads or hears on this page and is English, but for what says so of itself. */
function leftEnglish(page: Page, language: (typeof OTHERS)[number]): Promise<readonly string[]> {
  return page.evaluate(
    ({ whole, within, ofPeople }) => {
      const found = new Set<string>();
      const known = new Set(whole);
      const look = (text: string | null, element: Element | null): void => {
        const words = ofPeople.reduce((rest, own) => rest.replace(own, ''), text ?? '').trim();
        if (
          words === '' ||
          element === null ||
          element.closest('[lang=en], bdi, [dir=ltr], script, style, code, option[lang]')
        )
          return;
        if (known.has(words) || within.some((run) => words.includes(run))) found.add(words.slice(0, 80));
      };
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) look(texts.currentNode.textContent, texts.currentNode.parentElement);
      for (const element of document.querySelectorAll('body *'))
        for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt'])
          look(element.getAttribute(name), element);
      look(document.title.replace(' · Countersign', ''), document.body);
      return [...found].slice(0, 5);
    },
    { ...ENGLISH[language], ofPeople: OF_PEOPLE },
  );
}
