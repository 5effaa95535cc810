import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useApi } from '../api-context.tsx';
import { MAX_IMAGE_BYTES, MAX_LINE_PHOTOS } from '../limits.ts';
import { shrinkPhoto } from './shrink-photo.ts';

/** A picture as the record knows it: by its digest. The name is for the person in front. */
export interface PhotoRef {
  readonly digest: string;
  readonly name: string;
}

export interface PhotoFieldProps {
  readonly photos: readonly PhotoRef[];
  readonly onPhotos: (photos: readonly PhotoRef[]) => void;
  /** True when pictures begin to be read, false when these are in `photos` or refused: what is sent meanwhile would lack them. */
  readonly onReading?: (reading: boolean) => void;
}

/** Picture files: kept in this browser, and their digests go into the record. */
export function PhotoField({ photos, onPhotos, onReading }: PhotoFieldProps): ReactNode {
  const api = useApi();
  const [problem, setProblem] = useState<string | null>(null);
  const [reading, setReading] = useState(false);
  // Reading a picture takes seconds, in which the record goes on.
  const newest = useRef({ photos, onPhotos });
  useLayoutEffect(() => {
    newest.current = { photos, onPhotos };
  });
  const add = async (files: readonly File[]): Promise<void> => {
    const added: PhotoRef[] = [];
    try {
      await read(files, added);
    } finally {
      if (added.length > 0) newest.current.onPhotos(merged(newest.current.photos, added));
    }
  };
  const read = async (files: readonly File[], added: PhotoRef[]): Promise<void> => {
    setProblem(null);
    for (const file of files) {
      if (merged(newest.current.photos, added).length >= MAX_LINE_PHOTOS) {
        setProblem(`At most ${MAX_LINE_PHOTOS} photos. Take one out first.`);
        break;
      }
      if (file.size > MAX_IMAGE_BYTES || file.size === 0) {
        setProblem(`${file.name} is empty or has more than 30 MB. Take a smaller photo.`);
        continue;
      }
      const bytes = await shrinkPhoto(file);
      if (bytes === null) {
        setProblem(`${file.name} is no picture that this browser can read. Choose a JPEG or PNG photo.`);
        continue;
      }
      const kept = await api.keepPhoto(bytes);
      if (!kept.ok) {
        setProblem(kept.error.message);
        break;
      }
      added.push({ digest: kept.value, name: file.name });
    }
  };
  const choose = async (input: HTMLInputElement): Promise<void> => {
    setReading(true);
    onReading?.(true);
    try {
      await add([...(input.files ?? [])]);
    } catch {
      setProblem('The photo could not be read. Choose it again.');
    } finally {
      input.value = '';
      setReading(false);
      onReading?.(false);
    }
  };
  return (
    <div className="photos">
      <label className="btn bench file">
        Add a photo
        <input
          type="file"
          accept="image/*"
          multiple
          disabled={reading}
          onChange={(event) => void choose(event.currentTarget)}
        />
      </label>
      <p role="status" className={reading ? 'muted' : 'hidden'}>
        {reading && 'Reading the photo. Saving waits until it is in.'}
      </p>
      {photos.length > 0 && (
        <ul>
          {photos.map((photo) => (
            <li key={photo.digest}>
              <span className="wrap-any">
                {photo.name} <span className="mono quiet">{photo.digest.slice(0, 8)}</span>
              </span>
              <button
                type="button"
                className="btn"
                onClick={() => onPhotos(photos.filter((one) => one !== photo))}
              >
                <span>
                  Take out<span className="hidden"> {photo.name}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {photos.length > 0 && (
        <p className="muted">
          The record gets the digest of each. The pictures, made smaller and without what the camera wrote
          into them, stay in this browser; other members fetch them from here when they look at them.
        </p>
      )}
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function merged(photos: readonly PhotoRef[], added: readonly PhotoRef[]): readonly PhotoRef[] {
  const all = [...photos];
  for (const one of added) if (!all.some(({ digest }) => digest === one.digest)) all.push(one);
  return all;
}
