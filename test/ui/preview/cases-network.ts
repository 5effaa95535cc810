/** The network: its members and how they change, its directory, the inspector, settings and devices. */
import type { Page } from '@playwright/test';
import { heading, inSight, PACKAGE, press, shown, there, words } from './acts.ts';
import type { Cases } from './acts.ts';

const toBreak = async (page: Page): Promise<void> => {
  await page.getByText('When too many are gone for good').click();
  await press(page, 'Go on without the others');
};
const readDevice = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel(/Or paste the text/).fill(text);
  await press(page, 'Read this text');
};

export const NETWORK: Cases = {
  network: [
    'All are here; one has signed two values',
    '/network?case=evidence',
    (p) => there(p, 'quorum-health'),
  ],
  'network-away': ['Too few are here', '/network?case=away', (p) => there(p, 'quorum-health')],
  'network-edge': ['Just enough are here', '/network?case=edge', (p) => there(p, 'quorum-health')],
  'network-evidence': [
    'Evidence of misbehaviour: a bad share, two reports, an earlier epoch',
    '/network?case=all-evidence',
    (p) => inSight(p, '#evidence-heading'),
  ],
  'network-latency': [
    'How long the last commits took',
    '/network',
    async (p) => {
      await p.locator('[data-testid=latency-plot][data-state=drawn]').waitFor();
      await inSight(p, '[data-testid=latency-plot]');
    },
  ],
  'network-latency-table': [
    'The same as a table',
    '/network',
    async (p) => {
      await p.locator('[data-testid=latency-plot][data-state=drawn]').waitFor();
      await p.getByText('Every commit').click();
      await inSight(p, '.latency-table');
    },
  ],
  'network-links': [
    'Links and signaling servers that do not work, and a device',
    '/network?case=broken-links',
    (p) => inSight(p, '#signaling-heading'),
  ],
  'network-invite': [
    'Invite: the link as a code',
    '/network',
    async (p) => {
      await p.locator('section[aria-labelledby=invite-heading] summary').click();
      await inSight(p, 'section[aria-labelledby=invite-heading] svg');
    },
  ],
  'network-arabic': [
    'In Arabic, from right to left',
    '/network?case=evidence&language=ar',
    (p) => there(p, 'quorum-health'),
  ],
  inspector: ['Votes, rounds, locks, timers and links, live', '/inspector', (p) => words(p, 'has committed')],
  'inspector-paused': [
    'Paused, and filtered',
    '/inspector',
    async (p) => {
      await words(p, 'has committed');
      await press(p, 'Pause');
      await p.locator('.inspector-field input').fill('nothing of the kind');
    },
  ],
  'inspector-report': [
    'The file for a bug report, before it is saved',
    '/inspector',
    async (p) => {
      await words(p, 'has committed');
      await p.getByTestId('inspector-report').locator('button').first().click();
      await there(p, 'inspector-file');
    },
  ],
  'inspector-bad-file': [
    'A file that is no report',
    '/inspector',
    async (p) => {
      await words(p, 'has committed');
      await p
        .getByTestId('inspection-file')
        .setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
      await inSight(p, '[data-testid=inspector-open] .notice');
    },
  ],
  'inspector-silent': [
    'The replica does not answer',
    '/inspector?refuse=inspect',
    (p) => p.locator('main .notice').waitFor(),
  ],
  members: [
    'A joining, a removal and a new vote log; two requests',
    '/network/members?case=members',
    (p) => there(p, 'changes'),
  ],
  'members-quiet': ['Nothing is proposed', '/network/members', (p) => there(p, 'changes')],
  'members-admit': [
    'Approve knowing what it means; admit who asks',
    '/network/members?case=members',
    async (p) => {
      await press(p, 'Approve the change: Echo Freight joins');
      await words(p, 'Approve it knowing this?');
      await p.getByRole('button', { name: 'Admit Foxtrot' }).click();
      await p.getByRole('form', { name: /Admit Foxtrot/ }).waitFor();
      await p.getByRole('button', { name: 'Move to rules 4' }).waitFor({ state: 'detached' });
    },
  ],
  'members-remove': [
    'Remove a member; move to newer rules',
    '/network/members?case=five',
    async (p) => {
      await press(p, 'Remove Echo Freight');
      await words(p, '1 may fail, 3 must sign.');
      await press(p, 'Move to rules 2');
    },
  ],
  'members-approved': [
    'A change was proposed and approved',
    '/network/members?case=five',
    async (p) => {
      await press(p, 'Leave Demo network');
      await press(p, 'Propose and approve');
      await heading(p, 'Bravo Logistics is removed');
      if ((await p.evaluate(() => document.activeElement?.tagName)) !== 'H3')
        throw new Error('the focus is not at the change');
    },
  ],
  'members-refused': [
    'A change that is gone',
    '/network/members?case=five&refuse=propose',
    async (p) => {
      await press(p, 'Leave Demo network');
      await press(p, 'Propose and approve');
      await inSight(p, 'main [role=alert] :text("gone"), main .notice.bad');
    },
  ],
  'members-dismissed': [
    'A request was taken off the list',
    '/network/members?case=members',
    async (p) => {
      await p
        .getByRole('button', { name: /^Dismiss/ })
        .first()
        .click();
      await words(p, /is off this replica’s list/);
    },
  ],
  'members-closing': ['The epoch closes', '/network/members?case=closing', (p) => there(p, 'phase')],
  'members-behind': ['This replica catches up', '/network/members?case=behind', (p) => there(p, 'phase')],
  'members-outdated': [
    'The network has newer rules than this program',
    '/network/members?case=outdated',
    shown,
  ],
  'members-again': [
    'This browser’s vote log is not the one that they know',
    '/network/members?case=again',
    (p) => there(p, 'again'),
  ],
  'members-asking': ['It asks to be let in again', '/network/members?case=asking', (p) => there(p, 'again')],
  'members-device': ['On a device, which decides nothing', '/network/members?case=device', shown],
  'break-form': [
    'Go on without those who are gone: who, and by what name',
    '/network/members?case=gone',
    async (p) => {
      await toBreak(p);
      await p.getByRole('button', { name: 'Continue' }).waitFor();
    },
  ],
  'break-confirm': [
    'Before it is proposed and signed',
    '/network/members?case=gone',
    async (p) => {
      await toBreak(p);
      await press(p, 'Continue');
      await p.getByRole('button', { name: 'Propose it and sign' }).waitFor();
    },
  ],
  'break-asked': ['Another has proposed it', '/network/members?case=break-asked', (p) => there(p, 'breaks')],
  'break-differs': [
    'It cannot be signed: the records differ',
    '/network/members?case=break-differs',
    (p) => there(p, 'record-differs'),
  ],
  'break-signed': [
    'It was signed, and waits for the other',
    '/network/members?case=break-signed',
    (p) => there(p, 'breaks'),
  ],
  'break-over': ['It has happened', '/network/members?case=broken', (p) => there(p, 'past-breaks')],
  'break-continued': ['The others went on without this one', '/network/members?case=continued', shown],
  'break-package': ['A package from before it', `${PACKAGE}?case=broken`, (p) => there(p, 'certificate')],
  directory: [
    'Suppliers, couriers and devices',
    '/directory?directory',
    (p) => there(p, 'entry-courier-echo'),
  ],
  'directory-none': ['Nobody was entered', '/directory?case=no-couriers', shown],
  'directory-add': [
    'Add a party: what is missing',
    '/directory?directory',
    async (p) => {
      await press(p, 'Enter it');
      await inSight(p, 'main [role=alert]');
    },
  ],
  'directory-rotate': [
    'Bring a new key',
    '/directory?directory',
    async (p) => {
      await p
        .getByRole('button', { name: /^Bring a new key/ })
        .first()
        .click();
      await p.getByRole('form', { name: /^Bring a new key/ }).waitFor();
    },
  ],
  'directory-revoke': [
    'Revoke a key',
    '/directory?directory',
    async (p) => {
      await p
        .getByRole('button', { name: /^Revoke / })
        .first()
        .click();
      await p.getByRole('button', { name: 'Revoke it for good' }).waitFor();
    },
  ],
  settings: [
    'Settings of a tab that only shows; a newer version waits',
    '/settings?case=view&program=ready',
    (p) => heading(p, 'Storage'),
  ],
  'settings-storage': [
    'The browser does not promise to keep what is stored',
    '/settings?refuse=persist',
    async (p) => {
      await press(p, 'Ask the browser to keep it');
      await words(p, 'did not promise it');
      await inSight(p, '#storage-heading');
    },
  ],
  'settings-kept': ['The browser keeps it', '/settings?case=kept', (p) => inSight(p, '#storage-heading')],
  'settings-program': [
    'Which program this is, compared with another member’s',
    '/settings?program=stored',
    async (p) => {
      await p.getByLabel('Digest that another member sees').fill('0123456789abcdef');
      await words(p, 'Different: the two run different files.');
      await inSight(p, '#program-heading');
    },
  ],
  'settings-connections': [
    'A connection that cannot be',
    '/settings',
    async (p) => {
      await p.getByLabel('Signaling servers').fill('http://signal.example.org');
      await press(p, 'Save connections');
      await p.getByRole('alert').filter({ hasText: 'signal.example.org' }).waitFor();
    },
  ],
  'settings-keys': [
    'Export the keys: the passphrase is too short',
    '/settings',
    async (p) => {
      await press(p, 'Export the keys');
      await p.getByLabel('Passphrase', { exact: true }).fill('four');
      await press(p, 'Export and save the file');
      await inSight(p, '.inner-form');
    },
  ],
  'settings-arabic': ['In Arabic, from right to left', '/settings?language=ar&program=stored', shown],
  devices: [
    'Certify a device; revoke another',
    '/settings/devices?case=devices',
    async (p) => {
      await press(p, 'Revoke Dock 2 phone');
      await readDevice(p, 'csdevice1.x');
      await words(p, 'Is it this one?');
    },
  ],
  'devices-answer': [
    'The answer that the device scans',
    '/settings/devices?case=devices',
    async (p) => {
      await readDevice(p, 'csdevice1.x');
      await press(p, 'Certify this device');
      await there(p, 'device-answer');
    },
  ],
  'devices-wrong': [
    'A text that is no device’s',
    '/settings/devices?case=devices',
    async (p) => {
      await readDevice(p, 'something else');
      await inSight(p, 'main [role=alert]');
    },
  ],
  'devices-self': ['On a device', '/settings/devices?case=device', (p) => words(p, 'own browser, which')],
  'devices-revoked': [
    'On a device that was revoked',
    '/settings?case=device&revoked',
    (p) => words(p, 'has revoked'),
  ],
};
