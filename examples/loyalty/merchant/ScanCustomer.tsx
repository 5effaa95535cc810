import type { ReactNode } from 'react';
import { Scanner } from '../codes/Scanner.tsx';
import { Heading, Notice } from '../parts.tsx';
import { readCustomer, type Owner } from '../points/index.ts';
import { T } from '../texts.ts';

/** The first step of whatever is done for a customer: whose points it is about. */
export function ScanCustomer({
  title,
  asks = T.customer.scan,
  problem = null,
  refuse,
  onCustomer,
  onBack,
}: {
  readonly title: string;
  readonly asks?: string;
  /** What came of the customer that was scanned last. */
  readonly problem?: string | null;
  /** Why it cannot be this customer; null: it can. */
  readonly refuse?: (customer: Owner) => string | null;
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
          const refused = refuse?.(read.value) ?? null;
          if (refused !== null) return refused;
          onCustomer(read.value);
          return null;
        }}
      />
      {problem !== null && (
        <Notice kind="wrong">
          <p role="alert">{problem}</p>
        </Notice>
      )}
      <button type="button" className="btn" onClick={onBack}>
        {T.back}
      </button>
    </section>
  );
}
