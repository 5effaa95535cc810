/** The last events, newest first, by key and by kind. */
import { memo, useId, useState, type ReactNode } from 'react';
import type { InspectedEvent, Inspection } from '../../worker/api.ts';
import { formatNumber } from '../format.ts';
import { MAX_EVENTS_SHOWN } from '../limits.ts';
import { CopyCell, DataTable, Hex, Part, memberName } from './parts.tsx';
import { EVENTS, INSPECTOR } from './texts.ts';

type Group = keyof typeof INSPECTOR.traceGroups;

const GROUPS: Readonly<Record<Exclude<Group, 'all'>, readonly InspectedEvent['kind'][]>> = {
  votes: ['proposed', 'pre-commit', 'commit', 'heard-pre-commit', 'heard-commit', 'refused', 'evidence'],
  rounds: ['polka', 'round', 'decided', 'certificate'],
  links: ['link', 'unlink'],
};

export function Trace({ inspection, filter }: { inspection: Inspection; filter: string }): ReactNode {
  const [group, setGroup] = useState<Group>('all');
  const select = useId();
  const { trace, traceCount } = inspection;
  const found = trace.filter(
    ({ key, kind }) =>
      (group === 'all' || GROUPS[group].includes(kind)) &&
      (filter === '' || (key?.includes(filter) ?? false)),
  );
  const shown = found.slice(0, MAX_EVENTS_SHOWN);
  const c = INSPECTOR.traceColumns;
  return (
    <Part title={INSPECTOR.trace} name="trace">
      <div className="field inspector-field">
        <label htmlFor={select}>{INSPECTOR.traceKind}</label>
        <select id={select} value={group} onChange={(event) => setGroup(event.target.value as Group)}>
          {(Object.keys(INSPECTOR.traceGroups) as Group[]).map((one) => (
            <option key={one} value={one}>
              {INSPECTOR.traceGroups[one]}
            </option>
          ))}
        </select>
      </div>
      <p className="muted">
        {shown.length === 0
          ? INSPECTOR.traceNone
          : INSPECTOR.traceShown(
              formatNumber(shown.length),
              formatNumber(found.length),
              formatNumber(traceCount),
            )}
      </p>
      {shown.length > 0 && (
        <DataTable
          label={INSPECTOR.trace}
          isTall
          columns={[
            { text: c.time },
            { text: c.event },
            { text: c.who },
            { text: c.key },
            { text: c.place },
            { text: c.value },
          ]}
        >
          {shown.map((event) => (
            <Row key={event.seq} event={event} name={memberName(inspection, event.member)} />
          ))}
        </DataTable>
      )}
    </Part>
  );
}

/** An event never changes: of two with one number the rows are the same. */
const Row = memo(
  function Row({ event, name }: { event: InspectedEvent; name: string }): ReactNode {
    const { at, kind, key, version, round, digest, detail } = event;
    return (
      <tr data-kind={kind}>
        <td className="mono nowrap">
          <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
        </td>
        <th scope="row">
          {EVENTS[kind]}
          {detail !== null && <span className="quiet"> {detail}</span>}
        </th>
        <td>{name}</td>
        <td className="mono">{key ?? ''}</td>
        <td className="nowrap">
          {version === null
            ? ''
            : round === null
              ? INSPECTOR.versionOf(formatNumber(version))
              : INSPECTOR.placeOf(formatNumber(version), formatNumber(round))}
        </td>
        <td>
          <Hex digits={digest} />
        </td>
        <CopyCell what={EVENTS[kind]} value={event} />
      </tr>
    );
  },
  (before, after) => before.event.seq === after.event.seq && before.name === after.name,
);

/** In UTC, as in the logs of others: whoever compares two replicas' events needs one clock face and its thousandths. */
const clockTime = (at: number): string => new Date(at).toISOString().slice(11, 23);
