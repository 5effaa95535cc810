import { Fragment, type ReactNode } from 'react';

/** A text of the catalog, in which `<b>` … `</b>` sets off what a reader must not miss. */
export function Emphasised({ text }: { text: string }): ReactNode {
  return text
    .split(/<\/?b>/)
    .map((part, i) => <Fragment key={part}>{i % 2 === 0 ? part : <b>{part}</b>}</Fragment>);
}
