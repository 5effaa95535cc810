/** All packages of the network. Only the rows in sight are in the document, so that 10,000 scroll as ten do. */
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { NetworkState, PackageStatus, PackageSummary } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { readScan } from '../scan/scan-code.ts';
import { useCameraButton } from '../scan/use-camera-button.tsx';
import { isOfInputMethod, useScanner, type Scan } from '../scan/use-scanner.ts';
import { MAX_SEARCH_TEXT, PLACE_NOTED_MS } from '../limits.ts';
import { noticesOn } from '../organisation.ts';
import type { SealMember } from '../seal/Seal.tsx';
import { PackageList, type ListHandle } from './PackageList.tsx';
import { Opener, type Opening } from './opener.ts';
import { readPlace, readWrongDigit, writePlace, type Place } from './place.ts';
import { scannedSearch, searchedText, statusWordsOf } from './search-words.ts';
import { StatusFilter } from './StatusFilter.tsx';
import { PACKAGES } from './texts.ts';
import { useRows } from './use-rows.ts';
import { useView } from './use-view.ts';
import '../styles/packages.css';

export function PackagesPage(): ReactNode {
  const state = useNetwork();
  const [place] = useState(() => readPlace(window.location.search, window.history.state));
  const [text, setText] = useState(place.text);
  const [status, setStatus] = useState(place.status);
  const [scanned, setScanned] = useState(() =>
    readWrongDigit(window.history.state) ? PACKAGES.wrongDigit(place.text) : null,
  );
  const list = useRef<ListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const [hasRows, setHasRows] = useState(false);
  const notePlace = useNotedPlace(() => ({ text, status, top: 0, active: null, ...list.current?.place() }));
  const view = useView(place.top, hasRows, notePlace.soon);
  const searched = searchedText(text);
  const statusWords = useMemo(() => statusWordsOf(searched), [searched]);
  const { from, to } = view.span;
  const revision = state.packagesRevision;
  const { rows, again } = useRows({ text: searched, status, statusWords, from, to, revision });
  const total = rows.total ?? 0;
  if (hasRows !== total > 0) setHasRows(total > 0);

  const [, go] = useLocation();
  const opener = useOpener();
  const search = (next: string, nextStatus: PackageStatus | 'all' = status): void => {
    setText(next);
    setStatus(nextStatus);
    setScanned(null);
    // A late answer must not take away from somebody who types.
    opener.forget();
    list.current?.toTop();
    notePlace.soon();
  };
  const open = async (opening: Promise<Opening>, found: Pick<Place, 'text' | 'status'>): Promise<Opening> => {
    const answer = await opening;
    if (answer.kind === 'no-answer') setScanned(PACKAGES.noAnswer(found.text));
    if (answer.kind === 'open') {
      notePlace.now(found);
      go(`/packages/${answer.sscc}`);
    }
    return answer;
  };
  const takeScan = (code: string): void => {
    const { text: read, sscc, wrongDigit } = scannedSearch(code);
    search(read, 'all');
    if (field.current !== null) field.current.value = read;
    // No package has this number, whatever else has it in its text.
    if (wrongDigit) return setScanned(PACKAGES.wrongDigit(read));
    const opening = sscc === null ? opener.only(read, 'all') : opener.named(sscc);
    void open(opening, { text: read, status: 'all' }).then(({ kind }) => {
      if (kind === 'not-here' && sscc !== null) setScanned(PACKAGES.notHere(sscc));
    });
  };
  useScanner({
    field,
    words: true,
    onScan: ({ code, source }: Scan): void => {
      if (source === 'typed') {
        // Enter. The scanner takes what stands in its field; here it stays, for the next letter.
        if (field.current !== null) field.current.value = text;
        const typed = readScan(searched);
        const opening = typed.kind === 'package' ? opener.named(typed.sscc) : opener.only(searched, status);
        void open(opening, { text: searched, status });
        return;
      }
      takeScan(code);
    },
  });
  const camera = useCameraButton({
    wanted: 'label',
    taken: 'named',
    otherwise: PACKAGES.noCamera,
    look: { className: 'btn package-camera', words: PACKAGES.scan, name: PACKAGES.scanName },
    onCode: takeScan,
  });
  const members = useSealMembers(state);
  return (
    <div className="packages">
      <div className="page-head">
        <div>
          <h1>{PACKAGES.title}</h1>
          <p role="status">{wordsOf(rows)}</p>
        </div>
        <form role="search" onSubmit={(event) => event.preventDefault()}>
          <SearchField field={field} text={text} onText={search} onDown={() => list.current?.enter()} />
          {camera.button}
          {view.narrow && (
            <StatusFilter narrow counts={rows.counts} chosen={status} onChoose={(one) => search(text, one)} />
          )}
        </form>
      </div>
      {!view.narrow && (
        <StatusFilter
          narrow={false}
          counts={rows.counts}
          chosen={status}
          onChoose={(one) => search(text, one)}
        />
      )}
      {camera.panel}
      <p role="alert" className={scanned === null ? 'hidden' : 'notice warn'}>
        {scanned}
      </p>
      <Instead rows={rows} onAll={() => search('', 'all')} onAgain={again} />
      <PackageList
        ref={list}
        rows={rows}
        view={view}
        members={members}
        working={(row) => workingOn(state, row)}
        was={place.active}
        onLeave={() => notePlace.now()}
      />
    </div>
  );
}

