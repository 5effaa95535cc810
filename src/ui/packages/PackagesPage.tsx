/** All packages of the network. Only the rows in sight are in the document, so that 10,000 scroll as ten do. */
import { useDeferredValue, useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { NetworkState, PackageStatus, PackageSummary } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { plural } from '../format.ts';
import { noticesOn } from '../organisation.ts';
import { Instant, Sscc } from '../parts/words.tsx';
import { Seal } from '../seal/Seal.tsx';
import { PACKAGES, STATUS_TONE, STATUS_WORDS } from './texts.ts';
import { useRows } from './use-rows.ts';
import { windowOf } from './window.ts';
import '../styles/packages.css';

/** Height of a row, pixels; the same as in packages.css, where a phone's rows have a third line. */
const ROW = 76;
const ROW_PHONE = 112;

export function PackagesPage(): ReactNode {
  const state = useNetwork();
  const [text, setText] = useState('');
  const [status, setStatus] = useState<PackageStatus | 'all'>('all');
  const searched = useDeferredValue(text.trim());
  const view = useRef<HTMLDivElement>(null);
  const rowHeight = usePhone() ? ROW_PHONE : ROW;
  const [scroll, setScroll] = useState({ top: 0, height: 800 });
  const search = useId();
  const filter = useId();

  const { from, to } = windowOf(scroll.top, scroll.height, rowHeight, Number.MAX_SAFE_INTEGER);
  const rows = useRows(searched, status, from, to, state.packagesRevision);
  const total = rows.total ?? 0;
  const shown = windowOf(scroll.top, scroll.height, rowHeight, total);

  useEffect(() => {
    const element = view.current;
    if (!element) return;
    const measure = (): void => setScroll({ top: element.scrollTop, height: element.clientHeight });
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, []);

  const said = rows.failed
    ? PACKAGES.failed
    : rows.total === null
      ? 'Reading the list…'
      : total > 0
        ? plural(total, 'package', 'packages')
        : searched === '' && status === 'all'
          ? PACKAGES.none
          : PACKAGES.noneFound;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{PACKAGES.title}</h1>
          <p role="status">{said}</p>
        </div>
        <form className="row" role="search" onSubmit={(event) => event.preventDefault()}>
          <div className="field">
            <label htmlFor={search}>{PACKAGES.search}</label>
            <input
              id={search}
              type="search"
              value={text}
              placeholder={PACKAGES.searchHint}
              onChange={(event) => {
                setText(event.currentTarget.value);
                view.current?.scrollTo(0, 0);
              }}
            />
          </div>
          <div className="field">
            <label htmlFor={filter}>{PACKAGES.filter}</label>
            <select
              id={filter}
              value={status}
              onChange={(event) => setStatus(event.currentTarget.value as PackageStatus | 'all')}
            >
              <option value="all">{PACKAGES.all}</option>
              {Object.entries(STATUS_WORDS).map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
          </div>
        </form>
      </div>
      <div
        className="package-view"
        ref={view}
        hidden={total === 0}
        tabIndex={0}
        role="region"
        aria-label="Package list"
      >
        <ul className="package-rows" style={{ height: total * rowHeight }}>
          {Array.from({ length: shown.to - shown.from }, (_, i) => shown.from + i).map((index) => (
            <li
              key={index}
              aria-setsize={total}
              aria-posinset={index + 1}
              style={{ top: index * rowHeight, height: rowHeight }}
            >
              <Row row={rows.row(index)} state={state} />
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

function Row({ row, state }: { row: PackageSummary | undefined; state: NetworkState }): ReactNode {
  if (row === undefined) return <p className="package-row quiet">Reading…</p>;
  const [working] = noticesOn(state, `package/${row.sscc}`);
  return (
    <Link className="package-row" href={`/packages/${row.sscc}`}>
      <Seal seal={row.seal} members={state.members} size={48} version={row.version} decorative />
      <span className="package-name">
        <Sscc value={row.sscc} />
        <small>
          {row.asnId}, {row.supplier}
        </small>
      </span>
      <span className="package-lots">
        <small>
          {row.lots.length === 0
            ? 'no lot'
            : `Lot ${row.lots.slice(0, 2).join(', ')}${row.lots.length > 2 ? ` and ${row.lots.length - 2} more` : ''}`}
        </small>
        <small>
          {working === undefined ? (
            (row.courier ?? 'No courier yet')
          ) : (
            <b>{PACKAGES.working(working.organisation)}</b>
          )}
        </small>
      </span>
      <span className="package-state">
        <b className={STATUS_TONE[row.status]}>{STATUS_WORDS[row.status]}</b>
        <small>
          v{row.version}
          {row.voting === null ? null : `, voting ${row.voting.commits} of ${row.voting.needed}`},{' '}
          <Instant at={row.updatedAt} short />
        </small>
      </span>
    </Link>
  );
}

function usePhone(): boolean {
  const [phone, setPhone] = useState(() => matchMedia('(max-width: 700px)').matches);
  useEffect(() => {
    const query = matchMedia('(max-width: 700px)');
    const change = (): void => setPhone(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return phone;
}
