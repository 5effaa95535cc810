/**
 * Chromium together with Firefox. Firefox gathers no candidates without a default route, and must not use a real one here: both run in a
 * network namespace of their own, with an address that leads nowhere.
 */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { findOrInstall, isRootOnDebian } from '../scripts/debian.ts';

const INSIDE = fileURLToPath(new URL('net-firefox-inside.ts', import.meta.url));
const NETWORK = [
  'ip link set lo up',
  'ip link add v0 type veth peer name v1',
  'ip addr add 10.9.0.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
  'ip route add default dev v0',
].join(' && ');

interface Report {
  readonly firefox: string;
  readonly got: readonly { readonly intact: boolean; readonly paths: readonly string[] }[];
}

test('members in Chromium and in Firefox link, whoever dials, and lose no byte', async () => {
  test.skip(!isRootOnDebian(), 'needs root on Debian, to make a network namespace');
  const path = findOrInstall('/usr/bin/firefox-esr', 'firefox-esr');
  test.skip(path === null, 'firefox-esr is not installed and could not be');
  const possible = spawnSync('unshare', ['-n', 'bash', '-c', NETWORK]).status === 0;
  test.skip(!possible, 'network namespaces are not permitted here, or iproute2 is missing');
  const script = `${NETWORK} && exec "$0" --import tsx "$1" "$2"`;
  const child = spawn('unshare', ['-n', 'bash', '-c', script, process.execPath, INSIDE, path ?? ''], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (said += String(data)));
  child.stderr.on('data', (data: Buffer) => (complained = (complained + String(data)).slice(-5_000)));
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 220_000);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  expect(code, complained).toBe(0);
  const report = JSON.parse(said.trim().split('\n').at(-1) ?? '') as Report;
  expect(report.got.map((member) => member.intact)).toEqual([true, true, true]);
  for (const { paths } of report.got) for (const taken of paths) expect(taken).toBe('worker-channel');
});