interface SearchFieldProps {
  readonly field: { current: HTMLInputElement | null };
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onDown: () => void;
}

function SearchField({ field, text, onText, onDown }: SearchFieldProps): ReactNode {
  const [id, hint] = [useId(), useId()];
  return (
    <div className="field package-search">
      <label htmlFor={id}>{PACKAGES.search}</label>
      <input
        id={id}
        ref={field}
        type="search"
        value={text}
        maxLength={MAX_SEARCH_TEXT}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        placeholder={PACKAGES.searchFor}
        aria-describedby={hint}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // To an input method the arrow goes through its list of words.
          if (event.key !== 'ArrowDown' || isOfInputMethod(event.nativeEvent)) return;
          event.preventDefault();
          onDown();
        }}
      />
      <small id={hint} className="muted">
        {PACKAGES.searchHint}
      </small>
    </div>
  );
}

/** What is shown where there are no rows, and beside rows that could not be read anew. */
function Instead({
  rows,
  onAll,
  onAgain,
}: {
  readonly rows: ReturnType<typeof useRows>['rows'];
  readonly onAll: () => void;
  readonly onAgain: () => void;
}): ReactNode {
  if (rows.failed) {
    return (
      <div className="notice bad">
        <p>{PACKAGES.failedHelp}</p>
        <p>
          <button type="button" className="btn" onClick={onAgain}>
            {PACKAGES.again}
          </button>
        </p>
      </div>
    );
  }
  if (rows.total !== 0 || rows.reading) return null;
  const searching = rows.text !== '' || rows.status !== 'all';
  return (
    <div className="package-none">
      <p>{searching ? PACKAGES.noneFoundHelp : PACKAGES.noneHelp}</p>
      {searching && (
        <p>
          <button type="button" className="btn" onClick={onAll}>
            {PACKAGES.clear}
          </button>
        </p>
      )}
    </div>
  );
}

function wordsOf({ failed, total, reading, text, status }: ReturnType<typeof useRows>['rows']): string {
  if (failed) return PACKAGES.failed;
  if (total === null) return PACKAGES.reading;
  if (reading) return PACKAGES.soFar(total);
  if (total > 0) return PACKAGES.count(total);
  return text === '' && status === 'all' ? PACKAGES.none : PACKAGES.noneFound;
}

/** Questions after one package; none outlives the page. */
function useOpener(): Opener {
  const api = useApi();
  const [opener] = useState(() => new Opener(api));
  useEffect(() => () => opener.forget(), [opener]);
  return opener;
}

/** Notes the place in the browser's history, for whoever comes back. */
function useNotedPlace(read: () => Place): {
  readonly soon: () => void;
  /** `change`: what is not drawn yet. */
  readonly now: (change?: Partial<Place>) => void;
} {
  const newest = useRef(read);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    newest.current = read;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  const [notes] = useState(() => {
    const path = window.location.pathname;
    const now = (change: Partial<Place> = {}): void => {
      clearTimeout(timer.current);
      // Somewhere else already: this entry of the history is another page's.
      if (window.location.pathname !== path) return;
      const { url, state } = writePlace({ ...newest.current(), ...change }, path, window.history.state);
      window.history.replaceState(state, '', url);
    };
    const soon = (): void => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => now(), PLACE_NOTED_MS);
    };
    return { soon, now };
  });
  return notes;
}

function workingOn(state: NetworkState, row: PackageSummary): string | null {
  return noticesOn(state, `package/${row.sscc}`)[0]?.organisation ?? null;
}

/** The same array as long as nobody comes, goes or is renamed: each state that the replica tells has new ones. */
function useSealMembers({ members }: NetworkState): readonly SealMember[] {
  const named = members.map(({ name, initials }) => `${initials}\n${name}`).join('\n');
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `named` stands for all that a seal shows of them
  return useMemo(() => members.map(({ name, initials }) => ({ name, initials })), [named]);
}
