/** "I was asked for a key": makes this member's keys for a draft, and hands over their public half. */
import { browserMemory } from '../browser-memory.ts';
import { errorText } from '../errors.ts';
import { askToKeep } from '../program/persistence.ts';
import { useEffect, useState, type ReactNode } from 'react';
import type { DoorsClient } from './client.ts';
import { madeKeyFor, rememberMadeKey, type MadeKey } from './create-memory.ts';
import { KEY } from './door-texts.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { Emphasised } from './Emphasised.tsx';
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
      if (!read.ok) setProblem(errorText(read.error));
      else {
        setDraft({ text: bare, name: read.value.name });
        setMade(madeKeyFor(browserMemory(), bare));
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
    void askToKeep();
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
      rememberMadeKey(browserMemory(), result);
      setMade(result);
    } else setProblem(errorText(done.error));
    setBusy(false);
  };

  return (
    <DoorFrame title={draft ? KEY.titleOf(draft.name) : KEY.title} lead={KEY.lead}>
      {!draft && (
        <section className="sheet stack" aria-label={KEY.request}>
          <TextField label={KEY.text} hint={KEY.textHint} value={text} onChange={setText} />
          <Problem message={problem} testId="problem" />
        </section>
      )}
      {draft && !made && (
        <section className="sheet" aria-labelledby="who">
          <h2 id="who">{KEY.who}</h2>
          <div className="stack">
            <MemberForm action={KEY.make} busy={busy} onSubmit={(input) => void make(input)} />
            <Problem message={problem} testId="problem" />
          </div>
        </section>
      )}
      {draft && made && (
        <>
          <section className="sheet stack" aria-labelledby="hand-over">
            <h2 id="hand-over">{KEY.handOver}</h2>
            <p className="muted">{KEY.handOverText}</p>
            <Share
              title={KEY.of(made.organisation)}
              link={fragmentLink('create', made.text, window.location.origin)}
              fileName={fileName(made.organisation, 'countersign-key.txt')}
              file={made.text}
              qrLabel={KEY.qr(made.organisation)}
              testId="key-text"
            />
          </section>
          {made.manifestKey && <ManifestKey made={made} />}
          <section className="sheet stack-tight" aria-labelledby="what-made">
            <h2 id="what-made">{KEY.made}</h2>
            <p>{KEY.madeText}</p>
            <p>
              <Emphasised text={KEY.stay} />
            </p>
            <p className="muted">{KEY.next}</p>
          </section>
        </>
      )}
    </DoorFrame>
  );
}

function ManifestKey({ made }: { made: MadeKey }): ReactNode {
  return (
    <section className="sheet stack-tight" aria-labelledby="manifest-key">
      <h2 id="manifest-key">{KEY.manifest}</h2>
      <p className="muted">{KEY.manifestText}</p>
      <dl className="facts">
        <dt>{KEY.keyId}</dt>
        <dd className="mono">
          <bdi>{made.manifestKey?.keyId}</bdi>
        </dd>
        <dt>{KEY.publicKey}</dt>
        <dd className="mono">
          <bdi>{made.manifestKey?.publicKey}</bdi>
        </dd>
      </dl>
    </section>
  );
}
