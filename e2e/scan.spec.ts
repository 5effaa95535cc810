/** Scanning on real pages: a camera that films a label, photos where there is no camera, and keyboard wedges that garble. */
import { toBuffer } from 'bwip-js/node';
import { checkDigit, Cluster, expect, NOTICES, test, type Replica } from './cluster.ts';
import { browserWithCamera, type Scene } from './fake-camera.ts';
import { listenIn } from './held-back.ts';
import { scanByWedge } from './wedge.ts';

const [notice, other] = NOTICES;
if (!notice || !other) throw new Error('examples/data holds too few notices.');

const label = (sscc: string): Scene[number] => ({ bcid: 'gs1-128', text: `(00)${sscc}` });
const wrong = `${notice.sscc.slice(0, -1)}${(Number(notice.sscc.at(-1)) + 1) % 10}`;

/** A network whose members' only camera films these scenes; the second member is at its bench, and holds the package. */
async function withCamera(
  scenes: readonly Scene[],
  test: (bravo: Replica, cluster: Cluster) => Promise<void>,
): Promise<void> {
  const { browser, close } = await browserWithCamera(scenes);
  try {
    const cluster = await Cluster.create(browser);
    try {
      const [alfa, bravo] = cluster.replicas as [Replica, Replica];
      await alfa.announce(notice!);
      await bravo.holds(notice!.sscc, 1);
      await test(bravo, cluster);
      expect(cluster.complaints, 'errors on the pages').toEqual([]);
    } finally {
      await cluster.close();
    }
  } finally {
    await close();
  }
}

test('the camera reads a label, the step goes on, and the sound comes only after the scan is stored', async () => {
  // The contents' own code stands on the same label; it names no package and must not get in the way.
  const contents = { bcid: 'ean13', text: '4012345000115' };
  await withCamera([[label(notice.sscc), contents]], async (bravo) => {
    await bravo.page.addInitScript(listenIn);
    await bravo.goto(bravo.path('bench'));
    const { page } = bravo;
    await page.evaluate(() => window.heldBack.answers('step'));
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(page.getByTestId('camera')).toHaveAttribute('data-state', 'running');
    await expect.poll(() => page.evaluate(() => window.heldBack.held())).toBe(1);
    expect(await page.evaluate(() => window.heldBack.beeps())).toBe(0);
    await expect(page.getByText(/^Last scan/)).toBeHidden();
    await page.evaluate(() => window.heldBack.release());
    await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    await expect.poll(() => page.evaluate(() => window.heldBack.beeps())).toBe(1);
    // The camera is off with the step that it was for.
    await expect(page.locator('video')).toHaveCount(0);
    const { sessions } = (await bravo.state())!;
    expect(sessions).toHaveLength(1);
    const scan = sessions[0]!.transactions.find((entry) => entry.request.path === '/scan');
    expect(scan?.request.body).toMatchObject({ code: `]C100${notice.sscc}`, source: 'camera' });
  });
});

test('a label whose check digit is wrong is never taken, however often the camera sees it', async () => {
  const misprinted = { bcid: 'code128', text: `^FNC100${wrong}`, parsefnc: true };
  await withCamera([[misprinted]], async (bravo) => {
    await bravo.goto(bravo.path('bench'));
    const { page } = bravo;
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(page.getByTestId('camera-says')).toContainText('Wrong check digit');
    await expect(page.getByRole('heading', { name: 'Scan a package label' })).toBeVisible();
    await expect(page.getByTestId('blocking-error')).toBeHidden();
    expect((await bravo.state())!.sessions).toEqual([]);
    await bravo.expectAccessible();

    // Taken away while it runs: words, and the other ways in.
    await page.locator('video').evaluate((video: HTMLVideoElement) => {
      const [track] = (video.srcObject as MediaStream).getVideoTracks();
      track!.dispatchEvent(new Event('ended'));
    });
    await expect(page.getByTestId('camera-problem')).toHaveAttribute('data-problem', 'unplugged');
    await expect(page.locator('video')).toHaveCount(0);
    // Back in the sink, though the button that had the focus is gone.
    await expect(page.getByTestId('scan-sink')).toBeFocused();
  });
});

