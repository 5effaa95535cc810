/** Answers to a question that a page asks again at every change, in the order in which it was asked. */
import { useEffect, useState } from 'react';
import { useApi } from './api-context.tsx';

export class InOrder {
  #asked = 0;
  #told = 0;

  /**
   * Tells the answer, unless that to a later question has been told. A question that is under way is not given up for a later one: under
   * steady load there always is one, and nothing would ever be told.
   */
  take<T>(answer: Promise<T>, tell: (answer: T) => void, failed?: () => void): void {
    const question = ++this.#asked;
    const inTurn = (say: () => void): void => {
      if (question < this.#told) return;
      this.#told = question;
      say();
    };
    answer.then(
      (value) => inTurn(() => tell(value)),
      // A failure that is not shown takes nothing from the answers to earlier questions.
      () => failed && inTurn(failed),
    );
  }

  /** What was asked until now is told no more. */
  forget(): void {
    this.#told = ++this.#asked;
  }
}

/** Of one component: what it has asked is forgotten when it is gone, and when it asks `about` something else. */
export function useInOrder(about: string): InOrder {
  const api = useApi();
  const [order] = useState(() => new InOrder());
  // Called before the effect that asks: React cleans up after all effects of the last time before it runs any of this one.
  useEffect(() => () => order.forget(), [order, api, about]);
  return order;
}
