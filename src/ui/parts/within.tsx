/** Elements inside a translated sentence, wherever its language has them. */
import { Fragment, type ReactNode } from 'react';

/** What stands in a message for the first, second and third element: private characters, which no text has. */
export const SLOTS = ['\uE000', '\uE001', '\uE002'] as const;

/** `text`, with `elements` in place of the slots. */
export function within(text: string, ...elements: readonly ReactNode[]): ReactNode {
  return text.split(/([\uE000-\uE002])/u).map((part, i) => {
    const slot = SLOTS.findIndex((one) => one === part);
    return <Fragment key={i}>{slot < 0 ? part : elements[slot]}</Fragment>;
  });
}
