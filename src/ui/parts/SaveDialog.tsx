/** For webviews that take no downloads: the file is shared, or copied as text. Opened by download.ts, from whatever page. */
import { useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { MAX_SHOWN_TEXT } from '../limits.ts';
import { pressDownload } from '../press-download.ts';
import { Dialog } from './Dialog.tsx';
import { SAVE } from './texts.ts';

interface SaveFile {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly type: string;
}

export function openSaveDialog(file: SaveFile): void {
  const place = document.body.appendChild(document.createElement('div'));
  const root = createRoot(place);
  const close = (): void => {
    root.unmount();
    place.remove();
  };
  root.render(<SaveDialog file={file} onClose={close} />);
}

function SaveDialog({ file, onClose }: { file: SaveFile; onClose: () => void }): ReactNode {
  const [said, setSaid] = useState('');
  const text = textOf(file);
  const shared = new File([file.bytes.slice()], file.name, { type: file.type });
  const share = async (): Promise<void> => {
    try {
      await navigator.share({ files: [shared], title: file.name });
      setSaid(SAVE.shared);
    } catch {
      setSaid(SAVE.notShared);
    }
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text ?? '');
      setSaid(SAVE.copied);
    } catch {
      setSaid(SAVE.notCopied);
    }
  };
  return (
    <Dialog open title={SAVE.title(file.name)} onClose={onClose}>
      <p>{SAVE.why}</p>
      <div className="row">
        {canShare(shared) && (
          <button type="button" className="btn main" onClick={() => void share()}>
            {SAVE.share}
          </button>
        )}
        {text !== null && (
          <button type="button" className="btn" onClick={() => void copy()}>
            {SAVE.copy}
          </button>
        )}
        <button type="button" className="btn" onClick={() => pressDownload(file.bytes, file.name, file.type)}>
          {SAVE.download}
        </button>
      </div>
      <p role="status">{said}</p>
      {text === null ? (
        <p>{SAVE.binary}</p>
      ) : (
        <label className="field">
          <span className="label">{SAVE.text}</span>
          <textarea className="mono" dir="ltr" readOnly rows={4} value={text} />
        </label>
      )}
      <div className="row">
        <button type="button" className="btn" onClick={onClose}>
          {SAVE.close}
        </button>
      </div>
    </Dialog>
  );
}

function canShare(file: File): boolean {
  return typeof navigator.canShare === 'function' && navigator.canShare({ files: [file] });
}

function textOf({ bytes, type }: SaveFile): string | null {
  if (bytes.length > MAX_SHOWN_TEXT || !/^text\/|json$|xml$/.test(type)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
