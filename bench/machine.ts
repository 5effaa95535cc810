/** What the figures depend on beside the code: the machine, its load, its disk, and the speed of one fixed piece of work. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { createBls } from '../src/crypto/bls.ts';
import { BLS_JOB_ROUNDS, BLS_JOB_SIZE } from './limits.ts';
import { median } from './stats.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  /** Of the folder that holds the browsers' profiles, for example `ext4`; null where it cannot be told. */
  readonly fileSystem: string | null;
}

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown processor',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(tmpdir()),
  };
}

/**
 * Datagrams that the system dropped since it started because no process read them in time, of everything in this network namespace. Zero where the system
 * does not tell (it does on Linux).
 */
export function unreadDatagrams(): number {
  try {
    return unreadIn(readFileSync('/proc/net/snmp', 'utf8'));
  } catch {
    return 0;
  }
}

/** In the text of /proc/net/snmp, whose `Udp:` lines are the names and the numbers. */
export function unreadIn(text: string): number {
  const [names = [], numbers = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.trim().split(/\s+/));
  return Number(numbers[names.indexOf('RcvbufErrors')] ?? 0);
}

/** Processes that ran or waited, mean of the last minute; and the share of processor time used since the last call, 0 to 1. */
export function createLoadMeter(): () => { readonly load1: number; readonly busy: number } {
  let before = cpuTime();
  return () => {
    const now = cpuTime();
    const total = now.total - before.total;
    const busy = total > 0 ? (now.used - before.used) / total : 0;
    before = now;
    return { load1: loadavg()[0] ?? 0, busy };
  };
}

export interface BlsJob {
  readonly backend: string;
  /** Milliseconds for one signature and for one verification, medians. */
  readonly sign: number;
  readonly verify: number;
  /** Milliseconds for the whole job: that many signatures and that many verifications. */
  readonly total: number;
  /** Processor time of one job: what `total` would be on this machine with nobody else on it. */
  readonly processor: number;
}

/** The app's own BLS code in Node, on one thread, with nothing else of ours running: a yardstick, not a part of the result. */
export async function blsJob(): Promise<BlsJob> {
  const bls = await createBls();
  const secret = bls.secretKeyFrom(new Uint8Array(48).fill(3));
  const key = bls.publicKey(secret);
  const messages = Array.from({ length: BLS_JOB_SIZE }, (_, i) => new Uint8Array(120).fill(i));
  const signing: number[] = [];
  const verifying: number[] = [];
  let used = process.cpuUsage();
  for (let round = 0; round <= BLS_JOB_ROUNDS; round++) {
    // The first round warms up.
    if (round === 1) used = process.cpuUsage();
    const start = performance.now();
    const shares = messages.map((message) => bls.sign(secret, message));
    const signed = performance.now();
    if (!shares.every((share, i) => bls.verify(key, messages[i]!, share)))
      throw new Error('BLS verifies wrongly here.');
    const verified = performance.now();
    if (round === 0) continue;
    signing.push((signed - start) / BLS_JOB_SIZE);
    verifying.push((verified - signed) / BLS_JOB_SIZE);
  }
  const [sign, verify] = [median(signing), median(verifying)];
  const { user, system } = process.cpuUsage(used);
  const processor = (user + system) / 1000 / BLS_JOB_ROUNDS;
  return { backend: bls.name, sign, verify, total: (sign + verify) * BLS_JOB_SIZE, processor };
}

function cpuTime(): { total: number; used: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { total, used: total - idle };
}

function fileSystemOf(folder: string): string | null {
  try {
    return execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim() === 'ext2/ext3'
      ? mountType(folder)
      : execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

/** `stat` gives one name for ext2, ext3 and ext4; the table of mounts tells them apart. */
function mountType(folder: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place]) => place !== undefined && `${folder}/`.startsWith(place === '/' ? '/' : `${place}/`))
    .sort((a, b) => b[1]!.length - a[1]!.length);
  return mounts[0]?.[2] ?? 'ext';
}
