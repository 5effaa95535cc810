/** What the camera has in sight, the decoder behind it, and the camera itself, without any of them. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CAMERA_GONE_MS, DECODER_IDLE_MS, DECODER_PATIENCE_MS, MAX_IN_SIGHT } from '../../src/ui/limits.ts';
import { hasTorch, openCamera, problemOf, rememberCamera } from '../../src/ui/scan/camera.ts';
import { createDecoder, type Decoded, type DecoderWorker } from '../../src/ui/scan/decoder.ts';
import type { DecodeAnswer, DecodeRequest } from '../../src/ui/scan/decoder-messages.ts';
import { EMPTY_SIGHT, judge, look, untold, type Sight, type Verdict } from '../../src/ui/scan/sight.ts';
import { CAMERA_PROBLEMS, sightWords } from '../../src/ui/scan/texts.ts';
import { sscc } from './fake-client.ts';

const label = (serial: number): string => `]C100${sscc(serial)}`;
const PRODUCT = ']E04012345000207';

/** Looks of the camera, 100 ms apart unless a number says how long nothing was looked at. */
function looks(...seen: (readonly string[] | number)[]): { told: string[]; sight: Sight } {
  let sight = EMPTY_SIGHT;
  let at = 0;
  const told: string[] = [];
  for (const one of seen) {
    if (typeof one === 'number') {
      at += one;
      continue;
    }
    const step = look(sight, one, (at += 100));
    sight = step.sight;
    told.push(...step.agreed);
  }
  return { told, sight };
}

describe('what the camera sees', () => {
  it('is believed at the first look, or when two looks differ', () => {
    expect(looks([label(1)]).told).toEqual([]);
    expect(looks([label(1)], [label(2)], [label(1)]).told).toEqual([]);
    expect(looks([label(1)], [label(1)]).told).toEqual([label(1)]);
  });
  it('a blur between two looks loses what was seen', () => {
    expect(looks([label(1)], [], [], [label(1)]).told).toEqual([label(1)]);
  });
  it('a look of long ago counts as one of two', () => {
    expect(looks([label(1)], CAMERA_GONE_MS, [label(1)]).told).toEqual([]);
  });
  it('is told again while it stays in sight, or never again', () => {
    const still = [label(1)];
    expect(looks(still, still, still, [], still, still).told).toEqual([label(1)]);
    expect(looks(still, still, CAMERA_GONE_MS, still, still).told).toEqual([label(1), label(1)]);
  });
  it('keeps every code that it ever saw', () => {
    const many = Array.from({ length: 3 * MAX_IN_SIGHT }, (_, i) => label(i));
    const { sight } = looks(many, many, many);
    expect(sight.told.size).toBe(MAX_IN_SIGHT);
    expect(look(sight, [], 10 * CAMERA_GONE_MS).sight.told.size).toBe(0);
  });
  it('of two packages one stays untaken when it is alone at last', () => {
    const both = [label(1), label(2)];
    const { sight, told } = looks(both, both);
    expect(judge(told, 'package')).toEqual({ kind: 'several' });
    const step = look(untold(sight, told), [label(2)], 300);
    expect(judge(step.agreed, 'package')).toEqual({ kind: 'take', code: label(2) });
  });
});