test('a Digital Link as QR code is a package at the bench, and plain text where a text is asked for', async () => {
  const link = { bcid: 'qrcode', text: `https://example.com/goods/00/${notice.sscc}` };
  await withCamera([[link]], async (bravo) => {
    await bravo.goto(bravo.path('settings'));
    const { page } = bravo;
    await page.getByRole('link', { name: 'Devices of your organisation' }).click();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    // It was read and given on: the page that asked says why it is not what it wants.
    await expect(page.locator('.take').getByRole('alert')).toBeVisible();
    await expect(page.getByTestId('camera-problem')).toHaveCount(0);
    await expect(page.locator('video')).toHaveCount(0);

    await bravo.goto(bravo.path('bench'));
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    expect((await bravo.state())!.sessions[0]?.key).toBe(`package/${notice.sscc}`);
  });
});

test('without the camera: words for what happened, and photos do', async ({ cluster }) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  await bravo.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(
        new DOMException('Permission denied', window.name === '' ? 'NotAllowedError' : window.name),
      );
  });
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  const problem = page.getByTestId('camera-problem');
  for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError']) {
    await page.evaluate((next) => (window.name = next), name);
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(problem).toHaveAttribute('data-problem', name);
  }
  await expect(problem).toContainText('Or use a photo, or type the number.');
  await bravo.expectAccessible();

  await test.step('a product says that it is none of a package', async () => {
    await page.getByLabel('Use a photo').setInputFiles(await photo({ bcid: 'ean13', text: '4012345000115' }));
    const error = page.getByTestId('blocking-error');
    await expect(error).toContainText('names the product 04012345000115, not a package');
    await error.getByRole('button', { name: 'Scan again' }).click();
    await expect(page.getByTestId('scan-sink')).toBeFocused();
  });
  const link = `https://id.gs1.org/00/${notice.sscc}?linkType=all`;
  const photos: Record<string, [string, PhotoOf]> = {
    'the label': [']C1', label(notice.sscc)],
    'the label upside down': [']C1', { ...label(notice.sscc), rotate: 'I' }],
    'the label held upright': [']C1', { ...label(notice.sscc), rotate: 'R' }],
    'a GS1 DataMatrix': [
      ']d2',
      { bcid: 'gs1datamatrix', text: `(02)04012345000115(37)240(00)${notice.sscc}` },
    ],
    'a GS1 QR code': [']Q3', { bcid: 'gs1qrcode', text: `(00)${notice.sscc}` }],
    'a Digital Link as QR code': [']Q1', { bcid: 'qrcode', text: link }],
    'a Digital Link as DataMatrix': [']d1', { bcid: 'datamatrix', text: link }],
  };
  for (const [what, [symbology, barcode]] of Object.entries(photos)) {
    await test.step(`a photo of ${what}`, async () => {
      await page.getByLabel('Use a photo').setInputFiles(await photo(barcode));
      await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
      const { sessions } = (await bravo.state())!;
      const body = sessions[0]!.transactions.at(-1)!.request.body as { code: string; source: string };
      expect([body.code.slice(0, 3), body.source]).toEqual([symbology, 'image']);
      expect(body.code).toContain(notice.sscc);
      await page.getByRole('button', { name: 'Undo last step' }).click();
      await expect(page.getByRole('heading', { name: 'Scan the package label again' })).toBeVisible();
    });
  }
});

