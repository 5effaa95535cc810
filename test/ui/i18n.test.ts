/** The catalogs and the code that uses them: what TypeScript cannot see of a text in another language. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { errorText, langOf } from '../../src/ui/errors.ts';
import { formatBytes, formatMilliseconds, formatNumber } from '../../src/ui/format.ts';
import { chooseLanguage, LANGUAGES, localeFor, type Language } from '../../src/ui/i18n/languages.ts';
import { listOf } from '../../src/ui/i18n/lists.ts';
import { loadCatalog, speak, type Catalog } from '../../src/ui/i18n/t.ts';
import { parseLocalSettings } from '../../src/ui/theme/local-settings.ts';

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Node = ReturnType<IntlMessageFormat['getAst']>[number];

const ROOT = resolve(import.meta.dirname, '../..');
const codes = Object.keys(LANGUAGES) as Language[];
const catalogs = Object.fromEntries(
  await Promise.all(codes.map(async (code) => [code, (await loadCatalog(code)) as Texts] as const)),
) as Readonly<Record<Language, Texts>>;
const english = catalogs.en;

// ---- the catalogs ----

// Of @formatjs/icu-messageformat-parser, whose enumeration is not a dependency of ours.
const NUMBER = 2;
const SELECT = 5;
const PLURAL = 6;
const POUND = 7;

const parsed = (text: string, code: Language): Node[] =>
  new IntlMessageFormat(text, code, undefined, { ignoreTag: true }).getAst();

interface Argument {
  readonly kinds: Set<number>;
  /** It stands in the text, or its number does; else it only decides between texts. */
  shown: boolean;
  readonly options: Set<string>;
}

function argumentsOf(nodes: readonly Node[], found = new Map<string, Argument>()): Map<string, Argument> {
  const of = (name: string): Argument => {
    const known = found.get(name) ?? { kinds: new Set(), shown: false, options: new Set() };
    found.set(name, known);
    return known;
  };
  for (const node of nodes) {
    const type: number = node.type;
    if (!('value' in node) || typeof node.value !== 'string' || type === 0) continue;
    const one = of(node.value);
    one.kinds.add(type);
    if (type !== SELECT && type !== PLURAL) one.shown = true;
    if (!('options' in node)) continue;
    for (const [name, option] of Object.entries(node.options)) {
      if (type === SELECT) one.options.add(name);
      if (type === PLURAL && option.value.some((part) => (part.type as number) === POUND)) one.shown = true;
      argumentsOf(option.value, found);
    }
  }
  return found;
}

function plurals(nodes: readonly Node[]): readonly (readonly string[])[] {
  return nodes.flatMap((node) => {
    if (!('options' in node)) return [];
    const inner = Object.values(node.options).flatMap((option) => plurals(option.value));
    return (node.type as number) === PLURAL ? [Object.keys(node.options), ...inner] : inner;
  });
}

const all = (code: Language): readonly (readonly [where: string, text: string])[] =>
  Object.entries(catalogs[code]).flatMap(([namespace, texts]) =>
    Object.entries(texts).map(([key, text]) => [`${namespace}:${key}`, text] as const),
  );

