import { readFile } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import { PROBLEM_STATUS } from '../../src/domain/supply/problem.ts';
import { registryMarkdown } from '../../src/domain/supply/registry-page.ts';
import { createSupplyRegistry, SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';

const registry = createSupplyRegistry();

describe('the registry', () => {
  it('has every path of the contract once, for the role that may use it', () => {
    const roles: Record<string, string[]> = {
      [SERVICES.createPackage]: ['supplier'],
      [SERVICES.quarantine]: ['warehouse', 'supplier'],
      [SERVICES.release]: ['warehouse', 'supplier'],
      [SERVICES.deliver]: ['courier', 'warehouse'],
      ...Object.fromEntries(
        Object.values(DIRECTORY_SERVICES).map((path) => [path, ['supplier', 'warehouse', 'courier']]),
      ),
    };
    const paths = [...Object.values(SERVICES), ...Object.values(DIRECTORY_SERVICES)];
    expect(registry.list(1).map((s) => s.path)).toEqual(paths);
    for (const service of registry.list(1)) {
      expect(service.roles).toEqual(roles[service.path] ?? ['warehouse']);
      expect(registry.find(1, 'POST', service.path)).toBe(service);
      expect(registry.find(1, 'GET', service.path)).toBeUndefined();
      expect(registry.find(2, 'POST', service.path)).toBeUndefined();
    }
    expect(registry.list(2)).toEqual([]);
  });

  it('takes only keys of the directory that name what they hold', () => {
    for (const key of [
      'directory/supplier/4012345000115',
      'directory/courier/delta-express',
      `directory/device/${'0a'.repeat(32)}`,
    ]) {
      expect([key, registry.keyProblem(asKey(key))]).toEqual([key, null]);
    }
    for (const key of [
      'directory/supplier/4012345000116',
      'directory/supplier/',
      'directory/courier/',
      'directory/courier/Delta',
      `directory/courier/${'a'.repeat(25)}`,
      `directory/device/${'0A'.repeat(32)}`,
      'directory/device/00',
      'directory/carrier/x',
      'directory/courier/a/b',
    ]) {
      expect([key, registry.keyProblem(asKey(key))]).not.toEqual([key, null]);
    }
  });

  it('takes only keys of packages with a right check digit', () => {
    expect(registry.keyProblem(asKey('package/040123450000001112'))).toBeNull();
    expect(registry.keyProblem(asKey('package/040123450000001113'))).toContain('check digit 2');
    for (const key of [
      '',
      'package/',
      'packages/040123450000001112',
      'package/040123450000001112/',
      'package/ 40123450000001112',
    ]) {
      expect([key, registry.keyProblem(asKey(key))]).not.toEqual([key, null]);
    }
  });

  it('lets no session end half way', () => {
    const tx = (...paths: string[]) =>
      paths.map((path) => ({
        request: { method: 'POST' as const, path, body: null },
        response: { status: 200, body: null },
        node: 'x',
      }));
    const { createPackage, startSession, scan, validate, quality, label, finish } = SERVICES;
    expect(registry.incomplete(null, tx(createPackage))).toBeNull();
    expect(registry.incomplete(null, tx(startSession, scan, validate, quality, label, finish))).toBeNull();
    for (const steps of [
      [],
      [startSession],
      [startSession, scan, validate, quality, label],
      [createPackage, startSession],
      [SERVICES.handOff, SERVICES.deliver],
      [SERVICES.quarantine, startSession],
      [DIRECTORY_SERVICES.add, DIRECTORY_SERVICES.revoke],
    ]) {
      expect(registry.incomplete(null, tx(...steps))?.type).toBe('step-order');
    }
    for (const path of [
      SERVICES.quarantine,
      SERVICES.release,
      SERVICES.assign,
      SERVICES.handOff,
      SERVICES.deliver,
      ...Object.values(DIRECTORY_SERVICES),
    ]) {
      expect([path, registry.incomplete(null, tx(path))]).toEqual([path, null]);
    }
    expect(registry.incomplete(null, tx(startSession, scan))?.message).toContain(validate);
  });

  it('documents every refusal that its handlers can give', () => {
    const folder = new URL('../../src/domain/supply/handlers/', import.meta.url);
    const used = readdirSync(folder).flatMap((file) =>
      [...readFileSync(new URL(file, folder), 'utf8').matchAll(/[^a-zA-Z]problem\(\s*'([a-z-]+)'/g)].map(
        (m) => m[1],
      ),
    );
    const documented = new Set<string>(SUPPLY_SERVICES.flatMap((s) => s.errors));
    for (const type of used) expect(documented).toContain(type);
    expect(new Set(Object.keys(PROBLEM_STATUS))).toEqual(documented);
  });

  it('is what docs/protocol.md tabulates', async () => {
    const written = await format(registryMarkdown(), { parser: 'markdown' });
    const table = written.slice(
      written.indexOf('| Method'),
      written.indexOf('\n\n', written.indexOf('| Method')),
    );
    expect(await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8')).toContain(table);
  });

  it('is what docs/registry.md says', async () => {
    await expect(await format(registryMarkdown(), { parser: 'markdown' })).toMatchFileSnapshot(
      '../../docs/registry.md',
    );
  });
});
