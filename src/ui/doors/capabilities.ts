/**
 * What a replica needs of the browser, checked before anything else runs, and what is good to have. Judging is pure: the caller hands in
 * what it found.
 */
import { ADVICE, OPTIONAL, REQUIRED, roomWords, type MissingCapability } from './capability-texts.ts';
import { MIN_ROOM_BYTES, PROBE_PATIENCE_MS } from './limits.ts';

export type { MissingCapability } from './capability-texts.ts';

export interface Found {
  readonly secureContext: boolean;
  readonly webCrypto: boolean;
  readonly locks: boolean;
  readonly indexedDb: boolean;
  readonly webRtc: boolean;
  readonly webAssembly: boolean;
  readonly workers: boolean;
  /** Workers that may import (HTML Standard, `type: 'module'`; Firefox since 114, years after the rest of this list). */
  readonly moduleWorkers: boolean;
  /** The host app around this page; null: a browser, as far as can be told. */
  readonly webview: 'android' | 'ios' | null;
  /** Address of this page, for the advice. */
  readonly href: string;
}

/** What only a try tells. Each is true where the thing itself is missing: that is told once. */
export interface Tried {
  /** A database can be opened: not so with cookies blocked, and in some private windows. */
  readonly storageAllowed: boolean;
  /** WebAssembly can be compiled under the policy of this page. */
  readonly webAssemblyAllowed: boolean;
  /** Bytes that the browser allows this site in all; null: not told. */
  readonly room: number | null;
}

export interface Missing {
  readonly insecure: boolean;
  readonly list: readonly MissingCapability[];
  /** What to do, in order. */
  readonly steps: readonly string[];
}

/** Null when nothing is missing. */
export function missingCapabilities(found: Found, tried: Tried = NOT_TRIED): Missing | null {
  const list: MissingCapability[] = [];
  const need = (present: boolean, what: MissingCapability): void => {
    if (!present) list.push(what);
  };
  need(found.secureContext, REQUIRED.secureContext);
  need(found.webCrypto, REQUIRED.webCrypto);
  need(found.locks, REQUIRED.locks);
  need(found.indexedDb, REQUIRED.indexedDb);
  need(tried.storageAllowed, REQUIRED.storageAllowed);
  need(found.webRtc, REQUIRED.webRtc);
  need(found.webAssembly, REQUIRED.webAssembly);
  need(tried.webAssemblyAllowed, REQUIRED.webAssemblyAllowed);
  need(found.workers, REQUIRED.workers);
  need(!found.workers || found.moduleWorkers, REQUIRED.moduleWorkers);
  const cramped = tried.room !== null && tried.room < MIN_ROOM_BYTES;
  if (cramped) list.push(roomWords(tried.room, MIN_ROOM_BYTES));
  if (list.length === 0) return null;
  return { insecure: !found.secureContext, list, steps: advice(found, tried, cramped) };
}

const NOT_TRIED: Tried = { storageAllowed: true, webAssemblyAllowed: true, room: null };

/** What this window has. */
export function detect(own: Window & typeof globalThis): Found {
  const { userAgent } = own.navigator;
  return {
    secureContext: own.isSecureContext,
    webCrypto: has(own, 'crypto') && has(own.crypto, 'subtle'),
    locks: has(own.navigator, 'locks'),
    indexedDb: has(own, 'indexedDB'),
    webRtc: has(own, 'RTCPeerConnection'),
    webAssembly: has(own, 'WebAssembly'),
    workers: has(own, 'Worker'),
    moduleWorkers: has(own, 'Worker') && takesModules(own.Worker),
    webview: webviewOf(userAgent),
    href: own.location.href,
  };
}

/** By trying. What does not answer in time is taken for allowed: the replica then says what is wrong. */
export async function tryOut(own: Window & typeof globalThis, found: Found): Promise<Tried> {
  const [storageAllowed, room] = await Promise.all([
    found.indexedDb ? opens(own.indexedDB) : true,
    roomOf(own.navigator),
  ]);
  return { storageAllowed, webAssemblyAllowed: found.webAssembly ? compiles() : true, room };
}

