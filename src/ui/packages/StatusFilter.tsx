/** Which status is shown, with how many there are of each: buttons where there is room, one field on a phone. */
import { useId, type ReactNode } from 'react';
import type { PackageAnswer, PackageStatus } from '../../worker/api.ts';
import { formatNumber } from '../format.ts';
import { PACKAGE_STATUSES, PACKAGES, STATUS_WORDS } from './texts.ts';

type Choice = PackageStatus | 'all';

interface StatusFilterProps {
  /** Left out: nobody has counted. */
  readonly counts?: PackageAnswer['counts'] | undefined;
  readonly chosen: Choice;
  readonly narrow: boolean;
  readonly onChoose: (status: Choice) => void;
}

export function StatusFilter({ counts = {}, chosen, narrow, onChoose }: StatusFilterProps): ReactNode {
  const id = useId();
  const all = PACKAGE_STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const choices: readonly (readonly [Choice, string, number])[] = [
    ['all', PACKAGES.all, all],
    ...PACKAGE_STATUSES.map((status) => [status, STATUS_WORDS[status], counts[status] ?? 0] as const),
  ];
  if (narrow) {
    return (
      <div className="field package-status">
        <label htmlFor={id}>{PACKAGES.filter}</label>
        <select id={id} value={chosen} onChange={(event) => onChoose(event.currentTarget.value as Choice)}>
          {choices.map(([status, word, count]) => (
            <option key={status} value={status}>
              {PACKAGES.option(word, count)}
            </option>
          ))}
        </select>
      </div>
    );
  }
  return (
    <fieldset className="package-filter">
      <legend className="hidden">{PACKAGES.filter}</legend>
      {choices.map(([status, word, count]) => (
        <label key={status}>
          <input
            type="radio"
            name={id}
            value={status}
            checked={status === chosen}
            onChange={() => onChoose(status)}
          />
          <span>{word}</span> <span className="package-count">{formatNumber(count)}</span>
        </label>
      ))}
    </fieldset>
  );
}
