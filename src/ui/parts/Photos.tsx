/** Photos that a record names, fetched when somebody wants to see them. */
import { useEffect, useState, type ReactNode } from 'react';
import type { Digest as PhotoDigest } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { PHOTO } from './texts.ts';
import { errorText } from '../errors.ts';

interface PhotosProps {
  readonly digests: readonly string[];
  /** What they show, for who does not see them: `Line 2`. */
  readonly of: string;
}

export function Photos({ digests, of }: PhotosProps): ReactNode {
  if (digests.length === 0) return null;
  return (
    <ul className="photos">
      {digests.map((digest, i) => (
        <li key={digest}>
          <OnePhoto digest={digest} name={PHOTO.name(of, i + 1, digests.length)} />
        </li>
      ))}
    </ul>
  );
}

type Shown =
  | { readonly state: 'hidden' | 'fetching' }
  | { readonly state: 'here'; readonly url: string }
  | { readonly state: 'missing'; readonly message: string };

function OnePhoto({ digest, name }: { digest: string; name: string }): ReactNode {
  const api = useApi();
  const [shown, setShown] = useState<Shown>({ state: 'hidden' });
  const url = shown.state === 'here' ? shown.url : null;
  useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url]);
  const show = async (): Promise<void> => {
    setShown({ state: 'fetching' });
    const found = await api.photo(digest as PhotoDigest);
    if (!found.ok) return setShown({ state: 'missing', message: errorText(found.error) });
    // A picture in an image element runs nothing, whatever the bytes are.
    const blob = new Blob([new Uint8Array(found.value)], { type: 'image/jpeg' });
    setShown({ state: 'here', url: URL.createObjectURL(blob) });
  };
  const failed = (): void => setShown({ state: 'missing', message: PHOTO.notFetched });
  return (
    <>
      {shown.state === 'here' ? (
        <img src={shown.url} alt={name} style={{ maxWidth: '100%' }} />
      ) : (
        <button
          type="button"
          className="btn no-print"
          disabled={shown.state === 'fetching'}
          onClick={() => void show().catch(failed)}
        >
          {shown.state === 'fetching' ? PHOTO.fetching : PHOTO.show}
          <span className="hidden"> {name}</span>
        </button>
      )}{' '}
      <span className="mono quiet" dir="ltr">
        {digest.slice(0, 8)}
      </span>
      {shown.state === 'missing' && (
        <p className="notice" role="status">
          {shown.message}
        </p>
      )}
    </>
  );
}
