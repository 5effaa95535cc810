/** Creating a network: name it, collect the members' keys, fill the directory, seal the list. */
import { errorText } from '../errors.ts';
import { askToKeep } from '../program/persistence.ts';
import { useCallback, useState, type FormEvent, type ReactNode } from 'react';
import type { DoorsClient } from './client.ts';
import type { Collected } from './create-memory.ts';
import { allCouriers } from './couriers.ts';
import { DirectoryPart } from './DirectoryPart.tsx';
import { CREATE } from './door-texts.ts';
import { DoorFrame, Problem } from './DoorFrame.tsx';
import { fileName, fragmentLink, bareTexts } from './handover.ts';
import { KeysPart } from './KeysPart.tsx';
import { TextField } from './MemberForm.tsx';
import { SealedPart, type Sealed } from './SealedPart.tsx';
import { Share } from './Share.tsx';
import { useCollected, type CollectedMember, type UseCollected } from './use-collected.ts';
import { quorumWords } from './words.ts';
import { useFragment } from './use-fragment.ts';

export function CreatePage({ client }: { client: DoorsClient }): ReactNode {
  const use = useCollected(client);
  const { collected, members } = use;
  const [sealed, setSealed] = useState<Sealed | null>(null);
  const [arrived, setArrived] = useState<string | null>(null);

  // A handed-over key may arrive as a link to this very page.
  const { addKeys } = use;
  const takeKeys = useCallback(
    (fragment: string) => {
      const texts = bareTexts(fragment).filter((text) => text.startsWith('cskey1.'));
      if (texts.length > 0) void addKeys(texts).then((problem) => setArrived(problem));
      return texts.length > 0;
    },
    [addKeys],
  );
  useFragment(takeKeys);

  if (sealed) {
    return (
      <DoorFrame title={CREATE.sealedTitle(sealed.name)} lead={CREATE.sealedLead}>
        <SealedPart sealed={sealed} />
      </DoorFrame>
    );
  }
  return (
    <DoorFrame
      title={collected ? CREATE.titleOf(collected.name) : CREATE.title}
      lead={collected ? CREATE.leadOf : CREATE.lead}
    >
      <Problem message={arrived} />
      {!collected ? (
        <NameForm onName={(name) => void use.begin(name)} />
      ) : (
        <>
          <section className="sheet stack" aria-labelledby="ask">
            <h2 id="ask">{CREATE.ask}</h2>
            <p className="muted">{CREATE.askText}</p>
            <Share
              title={CREATE.link}
              link={fragmentLink('key', collected.draft, window.location.origin)}
              fileName={fileName(collected.name, 'countersign-draft.txt')}
              qrLabel={CREATE.linkQr}
              testId="draft-link"
            />
          </section>
          <KeysPart client={client} use={use} collected={collected} />
          <DirectoryPart collected={collected} members={members} onChange={use.change} />
          <SealPart client={client} use={use} collected={collected} members={members} onSealed={setSealed} />
        </>
      )}
    </DoorFrame>
  );
}

function NameForm({ onName }: { onName: (name: string) => void }): ReactNode {
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const bad = name.trim() === '' ? CREATE.noName : name.trim().length > 80 ? CREATE.longName : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!bad) onName(name.trim());
  };
  return (
    <form className="sheet stack" noValidate onSubmit={submit}>
      <TextField
        label={CREATE.name}
        hint={CREATE.nameHint}
        value={name}
        onChange={setName}
        problem={tried ? bad : null}
      />
      <div className="row">
        <button type="submit" className="btn main">
          {CREATE.begin}
        </button>
      </div>
    </form>
  );
}

interface SealPartProps {
  readonly client: DoorsClient;
  readonly use: UseCollected;
  readonly collected: Collected;
  readonly members: readonly CollectedMember[];
  readonly onSealed: (sealed: Sealed) => void;
}

function SealPart({ client, use, collected, members, onSealed }: SealPartProps): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const words = quorumWords(members.length);
  const notOwn = collected.own === null;
  const seal = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    void askToKeep();
    const done = await client.api.sealGenesis({
      draft: collected.draft,
      members: members.map((member) => member.entry),
      supplierKeys: collected.supplierKeys,
      couriers: allCouriers(collected, members),
      signaling: [],
      demo: false,
    });
    setBusy(false);
    if (!done.ok) {
      setProblem(errorText(done.error));
      return;
    }
    onSealed({ name: collected.name, own: collected.own, ...done.value });
    use.forget();
  };
  return (
    <section className="sheet stack" aria-labelledby="seal-it">
      <h2 id="seal-it">{CREATE.seal}</h2>
      <p className="strong" data-testid="quorum-words">
        {words.sentence}
      </p>
      {words.warning && <p className="notice warn">{words.warning}</p>}
      {notOwn && members.length > 0 && <p className="muted">{CREATE.noMember}</p>}
      <p className="muted">{CREATE.sealText}</p>
      <Problem message={problem} testId="problem" />
      <div className="row">
        <button
          type="button"
          className="btn main"
          disabled={busy || members.length === 0}
          onClick={() => void seal()}
        >
          {busy ? CREATE.sealing : CREATE.sealAction}
        </button>
        <button type="button" className="btn" onClick={use.forget}>
          {CREATE.discard}
        </button>
      </div>
    </section>
  );
}
