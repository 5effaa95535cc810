/** Bad input: each gets an error that names the thing and the next step; nothing stored changes; the session goes on. */
import type { Key, ServiceRequest } from '../src/worker/api.ts';
import {
  badNotice,
  dataFile,
  expect,
  NOTICES,
  requestFor,
  test,
  unwrap,
  type Notice,
  type Replica,
} from './cluster.ts';
import { scanByWedge } from './wedge.ts';

const [notice, other] = NOTICES as [Notice, Notice];
const post = (path: string, body: object): ServiceRequest =>
  ({ method: 'POST', path, body: { ...body, at: Date.now() } }) as ServiceRequest;

const badFiles = [
  { name: 'tampered', type: 'manifest-tampered', words: /sign/ },
  { name: 'forged', type: 'manifest-tampered', words: /sign/ },
  { name: 'unknown-key', type: 'supplier-key-unknown', words: /mallory-2026/ },
  // Refused before a handler sees it: the package's number is the record's key.
  { name: 'wrong-check-digit', type: 'request-malformed', words: /check digit/ },
] as const;

test('a manifest that was tampered with, forged, signed by a stranger or malformed creates no package', async ({
  cluster,
}) => {
  const made = await cluster();
  const alfa = made.replica(0);
  for (const { name, type, words } of badFiles) {
    const refused = await alfa.call('createPackage', badNotice(name));
    expect(refused, name).toMatchObject({ ok: false });
    if (refused.ok) continue;
    const body = refused.error.response?.body as { type?: string } | undefined;
    expect(body?.type ?? refused.error.type, name).toBe(type);
    expect(refused.error.message, name).toMatch(words);
  }
  expect((await alfa.state())?.packageCount).toBe(0);
  // The good one still goes through.
  await alfa.announce(notice);
});

test('the announce page says what is wrong with a tampered file, and goes on', async ({ cluster }) => {
  const made = await cluster();
  const alfa = made.replica(0);
  await alfa.goto(alfa.path('announce'));
  const { page } = alfa;
  await page.getByLabel('Choose a file').setInputFiles(dataFile('bad/tampered.dsse.json'));
  await page.getByRole('button', { name: 'Announce 1 package' }).click();
  await expect(page.getByRole('alert')).toContainText(/sign/i);
  await page.getByLabel('Choose a file').setInputFiles({
    name: 'notes.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"hello": "world"}'),
  });
  await expect(page.getByRole('alert')).toContainText('notes.json');
  await page.getByLabel('Choose a file').setInputFiles(dataFile('asn-2026-11.dsse.json'));
  await expect(page.getByText('24 signed notices')).toBeVisible();
  expect((await alfa.state())?.packageCount).toBe(0);
});

test('a wrong check digit, an unknown package and another package stop the bench with words, and the session goes on', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(notice);
  await alfa.announce(other);
  for (const { sscc } of [notice, other]) await bravo.holds(sscc, 1);
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  const alarm = page.getByTestId('blocking-error');
  const scan = async (code: string): Promise<void> => {
    await page.getByTestId('scan-sink').focus();
    await scanByWedge(page, code);
  };
  const answer = async (type: string, words: RegExp): Promise<void> => {
    await expect(alarm).toHaveAttribute('data-type', type);
    await expect(alarm).toContainText(words);
    await alarm.getByRole('button').last().click();
    await expect(alarm).toHaveCount(0);
  };

  const last = Number(notice.sscc.at(-1));
  await scan(`]C100${notice.sscc.slice(0, -1)}${(last + 1) % 10}`);
  await answer('wrong-check-digit', /check digit should be/);
  // 18 digits, rightly formed, of which no record exists.
  await scan(']C100040123450000009996');
  await answer('package-unknown', /package/i);
  expect((await bravo.state())?.sessions.filter((s) => s.status.state === 'local')).toEqual([]);

  await scan(`]C100${notice.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  await scanByWedge(page, `]C100${other.sscc}`);
  await answer('other-package', /put it away/);
  await page.getByRole('button', { name: 'Check supplier signature' }).click();
  await expect(page.getByRole('heading', { name: /^Check \d+ of \d+ pieces$/ })).toBeVisible();
});

test('steps out of order, strangers as couriers and malformed bodies change nothing', async ({ cluster }) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  const session = await bravo.work(notice, 'validate');
  const refusedBy = async (request: ServiceRequest): Promise<string> => {
    const result = await bravo.call('step', session.id, request);
    if (result.ok) throw new Error(`${request.path} was taken: ${JSON.stringify(result.value.response)}`);
    const body = result.error.response?.body as { type?: string; message?: string } | undefined;
    expect((body?.message ?? result.error.message).length).toBeGreaterThan(20);
    return body?.type ?? result.error.type;
  };
  expect(await refusedBy(requestFor('label', notice))).toBe('step-order');
  expect(await refusedBy(post('/no-such-service', {}))).toBe('service-unknown');
  expect(await refusedBy(post('/quality', { lines: 'all fine' }))).toBe('request-malformed');
  expect((await bravo.call('commit', session.id)).ok).toBe(false);
  const quality = unwrap(await bravo.call('step', session.id, requestFor('quality', notice)));
  expect(quality.session.transactions).toHaveLength(session.transactions.length + 1);
  expect(await refusedBy(post('/label', { courierId: 'nobody' }))).toBe('courier-unknown');
  unwrap(await bravo.call('step', session.id, requestFor('label', notice)));
  unwrap(await bravo.call('step', session.id, requestFor('finish', notice)));
  unwrap(await bravo.call('commit', session.id));
  expect(await bravo.committed(session.id)).toBe(2);
});

test('a role that may not take a step is refused: a supplier does not label, a courier does not announce', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, , , delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  expect(await delta.call('createPackage', other.envelope)).toMatchObject({ ok: false });
  const started = await alfa.call('start', `package/${notice.sscc}` as Key, 'op-1');
  const refused = started.ok
    ? await alfa.call('step', started.value.id, requestFor('scan', notice))
    : started;
  expect(refused).toMatchObject({ ok: false });
  expect((await alfa.call('package', notice.sscc))?.summary.version).toBe(1);
});

test('a genesis that does not belong to the invitation is refused, and so is a stranger', async ({
  cluster,
  prepared,
}) => {
  const made = await cluster();
  const elsewhere = await cluster({ members: 1 });
  const stranger = (await prepared({ members: 1 })).replica(0);
  const { invitation, genesisFile } = made;
  expect(await stranger.call('join', { invitation, genesisFile: elsewhere.genesisFile })).toMatchObject({
    ok: false,
    error: { type: 'genesis-wrong-for-invitation' },
  });
  expect(await stranger.call('join', { invitation, genesisFile })).toMatchObject({
    ok: false,
    error: { type: 'not-in-genesis' },
  });
  expect(await stranger.call('join', { invitation: 'hello', genesisFile })).toMatchObject({
    ok: false,
    error: { type: 'invitation-malformed' },
  });
  expect(await stranger.call('profiles')).toEqual([]);
});
