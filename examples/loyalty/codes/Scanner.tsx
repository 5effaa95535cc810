/** Takes a text from another device: by the camera, from photos, or pasted. Pasting always works; a camera may be refused or missing. */
import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type FormEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import { LOOK_MS, MAX_PASTED, MAX_PHOTOS } from '../limits.ts';
import { T } from '../texts.ts';
import { createDecoder, type Decoder, type Looked } from './decoder.ts';
import { createCollector } from './frames.ts';
import { useInSight } from './sight.ts';

export interface ScannerProps {
  /** What is to be scanned, as an instruction. */
  readonly asks: string;
  /** Gives null when the text was taken, else what is wrong with it. */
  readonly onText: (text: string) => string | null | Promise<string | null>;
}

export function Scanner({ asks, onText }: ScannerProps): ReactNode {
  const [camera, setCamera] = useState(false);
  const [says, setSays] = useState<Says | null>(null);
  const [pasted, setPasted] = useState('');
  const [collector] = useState(createCollector);
  const decoder = useRef<Decoder | null>(null);
  const busy = useRef(false);
  /** The focus was on the button that starts or stops the camera. */
  const held = useRef(false);
  const field = useId();
  const heading = useId();
  const saysId = useId();
  const cameraButton = useRef<HTMLButtonElement>(null);
  const stopButton = useRef<HTMLButtonElement>(null);
  // The button that was pressed goes; who works by keys stays where it was.
  useEffect(() => {
    if (document.activeElement === document.body && held.current)
      (camera ? stopButton : cameraButton).current?.focus();
    held.current = false;
  }, [camera]);
  const inSight = useInSight();
  useEffect(
    () => () => {
      decoder.current?.close();
      decoder.current = null;
    },
    [],
  );
  const startedDecoder = (): Decoder => (decoder.current ??= createDecoder());
  const wrong = (words: string, pasted = false): void => setSays({ words, wrong: true, pasted });
  const turn = (on: boolean): void => {
    held.current =
      document.activeElement === cameraButton.current || document.activeElement === stopButton.current;
    setCamera(on);
  };

  /** True when the whole text was taken. */
  const take = async (read: string, byHand = false): Promise<boolean> => {
    const collected = collector.take(read.trim());
    if (collected.kind === 'damaged') wrong(T.scan.damaged, byHand);
    if (collected.kind === 'part')
      setSays({ words: T.scan.parts(collected.have, collected.of), wrong: false, pasted: byHand });
    if (collected.kind !== 'whole' || busy.current) return false;
    busy.current = true;
    try {
      const problem = await onText(collected.text);
      setSays(problem === null ? null : { words: problem, wrong: true, pasted: byHand });
      return problem === null;
    } finally {
      busy.current = false;
    }
  };
  const takeLooked = async (looked: Looked, photo: boolean): Promise<void> => {
    if (!looked.ok) return wrong(looked.why === 'not-loaded' ? T.scan.notLoaded : T.scan.noPicture);
    if (looked.texts.length === 0 && photo) wrong(T.scan.noCode);
    for (const text of looked.texts) if (await take(text)) turn(false);
  };
  const takePhotos = async (files: readonly File[]): Promise<void> => {
    for (const file of files.slice(0, MAX_PHOTOS)) await takeLooked(await startedDecoder().read(file), true);
  };
  const takePasted = (event: FormEvent): void => {
    event.preventDefault();
    if (pasted.trim() === '') return wrong(T.scan.nothingPasted, true);
    void take(pasted, true).then((taken) => taken && setPasted(''));
  };
  return (
    <section className="scanner stack" aria-labelledby={heading} data-testid="scanner">
      <h3 id={heading}>{asks}</h3>
      {inSight !== null && inSight.length > 0 && (
        <ul className="stack-tight" aria-label={T.scan.inSight}>
          {inSight.map(({ who, label, text }) => (
            <li key={`${who} ${label}`}>
              <button type="button" className="btn wide signal" onClick={() => void take(text)}>
                {T.scan.take(who, label)}
              </button>
            </li>
          ))}
        </ul>
      )}
      {camera ? (
        <Camera
          look={async (video) => {
            const looked = await startedDecoder().look(video);
            if (looked !== null) await takeLooked(looked, false);
          }}
          onProblem={(words) => {
            turn(false);
            wrong(words);
          }}
          onClose={() => turn(false)}
          stopButton={stopButton}
        />
      ) : (
        <div className="pair">
          <button ref={cameraButton} type="button" className="btn" onClick={() => turn(true)}>
            {T.scan.camera}
          </button>
          <label className="btn file">
            {T.scan.photo}
            <input
              type="file"
              accept="image/*"
              multiple
              onChange={({ currentTarget }) => {
                void takePhotos([...(currentTarget.files ?? [])]);
                // The same photo may be chosen again.
                currentTarget.value = '';
              }}
            />
          </label>
        </div>
      )}
      <form className="stack-tight" onSubmit={takePasted}>
        <div className="field">
          <label htmlFor={field}>{T.scan.paste}</label>
          <textarea
            id={field}
            className="mono"
            rows={2}
            maxLength={MAX_PASTED}
            spellCheck={false}
            autoComplete="off"
            aria-describedby={saysId}
            aria-invalid={says !== null && says.wrong && says.pasted}
            value={pasted}
            onChange={({ currentTarget }) => setPasted(currentTarget.value)}
          />
        </div>
        <button type="submit" className="btn">
          {T.scan.usePasted}
        </button>
      </form>
      <p
        id={saysId}
        role="status"
        className={says?.wrong ? 'notice wrong' : says ? 'notice' : ''}
        data-testid="scan-says"
      >
        {says?.words ?? ''}
      </p>
    </section>
  );
}

