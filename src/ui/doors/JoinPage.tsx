/** Opens an invitation. It holds the join secret: it leaves the address bar at once and is kept nowhere. */
import { useCallback, useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { DoorError, Invitation, Result } from '../../worker/api.ts';
import { ASK } from './ask-texts.ts';
import type { DoorsClient } from './client.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { bareText, fragmentOf } from './handover.ts';
import { MAX_GENESIS_FILE_BYTES } from './limits.ts';
import { TextField } from './MemberForm.tsx';
import { useFragment } from './use-fragment.ts';

export function JoinPage({ client }: { client: DoorsClient }): ReactNode {
  const [text, setText] = useState(() => fragmentOf(window.location.hash));
  const [genesis, setGenesis] = useState<{ name: string; bytes: Uint8Array } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  /** The member list names no key of this browser, or no longer: it can ask to be let in. */
  const [unlisted, setUnlisted] = useState(false);
  const [, navigate] = useLocation();
  const [joining, setJoining] = useState(false);

  useFragment(
    useCallback((fragment) => {
      setText(fragment);
      return true;
    }, []),
  );

  const bare = bareText(text);
  useEffect(() => setUnlisted(false), [bare]);
  const [seen, setSeen] = useState<{ text: string; result: Result<Invitation, DoorError> } | null>(null);
  useEffect(() => {
    let current = true;
    if (bare !== '') {
      void client.api.readInvitation(bare).then((result) => {
        if (current) setSeen({ text: bare, result });
      });
    }
    return () => {
      current = false;
    };
  }, [client, bare]);
  const invitation = seen?.text === bare ? seen.result : null;
  const read = invitation?.ok ? invitation.value : null;

  const takeFile = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    if (file.size > MAX_GENESIS_FILE_BYTES) {
      setProblem(
        `${file.name} has more than ${MAX_GENESIS_FILE_BYTES / 1024 / 1024} MiB: it is not a member list. Choose the file that ends in .countersign-genesis.`,
      );
      return;
    }
    setProblem(null);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const asText = new TextDecoder().decode(bytes.slice(0, 4096)).trim();
    // The invitation itself may have been handed over as a file.
    if ((await client.api.readInvitation(bareText(asText))).ok) setText(asText);
    else setGenesis({ name: file.name, bytes });
  };
  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!read) return;
    setProblem(null);
    setUnlisted(false);
    setJoining(true);
    const done = await client.api.join({
      invitation: bare,
      ...(genesis ? { genesisFile: genesis.bytes } : {}),
    });
    setJoining(false);
    // The pages of an open network are another app: the page is loaded anew.
    if (done.ok) window.location.assign(`/n/${done.value.profile}`);
    else {
      setProblem(done.error.message);
      setUnlisted(done.error.type === 'not-in-genesis' || done.error.type === 'no-longer-member');
    }
  };

  return (
    <DoorFrame
      title={read ? `Join ${read.name}` : 'Join a network'}
      lead={
        read
          ? 'The member list is checked against this invitation before anything is opened.'
          : 'Open an invitation: a link, a QR code or a file.'
      }
    >
      <form className="sheet stack" onSubmit={(event) => void join(event)} aria-label="Invitation">
        {read ? (
          <dl className="facts">
            <dt>Network</dt>
            <dd>{read.name}</dd>
            <dt>Network id</dt>
            <dd className="mono">{read.network}</dd>
            <dt>Introduced by</dt>
            <dd>{read.signaling.length === 0 ? 'the server of this page' : read.signaling.join(', ')}</dd>
          </dl>
        ) : (
          <TextField
            label="Invitation"
            hint="Paste the whole link. It contains the secret that lets members find one another: treat it like a key to the building."
            value={text}
            onChange={setText}
            problem={invitation && !invitation.ok ? invitation.error.message : null}
          />
        )}
        <div className="field">
          <span className="label">Member list from a file, if you have it</span>
          <span className="hint">
            Without it, a member that is online sends it. Either way it must fit the invitation.
          </span>
          <label className="btn file">
            {genesis ? genesis.name : 'Choose a file'}
            <input type="file" onChange={(event) => void takeFile(event.target.files?.[0])} />
          </label>
        </div>
        <Problem message={problem} testId="problem" />
        {unlisted && (
          <div className="row">
            <button type="button" className="btn main" onClick={() => navigate(`/ask#${bare}`)}>
              {ASK.button}
            </button>
            <span className="muted">{ASK.buttonText}</span>
          </div>
        )}
        <div className="row">
          <button type="submit" className={unlisted ? 'btn' : 'btn main'} disabled={!read || joining}>
            {joining ? 'Joining …' : 'Join'}
          </button>
          {read && !joining && (
            <button type="button" className="btn" onClick={() => setText('')}>
              Another invitation
            </button>
          )}
        </div>
        <p role="status" className="muted">
          {joining &&
            (genesis
              ? `Checking ${genesis.name} against the invitation, and looking for your key in this browser.`
              : `Waiting for any member of ${read?.name ?? 'the network'} that is online to send the member list. Then your key is looked for in this browser.`)}
        </p>
      </form>
      <p className="muted">
        You need the browser in which you made your key. Not made one yet?{' '}
        <a href="/key">I was asked for a key</a>. The network runs already, and does not list you, or your
        keys were lost? <a href="/ask">Ask to join</a>
      </p>
    </DoorFrame>
  );
}
