/** What the two commands share: options to a running server, what is printed, and how it ends. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { lanAddresses, urlHost } from './addresses.ts';
import { loadAuthority, makeLeaf } from './authority.ts';
import type { Authority } from './authority.ts';
import { withDefaults } from './limits.ts';
import { createLog } from './log.ts';
import type { Log } from './log.ts';
import { helpText, parseOptions } from './options.ts';
import type { Command, CommandOptions } from './options.ts';
import { createServer, version } from './server.ts';
import type { RunningServer } from './server.ts';

/** Exit codes: 0 stopped as asked or help, 1 could not start, 2 the command line was wrong. */
const exitCode = { failed: 1, usage: 2 } as const;

/**
 * @param prepare runs once the options are known to be usable; gives the folder to serve (null for none), or an
 *   error to print.
 */
export async function runCommand(
  command: Command,
  prepare: (options: CommandOptions) => Promise<{ root: string | null } | { error: string }>,
): Promise<void> {
  const parsed = parseOptions(command, process.argv.slice(2), process.env);
  if (parsed.kind === 'help') {
    process.stdout.write(helpText(command));
    return;
  }
  if (parsed.kind === 'unusable') {
    fail(`${parsed.message}\nSee --help for all options.`, exitCode.usage);
    return;
  }
  const { options } = parsed;
  const prepared = await prepare(options);
  if ('error' in prepared) {
    fail(prepared.error);
    return;
  }
  const tls = options.https ? await loadTls(options) : undefined;
  if (tls && 'error' in tls) {
    fail(tls.error);
    return;
  }
  const limits = withDefaults(options.limits);
  const log = createLog(options.logLevel, (line) => process.stderr.write(line), limits);
  let server: RunningServer;
  try {
    server = await listen(options, prepared.root, tls, log);
  } catch (error) {
    fail(explainListenError(error, options));
    return;
  }
  // First the signals: whoever reads the address may stop us in the next moment.
  stopOnSignal(server, log, limits.stopDeadlineMs);
  log('info', 'listening', { url: server.url, version });
  announce(command, server, options, tls?.authority);
}

interface Tls {
  readonly cert: string;
  readonly key: string;
  /** Present when the certificate came from the local authority. */
  readonly authority?: Authority;
}

async function loadTls(options: CommandOptions): Promise<Tls | { readonly error: string }> {
  if (options.certFile === undefined || options.keyFile === undefined) {
    const loaded = await loadAuthority(options.authorityFolder);
    if (!loaded.ok) return { error: loaded.message };
    const named = options.host !== undefined && isIP(options.host) === 0 ? [options.host] : [];
    return { ...(await makeLeaf(loaded.value, [...options.names, ...named])), authority: loaded.value };
  }
  const read: string[] = [];
  for (const file of [options.certFile, options.keyFile]) {
    try {
      read.push(await readFile(file, 'utf8'));
    } catch (error) {
      return { error: `Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}.` };
    }
  }
  const [cert = '', key = ''] = read;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      error: `${options.certFile} and ${options.keyFile} are not a certificate and its key in PEM: ${reason}.`,
    };
  }
  return { cert, key };
}

async function listen(
  options: CommandOptions,
  root: string | null,
  tls: Tls | undefined,
  log: Log,
): Promise<RunningServer> {
  const start = (host: string): Promise<RunningServer> =>
    createServer({
      port: options.port,
      host,
      root,
      trustProxy: options.trustProxy,
      origins: options.origins,
      limits: options.limits,
      log,
      processMetrics: true,
      ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
      ...(tls ? { tls: { cert: tls.cert, key: tls.key } } : {}),
      ...(tls?.authority ? { caCertificate: tls.authority.cert } : {}),
    });
  if (options.host !== undefined) return start(options.host);
  if (!tls) return start('127.0.0.1');
  try {
    return await start('::');
  } catch (error) {
    // A machine without IPv6 cannot listen on "::", which otherwise takes both families.
    if (codeOf(error) === 'EAFNOSUPPORT' || codeOf(error) === 'EADDRNOTAVAIL') return start('0.0.0.0');
    throw error;
  }
}

