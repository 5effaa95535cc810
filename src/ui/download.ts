/** Hands bytes to whatever saves files here: the app around the page, the browser's download, or the person by way of a dialog. */
import { canDownload, hostBridge } from './host.ts';
import { pressDownload } from './press-download.ts';

export function downloadBytes(bytes: Uint8Array, name: string, type = 'application/octet-stream'): void {
  void save(bytes, name, type);
}

async function save(bytes: Uint8Array, name: string, type: string): Promise<void> {
  const bridge = hostBridge();
  if (bridge.save !== undefined) {
    const kept = await tried(() => bridge.save?.(name, type, base64(bytes)));
    if (kept) return;
  } else if (canDownload()) return pressDownload(bytes, name, type);
  const { openSaveDialog } = await import('./parts/SaveDialog.tsx');
  openSaveDialog({ bytes, name, type });
}

async function tried(call: () => Promise<void> | void): Promise<boolean> {
  try {
    await call();
    return true;
  } catch {
    return false;
  }
}

/** A bridge to an app carries text only. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** Bytes at a time: a call takes only so many arguments. */
const CHUNK = 8192;
