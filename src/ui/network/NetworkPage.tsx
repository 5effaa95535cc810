/** Who is here, how they are linked, what the network can bear, and how it did lately. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { MemberView, NetworkState } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { formatBytes, formatMilliseconds } from '../format.ts';
import { Digest, Swatch } from '../parts/words.tsx';
import { mayBreak } from '../members/break-words.ts';
import { PastBreaks } from '../members/Breaks.tsx';
import { MEMBERS } from '../members/texts.ts';
import { deedOf } from '../members/words.ts';
import { EvidenceSheet } from './EvidenceSheet.tsx';
import { InviteSheet } from './InviteSheet.tsx';
import { LatencySheet } from './LatencySheet.tsx';
import { quorumHealth } from './quorum-health.ts';
import { DIAGNOSIS_WORDS, NETWORK, PATH_WORDS, PEER_WORDS, SIGNALING_WORDS } from './texts.ts';
import '../styles/network.css';

export function NetworkPage(): ReactNode {
  const state = useNetwork();
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{state.network.name}</h1>
          <p>
            Network <Digest hex={state.network.id} />, {epochPlace(state)}
            {state.network.demo && '. A demo: only here can a member be made to lie'}
          </p>
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
        </div>
      </div>
    </>
  );
}

function Health({ state }: { state: NetworkState }): ReactNode {
  const health = quorumHealth(state);
  return (
    <section
      className={`sheet health health-${health.level}`}
      aria-labelledby="health-heading"
      data-testid="quorum-health"
      data-level={health.level}
    >
      <h2 id="health-heading">{NETWORK.health}</h2>
      <Places state={state} />
      <p className="health-head" role="status">
        {health.headline} {health.sentences[0]}
      </p>
      {health.sentences.slice(1).map((sentence) => (
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
function Places({ state }: { state: NetworkState }): ReactNode {
  if (state.n > 40) return null;
  return (
    <div className="places" aria-hidden="true">
      {Array.from({ length: state.n }, (_, i) => (
        <span
          key={i}
          className={`place-block${i < state.here ? ' filled' : ''}${i === state.q - 1 ? ' enough' : ''}`}
        />
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

/** `epoch 2, rules version 3`. */
const epochPlace = ({ epoch }: NetworkState): string =>
  `epoch ${epoch.number}, rules version ${epoch.rulesVersion}`;

function MemberRow({ member, state }: { member: MemberView; state: NetworkState }): ReactNode {
  const peer = state.transport.peers.find((p) => p.member === member.index);
  const held = state.evidence.find((one) => one.member === member.index)?.evidence;
  // Of a device its own member is another replica like any other.
  const isThis = member.self && state.selfDevice === undefined;
  const presence = isThis
    ? 'this device'
    : member.observer
      ? 'here, observes only'
      : member.here
        ? 'here'
        : peer
          ? PEER_WORDS[peer.state]
          : 'not here';
  const rtt = peer?.rttMs ?? member.rttMs;
  return (
    <li data-member={member.id} data-here={member.here}>
      <Swatch index={member.index} />
      <div>
        <b>{member.organisation}</b> <span className="quiet">{member.role}</span>
        <p className="muted">
          {member.name}, {member.initials}, GLN {member.gln}
        </p>
        {peer !== undefined && !isThis && (
          <p className="muted">
            {peer.path !== undefined && `Bytes go ${PATH_WORDS[peer.path]}. `}
            {formatBytes(peer.bytesSent)} sent, {formatBytes(peer.bytesReceived)} received.
            {peer.detail !== undefined && ` ${peer.detail}`}
            {peer.diagnosis !== undefined && ` ${DIAGNOSIS_WORDS[peer.diagnosis]}`}
          </p>
        )}
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
          <span className="muted">{formatMilliseconds(rtt)} there and back</span>
        )}
      </p>
    </li>
  );
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
              <span className="muted"> {formatMilliseconds(device.rttMs)} there and back</span>
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
      {signaling.length === 0 && <p className="notice warn">None is set. Add one in the settings.</p>}
      <ul className="stack-tight signaling">
        {signaling.map((server) => (
          <li key={server.url}>
            <span className="mono wrap-any">{server.url}</span>
            <b className={server.state === 'open' ? 'good' : server.state === 'failed' ? 'bad' : ''}>
              {SIGNALING_WORDS[server.state]}
            </b>
            {server.source === 'hint' && (
              <p className="muted">
                {server.hintedBy === undefined
                  ? 'Another member used it earlier.'
                  : `${state.members[server.hintedBy]?.organisation ?? 'Another member'} uses it.`}
              </p>
            )}
            {server.detail !== undefined && (
              <p className="muted">
                {server.detail}
                {server.diagnosis !== undefined && ` ${DIAGNOSIS_WORDS[server.diagnosis]}`}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
