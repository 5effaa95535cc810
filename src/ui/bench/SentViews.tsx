/** After sending: the vote as it goes, its certificate, a conflict, or a refusal. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type {
  InstanceView,
  PackageDetail,
  ServiceResponse,
  SessionStatus,
  SessionView,
} from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { errorText } from '../errors.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { Digest, Sscc } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { sealNames } from '../seal/seal-sentence.ts';
import { responseWords, serviceName } from '../step-words.ts';
import { ENDED, SHIFT } from './session-texts.ts';
import { MainAction, NextPackage, PackageLine, PutAwayButton } from './step-parts.tsx';
import { BENCH, SENT, voteSentence } from './texts.ts';
import type { Bench } from './bench-types.ts';

interface SentProps {
  readonly bench: Bench;
  readonly session: SessionView;
  readonly instance: InstanceView | null;
  readonly detail: PackageDetail | null;
}

export function SentView({ bench, session, instance, detail }: SentProps): ReactNode {
  const { members, selfDevice, here } = useNetwork();
  const sscc = ssccOfKey(session.key);
  const { status } = session;
  const certificate =
    status.state === 'committed'
      ? (detail?.history.find((h) => h.certificate.version === status.version)?.certificate ?? null)
      : null;
  const seal = certificate?.seal ?? instance?.seal ?? null;
  const places = certificate === null ? [] : sealNames(certificate.seal, members);
  const signers = certificate?.signers.map((i) => places[i]?.organisation ?? SENT.member(i + 1)) ?? [];
  return (
    <>
      <h1>{status.state === 'committed' ? BENCH.committedTitle : BENCH.sentTitle}</h1>
      <div className="seal-beside">
        {seal !== null && (
          <Seal
            seal={seal}
            members={members}
            size={160}
            live
            {...(certificate === null ? {} : { version: certificate.version })}
          />
        )}
        <div className="stack-tight">
          {sscc !== null && (
            <p>
              {BENCH.package} <Sscc value={sscc} />
            </p>
          )}
          {status.state === 'voting' && (
            <p role="status">
              {selfDevice !== undefined && here === 0
                ? SHIFT.noMember
                : instance === null
                  ? SENT.waiting
                  : voteSentence(instance, members)}
            </p>
          )}
          {status.state === 'committed' && (
            <p role="status">
              {certificate === null ? (
                SENT.committed(status.version)
              ) : (
                <>
                  {SENT.round(status.version, certificate.round)} <Digest hex={status.digest} />.{' '}
                  {signers.length > 0 && SENT.signedBy(signers)}
                </>
              )}
            </p>
          )}
          {session.rebases > 0 && <p className="muted">{SENT.rebased(session.rebases)}</p>}
        </div>
      </div>
      {sscc !== null && (
        <div className="pair">
          <Link className="btn bench" href={`/packages/${sscc}`}>
            {BENCH.openPackage}
          </Link>
        </div>
      )}
      <NextPackage bench={bench} />
    </>
  );
}

interface ConflictProps {
  readonly bench: Bench;
  readonly session: SessionView;
  readonly status: Extract<SessionStatus, { state: 'conflict' }>;
}

export function ConflictView({ bench, session, status }: ConflictProps): ReactNode {
  if (status.why === 'moved')
    return (
      <GivenWay
        bench={bench}
        session={session}
        message={errorText({ type: 'conflict', message: status.message })}
      />
    );
  const step = session.transactions[status.step];
  // No response differs: the message says all.
  const isSame = JSON.stringify(status.before) === JSON.stringify(status.after);
  const sscc = shortSscc(ssccOfKey(session.key) ?? session.key);
  return (
    <>
      <h1>{BENCH.conflictTitle}</h1>
      <p>{errorText({ type: 'conflict', message: status.message })}</p>
      {!isSame && (
        <p>
          {step === undefined
            ? SENT.differs(status.step + 1, sscc)
            : SENT.differsNamed(status.step + 1, serviceName(step.request.path), sscc)}
        </p>
      )}
      {!isSame && (
        <dl className="two-values">
          <div>
            <dt>{SENT.yours}</dt>
            <dd>
              <ResponseText response={status.before} />
            </dd>
          </div>
          <div>
            <dt>{SENT.theirs}</dt>
            <dd>
              <ResponseText response={status.after} />
            </dd>
          </div>
        </dl>
      )}
      <p className="muted">{SENT.kept}</p>
      <div className="pair">
        <PutAwayButton bench={bench} />
      </div>
      <MainAction disabled={bench.busy !== null} onPress={() => void bench.rebase()}>
        {BENCH.conflictAction}
      </MainAction>
    </>
  );
}

interface GivenWayProps {
  readonly bench: Bench;
  readonly session: SessionView;
  readonly message: string;
}

/** No response differs: another device of the organisation goes on with it, so nothing can be done with it here. */
function GivenWay({ bench, session, message }: GivenWayProps): ReactNode {
  return (
    <>
      <h1>{ENDED.stuckTitle}</h1>
      <PackageLine session={session} />
      <p role="alert">{message}</p>
      <MainAction disabled={bench.busy !== null} onPress={() => void bench.putAway()}>
        {BENCH.putAway}
      </MainAction>
    </>
  );
}

interface RejectedProps {
  readonly bench: Bench;
  readonly session: SessionView;
  readonly status: Extract<SessionStatus, { state: 'rejected' }>;
  readonly instance: InstanceView | null;
}

export function RejectedView({ bench, session, status, instance }: RejectedProps): ReactNode {
  const { members } = useNetwork();
  const sscc = ssccOfKey(session.key);
  return (
    <>
      <h1>{BENCH.rejectedTitle}</h1>
      <div className="seal-beside">
        {instance !== null && <Seal seal={instance.seal} members={members} size={160} />}
        <div className="notice bad" role="alert">
          <p>
            <b>{SENT.rule(status.rule)}</b>
          </p>
          <p>{errorText({ type: status.rule, message: status.message })}</p>
          <p>{sscc === null ? SENT.nothing : SENT.nothingOf(shortSscc(sscc))}</p>
        </div>
      </div>
      <NextPackage bench={bench} />
    </>
  );
}

function ResponseText({ response }: { response: ServiceResponse }): ReactNode {
  return (
    <>
      <b>{responseWords(response)}</b>
      <details>
        <summary>{SENT.whole}</summary>
        <pre className="mono response" dir="ltr">
          {JSON.stringify(response.body, null, 1)}
        </pre>
      </details>
    </>
  );
}
