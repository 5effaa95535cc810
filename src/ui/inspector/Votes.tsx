/** Open versions: the seal, where this replica stands, who has voted for what, and which timer waits for what. */
import type { ReactNode } from 'react';
import type { InspectedInstance, InspectedRound, Inspection, MemberIndex } from '../../worker/api.ts';
import { formatMilliseconds, formatNumber } from '../format.ts';
import { Seal } from '../seal/Seal.tsx';
import { CopyCell, DataTable, Facts, Hex, Part, memberName } from './parts.tsx';
import { besidesLonger, INSPECTOR, MISSING, PHASES, TIMERS, VALUE_STATES } from './texts.ts';

export function Votes({ inspection, filter }: { inspection: Inspection; filter: string }): ReactNode {
  const { instances, instanceCount } = inspection;
  const shown = instances.filter(({ key }) => key.includes(filter));
  return (
    <Part title={INSPECTOR.votes} name="votes">
      {shown.length === 0 && (
        <p className="muted">
          {instances.length === 0 ? INSPECTOR.votesNone : INSPECTOR.votesNoneOf(filter)}
        </p>
      )}
      {instanceCount > instances.length && (
        <p className="muted">
          {INSPECTOR.votesMore(formatNumber(instances.length), formatNumber(instanceCount))}
        </p>
      )}
      {shown.map((instance) => (
        <Vote key={instance.key} inspection={inspection} instance={instance} />
      ))}
    </Part>
  );
}

function Vote({ inspection, instance }: { inspection: Inspection; instance: InspectedInstance }): ReactNode {
  const { key, version, round, phase, lock, proposal, openedBy, tieBreaker } = instance;
  const name = (index: MemberIndex): string => memberName(inspection, index);
  const current = instance.rounds.find((one) => one.round === round);
  const facts: (readonly [string, ReactNode])[] = [
    [
      INSPECTOR.lock,
      lock === null ? INSPECTOR.none : INSPECTOR.lockOn(lock.digest.slice(0, 8), formatNumber(lock.round)),
    ],
    [
      INSPECTOR.values,
      <ul key="values" className="inspector-values">
        {instance.values.map(({ digest, status }) => (
          <li key={digest}>
            <Hex digits={digest} /> {VALUE_STATES[status]}
          </li>
        ))}
      </ul>,
    ],
  ];
  if (proposal !== null) facts.push([INSPECTOR.proposal, <Hex key="proposal" digits={proposal} />]);
  if (openedBy !== null) facts.push([INSPECTOR.openedBy, name(openedBy)]);
  if (tieBreaker !== null) facts.push([INSPECTOR.tieBreaker, name(tieBreaker)]);
  if (instance.refusals.length > 0)
    facts.push([
      INSPECTOR.refusals,
      besidesLonger(instance.refusals.map(({ member, rule }) => INSPECTOR.refusedFor(name(member), rule))),
    ]);
  return (
    <article className="inspector-vote stack-tight" data-key={key} data-phase={phase}>
      <header className="inspector-vote-head">
        <Seal seal={instance.seal} members={sealMembers(inspection)} size={48} version={version} />
        <div>
          <h3 className="mono wrap-any">{key}</h3>
          <p>{INSPECTOR.versionRound(formatNumber(version), formatNumber(round))}</p>
          <p>{PHASES[phase]}</p>
        </div>
      </header>
      {current !== undefined && <RoundWords round={current} needed={inspection.q} />}
      {!instance.previousKnown && <p className="warn">{INSPECTOR.previousMissing}</p>}
      <Facts rows={facts} />
      <Timers instance={instance} />
      <Heard inspection={inspection} instance={instance} />
    </article>
  );
}

const sealMembers = ({ members }: Inspection) =>
  members.map(({ index, initials }) => ({ name: memberName({ members }, index), initials }));

function RoundWords({ round, needed }: { round: InspectedRound; needed: number }): ReactNode {
  return (
    <p className="muted">
      {round.polka !== null
        ? INSPECTOR.polka(round.polka.slice(0, 8))
        : round.saturatedAgo !== null
          ? INSPECTOR.saturated(formatMilliseconds(round.saturatedAgo))
          : INSPECTOR.voters(formatNumber(round.voters), formatNumber(needed))}
    </p>
  );
}

function Timers({ instance: { timers, nextLookIn } }: { instance: InspectedInstance }): ReactNode {
  return (
    <div>
      <h4>{INSPECTOR.timers}</h4>
      {timers.length === 0 && <p className="muted">{INSPECTOR.timersNone}</p>}
      <ul className="inspector-timers" data-testid="inspector-timers">
        {timers.map(({ waitsFor, firesIn }) => (
          <li key={waitsFor}>
            <b className={firesIn > 0 ? '' : 'quiet'}>
              {firesIn > 0
                ? INSPECTOR.fires(formatMilliseconds(firesIn))
                : INSPECTOR.fired(formatMilliseconds(-firesIn))}
            </b>
            <span>{TIMERS[waitsFor]}</span>
          </li>
        ))}
      </ul>
      {nextLookIn !== null && nextLookIn > 0 && (
        <p className="muted">{INSPECTOR.nextLook(formatMilliseconds(nextLookIn))}</p>
      )}
    </div>
  );
}

function Heard({ inspection, instance }: { inspection: Inspection; instance: InspectedInstance }): ReactNode {
  const { rounds, missing } = instance;
  const label = INSPECTOR.heardOf(instance.key);
  const columns = [
    { text: INSPECTOR.memberColumn },
    ...rounds.flatMap(({ round }) => [
      { text: INSPECTOR.preCommitIn(formatNumber(round)) },
      { text: INSPECTOR.commitIn(formatNumber(round)) },
    ]),
    { text: INSPECTOR.missingColumn },
  ];
  return (
    <DataTable label={label} columns={columns} isTall>
      {inspection.members.map(({ index }) => {
        const name = memberName(inspection, index);
        const votes = rounds.map((round) => ({
          round: round.round,
          preCommit: valuesOf(round.preCommits, index),
          commit: valuesOf(round.commits, index),
        }));
        const why = missing.find((one) => one.member === index)?.why;
        return (
          <tr key={index} data-member={index}>
            <th scope="row">{name}</th>
            {votes.map(({ round, preCommit, commit }) => [
              <Cell key={`p${round}`} digests={preCommit} type="pre-commit" />,
              <Cell key={`c${round}`} digests={commit} type="commit" />,
            ])}
            <td>{why === undefined ? '' : MISSING[why]}</td>
            <CopyCell
              what={name}
              value={{ key: instance.key, version: instance.version, member: index, votes }}
            />
          </tr>
        );
      })}
    </DataTable>
  );
}

const valuesOf = (votes: InspectedRound['commits'], member: MemberIndex): string[] =>
  votes.flatMap(({ digest, members }) => (members.includes(member) ? [digest] : []));

function Cell({ digests, type }: { digests: readonly string[]; type: string }): ReactNode {
  return (
    <td data-vote={digests.length > 0 ? type : undefined}>
      {digests.length === 0 ? (
        <Hex digits={null} />
      ) : (
        digests.map((digest) => <Hex key={digest} digits={digest} />)
      )}
    </td>
  );
}
