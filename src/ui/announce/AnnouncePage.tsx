/** The supplier's page: packages come into the network by signed notices. */
import { useState, type ReactNode } from 'react';
import { useApi } from '../api-context.tsx';
import { errorText, langOf } from '../errors.ts';
import { MAX_ENVELOPES, MAX_MANIFEST_BYTES } from '../limits.ts';
import { DropZone, FileButton } from '../parts/DropZone.tsx';
import { Sscc } from '../parts/words.tsx';
import { NoticeFormSheet } from './NoticeFormSheet.tsx';
import { OutcomeWords } from './OutcomeWords.tsx';
import { ANNOUNCE } from './texts.ts';
import { useAnnouncements, type Announcements } from './use-announcements.ts';
import '../styles/announce.css';

interface Envelope {
  readonly envelope: string;
  readonly sscc: string;
  readonly asnId: string;
  readonly lines: number;
}

export function AnnouncePage(): ReactNode {
  const announcements = useAnnouncements();
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{ANNOUNCE.title}</h1>
          <p>{ANNOUNCE.text}</p>
        </div>
      </div>
      <div className="columns">
        <FromFile announcements={announcements} />
        <NoticeFormSheet announcements={announcements} />
      </div>
    </>
  );
}

function FromFile({ announcements }: { announcements: Announcements }): ReactNode {
  const api = useApi();
  const [read, setRead] = useState<{ name: string; envelopes: readonly Envelope[] } | null>(null);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);

  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setProblem(null);
    setRead(null);
    if (file.size > MAX_MANIFEST_BYTES) return setProblem(ANNOUNCE.tooLarge(file.name));
    const result = await api.readManifests(await file.text());
    if (!result.ok) return setProblem(ANNOUNCE.fileProblem(file.name, errorText(result.error)));
    if (result.value.length > MAX_ENVELOPES) {
      return setProblem(ANNOUNCE.tooMany(file.name, result.value.length, MAX_ENVELOPES));
    }
    setRead({ name: file.name, envelopes: result.value });
    setTicked(new Set(result.value.map((e) => e.sscc)));
  };
  const taken = (file: File | undefined): void =>
    void take(file).catch(() => setProblem(ANNOUNCE.unreadable));
  const chosen =
    read?.envelopes.filter((e) => ticked.has(e.sscc) && announcements.outcomes[e.sscc]?.state !== 'sent') ??
    [];
  const sent = read?.envelopes.filter((e) => announcements.outcomes[e.sscc]?.state === 'sent').length ?? 0;

  return (
    <section className="sheet" aria-labelledby="file-heading">
      <h2 id="file-heading">{ANNOUNCE.fileTitle}</h2>
      <div className="stack">
        <p className="muted">{ANNOUNCE.fileText}</p>
        <DropZone onDrop={(files) => taken(files[0])}>
          <div className="row">
            <FileButton
              label={ANNOUNCE.choose}
              isMain
              accept=".json,.dsse,.jsonl,application/json"
              onFiles={(files) => taken(files[0])}
            />
            <span>{ANNOUNCE.drop}</span>
          </div>
        </DropZone>
        {problem !== null && (
          <p className="notice bad" role="alert" lang={langOf(problem)}>
            {problem}
          </p>
        )}
        {read !== null && (
          <>
            <div className="split">
              <p role="status">{ANNOUNCE.read(read.name, read.envelopes.length, sent)}</p>
              <button
                type="button"
                className="link"
                onClick={() =>
                  setTicked(
                    ticked.size === read.envelopes.length
                      ? new Set()
                      : new Set(read.envelopes.map((e) => e.sscc)),
                  )
                }
              >
                {ticked.size === read.envelopes.length ? ANNOUNCE.untickAll : ANNOUNCE.tickAll}
              </button>
            </div>
            <ul className="envelopes">
              {read.envelopes.map((e) => (
                <EnvelopeRow
                  key={e.sscc}
                  envelope={e}
                  ticked={ticked.has(e.sscc)}
                  announcements={announcements}
                  onTick={(on) =>
                    setTicked((all) => {
                      const next = new Set(all);
                      if (on) next.add(e.sscc);
                      else next.delete(e.sscc);
                      return next;
                    })
                  }
                />
              ))}
            </ul>
            <button
              type="button"
              className="btn main"
              disabled={chosen.length === 0 || announcements.running}
              onClick={() => void announcements.announce(chosen)}
            >
              {ANNOUNCE.announce(chosen.length)}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

interface EnvelopeRowProps {
  readonly envelope: Envelope;
  readonly ticked: boolean;
  readonly announcements: Announcements;
  readonly onTick: (on: boolean) => void;
}

function EnvelopeRow({ envelope, ticked, announcements, onTick }: EnvelopeRowProps): ReactNode {
  const outcome = announcements.outcomes[envelope.sscc];
  return (
    <li>
      <label className="tick">
        <input
          type="checkbox"
          checked={ticked}
          disabled={outcome?.state === 'sent' || announcements.running}
          onChange={(event) => onTick(event.currentTarget.checked)}
        />
        <span>
          <Sscc value={envelope.sscc} />
          <small>{ANNOUNCE.envelope(envelope.asnId, envelope.lines)}</small>
        </span>
      </label>
      <OutcomeWords sscc={envelope.sscc} announcements={announcements} />
    </li>
  );
}
