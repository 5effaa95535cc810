/** docs/api/: what the package offers, one page for each name that can be imported, made from types and their comments. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Application, LogLevel, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { ENTRIES, type Entry } from './entries.ts';

/** Pages by file name, the same on every machine. */
export async function apiDocs(project: string): Promise<Map<string, string>> {
  // Inside the project, where the compiler finds what the sources import.
  const cache = join(project, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'docs-'));
  try {
    await generate(project, folder);
    const pages = new Map<string, string>();
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.md')).sort();
    for (const name of names)
      pages.set(name.replaceAll('\\', '/'), await readFile(join(folder, name), 'utf8'));
    return pages;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = ({ name }: Entry): string => `countersign${name.slice(1)}`;

/** Of an entry's page. */
export const pageOf = (entry: Entry): string => `${nameOf(entry).replaceAll('/', '.')}.md`;

async function generate(project: string, folder: string): Promise<void> {
  const files = ENTRIES.map(({ source }) => resolve(project, source));
  const tsconfig = join(folder, 'tsconfig.json');
  // The entries alone: the compiler lists the parts of a union in the order in which it meets them, and a test that is added elsewhere must not turn them round.
  await writeFile(
    tsconfig,
    JSON.stringify({
      extends: join(project, 'tsconfig.json'),
      ...{ files, include: [], compilerOptions: { incremental: false, tsBuildInfoFile: null } },
    }),
  );
  const options: TypeDocOptions & Partial<PluginOptions> = {
    name: 'countersign',
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    tsconfig,
    entryPoints: files,
    basePath: project,
    displayBasePath: project,
    readme: 'none',
    githubPages: false,
    // A page that links to lines of source changes with every commit.
    disableSources: true,
    disableGit: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true,
    sort: ['source-order'],
    logLevel: LogLevel.Error,
    // One page for each entry.
    router: 'module',
    entryFileName: 'README',
    flattenOutputFiles: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    propertyMembersFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    enumMembersFormat: 'table',
    useCodeBlocks: true,
    expandParameters: false,
  };
  const application = await Application.bootstrapWithPlugins(options);
  const converted = await application.convert();
  if (!converted) throw new Error('The types of the package could not be read: see above.');
  for (const module of converted.children ?? []) {
    const entry = ENTRIES.find(({ source }) => module.name === source.replace(/(\/index)?\.ts$/, ''));
    if (!entry) throw new Error(`${module.name} is no entry of the package.`);
    module.name = nameOf(entry);
  }
  await application.generateOutputs(converted);
  if (application.logger.hasErrors()) throw new Error('The documentation could not be written: see above.');
}