export interface OptionalCapability {
  readonly name: string;
  readonly present: boolean;
  /** What happens without it. */
  readonly without: string;
}

/** What the app does without, and how. */
export function optionalCapabilities(own: Window & typeof globalThis): readonly OptionalCapability[] {
  const { navigator } = own;
  const present: Readonly<
    Record<'camera' | 'wakeLock' | 'vibration' | 'persist' | 'offline' | 'clipboard', boolean>
  > = {
    camera: has(navigator, 'mediaDevices') && has(navigator.mediaDevices, 'getUserMedia'),
    wakeLock: has(navigator, 'wakeLock'),
    vibration: has(navigator, 'vibrate'),
    persist: has(navigator, 'storage') && has(navigator.storage, 'persist'),
    offline: has(navigator, 'serviceWorker'),
    clipboard: has(navigator, 'clipboard'),
  };
  return (Object.keys(present) as (keyof typeof present)[]).map((key) => ({
    ...OPTIONAL[key],
    present: present[key],
  }));
}

/** Where site data is blocked, naming the thing may throw by itself. */
function has(object: object, name: string): boolean {
  try {
    return name in object && (object as Record<string, unknown>)[name] != null;
  } catch {
    return false;
  }
}

/** Options are read before anything is fetched (Web IDL), and a browser that does not know the option does not read it. */
function takesModules(Made: typeof Worker): boolean {
  const seen = new Error('read');
  const options = {
    get type(): WorkerType {
      throw seen;
    },
  };
  try {
    new Made('/icon.svg', options).terminate();
    return false;
  } catch (error) {
    return error === seen;
  }
}

/** Android's names itself ("; wv)"); iOS leaves out "Safari/", which every browser there has (WKWebView's default user agent). */
export function webviewOf(userAgent: string): Found['webview'] {
  if (/Android.*; wv\)/.test(userAgent)) return 'android';
  return /\b(iPhone|iPad|iPod)\b/.test(userAgent) && !/Safari\//.test(userAgent) ? 'ios' : null;
}

const PROBE_DATABASE = 'countersign-probe';

function opens(factory: IDBFactory): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), PROBE_PATIENCE_MS);
    const done = (works: boolean): void => {
      clearTimeout(timer);
      resolve(works);
    };
    try {
      const request = factory.open(PROBE_DATABASE);
      request.onerror = () => done(false);
      request.onsuccess = () => {
        request.result.close();
        done(true);
      };
    } catch {
      done(false);
    }
  });
}

async function roomOf(navigator: Navigator): Promise<number | null> {
  if (!has(navigator, 'storage') || !has(navigator.storage, 'estimate')) return null;
  const estimate = await navigator.storage.estimate().catch(() => null);
  return estimate?.quota ?? null;
}

/** The smallest module: its magic number and version. */
function compiles(): boolean {
  try {
    return (
      new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) instanceof WebAssembly.Module
    );
  } catch {
    return false;
  }
}

function advice(found: Found, tried: Tried, cramped: boolean): readonly string[] {
  const hosted =
    found.webview === 'android' ? [ADVICE.androidHost] : found.webview === 'ios' ? [ADVICE.iosHost] : [];
  if (!found.secureContext) {
    const host = hostOf(found.href);
    return [
      ADVICE.askForHttps,
      ADVICE.httpsPrints,
      host === null ? ADVICE.openHttps : ADVICE.openHttpsOf(host),
      ADVICE.localhost,
    ];
  }
  const steps: string[] = [...hosted];
  if (!found.webRtc) steps.push(ADVICE.webRtcOff);
  if (!tried.webAssemblyAllowed) steps.push(ADVICE.policy);
  if (!tried.storageAllowed) steps.push(ADVICE.allowSite);
  if (cramped) steps.push(ADVICE.freeSpace);
  const stores = found.webCrypto && found.locks && found.indexedDb && tried.storageAllowed && !cramped;
  if (!stores) steps.push(ADVICE.privateWindow);
  return [...steps, steps.length === 0 ? ADVICE.currentBrowser : ADVICE.otherBrowser];
}

function hostOf(href: string): string | null {
  try {
    return new URL(href).host || null;
  } catch {
    return null;
  }
}
