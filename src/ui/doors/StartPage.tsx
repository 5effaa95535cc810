/** The start: try, create, join, or hand over a key; and the networks that this browser is already in. */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ProfileSummary, SealState } from '../../worker/api.ts';
import { errorText } from '../errors.ts';
import { Brand } from '../parts/Brand.tsx';
import { ProgramBanner } from '../program/ProgramBanner.tsx';
import { ProgramFoot } from '../program/ProgramFoot.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { LanguageChoice } from '../i18n/LanguageChoice.tsx';
import { Seal, type SealMember } from '../seal/Seal.tsx';
import type { DoorsClient } from './client.ts';
import { Problem } from './DoorFrame.tsx';
import { IMPORT } from './import-texts.ts';
import { forgetWords, MINE, profileWords, START } from './start-texts.ts';

const MEMBERS: readonly SealMember[] = [
  { name: 'Alfa', initials: 'AC' },
  { name: 'Bravo', initials: 'BL' },
  { name: 'Cargo', initials: 'CN' },
  { name: 'Delta', initials: 'DE' },
];

function drawn(marks: SealState['marks'], outcome: SealState['outcome']): SealState {
  return { n: 4, q: 3, marks, evidence: [false, false, false, false], outcome };
}

const CLOSED = drawn(['commit', 'commit', 'heard', 'commit'], 'closed');
const HOW: readonly { readonly seal: SealState; readonly words: string }[] = [
  {
    seal: drawn(['heard', 'heard', 'heard', 'heard'], 'voting'),
    words: START.how1,
  },
  {
    seal: drawn(['pre', 'pre', 'heard', 'pre'], 'voting'),
    words: START.how2,
  },
  {
    seal: drawn(['commit', 'commit', 'heard', 'pre'], 'voting'),
    words: START.how3,
  },
  { seal: CLOSED, words: START.how4 },
];

export function StartPage({
  client,
  unknown = false,
}: {
  client: DoorsClient;
  unknown?: boolean;
}): ReactNode {
  useEffect(() => {
    document.title = 'Countersign';
  }, []);
  return (
    <div className="start">
      <header className="door-top is-wide">
        <Brand href="/" />
      </header>
      <ProgramBanner />
      <main tabIndex={-1}>
        {unknown && (
          <p className="notice warn" role="alert">
            {START.unknown}
          </p>
        )}
        <div className="hero">
          <div>
            <h1>{START.title}</h1>
            <p className="lead">{START.lead}</p>
          </div>
          <Seal seal={CLOSED} members={MEMBERS} size={160} drawnSize={340} version={2} time="14:32" />
        </div>
        <nav className="ways" aria-label={START.begin}>
          <a className="way try" href="/demo">
            <h2>{START.try}</h2>
            <p>{START.tryText}</p>
            <span className="go">{START.tryGo}</span>
          </a>
          <Link className="way" href="/create">
            <h2>{START.create}</h2>
            <p>{START.createText}</p>
            <span className="go">{START.createGo}</span>
          </Link>
          <Link className="way" href="/join">
            <h2>{START.join}</h2>
            <p>{START.joinText}</p>
            <span className="go">{START.joinGo}</span>
          </Link>
        </nav>
        <p className="asked">
          <Link href="/key">{START.key}</Link>
          <span className="muted"> {START.keyText}</span>
        </p>
        <p className="asked is-next">
          <Link href="/ask">{START.ask}</Link>
          <span className="muted"> {START.askText}</span>
        </p>
        <p className="asked is-next">
          <Link href="/device">{START.device}</Link>
          <span className="muted"> {START.deviceText}</span>
        </p>
        <p className="asked is-next">
          <Link href="/import">{IMPORT.link}</Link>
          <span className="muted"> {IMPORT.linkText}</span>
        </p>
        <p className="asked is-next">
          <a href="/verify">{START.verify}</a>
          <span className="muted"> {START.verifyText}</span>
        </p>
        <Networks client={client} />
        <section className="how" aria-labelledby="how">
          <h2 id="how">{START.how}</h2>
          <ol>
            {HOW.map((step) => (
              <li key={step.words}>
                <Seal seal={step.seal} members={MEMBERS} size={48} drawnSize={72} decorative />
                <p>{step.words}</p>
              </li>
            ))}
          </ol>
        </section>
        <p className="foot">{START.foot}</p>
        <LanguageChoice className="field language" />
        <ProgramFoot />
      </main>
    </div>
  );
}

function Networks({ client }: { client: DoorsClient }): ReactNode {
  const [profiles, setProfiles] = useState<readonly ProfileSummary[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [doomed, setDoomed] = useState<ProfileSummary | null>(null);
  const load = useCallback(async () => setProfiles(await client.api.profiles()), [client]);
  useEffect(() => {
    load().catch(() => setProblem(MINE.notListed));
  }, [load]);
  const forget = async (profile: ProfileSummary): Promise<void> => {
    setDoomed(null);
    const done = await client.api.forget(profile.id);
    setProblem(done.ok ? null : errorText(done.error));
    await load();
  };
  if (profiles.length === 0 && problem === null) return null;
  return (
    <section className="mine" aria-labelledby="mine">
      <h2 id="mine">{MINE.title}</h2>
      <Problem message={problem} />
      <ul>
        {profiles.map((profile) => (
          <li key={profile.id} data-testid="profile">
            <div>
              <p className="strong">
                {profile.label}
                {profile.network?.demo && <span className="tag">{MINE.demo}</span>}
                {profile.device && <span className="tag">{MINE.device}</span>}
              </p>
              <p className="muted">{profileWords(profile)}</p>
            </div>
            <div className="row">
              {profile.network ? (
                <a
                  className="btn"
                  href={`/n/${profile.id}`}
                  aria-label={MINE.openAs(profile.network.name, profile.label)}
                >
                  {MINE.open}
                </a>
              ) : (
                <Link
                  className="btn"
                  href={profile.device ? '/device' : '/join'}
                  aria-label={MINE.joinAs(profile.label)}
                >
                  {MINE.join}
                </Link>
              )}
              <button
                type="button"
                className="btn"
                aria-label={MINE.forgetNamed(profile.label)}
                onClick={() => setDoomed(profile)}
              >
                {MINE.forget}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <Dialog
        open={doomed !== null}
        title={MINE.forgetTitle(doomed?.label ?? '')}
        onClose={() => setDoomed(null)}
      >
        <p>{doomed === null ? '' : forgetWords(doomed)}</p>
        <div className="row">
          <button type="button" className="btn danger" onClick={() => doomed && void forget(doomed)}>
            {MINE.delete}
          </button>
          <button type="button" className="btn main" onClick={() => setDoomed(null)}>
            {MINE.keep}
          </button>
        </div>
      </Dialog>
    </section>
  );
}
