/** A member serves its own copy from a static folder, with signaling elsewhere; and whoever has a digest can check what a site serves. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFolder, checkSite } from '../scripts/check-build.ts';
import { copySite, expect, NOTICES, startServer, test, type Notice, type Replica } from './cluster.ts';
import { programShown, stored } from './program.ts';
import { serveStatically } from './static-server.ts';

const [first] = NOTICES as [Notice];

test('a plain static server is not enough to run a network, or its copy cannot be told from another', async ({
  cluster,
}, info) => {
  const site = await copySite(info.outputPath('site'));
  const pages = await serveStatically(site);
  const signaling = await startServer(0, info.outputPath('nothing'));
  try {
    const made = await cluster({
      pages: pages.url,
      signaling: `${signaling.url.replace('http', 'ws')}/signal`,
      serviceWorkers: [1],
    });
    const [alfa, bravo] = made.replicas as [Replica, Replica];
    await alfa.announce(first);
    await bravo.holds(first.sscc, 1);
    await bravo.deliver(first);
    await made.agree(first.sscc, 2);
    await bravo.goto(bravo.path('settings'));
    await stored(bravo.page);
    const { digest } = await programShown(bravo.page);

    await test.step('another member compares', async () => {
      await alfa.goto(alfa.path('settings'));
      const part = alfa.page.getByRole('region', { name: 'This program' });
      const field = part.getByLabel('Digest that another member sees');
      await field.fill(`${digest.slice(0, 8)} ${digest.slice(8).toUpperCase()}`);
      await expect(part.getByTestId('build-compared')).toContainText('The same: both run the same files.');
      await field.fill('0'.repeat(64));
      await expect(part.getByTestId('build-compared')).toContainText('Different');
      await expect(alfa.page.getByTestId('abilities')).toContainText('Start without the server');
      await alfa.expectAccessible();
    });

    await test.step('a person with the digest checks the folder and the site', async () => {
      for (const checked of [await checkFolder(site), await checkSite(pages.url)])
        expect(checked).toEqual({ digest, problems: [] });
      await writeFile(join(site, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
      await writeFile(join(site, 'added.js'), 'alert(1)');
      expect((await checkSite(pages.url)).problems).toEqual([
        'icon.svg is not the file that the list names.',
      ]);
      expect((await checkFolder(site)).problems).toEqual([
        'added.js is not in the list.',
        'icon.svg is not the file that the list names.',
      ]);
    });
  } finally {
    await pages.close();
    await signaling.close();
  }
});
