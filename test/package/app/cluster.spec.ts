/** The application's own test, with what the package brings for it. */
import { expect, test } from 'countersign/testing';

test('a value that is set in one browser is read in the other', async ({ cluster }) => {
  const made = await cluster({
    site: 'dist-vite',
    members: 2,
    path: ({ identity }) => `/?identity=${identity}`,
  });
  const [a, b] = made.members;
  if (!a || !b) throw new Error('A cluster of two has two members.');
  await made.linked();
  expect(await a.network.set('title/1', 'A field')).toMatchObject({ ok: true });
  expect((await made.agree('title/1')).value).toBe('A field');
  await expect(b.page.getByRole('heading', { level: 1 })).toHaveText('A field');
});
