/** Opens an invitation. It holds the join secret: it leaves the address bar at once and is kept nowhere. */
import { useCallback, useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { DoorError, Invitation, Result } from '../../worker/api.ts';
import { errorText } from '../errors.ts';
import { askToKeep } from '../program/persistence.ts';
import { ASK } from './ask-texts.ts';
import type { DoorsClient } from './client.ts';
import { JOIN, KEY } from './door-texts.ts';
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
  /** Files that were chosen and are being read: nobody joins without what they chose. */
  const [reading, setReading] = useState(0);

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
      setProblem(JOIN.tooLarge(file.name, MAX_GENESIS_FILE_BYTES / 1024 / 1024));
      return;
    }
    setProblem(null);
    setReading((count) => count + 1);
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const asText = new TextDecoder().decode(bytes.slice(0, 4096)).trim();
      // The invitation itself may have been handed over as a file.
      if ((await client.api.readInvitation(bareText(asText))).ok) setText(asText);
      else setGenesis({ name: file.name, bytes });
    } finally {
      setReading((count) => count - 1);
    }
  };
  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!read) return;
    setProblem(null);
    setUnlisted(false);
    setJoining(true);
    void askToKeep();
    const done = await client.api.join({
      invitation: bare,
      ...(genesis ? { genesisFile: genesis.bytes } : {}),
    });
    setJoining(false);
    // The pages of an open network are another app: the page is loaded anew.
    if (done.ok) window.location.assign(`/n/${done.value.profile}`);
    else {
      setProblem(errorText(done.error));
      setUnlisted(done.error.type === 'not-in-genesis' || done.error.type === 'no-longer-member');
    }
  };

  return (
    <DoorFrame title={read ? JOIN.titleOf(read.name) : JOIN.title} lead={read ? JOIN.leadOf : JOIN.lead}>
      <form className="sheet stack" onSubmit={(event) => void join(event)} aria-label={JOIN.invitation}>
        {read ? (
          <dl className="facts">
            <dt>{JOIN.network}</dt>
            <dd>{read.name}</dd>
            <dt>{JOIN.networkId}</dt>
            <dd className="mono">
              <bdi>{read.network}</bdi>
            </dd>
            <dt>{JOIN.introducedBy}</dt>
            <dd>{read.signaling.length === 0 ? JOIN.thisServer : <bdi>{read.signaling.join(', ')}</bdi>}</dd>
          </dl>
        ) : (
          <TextField
            label={JOIN.invitation}
            hint={ASK.invitationHint}
            value={text}
            onChange={setText}
            problem={invitation && !invitation.ok ? errorText(invitation.error) : null}
          />
        )}
        <div className="field">
          <span className="label">{JOIN.list}</span>
          <span className="hint">{JOIN.listHint}</span>
          <label className="btn file">
            {genesis ? genesis.name : JOIN.choose}
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
          <button
            type="submit"
            className={unlisted ? 'btn' : 'btn main'}
            disabled={!read || joining || reading > 0}
          >
            {joining ? JOIN.joining : JOIN.join}
          </button>
          {read && !joining && (
            <button type="button" className="btn" onClick={() => setText('')}>
              {ASK.another}
            </button>
          )}
        </div>
        <p role="status" className="muted">
          {joining && (genesis ? JOIN.checking(genesis.name) : JOIN.waiting(read?.name ?? null))}
        </p>
      </form>
      <p className="muted">
        {JOIN.noKey} <a href="/key">{KEY.title}</a>. {JOIN.unlisted} <a href="/ask">{ASK.title}</a>
      </p>
    </DoorFrame>
  );
}
