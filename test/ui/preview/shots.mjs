// Looks at every page in a browser: pictures, axe, sideways scroll, policy violations. `vite preview` of this folder must run.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from '@playwright/test';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const OUT = process.argv[2] ?? '/tmp/countersign-shots';
const only = process.argv[3];
mkdirSync(OUT, { recursive: true });
const URL0 = 'http://127.0.0.1:5199';
const SSCC = (serial) => {
  const head = `04012345${String(serial).padStart(9, '0')}`;
  let sum = 0;
  for (let i = 0; i < head.length; i++) sum += Number(head[head.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return head + ((10 - (sum % 10)) % 10);
};
const wedge = async (page, text) => {
  for (const c of text) await page.keyboard.press(c === ']' ? ']' : c);
};
/** An invitation to “Harbour receivers”. */
const INVITATION = `v1.${'5d'.repeat(32)}.${'ab'.repeat(32)}.${Buffer.from('["Harbour receivers",[]]').toString('base64url')}`;
const ask = async (page) => {
  await page.getByLabel('Organisation').fill('Echo Freight');
  await page.getByLabel('GLN', { exact: true }).fill('9521144000011');
  await page.getByRole('button', { name: 'Make keys and ask' }).click();
};
const toQuality = async (page) => {
  await page.getByTestId('scan-sink').waitFor();
  await wedge(page, `]C100${SSCC(111)}`);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Check supplier signature' }).click();
  await page.getByRole('heading', { name: /Check 32 of 240/ }).waitFor();
};
const toLabel = async (page) => {
  await toQuality(page);
  await page.getByRole('button', { name: 'Accept line 1' }).click();
  await page.getByRole('button', { name: 'Accept line 2' }).click();
  await page.getByText('Delta Express').first().click();
};
const toSent = async (page) => {
  await toLabel(page);
  await page.getByRole('button', { name: 'Label for Delta Express' }).click();
  await page.getByRole('button', { name: 'Send for signatures' }).click();
};
const CASES = {
  'bench-scan': ['/bench?case=queue', async (p) => p.getByTestId('scan-sink').waitFor()],
  'bench-supplier': [
    '/bench',
    async (p) => {
      await p.getByTestId('scan-sink').waitFor();
      await p.getByTestId('scan-sink').fill(SSCC(111));
      await p.keyboard.press('Enter');
      await p.getByRole('button', { name: 'Check supplier signature' }).waitFor();
    },
  ],
  'bench-quality': [
    '/bench?case=queue',
    async (p) => {
      await toQuality(p);
      await p.getByRole('button', { name: 'One major more' }).click();
    },
  ],
  'bench-label': [
    '/bench',
    async (p) => {
      await toLabel(p);
      await p.getByText('Label preview').click();
      await p.locator('.label-bars path').first().waitFor();
    },
  ],
  'bench-error': [
    '/bench',
    async (p) => {
      await p.getByTestId('scan-sink').waitFor();
      await p.getByTestId('scan-sink').fill('040123450000001117');
      await p.keyboard.press('Enter');
      await p.getByTestId('blocking-error').waitFor();
      await wedge(p, '10L2291ABC');
      await p.keyboard.press('Enter');
      await p.waitForTimeout(100);
      if (!(await p.getByTestId('blocking-error').isVisible())) throw new Error('a scan answered the error');
    },
  ],
  'bench-voting': [
    '/bench?vote=500&case=edge',
    async (p) => {
      await toSent(p);
      await p.getByText('voting 2 of 3').first().waitFor();
    },
  ],
  'bench-committed': [
    '/bench?vote=20',
    async (p) => {
      await toSent(p);
      await p.getByText('Signed and sealed').waitFor();
      await p.getByText(/Signed by/).waitFor();
    },
  ],
  'bench-conflict': [
    '/bench?case=conflict',
    async (p) => p.getByRole('button', { name: 'Keep going with the new record' }).waitFor(),
  ],
  'bench-photo': [
    '/bench',
    async (p) => {
      await toLabel(p);
      await p.getByText('Label preview').click();
      await p.locator('.label-bars path').first().waitFor();
      await p.locator('.label').evaluate((e) => {
        e.style.maxWidth = '700px';
        e.style.width = '700px';
      });
      const picture = await p.locator('.label').screenshot();
      await p.getByRole('button', { name: 'Put this session away' }).click();
      await p
        .locator('input[type=file]')
        .setInputFiles({ name: 'label.png', mimeType: 'image/png', buffer: picture });
      await p.getByRole('button', { name: 'Check supplier signature' }).waitFor();
    },
  ],
  'bench-wedge': [
    '/bench',
    async (p) => {
      await p.getByTestId('scan-sink').waitFor();
      await wedge(p, `]C100${SSCC(113)}`);
      await p.getByRole('button', { name: 'Check supplier signature' }).waitFor();
    },
  ],
  'package-labelled': [
    '/bench?vote=20',
    async (p) => {
      await toSent(p);
      await p.getByText(/Signed by/).waitFor();
      await p.locator('.seal-beside a').click();
      await p.getByRole('heading', { name: 'Certificate of version 2' }).waitFor();
      await p.locator('.label-bars path').first().waitFor();
    },
  ],
  'bench-devices': ['/bench?case=devices&open=here', async (p) => p.getByTestId('mirror').waitFor()],
  'bench-more': [
    '/bench?case=devices&open=here',
    async (p) => p.getByText('Pause, or a second device').click(),
  ],
  'bench-lost': ['/bench?case=devices&open=lost', async (p) => p.getByTestId('mirror').waitFor()],
  'bench-paused': [
    '/bench?case=devices',
    async (p) => {
      await p.getByRole('button', { name: /paused/ }).click();
      await p.getByRole('heading', { name: 'This session rests' }).waitFor();
    },
  ],
  'bench-take': [
    '/bench?case=devices',
    async (p) => p.getByRole('button', { name: 'Take over' }).first().click(),
  ],
  'bench-elsewhere': [
    '/bench?case=devices&open=here',
    async (p) => {
      await p.getByRole('button', { name: 'Put this session away' }).click();
      await p.getByTestId('scan-sink').fill(SSCC(111));
      await p.keyboard.press('Enter');
      await p.getByText('Cargo Nord, Dock 2').waitFor();
    },
  ],
  devices: [
    '/settings/devices?case=devices',
    async (p) => {
      await p.getByRole('button', { name: 'Revoke Dock 2 phone' }).click();
      await p.getByLabel(/Or paste the text/).fill('csdevice1.x');
      await p.getByRole('button', { name: 'Read this text' }).click();
      await p.getByText('Is it this one?').waitFor();
    },
  ],
  'devices-answer': [
    '/settings/devices?case=devices',
    async (p) => {
      await p.getByLabel(/Or paste the text/).fill('csdevice1.x');
      await p.getByRole('button', { name: 'Read this text' }).click();
      await p.getByRole('button', { name: 'Certify this device' }).click();
      await p.getByTestId('device-answer').waitFor();
    },
  ],
  'devices-self': ['/settings/devices?case=device', async (p) => p.getByText('own browser, which').waitFor()],
  'devices-revoked': ['/settings?case=device&revoked', async (p) => p.getByText('has revoked').waitFor()],
  'package-working': [
    '/packages/' + SSCC(111) + '?case=devices',
    async (p) => p.getByText('is working on this package').waitFor(),
  ],
  'packages-working': ['/packages?case=devices', async (p) => p.getByText(/In work/).waitFor()],
  packages: [
    '/packages?packages=10000',
    async (p) => {
      await p.getByText('10,000 packages').waitFor();
      await p.locator('.package-row .sscc').first().waitFor();
    },
  ],
  'package-remove-older': [
    '/packages/' + SSCC(112) + '?versions=3',
    async (p) => {
      await p.getByText('More', { exact: true }).click();
      await p.getByRole('button', { name: 'Remove older versions from this device' }).click();
      await p.getByText('What stays: version 3').waitFor();
    },
  ],
  'package-older-removed': [
    '/packages/' + SSCC(112) + '?versions=3',
    async (p) => {
      await p.getByText('More', { exact: true }).click();
      await p.getByRole('button', { name: 'Remove older versions from this device' }).click();
      await p.getByRole('button', { name: 'Remove them' }).click();
      await p.getByRole('button', { name: 'Fetch them again' }).waitFor();
    },
  ],
  package: [
    '/packages/' + SSCC(112),
    async (p) => p.getByRole('heading', { name: 'Certificate of version 1' }).waitFor(),
  ],
  'break-form': [
    '/network/members?case=gone',
    async (p) => {
      await p.getByText('When too many are gone for good').click();
      await p.getByRole('button', { name: 'Go on without the others' }).click();
      await p.getByRole('button', { name: 'Continue' }).waitFor();
    },
  ],
  'break-confirm': [
    '/network/members?case=gone',
    async (p) => {
      await p.getByText('When too many are gone for good').click();
      await p.getByRole('button', { name: 'Go on without the others' }).click();
      await p.getByRole('button', { name: 'Continue' }).click();
      await p.getByRole('button', { name: 'Propose it and sign' }).waitFor();
    },
  ],
  'break-asked': ['/network/members?case=break-asked', async (p) => p.getByTestId('breaks').waitFor()],
  'break-differs': [
    '/network/members?case=break-differs',
    async (p) => p.getByTestId('record-differs').waitFor(),
  ],
  'break-signed': ['/network/members?case=break-signed', async (p) => p.getByTestId('breaks').waitFor()],
  'break-over': ['/network/members?case=broken', async (p) => p.getByTestId('past-breaks').waitFor()],
  'break-package': [
    '/packages/' + SSCC(111) + '?case=broken',
    async (p) => p.getByTestId('certificate').waitFor(),
  ],
  members: ['/network/members?case=members', async (p) => p.getByTestId('changes').waitFor()],
  'members-admit': [
    '/network/members?case=members',
    async (p) => {
      await p.getByRole('button', { name: 'Approve the change: Echo Freight joins' }).click();
      await p.getByText('Approve it knowing this?').waitFor();
      await p.getByRole('button', { name: 'Admit Foxtrot' }).click();
      await p.getByRole('form', { name: /Admit Foxtrot/ }).waitFor();
      await p.getByRole('button', { name: 'Move to rules 4' }).waitFor({ state: 'detached' });
    },
  ],
  'members-remove': [
    '/network/members?case=five',
    async (p) => {
      await p.getByRole('button', { name: 'Remove Echo Freight' }).click();
      await p.getByText('1 may fail, 3 must sign.').waitFor();
      await p.getByRole('button', { name: 'Move to rules 2' }).click();
    },
  ],
  'members-approved': [
    '/network/members?case=five',
    async (p) => {
      await p.getByRole('button', { name: 'Leave Demo network' }).click();
      await p.getByRole('button', { name: 'Propose and approve' }).click();
      await p.getByRole('heading', { name: 'Bravo Logistics is removed' }).waitFor();
      if ((await p.evaluate(() => document.activeElement?.tagName)) !== 'H3')
        throw new Error('the focus is not at the change');
    },
  ],
  'members-closing': ['/network/members?case=closing', async (p) => p.getByTestId('phase').waitFor()],
  'members-behind': ['/network/members?case=behind', async (p) => p.getByTestId('phase').waitFor()],
  'bench-closing': ['/bench?case=closing', async (p) => p.getByText('is closing').first().waitFor()],
  'packages-awaited': ['/packages?case=members', async (p) => p.getByTestId('awaited').waitFor()],
  'door-ask': ['door:/ask', async (p) => p.getByLabel('GLN', { exact: true }).waitFor()],
  'door-ask-back': [
    'door:/ask?knock=asked',
    async (p) => {
      await ask(p);
      await p.getByText('One of them must propose you').waitFor();
      await p.getByRole('button', { name: 'Ask for something else' }).click();
      await p.getByRole('button', { name: 'Give it up' }).click();
      await p.getByLabel('Our place back').check();
      await p.getByLabel('In place of').selectOption('delta');
    },
  ],
  'door-asked': [
    'door:/ask?knock=asked',
    async (p) => {
      await ask(p);
      await p.getByText('One of them must propose you').waitFor();
    },
  ],
  'door-drafted': [
    'door:/ask?knock=drafted',
    async (p) => {
      await ask(p);
      await p.getByText('2 of 3 approvals are here').waitFor();
    },
  ],
  'door-join': [
    'door:/join',
    async (p) => {
      await p.getByRole('button', { name: 'Join', exact: true }).click();
      await p.getByRole('button', { name: 'Ask to join' }).waitFor();
    },
  ],
  network: ['/network?case=evidence', async (p) => p.getByTestId('quorum-health').waitFor()],
  'network-away': ['/network?case=away', async (p) => p.getByTestId('quorum-health').waitFor()],
  settings: ['/settings?case=view', async (p) => p.getByRole('heading', { name: 'Storage' }).waitFor()],
  announce: [
    '/announce?self=0',
    async (p) => {
      await p
        .locator('input[type=file]')
        .setInputFiles({ name: 'asn.json', mimeType: 'application/json', buffer: Buffer.from('[]') });
      await p.getByRole('button', { name: 'Announce 20 packages' }).click();
      await p.getByText('The signature does not fit').waitFor();
    },
  ],
};
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
let bad = 0;
for (const [form, viewport] of [
  ['phone', { width: 360, height: 780 }],
  ['desk', { width: 1280, height: 800 }],
]) {
  for (const scheme of ['light', 'dark']) {
    for (const [name, [path, act]] of Object.entries(CASES)) {
      if (only && !new RegExp(only).test(name)) continue;
      const context = await browser.newContext({
        viewport,
        colorScheme: scheme,
        bypassCSP: false,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      const complaints = [];
      page.on(
        'console',
        (m) =>
          ['error', 'warning'].includes(m.type()) &&
          !m.location().url.endsWith('favicon.ico') &&
          complaints.push(m.text()),
      );
      page.on('pageerror', (e) => complaints.push(String(e)));
      try {
        // A door stands beside the networks, and gets the invitation.
        await page.goto(
          path.startsWith('door:') ? `${URL0}${path.slice(5)}#${INVITATION}` : `${URL0}/n/test${path}`,
        );
        await act(page);
        await page.waitForTimeout(150);
        await page.screenshot({
          path: `${OUT}/${name}-${form}-${scheme}.png`,
          fullPage: !name.startsWith('bench'),
        });
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (wide > 0) complaints.push(`scrolls sideways by ${wide}px`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          window.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          }),
        );
        for (const v of violations)
          complaints.push(
            `axe ${v.id}: ${v.nodes.length} × ${v.nodes[0].html.slice(0, 140)} | ${v.nodes[0].failureSummary.split('\n')[1] ?? ''}`,
          );
      } catch (e) {
        complaints.push(`failed: ${String(e).split('\n').slice(0, 3).join(' ')}`);
        await page.screenshot({ path: `${OUT}/${name}-${form}-${scheme}.png` }).catch(() => {});
      }
      if (complaints.length) {
        bad++;
        console.log(`${name} ${form} ${scheme}:\n  ${[...new Set(complaints)].join('\n  ')}`);
      }
      await context.close();
    }
  }
}
await browser.close();
console.log(bad === 0 ? 'nothing to complain of' : `${bad} pictures with complaints`);
