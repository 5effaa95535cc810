/** What the hands and ears get: sounds that cannot be taken for one another, and vibrations. */
import { localSettings } from '../theme/local-settings.ts';

let audio: AudioContext | null = null;

/** A step was taken: one short high tone. */
export function feedbackGood(): void {
  tones([{ hertz: 1318, from: 0, seconds: 0.09, shape: 'sine' }]);
  vibrate([40]);
}

/** Something blocks: two long low tones. */
export function feedbackBad(): void {
  tones([
    { hertz: 196, from: 0, seconds: 0.22, shape: 'square' },
    { hertz: 147, from: 0.26, seconds: 0.34, shape: 'square' },
  ]);
  vibrate([180, 80, 180]);
}

/** Something behind the work in front wants its person: two middle tones, rising. Not to be taken for the answer to a scan. */
export function feedbackNews(): void {
  tones([
    { hertz: 440, from: 0, seconds: 0.12, shape: 'triangle' },
    { hertz: 660, from: 0.16, seconds: 0.16, shape: 'triangle' },
  ]);
  vibrate([60, 120, 60]);
}

interface Tone {
  readonly hertz: number;
  readonly from: number;
  readonly seconds: number;
  readonly shape: OscillatorType;
}

function tones(list: readonly Tone[]): void {
  if (!localSettings().sounds || typeof AudioContext === 'undefined') return;
  try {
    audio ??= new AudioContext();
    // A page may not sound before the first gesture; a scan is a gesture.
    void audio.resume().catch(() => undefined);
    for (const tone of list) {
      const oscillator = audio.createOscillator();
      const gain = audio.createGain();
      const start = audio.currentTime + tone.from;
      oscillator.type = tone.shape;
      oscillator.frequency.value = tone.hertz;
      gain.gain.setValueAtTime(tone.shape === 'square' ? 0.12 : 0.25, start);
      gain.gain.exponentialRampToValueAtTime(0.001, start + tone.seconds);
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start(start);
      oscillator.stop(start + tone.seconds);
    }
  } catch {
    // No sound device: the screen says the same.
  }
}

function vibrate(pattern: number[]): void {
  // iOS has no vibration at all.
  if (typeof navigator.vibrate === 'function') navigator.vibrate(pattern);
}
