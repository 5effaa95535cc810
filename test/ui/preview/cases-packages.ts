/** Packages: the list, one of them, its hand-off and its lines. */
import { heading, inSight, PACKAGE, press, shown, SSCC, there, toSent, words } from './acts.ts';
import type { Cases } from './acts.ts';

const OTHER = `/packages/${SSCC(112)}`;
const moreAbout = async (page: Parameters<typeof press>[0]): Promise<void> => {
  await page.getByText('More', { exact: true }).click();
  await press(page, 'Remove older versions from this device');
};

export const PACKAGES: Cases = {
  packages: [
    '10,000 packages',
    '/packages?packages=10000',
    async (p) => {
      await words(p, '10,000 packages');
      await p.locator('.package-row .sscc').first().waitFor();
    },
  ],
  'packages-working': ['Somebody works on one', '/packages?case=devices', (p) => words(p, /In work/)],
  'packages-voting': [
    'One is being voted on',
    '/packages?case=queue&voting',
    (p) => inSight(p, '.package-row:has-text("voting")'),
  ],
  'packages-menu': [
    'On a phone: the pages behind the button',
    '/packages',
    async (p) => {
      await p.locator('.package-row').first().waitFor();
      const menu = p.getByRole('button', { name: 'Menu', exact: true });
      if (await menu.isVisible()) await menu.click();
      await p.getByRole('link', { name: 'Network' }).waitFor();
    },
  ],
  'packages-banners': [
    'On a phone: all of a banner',
    '/packages?case=view',
    async (p) => {
      await words(p, 'Another tab holds the replica');
      const more = p.getByRole('button', { name: /^More: Another tab/ });
      if (await more.isVisible()) await more.click();
    },
  ],
  'packages-awaited': [
    'A change of members waits for this one',
    '/packages?case=members',
    (p) => there(p, 'awaited'),
  ],
  'packages-none': [
    'No package yet',
    '/packages?packages=0',
    (p) => words(p, 'No package has been announced'),
  ],
  'packages-none-found': [
    'No package fits the search',
    '/packages',
    async (p) => {
      await p.getByRole('searchbox').fill('pallet of nothing');
      await words(p, 'No package fits this search.');
    },
  ],
  'packages-failed': [
    'The list could not be read',
    '/packages?refuse=list',
    (p) => words(p, 'could not be read'),
  ],
  'packages-update': [
    'A newer version of the program waits',
    '/packages?program=ready',
    (p) => there(p, 'program-update'),
  ],
  'packages-update-held': [
    'A newer version waits for an open session, also when it is asked for',
    '/packages?program=held',
    async (p) => {
      await press(p, 'Take it now');
      await p.getByRole('alert').filter({ hasText: 'A session is open' }).waitFor();
    },
  ],
  'packages-update-taking': [
    'A newer version is being taken',
    '/packages?program=taking',
    (p) => there(p, 'program-update'),
  ],
  package: ['A package that was announced', OTHER, (p) => heading(p, 'Certificate of version 1')],
  'package-labelled': [
    'A package with a label',
    '/bench?vote=20',
    async (p) => {
      await toSent(p);
      await words(p, /Signed by/);
      await p.getByRole('link', { name: 'Open this package' }).click();
      await heading(p, 'Certificate of version 2');
      await p.locator('.label-bars path').first().waitFor();
    },
  ],
  'package-evidence': [
    'A member signed two values for one version',
    `${PACKAGE}?case=evidence&versions=3`,
    async (p) => {
      await there(p, 'evidence-kept');
      await inSight(p, '[data-testid="evidence-kept"]');
    },
  ],
  'package-working': [
    'Another organisation works on it',
    `${PACKAGE}?case=devices`,
    (p) => words(p, 'is working on this package'),
  ],
  'package-held': [
    'One line is held, one was rejected',
    `${PACKAGE}?record=held`,
    (p) => heading(p, 'Certificate of version 1'),
  ],
  'package-unknown': ['No such package here', '/packages/000000000000000000', shown],
  'package-remove-older': [
    'Remove older versions?',
    `${OTHER}?versions=3`,
    async (p) => {
      await moreAbout(p);
      await words(p, 'What stays: version 3');
    },
  ],
  'package-older-kept': [
    'Too few others hold them: they stay',
    `${OTHER}?versions=3&holders=1`,
    async (p) => {
      await moreAbout(p);
      await press(p, 'Remove them');
      await p.getByRole('alert').filter({ hasText: 'stay' }).waitFor();
    },
  ],
  'package-older-removed': [
    'Older versions were removed',
    `${OTHER}?versions=3`,
    async (p) => {
      await moreAbout(p);
      await press(p, 'Remove them');
      await p.getByRole('button', { name: 'Fetch them again' }).waitFor();
    },
  ],
  'package-audit': [
    'The audit report',
    `${OTHER}?view=audit&evidence=real`,
    (p) => p.locator('.audit').first().waitFor(),
  ],
  'package-audit-failed': [
    'No report can be made',
    `${OTHER}?view=audit&refuse=evidence`,
    (p) => p.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor(),
  ],
  'package-save': [
    'In a webview: where a file goes',
    `${OTHER}?webview`,
    async (p) => {
      await press(p, /EPCIS.* v1$/);
      await heading(p, /^Save /);
    },
  ],
  'package-arabic': [
    'In Arabic, from right to left',
    `${OTHER}?language=ar`,
    async (p) => {
      await shown(p);
      await p.locator('.parties').waitFor();
    },
  ],
  'hand-over': [
    'Sign a hand-off, or choose another courier',
    `${PACKAGE}/hand-over?record=labelled`,
    (p) => words(p, 'Another courier'),
  ],
  'hand-over-wrong': [
    'A seal number that cannot be',
    `${PACKAGE}/hand-over?record=labelled`,
    async (p) => {
      await p.getByLabel('Vehicle').fill('no such % sign');
      await press(p, 'Sign and show the code');
      await p.getByRole('alert').first().waitFor();
    },
  ],
  'hand-over-code': [
    'The code that the courier scans',
    `${PACKAGE}/hand-over?record=labelled`,
    async (p) => {
      await press(p, 'Sign and show the code');
      await there(p, 'hand-off-request');
      await words(p, 'is not linked to this one');
    },
  ],
  'hand-over-answer': [
    'An answer that does not fit',
    `${PACKAGE}/hand-over?record=labelled`,
    async (p) => {
      await press(p, 'Sign and show the code');
      await p.getByLabel(/Or paste the text/).fill('csanswer1.x');
      await press(p, 'Read this text');
      await inSight(p, '[role=alert]');
    },
  ],
  'hand-over-done': [
    'Both have signed',
    `${PACKAGE}/hand-over?record=in-transit`,
    (p) => there(p, 'hand-off-done'),
  ],
  'hand-over-others': [
    'Another warehouse has it',
    `${PACKAGE}/hand-over?record=labelled&self=2`,
    (p) => words(p, /Only Bravo Logistics/),
  ],
  'hand-over-released': [
    'Released, and without a courier',
    `${PACKAGE}/hand-over?record=released`,
    (p) => heading(p, 'Choose the courier'),
  ],
  deliveries: [
    'The courier’s page: nothing shown, one with it',
    '/deliveries?self=3&record=in-transit',
    (p) => words(p, 'Report the delivery'),
  ],
  'deliveries-live': [
    'A hand-off was shown to it',
    '/deliveries?self=3&case=shown',
    (p) => there(p, 'live-requests'),
  ],
  'deliveries-sign': [
    'What it signs',
    '/deliveries?self=3&case=shown',
    async (p) => {
      await p.getByTestId('live-requests').getByRole('button').click();
      await there(p, 'hand-off-words');
    },
  ],
  'deliveries-cannot': [
    'What it must not sign',
    '/deliveries?self=3&case=shown&refuse=sign',
    async (p) => {
      await p.getByTestId('live-requests').getByRole('button').click();
      await words(p, 'This device cannot sign it');
    },
  ],
  'deliveries-signed': [
    'Its answer, for the warehouse to scan',
    '/deliveries?self=3&case=shown',
    async (p) => {
      await p.getByTestId('live-requests').getByRole('button').click();
      await press(p, 'Sign: I have this package');
      await there(p, 'hand-off-answer');
    },
  ],
  'deliveries-others': ['Not a courier', '/deliveries?self=1', (p) => words(p, 'This page is for')],
  delivery: [
    'Report a delivery',
    `${PACKAGE}/delivery?self=3&record=in-transit`,
    async (p) => {
      await p.getByText('Delivered', { exact: true }).click();
      await p.getByLabel('Who took it').fill('M. Quay, gate 4');
    },
  ],
  'delivery-reported': [
    'The report was signed; the members vote on it',
    `${PACKAGE}/delivery?self=3&record=in-transit`,
    async (p) => {
      await p.getByText('Refused by the recipient').click();
      await press(p, 'Sign the report');
      await p.getByText('Show the report as a code').click();
      await inSight(p, '[data-testid=delivery-report]');
    },
  ],
  'delivery-done': [
    'How it ended',
    `${PACKAGE}/delivery?self=3&record=delivered`,
    (p) => there(p, 'last-delivery'),
  ],
  'delivery-enter': [
    'The warehouse enters a courier’s report',
    `${PACKAGE}/delivery?record=in-transit`,
    async (p) => {
      await p.getByLabel(/Or paste the text/).fill('csreport1.x');
      await press(p, 'Read this text');
      await p.getByRole('button', { name: 'Enter this report' }).waitFor();
    },
  ],
  lines: [
    'Hold lines back, and release what is held',
    `${PACKAGE}/lines?record=partly`,
    async (p) => {
      await p
        .locator('label', { hasText: /Accept$/ })
        .first()
        .click();
      await p.getByText('It was looked at again').first().click();
      await p
        .getByLabel(/^Major/)
        .first()
        .waitFor();
    },
  ],
  'lines-recall': [
    'The supplier recalls a line',
    `${PACKAGE}/lines?record=partly&self=0`,
    async (p) => {
      await p.getByRole('checkbox').first().check();
      await p.getByRole('button', { name: 'Hold back 1 line' }).waitFor();
    },
  ],
  'lines-nothing': [
    'Nothing of it is this member’s to hold',
    `${PACKAGE}/lines?record=labelled&self=2`,
    (p) => words(p, 'Lines can be held by'),
  ],
  announce: [
    'Announce packages: some were refused',
    '/announce?self=0',
    async (p) => {
      await p
        .locator('input[type=file]')
        .setInputFiles({ name: 'asn.json', mimeType: 'application/json', buffer: Buffer.from('[]') });
      await press(p, 'Announce 20 packages');
      await words(p, 'The signature does not fit');
    },
  ],
  'announce-unreadable': [
    'A file that holds no notice',
    '/announce?self=0',
    async (p) => {
      await p
        .locator('input[type=file]')
        .setInputFiles({ name: 'asn.pdf', mimeType: 'application/json', buffer: Buffer.from('%PDF') });
      await p.getByRole('alert').filter({ hasText: 'asn.pdf' }).waitFor();
    },
  ],
  'announce-write': [
    'Write one notice',
    '/announce?self=0',
    async (p) => {
      await press(p, 'Add a line');
      await press(p, 'Sign and announce');
      await inSight(p, 'main form [role=alert], main .problem');
    },
  ],
};