describe('of what two looks agree on', () => {
  it('a wrong check digit is taken', () => {
    const wrong = `]C100${sscc(1).slice(0, -1)}${(Number(sscc(1).at(-1)) + 1) % 10}`;
    for (const taken of ['package', 'named'] as const)
      expect(judge([wrong], taken)).toMatchObject({ kind: 'wrong-check-digit' });
  });
  it('the contents are taken for the package', () => {
    expect(judge([PRODUCT], 'package')).toEqual({ kind: 'product', gtin: '04012345000207' });
    expect(judge([PRODUCT, label(1)], 'package')).toEqual({ kind: 'take', code: label(1) });
    expect(judge([PRODUCT], 'named')).toEqual({ kind: 'take', code: PRODUCT });
  });
  it('a text that another device shows is judged as if it were a label', () => {
    expect(judge([']Q1any text'], 'text')).toEqual({ kind: 'take', code: ']Q1any text' });
    expect(judge([']Q1any text'], 'package')).toEqual({ kind: 'other' });
    expect(judge([], 'text')).toBeNull();
  });
  it('what is not taken leaves the person without a word', () => {
    const verdicts: Verdict[] = [
      { kind: 'wrong-check-digit', read: sscc(1) },
      { kind: 'product', gtin: '04012345000207' },
      { kind: 'several' },
      { kind: 'other' },
    ];
    for (const verdict of verdicts) expect(sightWords(verdict)).toMatch(/\.$/);
    expect(sightWords({ kind: 'take', code: label(1) })).toBeNull();
  });
});

class FakeWorker implements DecoderWorker {
  readonly sent: DecodeRequest[] = [];
  ended = false;
  readonly #listeners = new Map<string, (event: never) => void>();
  postMessage(message: DecodeRequest): void {
    this.sent.push(message);
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }
  terminate(): void {
    this.ended = true;
  }
  answer(answer: Partial<DecodeAnswer> = {}): void {
    const data = { id: this.sent.at(-1)!.id, ok: true, found: [], ...answer };
    this.#listeners.get('message')!({ data } as never);
  }
  fail(): void {
    this.#listeners.get('error')!(undefined as never);
  }
}

function fakeDecoder() {
  const workers: FakeWorker[] = [];
  const decoder = createDecoder(() => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  });
  const closed: string[] = [];
  const outcomes: Record<string, Decoded> = {};
  const send = (name: string, effort: 'live' | 'photo' = 'live'): void => {
    const image = { width: 1, height: 1, close: () => closed.push(name) };
    void decoder.decode(image, { wanted: 'label', effort }).then((decoded) => (outcomes[name] = decoded));
  };
  return { decoder, workers, closed, outcomes, send };
}

/** Lets what was promised be heard. */
const settled = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

describe('the decoder', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('frames pile up while it is busy', async () => {
    const { workers, closed, outcomes, send } = fakeDecoder();
    for (const name of ['a', 'b', 'c', 'd']) send(name);
    await settled();
    expect(workers[0]!.sent).toHaveLength(1);
    expect(closed).toEqual(['b', 'c']);
    expect(outcomes).toEqual({ b: { ok: false, why: 'replaced' }, c: { ok: false, why: 'replaced' } });
    workers[0]!.answer();
    workers[0]!.answer();
    await settled();
    expect(workers[0]!.sent).toHaveLength(2);
    expect(outcomes['d']).toEqual({ ok: true, found: [] });
  });
  it('a photo gives way to the frames of the camera', async () => {
    const { workers, outcomes, send } = fakeDecoder();
    send('frame');
    send('photo', 'photo');
    for (const name of ['x', 'y']) send(name);
    workers[0]!.answer();
    expect(workers[0]!.sent.at(-1)!.options.effort).toBe('photo');
    workers[0]!.answer();
    await settled();
    expect(outcomes['photo']).toMatchObject({ ok: true });
  });
  it('is never ended, or ended in the middle of work', async () => {
    const { workers, send } = fakeDecoder();
    send('a');
    await vi.advanceTimersByTimeAsync(DECODER_PATIENCE_MS - 1);
    expect(workers[0]!.ended).toBe(false);
    workers[0]!.answer();
    await vi.advanceTimersByTimeAsync(DECODER_IDLE_MS - 1);
    expect(workers[0]!.ended).toBe(false);
    send('b');
    workers[0]!.answer();
    await vi.advanceTimersByTimeAsync(DECODER_IDLE_MS);
    expect(workers[0]!.ended).toBe(true);
    send('c');
    expect(workers).toHaveLength(2);
  });
  it('a picture on which it hangs or dies takes all later ones with it', async () => {
    const { workers, outcomes, send } = fakeDecoder();
    send('hangs');
    send('next');
    await vi.advanceTimersByTimeAsync(DECODER_PATIENCE_MS);
    expect(outcomes['hangs']).toEqual({ ok: false, why: 'not-decoded' });
    expect(workers[0]!.ended).toBe(true);
    workers[1]!.fail();
    await settled();
    expect(outcomes['next']).toEqual({ ok: false, why: 'not-loaded' });
    // What the first still says is not taken for an answer of another.
    send('last');
    workers[0]!.answer({ id: workers[2]!.sent[0]!.id });
    await settled();
    expect(outcomes['last']).toBeUndefined();
  });
  it('says that it is ready without having been loaded', async () => {
    const { decoder, workers } = fakeDecoder();
    const ready = decoder.prepare();
    workers[0]!.answer({ ok: false, why: 'not-loaded' } as DecodeAnswer);
    await expect(ready).rejects.toThrow('could not be loaded');
  });
});

