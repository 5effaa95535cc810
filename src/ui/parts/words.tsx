/** Small pieces of text that look the same everywhere: SSCC, digest, instant, member. */
import type { ReactNode } from 'react';
import {
  formatDayAndTime,
  formatInstant,
  formatListed,
  formatTime,
  shortDigest,
  ssccGroups,
} from '../format.ts';
import { memberInk } from '../seal/seal-inks.ts';

/** Grouped 1 7 6 4 with the last four in bold. Copying it yields the digits without spaces where the browser allows. */
export function Sscc({ value }: { value: string }): ReactNode {
  const groups = ssccGroups(value);
  if (groups === null)
    return (
      <span className="sscc" dir="ltr">
        {value}
      </span>
    );
  return (
    <span className="sscc" dir="ltr" data-sscc={value}>
      <span>{`${groups[0]} ${groups[1]} ${groups[2]}`}</span> <b>{groups[3]}</b>
    </span>
  );
}

export function Digest({ hex }: { hex: string }): ReactNode {
  return (
    <span className="mono" dir="ltr" title={hex}>
      {shortDigest(hex)}
    </span>
  );
}

interface InstantProps {
  readonly at: number;
  /** The time alone. */
  readonly short?: boolean;
  /** As short as it can be told from others: for rows of a list. */
  readonly listed?: boolean;
}

/** A claimed time in the reader's zone; the exact instant is its title. */
export function Instant({ at, short = false, listed = false }: InstantProps): ReactNode {
  const format = listed ? formatListed : short ? formatTime : formatDayAndTime;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatInstant(at)}>
      {format(at)}
    </time>
  );
}

export function Swatch({ index }: { index: number }): ReactNode {
  const { colour, ink } = memberInk(index);
  return <span className={`swatch m${colour} i${ink}`} aria-hidden="true" />;
}

/** A member's swatch and name; the name is never left out, since colour alone says nothing. */
export function MemberName({ index, name }: { index: number; name: string }): ReactNode {
  return (
    <span className="member">
      <Swatch index={index} />
      <span>{name}</span>
    </span>
  );
}
