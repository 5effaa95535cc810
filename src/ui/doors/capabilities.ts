/** What a replica needs of the browser, checked before anything else runs. Pure: the caller hands in what it found. */

export interface Found {
  readonly secureContext: boolean;
  readonly webCrypto: boolean;
  readonly locks: boolean;
  readonly indexedDb: boolean;
  readonly webRtc: boolean;
  readonly webAssembly: boolean;
  readonly workers: boolean;
  /** Address of this page, for the advice. */
  readonly href: string;
}

export interface MissingCapability {
  readonly name: string;
  readonly why: string;
}

export interface Missing {
  readonly insecure: boolean;
  readonly list: readonly MissingCapability[];
  /** What to do, in order. */
  readonly steps: readonly string[];
}

/** Null when nothing is missing. */
export function missingCapabilities(found: Found): Missing | null {
  const list: MissingCapability[] = [];
  const need = (present: boolean, name: string, why: string): void => {
    if (!present) list.push({ name, why });
  };
  need(
    found.secureContext,
    'A secure connection',
    'Browsers give keys, locks and lasting storage only to pages from https or from this very machine.',
  );
  need(found.webCrypto, 'WebCrypto', 'It makes and guards this member’s keys.');
  need(found.locks, 'Web Locks', 'They see to it that two tabs never sign as one member.');
  need(found.indexedDb, 'IndexedDB', 'Votes and steps are stored there before they are sent.');
  need(found.webRtc, 'WebRTC', 'Members talk to one another directly over it.');
  need(found.webAssembly, 'WebAssembly', 'The certificate’s signatures are computed with it.');
  need(found.workers, 'Web Workers', 'The replica runs in one.');
  if (list.length === 0) return null;
  return { insecure: !found.secureContext, list, steps: advice(found, list) };
}

/** What this window has. */
export function detect(own: Window & typeof globalThis): Found {
  const has = (object: object, name: string): boolean =>
    name in object && (object as Record<string, unknown>)[name] != null;
  return {
    secureContext: own.isSecureContext,
    webCrypto: has(own, 'crypto') && has(own.crypto, 'subtle'),
    locks: has(own.navigator, 'locks'),
    indexedDb: has(own, 'indexedDB'),
    webRtc: has(own, 'RTCPeerConnection'),
    webAssembly: has(own, 'WebAssembly'),
    workers: has(own, 'Worker'),
    href: own.location.href,
  };
}

function advice(found: Found, list: readonly MissingCapability[]): readonly string[] {
  if (!found.secureContext) {
    const host = hostOf(found.href);
    return [
      'Ask whoever started the server to start it with: npm start -- --https',
      'It prints this network’s https addresses, and how to install its local authority on this device. Do that once.',
      host === null ? 'Then open the https address.' : `Then open https://${host} instead of this address.`,
      'On the machine that runs the server itself, http://localhost works without any of this.',
    ];
  }
  if (list.some((entry) => entry.name === 'WebRTC')) {
    return [
      'If an extension or a setting of this browser turns WebRTC off, turn it on for this page.',
      'Otherwise open this page in a current Chrome, Edge, Firefox or Safari.',
    ];
  }
  return [
    'If this is a private window, open the page in an ordinary one: some browsers take storage away in private windows.',
    'Otherwise open this page in a current Chrome, Edge, Firefox or Safari.',
  ];
}

function hostOf(href: string): string | null {
  try {
    return new URL(href).host || null;
  } catch {
    return null;
  }
}
