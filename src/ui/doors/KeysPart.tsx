/** Step 2 and 3 of creating: one's own key, and those that the others handed over. */
import { useId, useState, type ReactNode } from 'react';
import { errorText } from '../errors.ts';
import { DropZone, FileButton } from '../parts/DropZone.tsx';
import { MemberName } from '../parts/words.tsx';
import { askToKeep } from '../program/persistence.ts';
import type { DoorsClient } from './client.ts';
import type { Collected } from './create-memory.ts';
import { Problem } from './DoorFrame.tsx';
import { KEYS, roleWord } from './form-texts.ts';
import { bareTexts } from './handover.ts';
import { MAX_COLLECTED_MEMBERS, MAX_KEY_FILE_BYTES } from './limits.ts';
import { MemberForm, type MemberInput } from './MemberForm.tsx';
import type { UseCollected } from './use-collected.ts';
import { quorumWords } from './words.ts';

export function KeysPart({
  client,
  use,
  collected,
}: {
  client: DoorsClient;
  use: UseCollected;
  collected: Collected;
}): ReactNode {
  const { members } = use;
  return (
    <section className="sheet stack" aria-labelledby="members">
      <h2 id="members">{KEYS.members}</h2>
      {members.length === 0 ? (
        <p className="muted">{KEYS.none}</p>
      ) : (
        <ol className="member-list" data-testid="member-list">
          {members.map(({ entry }, i) => (
            <li key={entry.voteKey}>
              <div>
                <MemberName index={i} name={entry.organisation} />
                <p className="muted">
                  {roleWord(entry.role)} · <bdi>GLN {entry.gln}</bdi> · {KEYS.id}{' '}
                  <bdi className="mono">{entry.id}</bdi> · {KEYS.proofChecked}
                </p>
              </div>
              <button
                type="button"
                className="btn"
                aria-label={KEYS.takeOutNamed(entry.organisation)}
                onClick={() => use.removeMember(entry.voteKey)}
              >
                {KEYS.takeOut}
              </button>
            </li>
          ))}
        </ol>
      )}
      <p className="strong" role="status">
        {quorumWords(members.length).sentence}
      </p>
      {collected.own === null && <OwnKey client={client} use={use} collected={collected} />}
      <PasteKeys use={use} />
    </section>
  );
}

function OwnKey({
  client,
  use,
  collected,
}: {
  client: DoorsClient;
  use: UseCollected;
  collected: Collected;
}): ReactNode {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async (input: MemberInput): Promise<void> => {
    setBusy(true);
    setProblem(null);
    void askToKeep();
    const made = await client.api.createMemberKey({ draft: collected.draft, ...input });
    if (!made.ok) setProblem(errorText(made.error));
    else {
      const refused = await use.addKeys([made.value.key], made.value.profile);
      const manifestKey =
        refused === null && input.role === 'supplier'
          ? await client.api.manifestKeyOf(made.value.profile)
          : null;
      if (manifestKey) {
        const entry = {
          ...manifestKey,
          gln: input.gln,
          name: input.organisation,
          validFrom: null,
          validUntil: null,
        };
        use.change({ supplierKeys: [...collected.supplierKeys, entry] });
      }
      setProblem(refused);
    }
    setBusy(false);
  };
  if (!open) {
    return (
      <div className="row">
        <button type="button" className="btn" onClick={() => setOpen(true)}>
          {KEYS.addOwn}
        </button>
      </div>
    );
  }
  return (
    <div className="inset stack">
      <h3>{KEYS.own}</h3>
      <MemberForm action={KEYS.makeOwn} busy={busy} onSubmit={(input) => void make(input)} />
      <Problem message={problem} testId="own-problem" />
    </div>
  );
}

function PasteKeys({ use }: { use: UseCollected }): ReactNode {
  const id = useId();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (texts: readonly string[]): Promise<void> => {
    if (texts.length === 0) {
      setProblem(KEYS.noKey);
      return;
    }
    setBusy(true);
    const refused = await use.addKeys(texts.slice(0, MAX_COLLECTED_MEMBERS));
    setProblem(refused);
    if (refused === null) setText('');
    setBusy(false);
  };
  const addFiles = async (files: readonly File[]): Promise<void> => {
    const texts: string[] = [];
    for (const file of files) {
      if (file.size > MAX_KEY_FILE_BYTES) {
        setProblem(KEYS.tooLarge(file.name, MAX_KEY_FILE_BYTES / 1024));
        return;
      }
      texts.push(...bareTexts(await file.text()));
    }
    if (texts.length > 0) await add(texts);
  };
  return (
    <DropZone
      onDrop={(files, dropped) => {
        if (files.length > 0) void addFiles(files);
        else if (dropped !== '') void add(bareTexts(dropped));
      }}
    >
      <div className="field is-full">
        <label htmlFor={id}>{KEYS.others}</label>
        <span className="hint" id={`${id}-hint`}>
          {KEYS.othersHint}
        </span>
        <textarea
          id={id}
          className="mono"
          dir="ltr"
          rows={3}
          spellCheck={false}
          value={text}
          aria-describedby={`${id}-hint`}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Problem message={problem} testId="key-problem" />
      <div className="row">
        <button type="button" className="btn" disabled={busy} onClick={() => void add(bareTexts(text))}>
          {KEYS.add}
        </button>
        <FileButton
          label={KEYS.file}
          multiple
          accept=".txt,text/plain"
          onFiles={(files) => void addFiles(files)}
        />
      </div>
    </DropZone>
  );
}
