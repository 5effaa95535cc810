/** A long text in several QR codes (examples/loyalty/codes/frames.ts). */
import { describe, expect, it } from 'vitest';
import { createCollector, framesOf } from '../../examples/loyalty/codes/frames.ts';
import { FRAME_CHARACTERS, MAX_FRAMES } from '../../examples/loyalty/limits.ts';

const long = (mark: string): string =>
  Array.from({ length: 300 }, (_, i) => `${mark}${i}`)
    .join(' ')
    .padEnd(4 * FRAME_CHARACTERS, '.');

describe('frames', () => {
  it('a text that fits is shown and read as it is', () => {
    expect(framesOf('LP1C.abc')).toEqual(['LP1C.abc']);
    expect(createCollector().take('LP1C.abc')).toEqual({ kind: 'whole', text: 'LP1C.abc' });
  });

  it('parts are put together in any order, seen as often as they are', () => {
    const text = long('a');
    const frames = framesOf(text);
    expect(frames).toHaveLength(4);
    const { take } = createCollector();
    expect(take(frames[2]!)).toEqual({ kind: 'part', have: 1, of: 4 });
    expect(take(frames[2]!)).toEqual({ kind: 'part', have: 1, of: 4 });
    take(frames[0]!);
    take(frames[3]!);
    expect(take(frames[1]!)).toEqual({ kind: 'whole', text });
  });

  it('parts of two texts that are seen in turn are not mixed', () => {
    const [one, other] = [long('a'), long('b')];
    const { take } = createCollector();
    const told = framesOf(one).flatMap((frame, i) => [take(frame), take(framesOf(other)[i]!)]);
    expect(told.slice(-2)).toEqual([
      { kind: 'whole', text: one },
      { kind: 'whole', text: other },
    ]);
  });

  it('a part that was changed is noticed when the text is whole', () => {
    const frames = framesOf(long('a'));
    const { take } = createCollector();
    take(frames[0]!.replace('a1 ', 'a7 '));
    take(frames[1]!);
    take(frames[2]!);
    expect(take(frames[3]!)).toEqual({ kind: 'damaged' });
  });

  it('a part that cannot be is damaged, and a text that is too long is no pictures', () => {
    for (const wrong of ['LP/00000000/3/2/x', 'LP/00000000/0/2/x', 'LP/00000000/1/1/x', 'LP/00000000/1/99/x'])
      expect(createCollector().take(wrong)).toEqual({ kind: 'damaged' });
    expect(() => framesOf('x'.repeat(MAX_FRAMES * FRAME_CHARACTERS + 1))).toThrow(RangeError);
  });
});
