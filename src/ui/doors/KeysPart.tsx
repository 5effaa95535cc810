/** Step 2 and 3 of creating: one's own key, and those that the others handed over. */
import { useId, useState, type ReactNode } from 'react';
import { MemberName } from '../parts/words.tsx';
import type { DoorsClient } from './client.ts';
import type { Collected } from './create-memory.ts';
import { Problem } from './DoorFrame.tsx';
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
      <h2 id="members">2. Members</h2>
      {members.length === 0 ? (
        <p className="muted">None yet. Add your own key, and paste what the others send you.</p>
      ) : (
        <ol className="member-list" data-testid="member-list">
          {members.map(({ entry }, i) => (
            <li key={entry.voteKey}>
              <div>
                <MemberName index={i} name={entry.organisation} />
                <p className="muted">
                  {entry.role} · GLN {entry.gln} · id <span className="mono">{entry.id}</span> · proof checked
                </p>
              </div>
              <button
                type="button"
                className="btn"
                aria-label={`Take ${entry.organisation} out of the list`}
                onClick={() => use.removeMember(entry.voteKey)}
              >
                Take out
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
    const made = await client.api.createMemberKey({ draft: collected.draft, ...input });
    if (!made.ok) setProblem(made.error.message);
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
          Add my own key
        </button>
      </div>
    );
  }
  return (
    <div className="inset stack">
      <h3>My own key</h3>
      <MemberForm action="Make and add my key" busy={busy} onSubmit={(input) => void make(input)} />
      <Problem message={problem} testId="own-problem" />
    </div>
  );
}

function PasteKeys({ use }: { use: UseCollected }): ReactNode {
  const id = useId();
  const [text, setText] = useState('');
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (texts: readonly string[]): Promise<void> => {
    if (texts.length === 0) {
      setProblem(
        'There is no key in it. Paste the text that begins with cskey1, or a link that contains it.',
      );
      return;
    }
    setBusy(true);
    const refused = await use.addKeys(texts.slice(0, MAX_COLLECTED_MEMBERS));
    setProblem(refused);
    if (refused === null) setText('');
    setBusy(false);
  };
  const addFiles = async (files: FileList | null): Promise<void> => {
    const texts: string[] = [];
    for (const file of files ?? []) {
      if (file.size > MAX_KEY_FILE_BYTES) {
        setProblem(
          `${file.name} has more than ${MAX_KEY_FILE_BYTES / 1024} KiB: it is not a member’s key. Choose the file that ends in .countersign-key.txt.`,
        );
        return;
      }
      texts.push(...bareTexts(await file.text()));
    }
    if (texts.length > 0) await add(texts);
  };
  return (
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const dropped = event.dataTransfer.getData('text');
        if (event.dataTransfer.files.length > 0) void addFiles(event.dataTransfer.files);
        else if (dropped) void add(bareTexts(dropped));
      }}
    >
      <div className="field is-full">
        <label htmlFor={id}>Keys of the others</label>
        <span className="hint" id={`${id}-hint`}>
          Paste one or several, as text or link, or drop their files here.
        </span>
        <textarea
          id={id}
          className="mono"
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
          Check and add
        </button>
        <label className="btn file">
          From a file
          <input
            type="file"
            multiple
            accept=".txt,text/plain"
            onChange={(event) => void addFiles(event.target.files)}
          />
        </label>
      </div>
    </div>
  );
}
