/** The supplier's page: packages come into the network by signed notices. */
import { useState, type DragEvent, type ReactNode } from 'react';
import { useApi } from '../api-context.tsx';
import { plural } from '../format.ts';
import { MAX_ENVELOPES, MAX_MANIFEST_BYTES } from '../limits.ts';
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
  const [over, setOver] = useState(false);

  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setProblem(null);
    setRead(null);
    if (file.size > MAX_MANIFEST_BYTES)
      return setProblem(`${file.name} is larger than 30 MB. Split it into several files.`);
    const result = await api.readManifests(await file.text());
    if (!result.ok) return setProblem(`${file.name}: ${result.error.message}`);
    if (result.value.length > MAX_ENVELOPES) {
      return setProblem(
        `${file.name} holds ${result.value.length} notices; at most ${MAX_ENVELOPES} can be announced at once. Split the file.`,
      );
    }
    setRead({ name: file.name, envelopes: result.value });
    setTicked(new Set(result.value.map((e) => e.sscc)));
  };
  const taken = (file: File | undefined): void =>
    void take(file).catch(() =>
      setProblem('The file could not be read. Choose it again; if that fails, reload this page.'),
    );
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    taken(event.dataTransfer.files[0]);
  };
  const chosen =
    read?.envelopes.filter((e) => ticked.has(e.sscc) && announcements.outcomes[e.sscc]?.state !== 'sent') ??
    [];
  const sent = read?.envelopes.filter((e) => announcements.outcomes[e.sscc]?.state === 'sent').length ?? 0;

  return (
    <section className="sheet" aria-labelledby="file-heading">
      <h2 id="file-heading">{ANNOUNCE.fileTitle}</h2>
      <div className="stack">
        <p className="muted">{ANNOUNCE.fileText}</p>
        <div
          className={over ? 'drop over' : 'drop'}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <div className="row">
            <label className="btn main file">
              {ANNOUNCE.choose}
              <input
                type="file"
                accept=".json,.dsse,.jsonl,application/json"
                onChange={(event) => {
                  taken(event.currentTarget.files?.[0]);
                  event.currentTarget.value = '';
                }}
              />
            </label>
            <span>{ANNOUNCE.drop}</span>
          </div>
        </div>
        {problem !== null && (
          <p className="notice bad" role="alert">
            {problem}
          </p>
        )}
        {read !== null && (
          <>
            <div className="split">
              <p role="status">
                {read.name}: {plural(read.envelopes.length, 'signed notice', 'signed notices')}
                {sent > 0 && `, ${sent} sent`}
              </p>
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
                {ticked.size === read.envelopes.length ? 'Untick all' : 'Tick all'}
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
              {chosen.length === 0
                ? 'Nothing left to announce'
                : `Announce ${plural(chosen.length, 'package', 'packages')}`}
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
          <small>
            {envelope.asnId}, {plural(envelope.lines, 'line', 'lines')}
          </small>
        </span>
      </label>
      <OutcomeWords sscc={envelope.sscc} announcements={announcements} />
    </li>
  );
}
