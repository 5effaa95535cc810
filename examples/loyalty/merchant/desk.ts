/** What a stall has under way: operations that wait for the other stalls, and those that are done, for as long as the page is open. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { Network, Result } from 'countersign';
import { MAX_RECENT, RECORD_AGAIN_MS } from '../limits.ts';
import {
  groups,
  offers,
  unfinished,
  type Group,
  type LoyaltyError,
  type Offer,
  type Operation,
  type Outcome,
  type Owner,
  type Street,
  type Unfinished,
} from '../points/index.ts';

export interface Doing {
  readonly id: number;
  /** What it is, as a person calls it: "Give 20 points to customer 3f9a 21bc". */
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly operation: Operation<unknown>;
  /** Groups that came of it; null: not yet, or nothing of the kind. */
  readonly groups: readonly Group[] | null;
  readonly error: LoyaltyError | null;
  /** Whose receipts are to be handed over; null: nobody's. */
  readonly receiptsFor: Owner | null;
  /** A customer signed points away for it, and expects something in return. */
  readonly paid: boolean;
}

export class Desk {
  readonly network: Network;
  readonly street: Street;
  #doing: readonly Doing[] = [];
  #serial = 0;
  readonly #listeners = new Set<() => void>();

  constructor(network: Network, street: Street) {
    this.network = network;
    this.street = street;
  }

  /** Newest first. */
  readonly doing = (): readonly Doing[] => this.#doing;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows an operation; gives the number by which it is found again. */
  follow(
    title: string,
    operation: Operation<Outcome | Offer>,
    { receiptsFor = null, paid = false }: Partial<Pick<Doing, 'receiptsFor' | 'paid'>> = {},
  ): number {
    const id = ++this.#serial;
    const about = { id, title, at: Date.now(), operation, receiptsFor, paid };
    const doing: Doing = { ...about, groups: null, error: null };
    // What is under way stays in the list, however long it is.
    const kept = this.#doing.filter((one, i) => i < MAX_RECENT - 1 || one.operation.state === 'pending');
    this.#show([doing, ...kept]);
    operation.subscribe(() => this.#show([...this.#doing]));
    void operation.result.then((result: Result<Outcome | Offer, LoyaltyError>) =>
      this.#show(
        this.#doing.map((one) =>
          one.id !== id
            ? one
            : result.ok
              ? { ...one, groups: 'groups' in result.value ? result.value.groups : null }
              : { ...one, error: result.error },
        ),
      ),
    );
    return id;
  }

  #show(doing: readonly Doing[]): void {
    this.#doing = doing;
    for (const listener of this.#listeners) listener();
  }
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

/** @throws Error outside `DeskProvider`. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('useDesk was used outside DeskProvider.');
  return desk;
}

export function useDoing(): readonly Doing[] {
  const desk = useDesk();
  return useSyncExternalStore(desk.subscribe, desk.doing);
}

export interface Record {
  /** Of everybody, live ones only. */
  readonly groups: readonly Group[];
  readonly offers: readonly Offer[];
  readonly unfinished: readonly Unfinished[];
}

/** What the street's record says now, read again whenever it changes; null: not read yet. */
export function useRecord(): Record | null {
  const { street, network } = useDesk();
  const [record, setRecord] = useState<Record | null>(null);
  useEffect(() => {
    let ended = false;
    let reading = false;
    let changed = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      const [live, all, open] = await Promise.all([groups(street), offers(street), unfinished(street)]);
      if (!ended) setRecord({ groups: live, offers: all, unfinished: open });
    };
    // One at a time: however many changes come meanwhile, they make one more.
    const refresh = async (): Promise<void> => {
      changed = true;
      if (reading) return;
      reading = true;
      clearTimeout(again);
      try {
        while (changed && !ended) {
          changed = false;
          await read();
        }
      } catch {
        // A value that is certified has not arrived yet.
        if (!ended) again = setTimeout(() => void refresh(), RECORD_AGAIN_MS);
      } finally {
        reading = false;
      }
    };
    // Heard, not held: a street has more groups than a page lists.
    const ends = PREFIXES.map((prefix) => network.listen({ prefix }, () => void refresh()));
    void refresh();
    return () => {
      ended = true;
      clearTimeout(again);
      for (const end of ends) end();
    };
  }, [street, network]);
  return record;
}

/** Whatever a `Record` is read from. */
const PREFIXES = ['points/', 'account/', 'offers/'] as const;
