/**
 * A certificate authority of one's own, for networks in one building. Browsers give WebCrypto, Web Locks and storage
 * only to secure contexts, so a phone needs https, and nobody certifies 192.168.x.x. The authority is made once per
 * machine and installed once per device; each start makes a fresh leaf certificate that it signs.
 */
import { X509Certificate, createPrivateKey, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { lanAddresses } from './addresses.ts';

export interface Authority {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  /** SHA-256 of the certificate, for people to compare on the device. */
  readonly fingerprint: string;
  /** Made just now: nobody has installed it yet. */
  readonly isNew: boolean;
}

export type AuthorityResult =
  { readonly ok: true; readonly value: Authority } | { readonly ok: false; readonly message: string };

export const defaultAuthorityFolder = join(homeFolder(), '.countersign');

/** The authority kept in `folder`, made there if there is none. Never overwrites a file. */
export async function loadAuthority(folder: string): Promise<AuthorityResult> {
  const certPath = join(folder, 'ca.crt');
  const keyPath = join(folder, 'ca.key');
  const [cert, key] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)]);
  if (typeof cert === 'object') return { ok: false, message: `Cannot read ${certPath}: ${cert.message}.` };
  if (typeof key === 'object') return { ok: false, message: `Cannot read ${keyPath}: ${key.message}.` };
  if (cert === undefined && key === undefined) return make(folder, certPath, keyPath);
  const again = `Move both files out of ${folder} and start again; the new authority must then be installed on every device.`;
  if (cert === undefined || key === undefined) {
    return {
      ok: false,
      message: `${cert === undefined ? certPath : keyPath} is missing beside its counterpart. ${again}`,
    };
  }
  const wrong = whatIsWrong(cert, key);
  if (wrong !== undefined)
    return { ok: false, message: `The local authority ${certPath} ${wrong}. ${again}` };
  // A copy from elsewhere may have come with wider rights; the key must stay its owner's.
  await chmod(keyPath, 0o600);
  return { ok: true, value: { cert, key, certPath, fingerprint: fingerprintOf(cert), isNew: false } };
}

/**
 * A certificate for this machine under all its names: localhost, the host name (also with `.local`, as mDNS has it),
 * every LAN address, and `names`. Its key exists only in memory. Apple refuses leaves that last over 825 days.
 */
export async function makeLeaf(
  authority: Authority,
  names: readonly string[] = [],
): Promise<{ cert: string; key: string }> {
  const host = hostname();
  const wanted = ['localhost', '127.0.0.1', '::1', host, `${host}.local`, ...lanAddresses(), ...names];
  // The types of a subject alternative name (RFC 5280, 4.2.1.6): 2 is a DNS name, 7 an IP address.
  const altNames: { type: 2 | 7; value?: string; ip?: string }[] = [];
  for (const name of new Set(wanted)) {
    if (isIP(name) !== 0) altNames.push({ type: 7, ip: name });
    else if (isDnsName(name)) altNames.push({ type: 2, value: name });
  }
  const made = await generate([{ name: 'commonName', value: 'Countersign server' }], {
    ...period(397),
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { cert: authority.cert, key: authority.key },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A name that may stand in a certificate (RFC 1035 labels; a leading `*.` is refused on purpose). */
export function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(name)
  );
}

/** A container may run under a user id that has no home; then the working folder serves. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return process.cwd();
  }
}

async function make(folder: string, certPath: string, keyPath: string): Promise<AuthorityResult> {
  // The name carries a random part: a device that holds two authorities of the same name may try the wrong one.
  const host = hostname()
    .replace(/[^A-Za-z0-9-]/g, '-')
    .slice(0, 24);
  const name = `Countersign ${host} ${randomBytes(3).toString('hex')}`;
  const made = await generate([{ name: 'commonName', value: name }], {
    ...period(5 * 365),
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // 'wx': two servers started at once must not mix their halves.
    await writeFile(keyPath, made.private, { mode: 0o600, flag: 'wx' });
    await writeFile(certPath, made.cert, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      message: `Cannot keep the local authority in ${folder}: ${reason}. Choose another folder with --ca-dir.`,
    };
  }
  const { cert, private: key } = made;
  return { ok: true, value: { cert, key, certPath, fingerprint: fingerprintOf(cert), isNew: true } };
}

function whatIsWrong(cert: string, key: string): string | undefined {
  try {
    const certificate = new X509Certificate(cert);
    if (!certificate.ca) return 'is not the certificate of an authority';
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'does not belong to the key beside it';
    if (Date.parse(certificate.validTo) <= Date.now()) return `expired on ${certificate.validTo}`;
    return undefined;
  } catch {
    return 'or the key beside it is damaged';
  }
}

function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

/** From yesterday, since the clock of a phone may be behind ours. */
function period(days: number): { notBeforeDate: Date; notAfterDate: Date } {
  const day = 24 * 60 * 60 * 1000;
  return { notBeforeDate: new Date(Date.now() - day), notAfterDate: new Date(Date.now() + (days - 1) * day) };
}

async function readIfThere(path: string): Promise<string | undefined | Error> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return error instanceof Error ? error : new Error(String(error));
  }
}
