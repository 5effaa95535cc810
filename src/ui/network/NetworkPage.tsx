/** Who is here, how they are linked, what the network can bear, and how it did lately. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useNetworkHealth } from '../../react/context.tsx';
import type { NetworkHealth } from '../../react/health.ts';
import type { MemberView, NetworkState } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { formatBytes, formatMilliseconds, formatNumber, shortDigest } from '../format.ts';
import { Digest, Swatch } from '../parts/words.tsx';
import { mayBreak } from '../members/break-words.ts';
import { PastBreaks } from '../members/Breaks.tsx';
import { MEMBERS } from '../members/texts.ts';
import { deedOf, roleWords } from '../members/words.ts';
import { EvidenceSheet } from './EvidenceSheet.tsx';
import { InviteSheet } from './InviteSheet.tsx';
import { LatencySheet } from './LatencySheet.tsx';
import { quorumWords } from './quorum-health.ts';
import { NETWORK, PEER_WORDS } from './texts.ts';
import { DIAGNOSIS_WORDS, SIGNALING_WORDS } from './words.ts';
import '../styles/network.css';

export function NetworkPage(): ReactNode {
  const state = useNetwork();
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{state.network.name}</h1>
          <p title={state.network.id}>
            {NETWORK.place(
              shortDigest(state.network.id),
              formatNumber(state.epoch.number),
              formatNumber(state.epoch.rulesVersion),
            )}
          </p>
          {state.network.demo && <p>{NETWORK.placeDemo}</p>}
        </div>
      </div>
      <div className="columns">
        <div className="stack">
          <Health state={state} />
          <Members state={state} />
          <PastBreaks epoch={state.epoch} />
          <Devices state={state} />
          <LatencySheet latencies={state.latencies} delays={state.delays} />
          <EvidenceSheet evidence={state.evidence} past={state.pastEvidence} members={state.members} />
        </div>
        <div className="stack">
          <Signaling state={state} />
          <InviteSheet />
          <InspectorSheet />
        </div>
      </div>
    </>
  );
}

function Health({ state }: { state: NetworkState }): ReactNode {
  const health = useNetworkHealth();
  if (health === null) return null;
  const words = quorumWords(health);
  return (
    <section
      className={`sheet health health-${health.level}`}
      aria-labelledby="health-heading"
      data-testid="quorum-health"
      data-level={health.level}
    >
      <h2 id="health-heading">{NETWORK.health}</h2>
      <Places health={health} />
      <p className="health-head" role="status">
        {words.headline} {words.sentences[0]}
      </p>
      {words.sentences.slice(1).map((sentence) => (
        <p key={sentence} className="muted">
          {sentence}
        </p>
      ))}
      {health.level === 'short' && mayBreak(state) && (
        <p>
          {NETWORK.neverBack} <Link href="/network/members">{NETWORK.neverBackLink}</Link>
        </p>
      )}
    </section>
  );
}

/** One block per member, filled when here; a rule after the q-th says how far is enough. */
function Places({ health: { n, q, here } }: { health: NetworkHealth }): ReactNode {
  if (n > 40) return null;
  return (
    <div className="places" aria-hidden="true">
      {Array.from({ length: n }, (_, i) => (
        <span key={i} className={`place-block${i < here ? ' filled' : ''}${i === q - 1 ? ' enough' : ''}`} />
      ))}
    </div>
  );
}

function Members({ state }: { state: NetworkState }): ReactNode {
  return (
    <section className="sheet" aria-labelledby="members-heading">
      <h2 id="members-heading">{NETWORK.members}</h2>
      <ul className="members">
        {state.members.map((member) => (
          <MemberRow key={member.index} member={member} state={state} />
        ))}
      </ul>
      <p className="members-more">
        <Link className="btn" href="/network/members">
          {MEMBERS.open}
        </Link>
      </p>
    </section>
  );
}

