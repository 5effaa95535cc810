import type { ReactNode } from 'react';

/** A sentence of the verifier or of a record: these are the same wherever they are read, hence English. */
export function Told({ text }: { readonly text: string }): ReactNode {
  return (
    <bdi lang="en" dir="ltr">
      {text}
    </bdi>
  );
}
