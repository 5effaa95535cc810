/** The command line of `npm start` and `npm run signaling`. */
import { parseArgs } from 'node:util';
import { defaultAuthorityFolder, isDnsName } from './authority.ts';
import { defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { logLevels } from './log.ts';
import type { LogLevel } from './log.ts';
import { NO_ORIGIN, parseOrigin } from './origins.ts';

export interface CommandOptions {
  readonly port: number;
  /** Absent: 127.0.0.1 for http, all interfaces for https. */
  readonly host: string | undefined;
  readonly https: boolean;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly authorityFolder: string;
  /** Further names for the certificate of the local authority. */
  readonly names: readonly string[];
  readonly trustProxy: boolean;
  /** Null for all. */
  readonly origins: readonly string[] | null;
  readonly limits: Partial<Limits>;
  readonly logLevel: LogLevel;
  readonly redisUrl: string | undefined;
  readonly build: boolean;
}

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: CommandOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'unusable'; readonly message: string };

export type Command = 'start' | 'signaling';

export const defaultPort = 8080;

/**
 * @param environment where `PORT` may stand, over which `--port` wins, and `REDIS_URL`, for which there is no option: it
 *   holds a password, and everybody on a machine can read command lines.
 */
export function parseOptions(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        port: { type: 'string' },
        host: { type: 'string' },
        https: { type: 'boolean' },
        cert: { type: 'string' },
        key: { type: 'string' },
        'ca-dir': { type: 'string' },
        name: { type: 'string', multiple: true },
        'trust-proxy': { type: 'boolean' },
        'allow-origin': { type: 'string', multiple: true },
        limit: { type: 'string', multiple: true },
        log: { type: 'string' },
        'no-build': { type: 'boolean' },
      },
      allowPositionals: false,
    }));
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { kind: 'help' };

  const portText = values.port ?? (environment.PORT || String(defaultPort));
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : NaN;
  const origin = values.port === undefined ? 'PORT' : '--port';
  if (!(port <= 65_535)) return unusable(`${origin} must be a number from 0 to 65535, not "${portText}".`);
  if (values.host === '') return unusable('--host must name an interface, for example 0.0.0.0.');

  const https = values.https ?? false;
  const forHttps = (['cert', 'key', 'ca-dir', 'name'] as const).find((name) => values[name] !== undefined);
  if (!https && forHttps) return unusable(`--${forHttps} is of use only with --https.`);
  if ((values.cert === undefined) !== (values.key === undefined)) {
    return unusable('--cert and --key belong together: give both, or neither for a local authority.');
  }
  if (values.cert !== undefined && (values['ca-dir'] !== undefined || values.name !== undefined)) {
    return unusable('--ca-dir and --name are for the local authority and cannot be used with --cert.');
  }
  const badName = values.name?.find((name) => !isDnsName(name));
  if (badName !== undefined) return unusable(`--name must be a host name, not "${badName}".`);
  if (command === 'signaling' && values['no-build'])
    return unusable('--no-build: there is nothing to build here.');

  const origins = values['allow-origin']?.map((text) => ({ text, origin: parseOrigin(text) })) ?? null;
  const noOrigin = origins?.find(({ origin }) => origin === undefined);
  if (noOrigin) {
    return unusable(
      `--allow-origin must be an origin such as https://app.example.org, or "${NO_ORIGIN}", not "${noOrigin.text}".`,
    );
  }
  const limits = parseLimits(values.limit ?? []);
  if (typeof limits === 'string') return unusable(limits);
  const logLevel = values.log ?? (command === 'start' ? 'warn' : 'info');
  if (!isLogLevel(logLevel))
    return unusable(`--log must be one of ${logLevels.join(', ')}, not "${logLevel}".`);
  const redisUrl = environment.REDIS_URL || undefined;
  if (redisUrl !== undefined && !isRedisUrl(redisUrl)) {
    // Not quoted: it may hold a password.
    return unusable('REDIS_URL must be a URL such as redis://user:password@host:6379.');
  }

  return {
    kind: 'run',
    options: {
      port,
      host: values.host,
      https,
      certFile: values.cert,
      keyFile: values.key,
      authorityFolder: values['ca-dir'] ?? defaultAuthorityFolder,
      names: values.name ?? [],
      trustProxy: values['trust-proxy'] ?? false,
      origins: origins?.flatMap(({ origin }) => origin ?? []) ?? null,
      limits,
      logLevel,
      redisUrl,
      build: !(values['no-build'] ?? false),
    },
  };
}

export function helpText(command: Command): string {
  const usage = command === 'start' ? 'npm start --' : 'npm run signaling --';
  const what =
    command === 'start'
      ? 'Builds the app if its sources changed, then serves it and the signaling endpoint on one port.'
      : 'Serves signaling, /health and /metrics only, without the app.';
  const build = '  --no-build       serve what was built before\n';
  return `Usage: ${usage} [options]

${what}

  --port N         port to listen on (default: $PORT, else ${defaultPort}; 0 lets the system choose)
  --host ADDRESS   interface to listen on (default: 127.0.0.1, only this machine;
                   with --https all interfaces)
  --https          serve TLS, which browsers on other machines need
  --cert FILE      certificate chain (PEM) to use; together with --key
  --key FILE       its private key (PEM)
  --ca-dir FOLDER  where the local authority is kept when no certificate is given
                   (default: ${defaultAuthorityFolder}; made at the first use)
  --name NAME      further host name for its certificates; may be repeated
  --trust-proxy    count clients by X-Forwarded-For; only behind a reverse proxy
  --allow-origin URL
                   let only pages of this origin use signaling; may be repeated;
                   "${NO_ORIGIN}" admits clients that name no origin (default: everybody)
  --limit NAME=N   change a limit of docs/limits.md, "Signaling server"; may be repeated,
                   for example --limit maxConnectionsPerAddress=1024
  --log LEVEL      ${logLevels.join(', ')}: JSON lines to standard error
                   (default: ${command === 'start' ? 'warn' : 'info'})
${command === 'start' ? build : ''}  --help           this text

REDIS_URL joins this server with others that use the same Redis, under one name: docs/hosting.md.
SIGTERM and SIGINT end it with code 0, after a close frame to every client.
`;
}

/** `NAME=N` each; a text says what is wrong. */
function parseLimits(texts: readonly string[]): Partial<Limits> | string {
  const limits: Partial<Record<keyof Limits, number>> = {};
  for (const text of texts) {
    const [, name = '', digits = ''] = /^([A-Za-z]+)=(\d{1,12})$/.exec(text) ?? [];
    if (!isLimit(name) || Number(digits) === 0) {
      return `--limit must be a name from docs/limits.md and a whole number above 0, such as maxTopics=1000, not "${text}".`;
    }
    limits[name] = Number(digits);
  }
  return limits;
}

function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(defaultLimits, name);
}

function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text);
}

function isRedisUrl(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '';
  } catch {
    return false;
  }
}

function unusable(message: string): ParsedOptions {
  return { kind: 'unusable', message };
}