function MemberRow({ member, state }: { member: MemberView; state: NetworkState }): ReactNode {
  const peer = state.transport.peers.find((p) => p.member === member.index);
  const held = state.evidence.find((one) => one.member === member.index)?.evidence;
  // Of a device its own member is another replica like any other.
  const isThis = member.self && state.selfDevice === undefined;
  const presence = isThis
    ? NETWORK.presence.self
    : member.observer
      ? NETWORK.presence.observes
      : member.here
        ? NETWORK.presence.here
        : peer
          ? PEER_WORDS[peer.state]
          : NETWORK.presence.away;
  const rtt = peer?.rttMs ?? member.rttMs;
  return (
    <li data-member={member.id} data-here={member.here}>
      <Swatch index={member.index} />
      <div>
        <b>{member.organisation}</b> <span className="quiet">{roleWords(member.role)}</span>
        <p className="muted">{NETWORK.memberFacts(member.name, member.initials, member.gln)}</p>
        {peer !== undefined && !isThis && <p className="muted">{linkSentences(peer).join(' ')}</p>}
        {member.evidence && (
          <p className="bad strong">
            <span aria-hidden="true">≠ </span>
            {NETWORK.deeds[held === undefined ? 'two-values' : deedOf(held)]}
          </p>
        )}
      </div>
      <p className="member-presence">
        <b className={member.here || isThis ? 'presence here' : 'presence away'}>{presence}</b>
        {!isThis && member.here && rtt !== null && rtt !== undefined && (
          <span className="muted">{NETWORK.roundTrip(formatMilliseconds(rtt))}</span>
        )}
      </p>
    </li>
  );
}

function linkSentences(peer: NetworkState['transport']['peers'][number]): string[] {
  const { path, route, bytesSent, bytesReceived, detail, diagnosis } = peer;
  const isRelayed = route?.local === 'relay' || route?.remote === 'relay';
  return [
    ...(path === undefined ? [] : [NETWORK.peerPaths[path]]),
    ...(route === undefined ? [] : [NETWORK.peerRoutes[isRelayed ? 'relayed' : 'direct']]),
    NETWORK.peerBytes(formatBytes(bytesSent), formatBytes(bytesReceived)),
    ...(detail === undefined ? [] : [detail]),
    ...(diagnosis === undefined ? [] : [DIAGNOSIS_WORDS[diagnosis]]),
  ];
}

/** Nothing to see where no device is linked: most networks have none. */
function Devices({ state }: { state: NetworkState }): ReactNode {
  const { devices = [] } = state.transport;
  if (devices.length === 0) return null;
  return (
    <section className="sheet" aria-labelledby="devices-heading">
      <h2 id="devices-heading">{NETWORK.devices}</h2>
      <p className="muted">{NETWORK.devicesText}</p>
      <ul className="stack-tight">
        {devices.map((device) => (
          <li key={device.device} data-device={device.device}>
            <b>{device.name}</b> <span>{state.members[device.member]?.organisation}</span>{' '}
            <Digest hex={device.device} />
            {device.rttMs !== undefined && (
              <span className="muted"> {NETWORK.roundTrip(formatMilliseconds(device.rttMs))}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Signaling({ state }: { state: NetworkState }): ReactNode {
  const { signaling } = state.transport;
  return (
    <section className="sheet" aria-labelledby="signaling-heading">
      <h2 id="signaling-heading">{NETWORK.signaling}</h2>
      <p className="muted">{NETWORK.signalingText}</p>
      {signaling.length === 0 && <p className="notice warn">{NETWORK.signalingNone}</p>}
      <ul className="stack-tight signaling">
        {signaling.map((server) => (
          <li key={server.url}>
            <span className="mono wrap-any" dir="ltr">
              {server.url}
            </span>
            <b className={server.state === 'open' ? 'good' : server.state === 'failed' ? 'bad' : ''}>
              {SIGNALING_WORDS[server.state]}
            </b>
            {server.source === 'hint' && <p className="muted">{hintWords(state, server.hintedBy)}</p>}
            {server.detail !== undefined && (
              <p className="muted">
                {/* The signaling client's own words. */}
                <bdi lang="en">{server.detail}</bdi>
                {server.diagnosis !== undefined && ` ${DIAGNOSIS_WORDS[server.diagnosis]}`}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function hintWords({ members }: NetworkState, by: MemberView['index'] | undefined): string {
  if (by === undefined) return NETWORK.hintUnknown;
  const organisation = members[by]?.organisation;
  return organisation === undefined ? NETWORK.hintByOther : NETWORK.hintBy(organisation);
}

function InspectorSheet(): ReactNode {
  return (
    <section className="sheet stack-tight" aria-labelledby="inspector-heading">
      <h2 id="inspector-heading">{NETWORK.inspector}</h2>
      <p className="muted">{NETWORK.inspectorText}</p>
      <p>
        <Link className="btn" href="/inspector">
          {NETWORK.inspectorOpen}
        </Link>
      </p>
    </section>
  );
}
