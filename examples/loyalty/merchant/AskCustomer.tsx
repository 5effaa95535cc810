/** Shows a request to the customer's phone, takes the answer back, and proposes what was signed. */
import type { ReactNode } from 'react';
import { CodeView } from '../codes/CodeView.tsx';
import { Scanner } from '../codes/Scanner.tsx';
import { Heading, Notice } from '../parts.tsx';
import {
  readAnswer,
  requestText,
  submit,
  type Operation,
  type Outcome,
  type Request,
} from '../points/index.ts';
import { T } from '../texts.ts';
import { useDesk } from './desk.ts';

export function AskCustomer({
  title,
  request,
  warning = null,
  onSubmitted,
  onBack,
}: {
  readonly title: string;
  readonly request: Request;
  readonly warning?: string | null;
  readonly onSubmitted: (operation: Operation<Outcome>) => void;
  readonly onBack: () => void;
}): ReactNode {
  const { street } = useDesk();
  return (
    <>
      <section className="card">
        <Heading>{title}</Heading>
        {warning !== null && <Notice kind="warn">{warning}</Notice>}
        <p>{T.ask.show}</p>
        <CodeView text={requestText(request)} label={T.ask.request} />
      </section>
      <section className="card">
        <Scanner
          asks={T.ask.scan}
          onText={(text) => {
            const answer = readAnswer(text);
            if (!answer.ok) return answer.error.message;
            if (answer.value.customer !== request.customer) return T.ask.other;
            onSubmitted(submit(street, request, answer.value));
            return null;
          }}
        />
        <button type="button" className="btn" onClick={onBack}>
          {T.cancel}
        </button>
      </section>
    </>
  );
}
