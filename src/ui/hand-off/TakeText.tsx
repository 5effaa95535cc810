/** Takes in a text that another device shows as a QR code: by the camera, from a picture, pasted or typed by a scanner. */
import { useId, useRef, useState, type ReactNode } from 'react';
import { decodeImage } from '../bench/decode-image.ts';
import { useCamera } from './camera.ts';
import { cameraProblem, HAND_OFF } from './texts.ts';

export interface TakeTextProps {
  /** What the text is, for the field's name: “hand-off request”. */
  readonly what: string;
  /** Gives the sentence that says why it was not taken, or null. */
  readonly onText: (text: string) => Promise<string | null>;
}

export function TakeText({ what, onText }: TakeTextProps): ReactNode {
  const field = useId();
  const [camera, setCamera] = useState(false);
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const video = useRef<HTMLVideoElement>(null);

  const take = async (text: string): Promise<void> => {
    setCamera(false);
    setProblem(null);
    // A decoder and a scanner put the kind of barcode before what it holds.
    const said = await onText(text.replace(/^\][A-Za-z]\d/, '')).catch(
      () => 'The replica did not answer. Reload this page and scan again.',
    );
    setProblem(said);
    if (said === null) setTyped('');
  };
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const decoded = await decodeImage(file);
    if (decoded.ok) await take(decoded.value.code);
    else setProblem(decoded.error.message);
  };
  useCamera(
    video,
    camera,
    (code) => void take(code),
    (name) => {
      setCamera(false);
      setProblem(cameraProblem(name));
    },
  );
  return (
    <div className="stack-tight take">
      <div className="hand-pair">
        <button type="button" className="btn bench" onClick={() => setCamera(!camera)}>
          {camera ? HAND_OFF.stopCamera : HAND_OFF.useCamera}
        </button>
        <label className="btn bench file">
          {HAND_OFF.usePicture}
          <span className="hidden"> of the {what}</span>
          <input
            type="file"
            accept="image/*"
            onChange={(event) => {
              const input = event.currentTarget;
              void choose(input.files?.[0]).finally(() => (input.value = ''));
            }}
          />
        </label>
      </div>
      {camera && <video ref={video} className="camera" muted playsInline aria-label="What the camera sees" />}
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          void take(typed);
        }}
      >
        <div className="field">
          <label htmlFor={field}>
            {HAND_OFF.paste}
            <span className="hidden"> of the {what}</span>
          </label>
          <textarea
            id={field}
            className="mono paste"
            rows={2}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              // A scanner that types ends with Enter; these texts have one line.
              if (event.key !== 'Enter') return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
        </div>
        <button type="submit" className="btn bench" disabled={typed.trim() === ''}>
          {HAND_OFF.readText}
        </button>
      </form>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