test('the light, the choice of camera, and what becomes of them when the page is hidden', async () => {
  await withCamera([[]], async (bravo) => {
    await bravo.page.addInitScript(twoCameras);
    await bravo.goto(bravo.path('bench'));
    const { page } = bravo;
    const camera = page.getByTestId('camera');
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(camera).toHaveAttribute('data-state', 'running');
    await page.getByRole('button', { name: 'Light on' }).click();
    await expect(page.getByRole('button', { name: 'Light off' })).toBeVisible();
    expect(await page.evaluate(() => window.cameras.lights)).toEqual([true]);
    await bravo.expectAccessible();

    await test.step('another camera, which has no light, and is remembered', async () => {
      await page.getByLabel('Camera to use').selectOption({ label: 'Front' });
      await expect(camera).toHaveAttribute('data-state', 'running');
      await expect(page.getByRole('button', { name: /^Light/ })).toHaveCount(0);
      await expect(page.getByLabel('Camera to use')).toHaveValue('front');
      // The list has done its work: scans go on.
      await expect(page.getByTestId('scan-sink')).toBeFocused();
      await page.getByRole('button', { name: 'Stop the camera' }).click();
      await page.getByRole('button', { name: 'Use the camera' }).click();
      await expect(page.getByLabel('Camera to use')).toHaveValue('front');
      expect(await page.evaluate(() => window.cameras.asked)).toEqual([null, 'front', 'front']);
    });
    await test.step('hidden, it is off; shown again, it films', async () => {
      await page.evaluate(() => window.cameras.hide(true));
      await expect(camera).toHaveAttribute('data-state', 'starting');
      expect(await page.evaluate(() => window.cameras.live())).toBe(0);
      await page.evaluate(() => window.cameras.hide(false));
      await expect(camera).toHaveAttribute('data-state', 'running');
      expect(await page.evaluate(() => window.cameras.live())).toBe(1);
    });
  });
});