describe.each(codes)('texts in %s', (code) => {
  it('has every text that the English pages have, and no other', () => {
    for (const [namespace, texts] of Object.entries(english))
      expect(Object.keys(catalogs[code][namespace] ?? {}).sort(), namespace).toEqual(
        Object.keys(texts).sort(),
      );
  });

  it('leaves no text empty', () => {
    const empty = all(code).filter(([, text]) => text.trim() === '' && text === '');
    expect(empty.map(([where]) => where)).toEqual([]);
  });

  it('shows the same names and numbers as the English text, and decides by the same words', () => {
    const faults: string[] = [];
    for (const [where, text] of all(code)) {
      const [namespace, key] = where.split(/:(.*)/su) as [string, string];
      const original = english[namespace]?.[key];
      if (original === undefined) continue;
      const ours = argumentsOf(parsed(text, code));
      const theirs = argumentsOf(parsed(original, 'en'));
      for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
        const one = ours.get(name);
        const other = theirs.get(name);
        if ((one === undefined && other!.shown) || (other === undefined && one!.shown))
          faults.push(`${where}: {${name}} is shown in one of the two only`);
        // Where the English text shows the word itself, another language may have one for each.
        if (one && other && other.options.size > 0 && !other.shown)
          for (const option of one.options)
            if (!other.options.has(option)) faults.push(`${where}: {${name}} is never “${option}”`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('can write every text, whatever is chosen in it', () => {
    const faults: string[] = [];
    for (const [where, text] of all(code)) {
      try {
        const format = new IntlMessageFormat(text, code, undefined, { ignoreTag: true });
        const given = argumentsOf(format.getAst());
        for (const round of [0, 1, 2, 3, 11, 100]) {
          const values = [...given].map(([name, { kinds, options }]) => [
            name,
            kinds.has(PLURAL) || kinds.has(NUMBER)
              ? round
              : options.size > 0
                ? [...options][round % options.size]
                : name,
          ]);
          const said = String(format.format(Object.fromEntries(values) as Record<string, string>));
          if (/[{}]/u.test(said)) faults.push(`${where}: ${said}`);
        }
      } catch (error) {
        faults.push(`${where}: ${String(error)}`);
      }
    }
    expect(faults).toEqual([]);
  });
});

it('has all six forms of an Arabic noun where it has more than one', () => {
  const faults = all('ar').filter(([, text]) =>
    plurals(parsed(text, 'ar')).some((options) => {
      const named = options.filter((option) => !option.startsWith('='));
      return (
        named.length > 1 && !['zero', 'one', 'two', 'few', 'many', 'other'].every((c) => named.includes(c))
      );
    }),
  );
  expect(faults.map(([where]) => where)).toEqual([]);
});

it('says something for errors that exist only', () => {
  const rooms = ['worker', 'l2', 'domain', 'consensus', 'crypto', 'codec', 'demo'].map((room) =>
    filesUnder(join(ROOT, 'src', room)).map((path) => readFileSync(path, 'utf8')),
  );
  const code = rooms.flat().join('\n');
  // The page's own name for a session that has been overtaken.
  const types = Object.keys(english['errors']!).filter((type) => type !== 'conflict');
  expect(types.filter((type) => !code.includes(`'${type}'`))).toEqual([]);
});

// ---- the language of a reader ----

describe('the language of a reader', () => {
  it('is the one that was chosen, else the first of the browser’s that there is, else English', () => {
    expect(chooseLanguage('ar', ['es-MX'])).toBe('ar');
    expect(chooseLanguage('system', ['nl-NL', 'es-MX', 'ar'])).toBe('es');
    expect(chooseLanguage('system', ['nl'])).toBe('en');
    expect(chooseLanguage('constructor', [])).toBe('en');
  });

  it('is remembered only when there is such a one', () => {
    expect(parseLocalSettings({ language: 'ar' }).language).toBe('ar');
    expect(parseLocalSettings({ language: 'toString' }).language).toBe('system');
  });

  it('brings the reader’s own numbers and dates along', () => {
    expect(localeFor('es', 'system', ['es-MX', 'es'])).toBe('es-MX');
    expect(localeFor('ar', 'ar', ['en-GB'])).toBe('ar');
    expect(localeFor('en', 'system', ['nl-NL'])).toBe('nl-NL');
    expect(localeFor('en', 'system', ['not a locale'])).toBe('en');
  });
});

describe('numbers, lists and errors in another language', () => {
  afterEach(() => speak(english as unknown as Catalog, 'en'));
  const speakIn = (code: Language, locale?: string): void =>
    speak(catalogs[code] as unknown as Catalog, code, locale);
  const failure = { type: 'package-unknown', message: 'Package 1 was not announced.' };

  it('writes units and lists as the language has them, and no Dutch "en" in an English sentence', () => {
    speakIn('es');
    expect(formatMilliseconds(1234)).toBe('1,2 s');
    expect(formatBytes(2048)).toBe('2 KiB');
    expect(listOf(['Alfa', 'Bravo'])).toBe('Alfa y Bravo');
    speakIn('en', 'nl-NL');
    expect(listOf(['Alfa', 'Bravo', 'Cargo'])).toBe('Alfa, Bravo and Cargo');
    expect(formatNumber(1234)).toBe('1.234');
    expect(formatMilliseconds(0.44)).toBe('0,4 ms');
    speakIn('ar');
    expect(formatMilliseconds(1234)).toMatch(/^1\.2\sث$/u);
  });

  it('says a known error in the reader’s language, and marks as English what it cannot', () => {
    expect(errorText(failure)).toBe(failure.message);
    expect(langOf(errorText(failure))).toBeUndefined();
    speakIn('es');
    expect(errorText(failure)).toBe(catalogs.es['errors']!['package-unknown']);
    const unknown = errorText({ type: 'constructor', message: 'No words.' });
    expect(unknown).toContain('No words.');
    expect(langOf(unknown)).toBe('en');
    expect(langOf(errorText(failure))).toBeUndefined();
  });
});

// ---- the code ----

interface Source {
  readonly path: string;
  readonly name: string;
  readonly tree: ts.SourceFile;
}

const sources: readonly Source[] = ['ui', 'app', 'demo']
  .flatMap((room) => filesUnder(join(ROOT, 'src', room)))
  .map((path) => ({
    path,
    name: relative(ROOT, path),
    tree: ts.createSourceFile(
      path,
      readFileSync(path, 'utf8'),
      ts.ScriptTarget.ESNext,
      true,
      path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
    ),
  }));

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** Names that hold a translator, by file: made there, or imported from where one was made. */
const translators = new Map<string, Map<string, string>>();
for (const { path, tree } of sources) {
  const own = new Map<string, string>();
  visit(tree, (node) => {
    if (!ts.isVariableDeclaration(node) || !node.initializer || !ts.isCallExpression(node.initializer))
      return;
    const [namespace] = node.initializer.arguments;
    if (node.initializer.expression.getText() === 'translator' && namespace && ts.isStringLiteral(namespace))
      own.set(node.name.getText(), namespace.text);
  });
  translators.set(path, own);
}
for (const { path, tree } of sources) {
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const from = translators.get(resolve(path, '..', statement.moduleSpecifier.text));
    const names = statement.importClause?.namedBindings;
    if (!from || !names || !ts.isNamedImports(names)) continue;
    for (const each of names.elements) {
      const namespace = from.get((each.propertyName ?? each.name).text);
      if (namespace !== undefined) translators.get(path)!.set(each.name.text, namespace);
    }
  }
}

interface Call {
  readonly where: string;
  readonly namespace: string;
  /** Null: the key is not written down where it is used. */
  readonly keys: readonly string[] | null;
  /** The keys are all that fit a pattern, of which some are for other calls. */
  readonly isGuess: boolean;
  /** Null: as above. */
  readonly values: ReadonlySet<string> | null;
}

function callsOf({ path, name, tree }: Source): readonly Call[] {
  const own = translators.get(path)!;
  const calls: Call[] = [];
  visit(tree, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
    const namespace = own.get(node.expression.text);
    const [key, values] = node.arguments;
    if (namespace === undefined || key === undefined) return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    calls.push({
      where: `${name}:${line + 1}`,
      namespace,
      keys: keysIn(key, namespace),
      isGuess: ts.isTemplateExpression(key),
      values: values === undefined ? new Set() : namesIn(values),
    });
  });
  return calls;
}

function keysIn(node: ts.Expression, namespace: string): readonly string[] | null {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return keysIn(node.expression, namespace);
  if (ts.isConditionalExpression(node)) {
    const [a, b] = [keysIn(node.whenTrue, namespace), keysIn(node.whenFalse, namespace)];
    return a && b && [...a, ...b];
  }
  if (ts.isTemplateExpression(node)) {
    const parts = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
    const like = new RegExp(
      `^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')).join('.+')}$`,
      'u',
    );
    return Object.keys(english[namespace] ?? {}).filter((key) => like.test(key));
  }
  return null;
}

function namesIn(node: ts.Expression): ReadonlySet<string> | null {
  if (!ts.isObjectLiteralExpression(node)) return null;
  const names = node.properties.map((property) => property.name?.getText() ?? null);
  return names.includes(null) ? null : new Set(names as string[]);
}

const calls = sources.flatMap(callsOf);

describe('the pages’ code', () => {
  it('uses every text of the catalogs', () => {
    const used = new Set(
      calls.flatMap(({ namespace, keys }) => (keys ?? []).map((key) => `${namespace}:${key}`)),
    );
    // Where the key is looked up, it is one of the words of that file.
    for (const source of sources) {
      const namespaces = new Set(
        callsOf(source)
          .filter(({ keys }) => keys === null)
          .map(({ namespace }) => namespace),
      );
      if (namespaces.size === 0) continue;
      visit(source.tree, (node) => {
        if (!ts.isStringLiteralLike(node) && !(ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)))
          return;
        const word = ts.isPropertyAssignment(node) ? node.name.getText() : node.text;
        for (const namespace of namespaces) used.add(`${namespace}:${word}`);
      });
    }
    // Errors come with their type from the worker.
    const idle = all('en').filter(([where]) => !used.has(where) && !where.startsWith('errors:'));
    expect(idle.map(([where]) => where)).toEqual([]);
  });

  it('gives every text what it needs in every language', () => {
    const faults: string[] = [];
    for (const { where, namespace, keys, isGuess, values } of calls) {
      if (keys === null || values === null || isGuess) continue;
      for (const key of keys)
        for (const code of codes) {
          const text = catalogs[code][namespace]?.[key];
          if (text === undefined) faults.push(`${where}: ${code} has no ${namespace}:${key}`);
          else
            for (const name of argumentsOf(parsed(text, code)).keys())
              if (!values.has(name)) faults.push(`${where}: ${code} ${namespace}:${key} needs {${name}}`);
        }
    }
    expect(faults).toEqual([]);
  });

  it('has no words for people outside the catalogs', () => {
    const faults: string[] = [];
    for (const { name, tree } of sources) {
      if (SPOKEN_BEFORE.includes(name)) continue;
      visit(tree, (node) => {
        const words = wordsIn(node);
        if (words === null || ALLOWED.has(words.trim())) return;
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        faults.push(`${name}:${line + 1}: ${words.trim()}`);
      });
    }
    expect(faults).toEqual([]);
  });
});

/** What is said when no catalog could be loaded, and what the service worker, which has none, tells the console. */
const SPOKEN_BEFORE = ['src/app/load-failed.ts', 'src/app/program/build-list.ts'];

/** Names, and what is written alike in every language. */
const ALLOWED = new Set([
  'Countersign',
  'SSCC',
  'GLN',
  'GTIN',
  'GS1',
  'UTC',
  'EPCIS',
  'PRE-COMMIT',
  'COMMIT',
  'QR',
]);

const READ_ALOUD = new Set(['aria-label', 'aria-description', 'title', 'placeholder', 'alt', 'label']);

/** The words of a node that a person would read, in English; null for all that nobody reads. */
function wordsIn(node: ts.Node): string | null {
  if (ts.isJsxText(node)) return hasWord(node.text) && !isCode(node) ? node.text : null;
  const text = ts.isStringLiteralLike(node)
    ? node.text
    : ts.isTemplateExpression(node)
      ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' ')
      : null;
  if (text === null || !hasWord(text) || isForDevelopers(node) || isCode(node)) return null;
  const shown = isShown(node);
  // A sentence anywhere: a capital letter, and small words after it.
  return shown || /^\P{L}*\p{Lu}\p{Ll}*\P{L}+(?:\p{Ll}+\P{L}+){1,}\p{Ll}+/u.test(text) ? text : null;
}

