/** "Ask to join": a request to a network that runs, from its invitation; then a page that waits until the members have let it in. */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { browserMemory, tabMemory } from '../browser-memory.ts';
import type { DoorError, Invitation, KnockedNetwork, Result } from '../../worker/api.ts';
import { errorText } from '../errors.ts';
import { askToKeep } from '../program/persistence.ts';
import {
  askedFor,
  forgetAsked,
  keepInvitation,
  keptInvitation,
  rememberAsked,
  type Asked,
} from './ask-memory.ts';
import { ASK } from './ask-texts.ts';
import { AskForm } from './AskForm.tsx';
import { AskWaiting } from './AskWaiting.tsx';
import type { DoorsClient } from './client.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { bareText, fragmentOf } from './handover.ts';
import { TextField, type MemberInput } from './MemberForm.tsx';
import { useFragment } from './use-fragment.ts';

export function AskPage({ client }: { client: DoorsClient }): ReactNode {
  const [text, setText] = useState(() => fragmentOf(window.location.hash) || keptInvitation(tabMemory()));
  const bare = bareText(text);
  const invitation = useInvitation(client, bare);
  const read = invitation?.ok ? invitation.value : null;
  const network = read?.network ?? null;
  const [asked, setAsked] = useState<Asked | null | 'reading'>('reading');
  const [members, setMembers] = useState<KnockedNetwork['members']>([]);
  const [gaveUp, setGaveUp] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useFragment(
    useCallback((fragment) => {
      setText(fragment);
      return true;
    }, []),
  );
  useEffect(() => {
    if (network !== null) keepInvitation(tabMemory(), bare);
  }, [network, bare]);

  // A request that was made here before goes on, if its keys are still in this browser.
  useEffect(() => {
    let wanted = true;
    setAsked('reading');
    setMembers([]);
    if (network === null) return undefined;
    const before = askedFor(browserMemory(), network);
    client.api.profiles().then(
      (profiles) => wanted && setAsked(profiles.some((one) => one.id === before?.profile) ? before : null),
      () => wanted && setAsked(before),
    );
    return () => {
      wanted = false;
    };
  }, [client, network]);

  const ask = async (input: MemberInput, replaces: string | null): Promise<void> => {
    if (network === null) return;
    setBusy(true);
    setProblem(null);
    void askToKeep();
    const made = await client.api.askToJoin({ invitation: bare, ...input, replaces }).catch(() => null);
    setBusy(false);
    if (made === null) return setProblem(ASK.notMade);
    if (!made.ok) return setProblem(errorText(made.error));
    const next: Asked = { network, ...made.value, organisation: input.organisation, replaces };
    rememberAsked(browserMemory(), next);
    setAsked(next);
  };
  const giveUp = async (given: Asked): Promise<void> => {
    forgetAsked(browserMemory(), given.network);
    setAsked(null);
    setGaveUp(true);
    const gone = await client.api.forget(given.profile).catch(() => null);
    if (gone !== null && !gone.ok) setProblem(errorText(gone.error));
  };
  const open = (profile: string): void => {
    keepInvitation(tabMemory(), '');
    if (network !== null) forgetAsked(browserMemory(), network);
    // The pages of an open network are another app: the page is loaded anew.
    window.location.assign(`/n/${profile}`);
  };
  const another = (): void => {
    keepInvitation(tabMemory(), '');
    setText('');
    setProblem(null);
  };

  return (
    <DoorFrame title={read ? ASK.titleOf(read.name) : ASK.title} lead={ASK.lead}>
      {read === null && (
        <section className="sheet stack" aria-label={ASK.invitation}>
          <TextField
            label={ASK.invitation}
            hint={ASK.invitationHint}
            value={text}
            onChange={setText}
            problem={invitation && !invitation.ok ? errorText(invitation.error) : null}
          />
        </section>
      )}
      {read !== null && asked === null && (
        <AskForm
          members={members}
          busy={busy}
          problem={problem}
          focus={gaveUp}
          onAsk={(input, replaces) => void ask(input, replaces)}
        />
      )}
      {read !== null && asked !== null && asked !== 'reading' && (
        <AskWaiting
          key={asked.profile}
          client={client}
          invitation={bare}
          asked={asked}
          onMembers={setMembers}
          onOpen={open}
          onGiveUp={() => void giveUp(asked)}
        />
      )}
      {/* The form has its own place for this. */}
      {asked !== null && <Problem message={problem} testId="problem" />}
      {read !== null && !busy && (
        <p>
          <button type="button" className="btn" onClick={another}>
            {ASK.another}
          </button>
        </p>
      )}
    </DoorFrame>
  );
}

/** What the invitation says; null while it is read, or while there is none. */
function useInvitation(client: DoorsClient, bare: string): Result<Invitation, DoorError> | null {
  const [seen, setSeen] = useState<{ text: string; result: Result<Invitation, DoorError> } | null>(null);
  useEffect(() => {
    let current = true;
    if (bare !== '')
      void client.api.readInvitation(bare).then((result) => {
        if (current) setSeen({ text: bare, result });
      });
    return () => {
      current = false;
    };
  }, [client, bare]);
  return seen?.text === bare ? seen.result : null;
}
