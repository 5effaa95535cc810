/** The example of docs/testing.md, as it stands there. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'countersign/testing';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test.beforeAll(() => build({ configFile: file('../examples/loyalty/vite.config.ts'), logLevel: 'error' }));

test('the page shows what this file runs', async () => {
  const page = await readFile(file('../docs/testing.md'), 'utf8');
  const example = /```ts\nimport \{ expect, test \} from 'countersign\/testing';\n\n([^]*?)```/.exec(
    page,
  )?.[1];
  expect(example).toBeTruthy();
  expect(await readFile(file('testing-example.spec.ts'), 'utf8')).toContain(`\n${example}`);
});

test('two of four stalls certify nothing, and all four know better once they can talk again', async ({
  cluster,
}) => {
  const street = await cluster({
    site: 'examples/loyalty/dist',
    labels: ['Bakery', 'Greens', 'Cheese', 'Flowers'],
    // As the pages give it to `join`.
    rules: 2,
    path: ({ identity }) => `/?identity=${identity}`,
  });
  const [bakery, greens] = [street.member(0), street.member(1)];
  const [cheese, flowers] = [street.member(2), street.member(3)];
  await street.linked();
  await expect(bakery.page.getByTestId('health')).toContainText('All 4 stalls here');

  street.part([bakery, greens], [cheese, flowers]);
  await street.linked([bakery, greens]);
  await expect(bakery.page.getByTestId('health')).toContainText('2 of 3 needed stalls here');

  street.heal();
  await street.linked();
  // Points out of nothing: no rule of the street allows this, so no stall votes for it, the forger's own included.
  const forged = await cheese.network.set('points/00', { amount: 1_000 });
  expect(forged).toMatchObject({ ok: false, error: { type: 'refused' } });
  expect(await flowers.network.entries({ prefix: 'points/' })).toEqual([]);
});