const hasWord = (text: string): boolean => /\p{L}{2,}/u.test(text);

/** A child of an element, or an attribute that is read aloud, by whatever choice. */
function isShown(node: ts.Node): boolean {
  const above = node.parent;
  if (ts.isConditionalExpression(above)) return above.condition !== node && isShown(above);
  if (ts.isParenthesizedExpression(above)) return isShown(above);
  if (ts.isBinaryExpression(above)) {
    const operators = [
      ts.SyntaxKind.AmpersandAmpersandToken,
      ts.SyntaxKind.BarBarToken,
      ts.SyntaxKind.QuestionQuestionToken,
    ];
    return above.right === node && operators.includes(above.operatorToken.kind) && isShown(above);
  }
  if (ts.isJsxExpression(above)) return isShown(above);
  if (ts.isJsxAttribute(above)) return READ_ALOUD.has(above.name.getText());
  return ts.isJsxElement(above) || ts.isJsxFragment(above);
}

/** What is typed into a terminal is the same everywhere. */
function isCode(node: ts.Node): boolean {
  for (let above: ts.Node | undefined = node.parent; above; above = above.parent)
    if (ts.isJsxElement(above) && above.openingElement.tagName.getText() === 'code') return true;
  return false;
}

/** Bugs and the console are read by whoever reads the code. */
function isForDevelopers(node: ts.Node): boolean {
  for (let above: ts.Node | undefined = node.parent; above; above = above.parent) {
    if (ts.isThrowStatement(above)) return true;
    if (ts.isNewExpression(above) && above.expression.getText().endsWith('Error')) return true;
    if (ts.isCallExpression(above) && above.expression.getText().startsWith('console.')) return true;
    if (ts.isFunctionLike(above) || ts.isStatement(above)) return false;
  }
  return false;
}
