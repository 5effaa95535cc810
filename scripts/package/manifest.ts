/** package.json of the package: the part that people write (`package/package.json`), the version, and the list of what can be imported. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENTRIES, STYLES } from './entries.ts';

interface Template {
  readonly name: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

/** `imported`: packages that the scripts import by name. Fails unless they are exactly the peers that the package declares. */
export async function manifest(project: string, imported: ReadonlySet<string>): Promise<string> {
  const template = JSON.parse(await readFile(join(project, 'package/package.json'), 'utf8')) as Template;
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    version: string;
  };
  const declared = Object.keys(template.peerDependencies);
  const missing = [...imported].filter((name) => !declared.includes(name));
  if (missing.length > 0) throw new Error(`Imported, and no peer of the package: ${missing.join(', ')}.`);
  const idle = declared.filter((name) => !imported.has(name));
  if (idle.length > 0) throw new Error(`Peers of the package that nothing imports: ${idle.join(', ')}.`);
  const { name, description, ...rest } = template;
  const exports: Record<string, unknown> = {};
  // Types first: whoever resolves takes the first condition that fits.
  for (const { name: path, file } of ENTRIES)
    exports[path] = { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` };
  exports[STYLES.name] = `./dist/${STYLES.file}`;
  exports['./package.json'] = './package.json';
  const whole = {
    name,
    version,
    description,
    ...rest,
    exports,
    // package.json, README and LICENSE go with every package.
    files: ['dist', 'CHANGELOG.md', 'THIRD-PARTY-LICENSES'],
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
