/** The bench in every state. */
import {
  heading,
  inSight,
  press,
  scan,
  SSCC,
  there,
  toLabel,
  toQuality,
  toSend,
  toSent,
  wedge,
  words,
} from './acts.ts';
import type { Cases } from './acts.ts';

export const BENCH: Cases = {
  'bench-scan': [
    'Scan a package; two sessions still vote',
    '/bench?case=queue',
    (p) => there(p, 'scan-sink'),
  ],
  'bench-typing': [
    'Type the number instead',
    '/bench',
    async (p) => {
      await press(p, 'Type the number instead');
      await p.getByRole('button', { name: 'Take this number' }).waitFor();
    },
  ],
  'bench-camera': [
    'Scan with the camera: two to choose from, one with a light',
    '/bench?camera=two',
    async (p) => {
      await press(p, 'Use the camera');
      await p.locator('[data-testid=camera][data-state=running]').waitFor();
      await p.getByRole('combobox').waitFor();
    },
  ],
  'bench-camera-refused': [
    'The camera was not allowed',
    '/bench?camera=NotAllowedError',
    async (p) => {
      await press(p, 'Use the camera');
      await there(p, 'camera-problem');
    },
  ],
  'bench-supplier': [
    'Check who sent it',
    '/bench',
    async (p) => {
      await scan(p, SSCC(111));
      await p.getByRole('button', { name: 'Check supplier signature' }).waitFor();
    },
  ],
  'bench-quality': [
    'Count defects: one major so far',
    '/bench?case=queue',
    async (p) => {
      await toQuality(p);
      await press(p, 'One major more');
    },
  ],
  'bench-over': [
    'Count defects: over the limit',
    '/bench',
    async (p) => {
      await toQuality(p);
      await press(p, 'One critical more');
      await words(p, 'Over the limit');
    },
  ],
  'bench-code': [
    'Count defects: a code was scanned and waits for its severity',
    '/bench',
    async (p) => {
      await toQuality(p);
      await wedge(p, ']C0D-114');
      await p.keyboard.press('Enter');
      await words(p, /press \+ at its severity/i);
    },
  ],
  'bench-photo': [
    'Count defects: a photo, and a file that is none',
    '/bench',
    async (p) => {
      await toQuality(p);
      const photo = { name: 'dent.png', mimeType: 'image/png', buffer: await p.screenshot() };
      await p.getByLabel('Add a photo').setInputFiles(photo);
      await p.getByRole('button', { name: 'Take out dent.png' }).waitFor();
      const note = { name: 'note.txt', mimeType: 'image/png', buffer: Buffer.from('no picture') };
      await p.getByLabel('Add a photo').setInputFiles(note);
      await words(p, 'note.txt is no picture');
    },
  ],
  'bench-counted': [
    'All lines are counted, after the label was taken back',
    '/bench',
    async (p) => {
      await toQuality(p);
      await press(p, 'Accept line 1');
      await press(p, 'Quarantine line 2');
      await p.getByText('Delta Express').first().waitFor();
      await press(p, 'Undo last step');
      await words(p, 'Last step taken back');
    },
  ],
  'bench-label': [
    'Choose the courier, and what the label will be',
    '/bench',
    async (p) => {
      await toLabel(p);
      await p.getByText('Label preview').click();
      await p.locator('.label-bars path').first().waitFor();
    },
  ],
  'bench-no-courier': [
    'The directory names no courier',
    '/bench?case=no-couriers',
    async (p) => {
      await toQuality(p);
      await press(p, 'Accept line 1');
      await press(p, 'Accept line 2');
      await words(p, /names no courier/);
    },
  ],
  'bench-undone': [
    'The last step was taken back',
    '/bench',
    async (p) => {
      await toLabel(p);
      await press(p, 'Undo last step');
      await words(p, 'Last step taken back');
    },
  ],
  'bench-send': [
    'Send it, and too few members are here',
    '/bench?case=away',
    async (p) => {
      await toSend(p);
      await words(p, 'Only 2 of the 3 members');
    },
  ],
  'bench-kept': [
    'Finished, to be sent later',
    '/bench',
    async (p) => {
      await toSend(p);
      await press(p, 'Finish it, send it later');
      await there(p, 'shift');
    },
  ],
  'bench-shift': [
    'A shift’s work waits to be sent; one has expired',
    '/bench?case=devices',
    (p) => there(p, 'shift'),
  ],
  'bench-shift-sent': [
    'Most of a shift was sent; one was not, and says why',
    '/bench?case=devices&refuse=send',
    async (p) => {
      await press(p, /^Commit all/);
      await words(p, /was not sent/);
    },
  ],
  'bench-voting': [
    'The members vote: two of three',
    '/bench?case=voting',
    async (p) => {
      await p.locator('.queue-item').first().click();
      await words(p, 'voting 2 of 3');
    },
  ],
  'bench-refusing': [
    'One member refuses, and one is away',
    '/bench?case=refusing',
    async (p) => {
      await p.locator('.queue-item').first().click();
      await words(p, /refuses/);
    },
  ],
  'bench-committed': [
    'Signed and sealed',
    '/bench?vote=20',
    async (p) => {
      await toSent(p);
      await words(p, 'Signed and sealed');
      await words(p, /Signed by/);
    },
  ],
  'bench-conflict': [
    'Somebody else changed the package first',
    '/bench?case=conflict',
    (p) => p.getByRole('button', { name: 'Keep going with the new record' }).waitFor(),
  ],
  'bench-rejected': [
    'The members will not sign this',
    '/bench?case=rejected',
    async (p) => {
      await press(p, /rejected/);
      await heading(p, 'The members will not sign this');
    },
  ],
  'bench-error': [
    'A wrong check digit; scans behind it are not taken',
    '/bench',
    async (p) => {
      await scan(p, '040123450000001117');
      await there(p, 'blocking-error');
      // The identifier tells a scanner however slow the machine is.
      await wedge(p, ']C110L2291ABC');
      await words(p, /later scans? (was|were) not taken/);
    },
  ],
  'bench-error-unknown': [
    'A package that nobody has announced',
    '/bench',
    async (p) => {
      await scan(p, SSCC(987_654));
      await there(p, 'blocking-error');
    },
  ],
  'bench-error-silent': [
    'The replica does not answer',
    '/bench?refuse=silent',
    async (p) => {
      await scan(p, SSCC(111));
      await there(p, 'blocking-error');
    },
  ],
  'bench-error-photo': [
    'A photo without a barcode',
    '/bench',
    async (p) => {
      await there(p, 'scan-sink');
      const photo = { name: 'wall.png', mimeType: 'image/png', buffer: await p.screenshot() };
      await p.getByLabel('Use a photo').setInputFiles(photo);
      await there(p, 'blocking-error');
    },
  ],
  'bench-devices': [
    'Another device keeps the work too; one is gone, with its work',
    '/bench?case=devices&open=here',
    (p) => there(p, 'mirror'),
  ],
  'bench-more': [
    'Pause, or a second device',
    '/bench?case=devices&open=here',
    (p) => p.getByText('Pause, or a second device').click(),
  ],
  'bench-lost': ['The second device is lost', '/bench?case=devices&open=lost', (p) => there(p, 'mirror')],
  'bench-paused': [
    'A session rests',
    '/bench?case=devices',
    async (p) => {
      await press(p, /paused/);
      await heading(p, 'This session rests');
    },
  ],
  'bench-take': [
    'Take over another device’s work',
    '/bench?case=devices',
    (p) => p.getByRole('button', { name: 'Take over' }).first().click(),
  ],
  'bench-elsewhere': [
    'Another organisation works on the package',
    '/bench?case=devices&open=here',
    async (p) => {
      await press(p, 'Put this session away');
      await scan(p, SSCC(111));
      await words(p, 'Cargo Nord, Dock 2');
    },
  ],
  'bench-moved': [
    'The session goes on at another device',
    '/bench?case=devices&open=here',
    async (p) => {
      await there(p, 'mirror');
      await p.evaluate(() => {
        const { preview } = window as unknown as {
          preview: { update(change: (state: State) => State): void };
        };
        interface State {
          readonly sessions: readonly { readonly id: string }[];
        }
        preview.update((state) => ({
          ...state,
          sessions: state.sessions.map((one) =>
            one.id === 'o1' ? { ...one, status: { state: 'abandoned', why: 'moved' } } : one,
          ),
        }));
      });
      await heading(p, 'This session goes on elsewhere');
    },
  ],
  'bench-offline': ['Nobody is reachable', '/bench?case=offline', (p) => words(p, 'Offline.')],
  'bench-view': ['This tab only shows what another holds', '/bench?case=view', (p) => there(p, 'scan-sink')],
  'bench-closing': [
    'The members change: nothing is signed for seconds',
    '/bench?case=closing',
    (p) => words(p, 'is closing'),
  ],
  'bench-dark-contrast': [
    'High contrast, dark',
    '/bench?case=queue&theme=contrast-dark',
    async (p) => {
      await toQuality(p);
      await press(p, 'One minor more');
    },
  ],
  'bench-arabic': [
    'In Arabic, from right to left',
    '/bench?case=queue&language=ar',
    async (p) => {
      await scan(p, SSCC(111));
      await p.locator('.bench-act .btn.main').click();
      await inSight(p, '[data-step=quality] h1');
      await p.locator('.verdict').waitFor();
      await p.evaluate(() => window.scrollTo(0, 0));
    },
  ],
  'bench-spanish': [
    'In Spanish',
    '/bench?case=queue&language=es',
    async (p) => {
      await scan(p, SSCC(111));
      await p.locator('.bench-act .btn.main').click();
      await p.locator('[data-step=quality] .verdict').waitFor();
    },
  ],
};
