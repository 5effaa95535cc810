/** What a page shows of a question that it asks again at every change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InOrder } from '../../src/ui/use-in-order.ts';

/** A replica that is slow: each question is answered when the test says so. */
class Slow {
  readonly order = new InOrder();
  readonly told: (number | 'failed')[] = [];
  readonly #waiting: { readonly answer: (value: number) => void; readonly fail: () => void }[] = [];

  ask({ tellsFailures = true } = {}): void {
    const answer = new Promise<number>((resolve, reject) => {
      this.#waiting.push({ answer: resolve, fail: () => reject(new Error('stopped')) });
    });
    const failed = (): void => void this.told.push('failed');
    this.order.take(answer, (value) => void this.told.push(value), tellsFailures ? failed : undefined);
  }

  /** Answers with the number of the question, the first is 0. */
  async answer(question: number): Promise<void> {
    this.#waiting[question]!.answer(question);
    await turn();
  }

  async fail(question: number): Promise<void> {
    this.#waiting[question]!.fail();
    await turn();
  }
}

/** All that is under way and needs no timer. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a question that is asked again', () => {
  it('is never answered where the next one always goes out before the answer comes', async () => {
    const slow = new Slow();
    slow.ask();
    for (let question = 0; question < 20; question++) {
      slow.ask();
      await slow.answer(question);
    }
    expect(slow.told).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('is shown as it was before, when an earlier answer comes later', async () => {
    const answers = fc.shuffledSubarray([0, 1, 2, 3, 4, 5]);
    await fc.assert(
      fc.asyncProperty(answers, async (coming) => {
        const slow = new Slow();
        for (let question = 0; question < 6; question++) slow.ask();
        for (const question of coming) await slow.answer(question);
        expect(slow.told).toEqual([...slow.told].sort());
        expect(slow.told.at(-1)).toBe(coming.length === 0 ? undefined : Math.max(...coming));
      }),
    );
  });

  it('is told of another thing, or after its page is gone', async () => {
    const slow = new Slow();
    slow.ask();
    slow.ask();
    slow.order.forget();
    await slow.answer(1);
    await slow.fail(0);
    expect(slow.told).toEqual([]);
    slow.ask();
    await slow.answer(2);
    expect(slow.told).toEqual([2]);
  });

  it('fails behind a newer answer, or takes away an earlier one although nobody shows that it failed', async () => {
    const shown = new Slow();
    shown.ask();
    shown.ask();
    await shown.answer(1);
    await shown.fail(0);
    shown.ask();
    await shown.fail(2);
    expect(shown.told).toEqual([1, 'failed']);
    const silent = new Slow();
    silent.ask({ tellsFailures: false });
    silent.ask({ tellsFailures: false });
    await silent.fail(1);
    await silent.answer(0);
    expect(silent.told).toEqual([0]);
  });
});
