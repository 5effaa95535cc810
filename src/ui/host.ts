/**
 * The program around the page: a browser, or an app that shows it in a webview (docs/webviews.md). A webview takes part of what a browser
 * does only when its app has code for it, and mostly does nothing, without a word, when it has not.
 */

/** What an app may give to the page before its first script runs; every part is optional. */
export interface HostBridge {
  /** Saves a file. `base64`: its bytes. Resolves when it is kept, and rejects when it is not. */
  save?(name: string, type: string, base64: string): Promise<void> | void;
  /** Prints the page as it stands. */
  print?(): void;
  /** The app handles downloads from `blob:` addresses itself. */
  readonly downloads?: boolean;
}

declare global {
  interface Window {
    countersignHost?: HostBridge;
  }
}

export const hostBridge = (): HostBridge => window.countersignHost ?? {};

/**
 * True inside a webview, as far as a page can tell: Android marks its own with `; wv)` since Lollipop, and Apple's leaves the word `Safari`
 * out of the name that every browser on the system gives.
 */
export function isWebview(userAgent: string): boolean {
  if (/\bAndroid\b.*; wv\)/.test(userAgent)) return true;
  return (
    /\b(iPhone|iPad|iPod)\b/.test(userAgent) && /AppleWebKit/.test(userAgent) && !/Safari\//.test(userAgent)
  );
}

/** Does a press on a link with `download` save the file? */
export const canDownload = (): boolean =>
  'download' in HTMLAnchorElement.prototype &&
  (!isWebview(navigator.userAgent) || hostBridge().downloads === true);

/** False: nothing can print this page, and a person has to be told. */
export function printPage(): boolean {
  const { print } = hostBridge();
  if (print !== undefined) print();
  else if (typeof window.print === 'function' && !isWebview(navigator.userAgent)) window.print();
  else return false;
  return true;
}

/** A device that is held and touched: a phone, or a terminal with a scanner in it. */
export const isHandheld = (): boolean =>
  typeof window.matchMedia === 'function' && window.matchMedia('(pointer: coarse)').matches;
