/** Takes in a text that another device shows as a QR code: by the camera, from a picture, pasted or typed by a scanner. */
import { useId, useRef, useState, type ReactNode } from 'react';
import { langOf } from '../errors.ts';
import { decodeImage } from '../scan/decode-image.ts';
import { createFieldWedge, takeFirst, type FieldWedge } from '../scan/field-wedge.ts';
import { SCAN } from '../scan/texts.ts';
import { useCameraButton } from '../scan/use-camera-button.tsx';
import { heardKey, isOfInputMethod } from '../scan/use-scanner.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { HAND_OFF, type Shown } from './texts.ts';

export interface TakeTextProps {
  /** What the text is, for the field's name. */
  readonly what: Shown;
  /** Gives the sentence that says why it was not taken, or null. */
  readonly onText: (text: string) => Promise<string | null>;
  /** What the page says beside it already, and is not said twice. */
  readonly told?: string | null;
}

export function TakeText({ what, onText, told = null }: TakeTextProps): ReactNode {
  const field = useId();
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  // What the page takes back is not said here instead.
  const [wasTold, setWasTold] = useState(told);
  if (told !== wasTold) {
    setWasTold(told);
    if (told === null) setProblem(null);
  }

  const wedge = useRef<FieldWedge>(null);
  wedge.current ??= createFieldWedge();

  /** A scanner's second Enter comes while the text is being read. */
  const taking = useRef(false);
  const take = (texts: readonly string[]): Promise<void> =>
    oneAtATime(taking, async () => {
      setProblem(null);
      const said = await takeFirst(texts, onText, HAND_OFF.takeNoAnswer);
      if (said === null) setTyped('');
      else setProblem(said);
    });
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const decoded = await decodeImage(file, 'qr');
    if (decoded.ok) await take([decoded.value]);
    else setProblem(decoded.error.message);
  };
  const camera = useCameraButton({
    wanted: 'qr',
    taken: 'text',
    otherwise: SCAN.elsewhereCode,
    onCode: (code) => void take([code]),
  });
  return (
    <div className="stack-tight take">
      <div className="hand-pair">
        {camera.button}
        <label className="btn bench file">
          {HAND_OFF.usePicture}
          <span className="hidden">{HAND_OFF.ofWhat(what)}</span>
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
      {camera.panel}
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          void take(wedge.current!.readings(typed));
        }}
      >
        <div className="field">
          <label htmlFor={field}>
            {HAND_OFF.paste}
            <span className="hidden">{HAND_OFF.ofWhat(what)}</span>
          </label>
          <textarea
            id={field}
            className="mono paste"
            dir="ltr"
            rows={2}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyUp={(event) => wedge.current!.key(heardKey(event.nativeEvent))}
            onKeyDown={(event) => {
              wedge.current!.key(heardKey(event.nativeEvent));
              // A scanner that types ends with Enter; these texts have one line.
              if (event.key !== 'Enter' || isOfInputMethod(event.nativeEvent)) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
        </div>
        {/* Never disabled: it has the focus when the field is emptied, and would lose it to nothing. */}
        <button type="submit" className="btn bench">
          {HAND_OFF.readText}
        </button>
      </form>
      {problem !== null && problem !== told && (
        <p className="notice bad" role="alert" lang={langOf(problem)}>
          {problem}
        </p>
      )}
    </div>
  );
}