interface Says {
  readonly words: string;
  readonly wrong: boolean;
  /** Of what was pasted, not of a picture. */
  readonly pasted: boolean;
}

interface CameraProps {
  readonly look: (video: HTMLVideoElement) => Promise<void>;
  readonly onProblem: (words: string) => void;
  readonly onClose: () => void;
  readonly stopButton: RefObject<HTMLButtonElement | null>;
}

function Camera({ look, onProblem, onClose, stopButton }: CameraProps): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  const [runs, setRuns] = useState(false);
  const lookOnce = useEffectEvent((element: HTMLVideoElement) => void look(element).catch(() => undefined));
  const failed = useEffectEvent((error: unknown) => onProblem(cameraWords(error)));
  useEffect(() => {
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setInterval> | undefined;
    let ended = false;
    const stop = (): void => {
      ended = true;
      clearInterval(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const run = async (): Promise<void> => {
      // Absent where the page is not in a secure context.
      const devices = (navigator as { readonly mediaDevices?: MediaDevices }).mediaDevices;
      if (devices === undefined) throw new DOMException('', 'SecurityError');
      stream = await devices.getUserMedia({ video: { facingMode: { ideal: 'environment' } } });
      const element = video.current;
      if (ended || element === null) return stop();
      for (const track of stream.getVideoTracks())
        track.addEventListener('ended', () => !ended && failed(new Error('ended')), { once: true });
      element.srcObject = stream;
      await element.play();
      setRuns(true);
      timer = setInterval(() => lookOnce(element), LOOK_MS);
    };
    run().catch((error: unknown) => {
      if (ended) return;
      stop();
      failed(error);
    });
    return stop;
  }, []);
  return (
    <div className="stack-tight">
      <video ref={video} className="camera" muted playsInline aria-label={T.scan.sees} />
      <p role="status">{runs ? T.scan.aim : T.scan.starting}</p>
      <button ref={stopButton} type="button" className="btn" onClick={onClose}>
        {T.scan.stop}
      </button>
    </div>
  );
}

/** Names of DOMExceptions of `getUserMedia`: W3C Media Capture, 10.3.1. */
function cameraWords(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError') return T.scan.refused;
  if (name === 'NotFoundError') return T.scan.none;
  return T.scan.failed;
}
