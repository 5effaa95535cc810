/** "I was asked for a key": makes this member's keys for a draft, and hands over their public half. */
import { useEffect, useState, type ReactNode } from 'react';
import type { DoorsClient } from './client.ts';
import { madeKeyFor, rememberMadeKey, type MadeKey } from './create-memory.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { bareText, fileName, fragmentLink, fragmentOf } from './handover.ts';
import { MemberForm, TextField, type MemberInput } from './MemberForm.tsx';
import { Share } from './Share.tsx';

export function KeyPage({ client }: { client: DoorsClient }): ReactNode {
  const [text, setText] = useState(() => fragmentOf(window.location.hash));
  const [draft, setDraft] = useState<{ text: string; name: string } | null>(null);
  const [made, setMade] = useState<MadeKey | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let current = true;
    const bare = bareText(text);
    setDraft(null);
    setMade(null);
    setProblem(null);
    if (bare === '') return undefined;
    void client.api.readDraft(bare).then((read) => {
      if (!current) return;
      if (!read.ok) setProblem(read.error.message);
      else {
        setDraft({ text: bare, name: read.value.name });
        setMade(madeKeyFor(localStorage, bare));
      }
    });
    return () => {
      current = false;
    };
  }, [client, text]);

  const make = async (input: MemberInput): Promise<void> => {
    if (!draft) return;
    setBusy(true);
    setProblem(null);
    const done = await client.api.createMemberKey({ draft: draft.text, ...input });
    if (done.ok) {
      const { profile, key } = done.value;
      const manifestKey = input.role === 'supplier' ? await client.api.manifestKeyOf(profile) : null;
      const result: MadeKey = {
        draft: draft.text,
        profile,
        text: key,
        organisation: input.organisation,
        manifestKey,
      };
      rememberMadeKey(localStorage, result);
      setMade(result);
    } else setProblem(done.error.message);
    setBusy(false);
  };

  return (
    <DoorFrame
      title={draft ? `A key for ${draft.name}` : 'I was asked for a key'}
      lead="Your keys are made here and stay here. You hand over their public half, with a proof that you hold the rest."
    >
      {!draft && (
        <section className="sheet stack" aria-label="The request">
          <TextField
            label="Link or text that you were sent"
            hint="It begins with csdraft1, or is a link that contains it."
            value={text}
            onChange={setText}
          />
          <Problem message={problem} testId="problem" />
        </section>
      )}
      {draft && !made && (
        <section className="sheet" aria-labelledby="who">
          <h2 id="who">Who are you?</h2>
          <div className="stack">
            <MemberForm action="Make my key" busy={busy} onSubmit={(input) => void make(input)} />
            <Problem message={problem} testId="problem" />
          </div>
        </section>
      )}
      {draft && made && (
        <>
          <section className="sheet stack" aria-labelledby="hand-over">
            <h2 id="hand-over">Hand this over to whoever asked you</h2>
            <p className="muted">
              It is public: a link, a picture of the code, or the file all do. The network’s creator pastes it
              under “Keys of the others”.
            </p>
            <Share
              title={`Key of ${made.organisation}`}
              link={fragmentLink('create', made.text, window.location.origin)}
              fileName={fileName(made.organisation, 'countersign-key.txt')}
              file={made.text}
              qrLabel={`QR code with the key of ${made.organisation}`}
              testId="key-text"
            />
          </section>
          {made.manifestKey && <ManifestKey made={made} />}
          <section className="sheet stack-tight" aria-labelledby="what-made">
            <h2 id="what-made">What was made</h2>
            <p>
              A key that signs your votes, a key that signs certificates, and an empty vote log, in a database
              of their own in this browser.
            </p>
            <p>
              They must stay in this browser: do not clear its data for this site, and open the invitation{' '}
              <b>here</b>. A copy of the key in another browser would have an empty log, could contradict what
              you signed, and is therefore not allowed to vote.
            </p>
            <p className="muted">Next: you will get an invitation. Open its link in this browser.</p>
          </section>
        </>
      )}
    </DoorFrame>
  );
}

function ManifestKey({ made }: { made: MadeKey }): ReactNode {
  return (
    <section className="sheet stack-tight" aria-labelledby="manifest-key">
      <h2 id="manifest-key">Your key for manifests</h2>
      <p className="muted">
        So that others accept the packages you announce, the creator enters this in the directory.
      </p>
      <dl className="facts">
        <dt>Key id</dt>
        <dd className="mono">{made.manifestKey?.keyId}</dd>
        <dt>Public key</dt>
        <dd className="mono">{made.manifestKey?.publicKey}</dd>
      </dl>
    </section>
  );
}