test('the camera reads a GS1 DataMatrix', async () => {
  await withCamera([[{ bcid: 'gs1datamatrix', text: `(00)${notice.sscc}` }]], async (bravo) => {
    await bravo.goto(bravo.path('bench'));
    await bravo.page.getByRole('button', { name: 'Use the camera' }).click();
    await expect(bravo.page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    const [session] = (await bravo.state())!.sessions;
    const scan = session!.transactions.find((entry) => entry.request.path === '/scan');
    expect(scan?.request.body).toMatchObject({ code: `]d200${notice.sscc}`, source: 'camera' });
  });
});

test('a keyboard wedge that drops, doubles and breaks off is told so, and never makes another package of it', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  await bravo.page.addInitScript(listenIn);
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  await expect(page.getByTestId('scan-sink')).toBeFocused();
  const error = page.getByTestId('blocking-error');
  const code = `]C100${notice.sscc}`;
  const garbled = {
    dropped: code.slice(0, 9) + code.slice(10),
    doubled: code.slice(0, 9) + code.slice(8),
    misread: `]C100${wrong}`,
    'broken off': code.slice(0, 12),
    'swapped digits': swapped(code),
  };
  for (const [what, keys] of Object.entries(garbled)) {
    await test.step(what, async () => {
      await scanByWedge(page, keys);
      await expect(error).toBeVisible();
      await error.getByRole('button', { name: 'Scan again' }).click();
      await expect(page.getByTestId('scan-sink')).toBeFocused();
      expect((await bravo.state())!.sessions).toEqual([]);
    });
  }
  await test.step('the sink has the focus again after a button, a choice of file and another window', async () => {
    const sink = page.getByTestId('scan-sink');
    // Nothing that a press leaves the focus on hears a terminal that writes into the field.
    await page.getByRole('button', { name: 'Type the number instead' }).click();
    await expect(sink).toBeFocused();
    await page.getByRole('button', { name: 'Take this number' }).click();
    await expect(sink).toBeFocused();
    await page.getByRole('heading', { name: 'Scan a package label' }).click();
    await expect(sink).toBeFocused();
    await sink.evaluate((input: HTMLInputElement) => {
      input.blur();
      window.dispatchEvent(new Event('focus'));
    });
    await expect(sink).toBeFocused();
  });
  await test.step('typed: a wrong check digit is told, and how the right one would be', async () => {
    await page.getByTestId('scan-sink').fill(wrong);
    await page.keyboard.press('Enter');
    await expect(error).toHaveAttribute('data-type', 'wrong-check-digit');
    await expect(error).toContainText('The check digit should be');
    await error.getByRole('button', { name: 'Scan again' }).click();
  });
  await test.step('a book that was pasted is told in a few lines', async () => {
    await page.getByTestId('scan-sink').evaluate((input: HTMLInputElement) => {
      input.value = 'call me '.repeat(12_500);
    });
    await page.keyboard.press('Enter');
    await expect(error).toHaveAttribute('data-type', 'not-a-package');
    expect((await error.innerText()).length).toBeLessThan(600);
    await error.getByRole('button', { name: 'Scan again' }).click();
    await expect(page.getByTestId('scan-sink')).toHaveValue('');
  });
  await test.step('a separator that is typed as Alt+029, no Enter, and the sound after the storing', async () => {
    await page.evaluate(() => window.heldBack.answers('step'));
    // A key that somebody leant on long ago is no part of it.
    await page.keyboard.press('5');
    await expect(page.getByTestId('scan-sink')).toHaveValue('5');
    await page.waitForFunction(
      (since) => performance.now() - since > 1000,
      await page.evaluate(() => performance.now()),
    );
    // The lot before the SSCC has a separator after it: lost, the rest would belong to the lot.
    await page.keyboard.type(']d210L-2291');
    await page.keyboard.down('Alt');
    for (const digit of ['0', '2', '9']) await page.keyboard.press(`Numpad${digit}`);
    await page.keyboard.up('Alt');
    await page.keyboard.type(`00${notice.sscc}`);
    await expect.poll(() => page.evaluate(() => window.heldBack.held())).toBe(1);
    expect(await page.evaluate(() => window.heldBack.goodBeeps())).toBe(0);
    await page.evaluate(() => window.heldBack.release());
    await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    await expect.poll(() => page.evaluate(() => window.heldBack.goodBeeps())).toBe(1);
  });
  await test.step('the tab is gone after the storing, before the sound: the scan is there', async () => {
    await page.getByRole('button', { name: 'Undo last step' }).click();
    await expect(page.getByRole('heading', { name: 'Scan the package label again' })).toBeVisible();
    await page.evaluate(() => window.heldBack.answers('step'));
    await scanByWedge(page, `]C100${notice.sscc}`);
    await expect.poll(() => page.evaluate(() => window.heldBack.held())).toBe(1);
    await bravo.close();
    await bravo.reopen('bench');
    await expect(bravo.page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  });
});

test('a terminal that writes the scan into the field at once, without keys, is heard', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo } = await made.atBench(notice);
  const sink = bravo.page.getByTestId('scan-sink');
  await expect(sink).toBeFocused();
  // No soft keyboard over half of the screen each time that the focus comes back.
  await expect(sink).toHaveAttribute('inputmode', 'none');
  await bravo.page.keyboard.insertText(`]C100${notice.sscc}`);
  await expect(bravo.page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  const { sessions } = (await bravo.state())!;
  const scan = sessions[0]!.transactions.find((entry) => entry.request.path === '/scan');
  expect(scan?.request.body).toMatchObject({ source: 'wedge' });
});