function explainListenError(error: unknown, options: CommandOptions): string {
  const { port, host } = options;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program. Stop that program, or choose another port with --port.`;
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose a port above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no interface "${host}". Give one of its addresses to --host, or 0.0.0.0 for all.`;
    default:
      return `Cannot listen on port ${port}: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

function announce(
  command: Command,
  server: RunningServer,
  options: CommandOptions,
  authority: Authority | undefined,
): void {
  const scheme = options.https ? 'https' : 'http';
  const everywhere =
    options.host === undefined ? options.https : options.host === '::' || options.host === '0.0.0.0';
  const local = options.host === undefined || options.host === '127.0.0.1' || everywhere;
  const here = local ? `${scheme}://localhost:${server.port}` : server.url;
  const lan = everywhere
    ? lanAddresses().map((address) => `${scheme}://${urlHost(address)}:${server.port}`)
    : [];
  const lines = [
    command === 'start' ? 'Countersign is ready:' : 'Countersign signaling is ready:',
    '',
    `  ${here}`,
  ];
  for (const url of lan) lines.push(`  ${url}   (from other devices in this network)`);
  lines.push(
    '',
    `  Signaling: ${[here, ...lan].map((url) => `${url.replace(/^http/, 'ws')}/signal`).join('  ')}`,
  );
  if (!options.https && options.host === undefined) {
    lines.push('', 'Only this machine can connect. For other devices start it with --https (see --help).');
  } else if (!options.https && command === 'start') {
    lines.push(
      '',
      'Without https the app runs only in browsers on this machine: others refuse it keys and storage.',
    );
  }
  if (authority) lines.push('', ...authorityLines(authority, lan[0] ?? here));
  lines.push('', 'Stop with Ctrl+C.');
  console.log(lines.join('\n'));
}

function authorityLines(authority: Authority, url: string): string[] {
  return [
    `The certificate comes from a local authority ${authority.isNew ? 'made just now' : 'made earlier'}, kept in ${authority.certPath}.`,
    'Each device must be told once to trust it:',
    '',
    `  1. On the device, open ${url}/ca.crt`,
    '     The browser warns, since it does not know the authority yet: choose to continue, this once.',
    '  2. Compare the SHA-256 fingerprint that the device shows with this one:',
    `     ${authority.fingerprint}`,
    '  3. Install the file as an authority (root certificate):',
    '     iPhone, iPad  Settings > General > VPN & Device Management, install; then',
    '                   Settings > General > About > Certificate Trust Settings, switch it on.',
    '     Android       Settings > Security > Encryption & credentials > Install a certificate > CA certificate.',
    '     Windows       open the file > Install > Local Machine > Trusted Root Certification Authorities.',
    '     macOS         open it in Keychain Access, then set it to Always Trust.',
    '     Firefox       Settings > Privacy & Security > View Certificates > Authorities > Import.',
    '     Chrome, Linux chrome://certificate-manager > Custom > Installed by you > Import.',
    '  4. Open the address above; the warning is gone.',
    '',
    'Whoever has the key beside it can pose as any site to those devices: keep it to yourself, and remove the',
    'authority from the devices when you no longer need it.',
  ];
}

function stopOnSignal(server: RunningServer, log: Log, deadlineMs: number): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal means that somebody does not want to wait.
    if (stopping) process.exit(exitCode.failed);
    stopping = true;
    const startedAt = performance.now();
    log('info', 'stopping', { signal, connections: server.stats().connections });
    console.log('Stopping.');
    // Every step of it is bounded; this is for the bug in one of them.
    setTimeout(() => process.exit(exitCode.failed), deadlineMs).unref();
    void server.close().then(() => {
      log('info', 'stopped', { milliseconds: Math.round(performance.now() - startedAt) });
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(message: string, code: number = exitCode.failed): void {
  console.error(message);
  process.exitCode = code;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
