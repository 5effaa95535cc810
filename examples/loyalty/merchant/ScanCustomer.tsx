import type { ReactNode } from 'react';
import { Scanner } from '../codes/Scanner.tsx';
import { Heading } from '../parts.tsx';
import { readCustomer, type Owner } from '../points/index.ts';
import { T } from '../texts.ts';

/** The first step of whatever is done for a customer: whose points it is about. */
export function ScanCustomer({
  title,
  asks = T.customer.scan,
  onCustomer,
  onBack,
}: {
  readonly title: string;
  readonly asks?: string;
  readonly onCustomer: (customer: Owner) => void;
  readonly onBack: () => void;
}): ReactNode {
  return (
    <section className="card">
      <Heading>{title}</Heading>
      <Scanner
        asks={asks}
        onText={(text) => {
          const read = readCustomer(text);
          if (!read.ok) return read.error.message;
          onCustomer(read.value);
          return null;
        }}
      />
      <button type="button" className="btn" onClick={onBack}>
        {T.back}
      </button>
    </section>
  );
}