test('a handheld terminal without keys is heard on every step, and the instruction is told', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(notice);
  await alfa.announce(other);
  for (const { sscc } of [notice, other]) await bravo.holds(sscc, 1);
  await bravo.page.addInitScript(() => {
    const match = window.matchMedia.bind(window);
    window.matchMedia = (query) => match(query.includes('coarse') ? 'all' : query);
  });
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  const write = (code: string): Promise<void> => page.keyboard.insertText(code);
  await expect(page.getByTestId('scan-sink')).toBeFocused();
  await write(`]C100${notice.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  const sink = page.getByTestId('hidden-sink');
  await expect(sink).toBeFocused();
  await expect(page.getByRole('status').getByText('Check who sent it')).toBeAttached();
  await bravo.expectAccessible();
  await write(`]C100${other.sscc}`);
  const error = page.getByTestId('blocking-error');
  await expect(error).toHaveAttribute('data-type', 'other-package');
  await error.getByRole('button', { name: 'Scan again' }).click();
  await expect(sink).toBeFocused();
  await page.getByRole('button', { name: 'Check supplier signature' }).click();
  await expect(page.getByRole('button', { name: 'One minor more' })).toBeVisible();
  await page.getByRole('button', { name: 'One minor more' }).click();
  await expect(sink).toBeFocused();
  // A defect's photo comes from the camera itself.
  await expect(page.locator('input[type=file][capture=environment]')).toHaveCount(1);
  await write(']C0DENT-4');
  await expect(page.getByText(/DENT-4/).first()).toBeVisible();
});

/** Two digits beside each other in the other order, of those whose swap a check digit tells. */
function swapped(code: string): string {
  for (let at = 6; at < code.length - 2; at++) {
    const text = code.slice(0, at) + code[at + 1]! + code[at]! + code.slice(at + 2);
    const sscc = text.slice(5);
    if (String(checkDigit(sscc.slice(0, -1))) !== sscc.at(-1)) return text;
  }
  throw new Error('No swap of this number is told by its check digit.');
}

type PhotoOf = Scene[number] & { readonly rotate?: 'I' | 'R' };

async function photo(barcode: PhotoOf): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const options = { ...barcode, scale: 3, padding: 20, backgroundcolor: 'FFFFFF' } as Parameters<
    typeof toBuffer
  >[0];
  return { name: 'label.png', mimeType: 'image/png', buffer: await toBuffer(options) };
}

interface Cameras {
  /** Whether the light was asked to be on, in order. */
  readonly lights: boolean[];
  /** The cameras that were asked for by name. */
  readonly asked: (string | null)[];
  live(): number;
  hide(hidden: boolean): void;
}

declare global {
  interface Window {
    cameras: Cameras;
  }
}

/** Runs in the page before its own scripts: the one camera shows itself as two, of which the first has a light. */
function twoCameras(): void {
  const tracks: MediaStreamTrack[] = [];
  const names = new WeakMap<MediaStreamTrack, string>();
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  const asked: (string | null)[] = [];
  const lights: boolean[] = [];
  devices.getUserMedia = async (wanted) => {
    const { deviceId } = wanted!.video as { deviceId?: { exact: string } };
    asked.push(deviceId?.exact ?? null);
    const stream = await open({ video: true });
    for (const track of stream.getVideoTracks()) {
      names.set(track, deviceId?.exact ?? 'back');
      tracks.push(track);
    }
    return stream;
  };
  devices.enumerateDevices = () =>
    Promise.resolve(
      ['back', 'front'].map((deviceId) => ({
        deviceId,
        kind: 'videoinput' as const,
        label: deviceId === 'back' ? 'Back' : 'Front',
        groupId: '',
        toJSON: () => ({}),
      })),
    );
  const track = MediaStreamTrack.prototype;
  const settings = track.getSettings;
  track.getSettings = function () {
    return { ...settings.call(this), deviceId: names.get(this) ?? '' };
  };
  track.getCapabilities = function () {
    return { torch: names.get(this) === 'back' } as MediaTrackCapabilities;
  };
  track.applyConstraints = (constraints) => {
    lights.push((constraints!.advanced![0] as { torch: boolean }).torch);
    return Promise.resolve();
  };
  window.cameras = {
    lights,
    asked,
    live: () => tracks.filter(({ readyState }) => readyState === 'live').length,
    hide(hidden) {
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => (hidden ? 'hidden' : 'visible'),
      });
      document.dispatchEvent(new Event('visibilitychange'));
    },
  };
}