describe('the camera', () => {
  const asked: MediaStreamConstraints[] = [];
  const gone = new Set<string>();
  const stream = (deviceId: string, capabilities: object) => ({
    getVideoTracks: () => [{ getSettings: () => ({ deviceId }), getCapabilities: () => capabilities }],
  });
  beforeEach(() => {
    asked.length = 0;
    gone.clear();
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
    vi.stubGlobal('navigator', {
      mediaDevices: {
        getUserMedia: async (constraints: MediaStreamConstraints) => {
          asked.push(constraints);
          const id = (constraints.video as { deviceId?: { exact: string } }).deviceId?.exact;
          if (id !== undefined && gone.has(id)) throw new DOMException('gone', 'OverconstrainedError');
          return stream(id ?? 'back', id === undefined ? { torch: true } : {});
        },
      },
    });
  });
  afterEach(() => void vi.unstubAllGlobals());

  it('that was chosen is forgotten, or a lost one is waited for', async () => {
    const back = await openCamera(null);
    expect(back).toMatchObject({ ok: true, camera: { id: 'back' } });
    expect(back.ok && hasTorch(back.camera.stream)).toBe(true);
    rememberCamera('wide');
    const wide = await openCamera(null);
    expect(wide).toMatchObject({ ok: true, camera: { id: 'wide' } });
    expect(wide.ok && hasTorch(wide.camera.stream)).toBe(false);
    gone.add('wide');
    expect(await openCamera(null)).toMatchObject({ ok: true, camera: { id: 'back' } });
    expect(await openCamera('front')).toMatchObject({ ok: true, camera: { id: 'front' } });
  });
  it('that was chosen and does not answer locks out all others, since only the panel lets one choose', async () => {
    rememberCamera('infrared');
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia;
    vi.stubGlobal('navigator', {
      mediaDevices: {
        getUserMedia: (wanted: MediaStreamConstraints) =>
          JSON.stringify(wanted).includes('infrared')
            ? Promise.reject(new DOMException('in use', 'NotReadableError'))
            : open(wanted),
      },
    });
    expect(await openCamera(null)).toMatchObject({ ok: true, camera: { id: 'back' } });
    expect(await openCamera('infrared')).toMatchObject({ ok: true, camera: { id: 'back' } });
  });
  it('a refusal is asked for a second time, or has no words', async () => {
    rememberCamera('wide');
    const denied = vi.fn(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: denied } });
    expect(await openCamera(null)).toEqual({ ok: false, problem: 'NotAllowedError' });
    expect(denied).toHaveBeenCalledTimes(1);
    for (const name of ['NotFoundError', 'NotReadableError', 'TrackStartError', 'Whatever'])
      expect(CAMERA_PROBLEMS[problemOf(new DOMException('', name))]).toMatch(/\.$/);
  });
  it('a page without a secure context throws', async () => {
    vi.stubGlobal('navigator', {});
    expect(await openCamera(null)).toEqual({ ok: false, problem: 'insecure' });
  });
});
