/** Links with what went over them, and the signaling servers. */
import type { ReactNode } from 'react';
import type { InspectedLink, Inspection } from '../../worker/api.ts';
import { formatBytes, formatMilliseconds, formatNumber } from '../format.ts';
import { DIAGNOSIS_WORDS, SIGNALING_WORDS } from '../network/words.ts';
import { CopyCell, DataTable, Part, memberName } from './parts.tsx';
import { besides, CHANNELS, INSPECTOR, routeWords } from './texts.ts';

export function Links({ inspection }: { inspection: Inspection }): ReactNode {
  const { links, signaling } = inspection;
  const c = INSPECTOR.columns;
  return (
    <Part title={INSPECTOR.links} name="links">
      {links.length === 0 ? (
        <p className="muted">{INSPECTOR.linksNone}</p>
      ) : (
        <DataTable
          label={INSPECTOR.links}
          columns={[
            { text: c.to },
            { text: c.role },
            { text: c.since },
            { text: c.path },
            { text: c.channel },
            { text: c.rtt, isNumber: true },
            { text: c.bytesOut, isNumber: true },
            { text: c.bytesIn, isNumber: true },
            { text: c.queued },
            { text: c.buffered, isNumber: true },
          ]}
        >
          {links.map((link) => (
            <LinkRow key={link.link} link={link} name={memberName(inspection, link.member)} />
          ))}
        </DataTable>
      )}
      {links.map((link) => (
        <Messages key={link.link} link={link} name={memberName(inspection, link.member)} />
      ))}
      <h3>{INSPECTOR.servers}</h3>
      <ul className="stack-tight">
        {signaling.map(({ url, state, diagnosis }) => (
          <li key={url}>
            <bdi className="mono wrap-any">{url}</bdi> <b>{SIGNALING_WORDS[state]}</b>
            {diagnosis !== null && <p className="muted">{diagnosisWords(diagnosis)}</p>}
          </li>
        ))}
        {signaling.length === 0 && <li className="muted">{INSPECTOR.none}</li>}
      </ul>
    </Part>
  );
}

/** A file may hold one that this version does not know. */
const diagnosisWords = (diagnosis: string): string =>
  Object.hasOwn(DIAGNOSIS_WORDS, diagnosis)
    ? DIAGNOSIS_WORDS[diagnosis as keyof typeof DIAGNOSIS_WORDS]
    : diagnosis;

function LinkRow({ link, name }: { link: InspectedLink; name: string }): ReactNode {
  const { queued, route, dialled, channel, rttMs } = link;
  const marks = [
    ...(dialled === null ? [] : [dialled ? INSPECTOR.dialled : INSPECTOR.answered]),
    ...(link.isDevice ? [INSPECTOR.device] : []),
    ...(link.isObserver ? [INSPECTOR.observer] : []),
  ];
  return (
    <tr data-member={link.member}>
      <th scope="row">{name}</th>
      <td>{besides(marks, '')}</td>
      <td>{INSPECTOR.ago(formatMilliseconds(link.openedAgo))}</td>
      <td>{route === null ? INSPECTOR.unknown : routeWords(route)}</td>
      <td>{channel === null ? INSPECTOR.unknown : CHANNELS[channel]}</td>
      <td className="num">{rttMs === null ? INSPECTOR.unknown : formatMilliseconds(rttMs)}</td>
      <td className="num">{formatBytes(link.bytesSent)}</td>
      <td className="num">{formatBytes(link.bytesReceived)}</td>
      <td>
        {INSPECTOR.queueOf(
          formatNumber(queued.voteMessages),
          formatNumber(queued.bulkMessages),
          formatBytes(queued.voteBytes + queued.bulkBytes),
        )}
      </td>
      <td className="num">{formatBytes(link.bufferedAmount)}</td>
      <CopyCell what={INSPECTOR.linkOf(name)} value={link} />
    </tr>
  );
}

function Messages({ link, name }: { link: InspectedLink; name: string }): ReactNode {
  const c = INSPECTOR.columns;
  return (
    <details>
      <summary>{INSPECTOR.messages(name)}</summary>
      <DataTable
        label={INSPECTOR.messages(name)}
        columns={[
          { text: c.kind },
          { text: c.out, isNumber: true },
          { text: c.bytesOut, isNumber: true },
          { text: c.in, isNumber: true },
          { text: c.bytesIn, isNumber: true },
        ]}
      >
        {link.messages.map((one) => (
          <tr key={one.kind}>
            <th scope="row" className="mono">
              <bdi>{one.kind}</bdi>
            </th>
            <td className="num">{formatNumber(one.sent)}</td>
            <td className="num">{formatBytes(one.bytesSent)}</td>
            <td className="num">{formatNumber(one.received)}</td>
            <td className="num">{formatBytes(one.bytesReceived)}</td>
            <CopyCell what={one.kind} value={one} />
          </tr>
        ))}
      </DataTable>
    </details>
  );
}
