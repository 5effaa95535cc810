/** The start: try, create, join, or hand over a key; and the networks that this browser is already in. */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ProfileSummary, SealState } from '../../worker/api.ts';
import { Brand } from '../parts/Brand.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { formatDayAndTime } from '../format.ts';
import { Seal, type SealMember } from '../seal/Seal.tsx';
import type { DoorsClient } from './client.ts';
import { Problem } from './DoorFrame.tsx';
import { IMPORT } from './import-texts.ts';

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
    words: 'A warehouse scans, checks and labels a package. Each step is saved in its own browser.',
  },
  {
    seal: drawn(['pre', 'pre', 'heard', 'pre'], 'voting'),
    words: 'The others run the same steps again. Same responses: they say yes.',
  },
  {
    seal: drawn(['commit', 'commit', 'heard', 'pre'], 'voting'),
    words: 'They sign. Each signature is stored before it is sent.',
  },
  { seal: CLOSED, words: 'Three of four is enough. The ring closes, and it is proof.' },
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
      <main tabIndex={-1}>
        {unknown && (
          <p className="notice warn" role="alert">
            There is no page at this address. Begin here instead.
          </p>
        )}
        <div className="hero">
          <div>
            <h1>One record of every package, signed by those who handle it</h1>
            <p className="lead">
              Supplier, warehouse and courier each keep the whole record in a browser. A change counts when
              enough of them have signed it. Nobody owns a server.
            </p>
          </div>
          <Seal seal={CLOSED} members={MEMBERS} size={160} drawnSize={340} version={2} time="14:32" />
        </div>
        <nav className="ways" aria-label="Begin">
          <a className="way try" href="/demo">
            <h2>Try the demo</h2>
            <p>Four organisations on one page. Run a session, take one offline, make one lie.</p>
            <span className="go">Open the demo</span>
          </a>
          <Link className="way" href="/create">
            <h2>Create a network</h2>
            <p>Name the members, collect their keys, seal the list.</p>
            <span className="go">Create</span>
          </Link>
          <Link className="way" href="/join">
            <h2>Join a network</h2>
            <p>Open an invitation: a link, a QR code or a file.</p>
            <span className="go">Join</span>
          </Link>
        </nav>
        <p className="asked">
          <Link href="/key">I was asked for a key</Link>
          <span className="muted">
            {' '}
            Somebody creates a network and sent you a link that contains csdraft1.
          </span>
        </p>
        <p className="asked is-next">
          <Link href="/ask">Ask to join a network that runs</Link>
          <span className="muted">
            {' '}
            You have its invitation, and no key in its list; or your keys were lost.
          </span>
        </p>
        <p className="asked is-next">
          <Link href="/device">Add this device to an organisation</Link>
          <span className="muted"> A further terminal or phone of a member, with a key of its own.</span>
        </p>
        <p className="asked is-next">
          <Link href="/import">{IMPORT.link}</Link>
          <span className="muted"> {IMPORT.linkText}</span>
        </p>
        <p className="asked is-next">
          <a href="/verify">Verify an evidence file</a>
          <span className="muted"> Somebody sent you a file that ends in .evidence.json.</span>
        </p>
        <Networks client={client} />
        <section className="how" aria-labelledby="how">
          <h2 id="how">How a package is countersigned</h2>
          <ol>
            {HOW.map((step) => (
              <li key={step.words}>
                <Seal seal={step.seal} members={MEMBERS} size={48} drawnSize={72} decorative />
                <p>{step.words}</p>
              </li>
            ))}
          </ol>
        </section>
        <p className="foot">
          Steps are saved offline and sent when a member is reachable. Records go to the members of your
          network and to nobody else.
        </p>
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
    load().catch(() =>
      setProblem('This browser’s networks could not be listed. Reload the page to try again.'),
    );
  }, [load]);
  const forget = async (profile: ProfileSummary): Promise<void> => {
    setDoomed(null);
    const done = await client.api.forget(profile.id);
    setProblem(done.ok ? null : done.error.message);
    await load();
  };
  if (profiles.length === 0 && problem === null) return null;
  return (
    <section className="mine" aria-labelledby="mine">
      <h2 id="mine">In this browser</h2>
      <Problem message={problem} />
      <ul>
        {profiles.map((profile) => (
          <li key={profile.id} data-testid="profile">
            <div>
              <p className="strong">
                {profile.label}
                {profile.network?.demo && <span className="tag">demo</span>}
                {profile.device && <span className="tag">device</span>}
              </p>
              <p className="muted">
                {profile.network
                  ? profile.network.name
                  : profile.device
                    ? 'Key made, waiting for the member’s answer'
                    : 'Key made, waiting for the invitation'}{' '}
                · since {formatDayAndTime(profile.createdAt)}
              </p>
            </div>
            <div className="row">
              {profile.network ? (
                <a
                  className="btn"
                  href={`/n/${profile.id}`}
                  aria-label={`Open ${profile.network.name} as ${profile.label}`}
                >
                  Open
                </a>
              ) : (
                <Link
                  className="btn"
                  href={profile.device ? '/device' : '/join'}
                  aria-label={`Join as ${profile.label}`}
                >
                  Join
                </Link>
              )}
              <button
                type="button"
                className="btn"
                aria-label={`Forget ${profile.label}`}
                onClick={() => setDoomed(profile)}
              >
                Forget
              </button>
            </div>
          </li>
        ))}
      </ul>
      <Dialog open={doomed !== null} title={`Forget ${doomed?.label ?? ''}?`} onClose={() => setDoomed(null)}>
        <p>{doomed === null ? '' : forgetWords(doomed)}</p>
        <div className="row">
          <button type="button" className="btn danger" onClick={() => doomed && void forget(doomed)}>
            Delete it
          </button>
          <button type="button" className="btn main" onClick={() => setDoomed(null)}>
            Keep it
          </button>
        </div>
      </Dialog>
    </section>
  );
}

function forgetWords({ network, device }: ProfileSummary): string {
  if (device)
    return 'Its key and its records are deleted from this browser, with every session that was not handed to a member yet, and cannot be brought back. Tell the member, which should revoke this device.';
  const gone =
    'Its keys, records and votes are deleted from this browser and cannot be brought back. In a network where it is a member, it can then no longer sign';
  return network && !network.demo
    ? `${gone}, and ${network.name} has one member fewer that may fail.`
    : `${gone}.`;
}
