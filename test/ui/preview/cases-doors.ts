/** What comes before a network is open, what stands in its place, and the page that verifies evidence. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { atTop, DRAFT, heading, inSight, press, sayWho, shown, there, words } from './acts.ts';
import type { Cases } from './acts.ts';

const EVIDENCE = join(import.meta.dirname, '../../../examples/evidence');
/** The network of examples/evidence/vectors.json. */
const NETWORK_ID = 'b507610ba4fb14b13696a5d9d4f47a8c536eae34b4e2bcaa47bea5805b151819';
const ASK = 'Make keys and ask';

const toSeal = async (page: Page): Promise<void> => {
  await page.getByLabel('Name of the network').fill('Harbour receivers');
  await press(page, 'Begin');
  await press(page, 'Add my own key');
  await sayWho(page, 'Make and add my key');
  await there(page, 'member-list');
};
const check = async (page: Page, file: string, trust: string | null = NETWORK_ID): Promise<void> => {
  await page.getByLabel('Network that you trust').fill(trust ?? '');
  await words(page, /Ready\./);
  await page.locator('input[type=file]').first().setInputFiles(join(EVIDENCE, file));
};
const verdict = (page: Page): Promise<void> => atTop(page, '[data-testid=evidence-report]');

export const DOORS: Cases = {
  start: ['The start', 'door:/', shown],
  'start-networks': [
    'The start of a browser that is in networks',
    'door:/?doors=mine',
    (p) => inSight(p, '#mine'),
  ],
  'start-forget': [
    'Forget a network?',
    'door:/?doors=mine',
    async (p) => {
      await p
        .getByRole('button', { name: /^Forget / })
        .first()
        .click();
      await p.getByRole('dialog').waitFor();
    },
  ],
  'start-update': ['A newer version waits', 'door:/?program=ready', (p) => there(p, 'program-update')],
  'start-arabic': ['In Arabic, from right to left', 'door:/?language=ar', shown],
  'door-unknown': ['No such page', 'door:/no-such-page', shown],
  'door-create': ['Create a network', 'door:/create', shown],
  'door-create-wrong': [
    'It needs a name',
    'door:/create',
    async (p) => {
      await press(p, 'Begin');
      await p.locator('.problem').waitFor();
    },
  ],
  'door-create-keys': [
    'Collect the members’ keys',
    'door:/create',
    async (p) => {
      await toSeal(p);
      await p.getByLabel('Keys of the others').fill('not a key');
      await press(p, 'Check and add');
      await inSight(p, '[data-testid=member-list]');
    },
  ],
  'door-create-sealed': [
    'It is sealed: invite every member',
    'door:/create',
    async (p) => {
      await toSeal(p);
      await press(p, 'Seal the member list');
      await there(p, 'invitation');
    },
  ],
  'door-key': ['I was asked for a key', 'door:/key#', shown],
  'door-key-form': [
    'Who are you? One field is wrong',
    `door:/key#${DRAFT}`,
    async (p) => {
      await p.getByLabel('GLN', { exact: true }).fill('9521144000012');
      await press(p, 'Make my key');
      await p.locator('.problem').first().waitFor();
    },
  ],
  'door-key-made': [
    'The key was made, to be handed over',
    `door:/key#${DRAFT}`,
    async (p) => {
      await sayWho(p, 'Make my key');
      await there(p, 'key-text');
    },
  ],
  'door-join': [
    'Join, and no key of this browser is in the list',
    'door:/join',
    async (p) => {
      await press(p, 'Join');
      await p.getByRole('button', { name: 'Ask to join' }).waitFor();
    },
  ],
  'door-join-none': ['Join: paste an invitation', 'door:/join#', shown],
  'door-ask': ['Ask to join', 'door:/ask', (p) => p.getByLabel('GLN', { exact: true }).waitFor()],
  'door-ask-back': [
    'Ask for a place back',
    'door:/ask?knock=asked',
    async (p) => {
      await sayWho(p, ASK);
      await words(p, 'One of them must propose you');
      await press(p, 'Ask for something else');
      await press(p, 'Give it up');
      await p.getByLabel('Our place back').check();
      await p.getByLabel('In place of').selectOption('delta');
    },
  ],
  'door-ask-give-up': [
    'Give the request up?',
    'door:/ask?knock=asked',
    async (p) => {
      await sayWho(p, ASK);
      await words(p, 'One of them must propose you');
      await press(p, 'Ask for something else');
      await p.getByRole('button', { name: 'Give it up' }).waitFor();
    },
  ],
  'door-asking-nobody': [
    'Nobody has answered yet',
    'door:/ask',
    async (p) => {
      await sayWho(p, ASK);
      await words(p, 'No member has answered yet');
    },
  ],
  'door-asked': [
    'Members know of the request',
    'door:/ask?knock=asked',
    async (p) => {
      await sayWho(p, ASK);
      await words(p, 'One of them must propose you');
    },
  ],
  'door-drafted': [
    'Proposed, and partly approved',
    'door:/ask?knock=drafted',
    async (p) => {
      await sayWho(p, ASK);
      await words(p, '2 of 3 approvals are here');
    },
  ],
  'door-import': ['Bring keys from another device', 'door:/import', shown],
  'door-import-wrong': [
    'The passphrase does not open the file',
    'door:/import',
    async (p) => {
      await p.getByLabel('Or paste its whole text').fill('cskeys1.abc');
      await p.getByLabel('Passphrase', { exact: true }).fill('not the one');
      await press(p, 'Bring the keys here');
      await inSight(p, '.problem');
    },
  ],
  'door-device': ['Name this device', 'door:/device#', shown],
  'door-device-request': [
    'The code that the member scans, and an answer that does not fit',
    'door:/device?doors=device#',
    async (p) => {
      await there(p, 'device-request');
      await p.getByLabel(/Or paste the text/).fill('csanswer1.x');
      await press(p, 'Read this text');
      await there(p, 'join-problem');
      await p.evaluate(() => window.scrollTo(0, 0));
    },
  ],
  opening: ['The network is being opened', '/bench?case=opening', (p) => words(p, 'Opening the network')],
  'opening-older': [
    'An older tab holds the database',
    '/bench?case=older-tab',
    (p) => p.locator('main [role=status]').filter({ hasText: /older/ }).waitFor(),
  ],
  'open-failed': ['The network cannot be opened', 'door:/failed/open', shown],
  'load-failed': ['A part of the program did not arrive', 'door:/failed/load', shown],
  broken: ['A page has failed', 'door:/failed/broken', shown],
  stopped: [
    'The replica has stopped',
    '/packages?case=stopped',
    (p) => words(p, 'This replica has stopped.'),
  ],
  'not-found': ['No such page of a network', '/no-such-page', (p) => heading(p, 'There is no such page')],
  missing: ['The browser lacks what a replica needs', 'door:/missing', shown],
  'missing-insecure': ['The address is not secure', 'door:/missing?lacks=insecure', shown],
  'missing-room': ['In an app’s webview, with no room to store anything', 'door:/missing?lacks=room', shown],
  verify: ['Verify an evidence file', 'door:/verify#', (p) => words(p, /Ready\./)],
  'verify-valid': [
    'Valid, of a network that the reader trusts',
    'door:/verify#',
    async (p) => {
      await check(p, '040123450000001112.evidence.json');
      await verdict(p);
    },
  ],
  'verify-untrusted': [
    'It proves nothing to who trusts no such network',
    'door:/verify#',
    async (p) => {
      await check(p, '040123450000001112.evidence.json', null);
      await verdict(p);
    },
  ],
  'verify-invalid': [
    'Not valid: a signature does not fit',
    'door:/verify#',
    async (p) => {
      await check(p, 'bad/certificate-flipped.evidence.json');
      await verdict(p);
    },
  ],
  'verify-misbehaviour': [
    'A member has signed two values',
    'door:/verify#',
    async (p) => {
      await check(p, 'good/equivocation.evidence.json');
      await verdict(p);
    },
  ],
  'verify-unreadable': [
    'No evidence file',
    'door:/verify#',
    async (p) => {
      await check(p, 'network.genesis');
      await inSight(p, '.notice, [role=alert]:not(:empty), .report');
    },
  ],
};
