/** The page for operators says what the code does: docs/limits.md and every limits.ts. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LIMITS_PAGE, limitsMarkdown, readLimits } from '../../scripts/limits.ts';

describe('docs/limits.md', () => {
  it('differs from the code', async () => {
    const page = await readFile(LIMITS_PAGE, 'utf8');
    expect(page, 'write it anew with: npx tsx scripts/limits.ts').toBe(await limitsMarkdown());
  });

  it('leaves out a room, a limit or its reason', async () => {
    const files = await readLimits();
    const paths = files.map((file) => file.path);
    for (const room of [
      'codec',
      'consensus',
      'crdt',
      'crypto',
      'domain/supply',
      'l2',
      'net',
      'store',
      'worker',
    ]) {
      expect(paths).toContain(`src/${room}/limits.ts`);
    }
    for (const { path, limits } of files) {
      expect(limits.length, path).toBeGreaterThan(0);
      for (const limit of limits) {
        expect(Number.isFinite(limit.value), limit.name).toBe(true);
        expect(limit.reason.length, limit.name).toBeGreaterThan(10);
      }
    }
  });

  it('gives a limit the comment of another', async () => {
    const all = (await readLimits()).flatMap((file) => file.limits);
    const reasonOf = (name: string): string => all.find((limit) => limit.name === name)?.reason ?? '';
    expect(reasonOf('ROUNDS_AHEAD')).toMatch(/jump proof/);
    expect(reasonOf('maxFrameBytes')).toMatch(/offer/);
    // Several lines of comment, and two limits below one comment.
    expect(reasonOf('MAX_ENVELOPE_BYTES')).toMatch(/^Bytes of one envelope\..*measures it\.$/);
    expect(reasonOf('MAX_DEFECTS')).toBe(reasonOf('MAX_DEFECTS_PER_LINE'));
  });
});
