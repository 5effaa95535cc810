import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useApi } from '../api-context.tsx';
import { errorText, langOf } from '../errors.ts';
import { isHandheld } from '../host.ts';
import { MAX_IMAGE_BYTES, MAX_LINE_PHOTOS } from '../limits.ts';
import { shrinkPhoto } from './shrink-photo.ts';
import { PHOTO } from './texts.ts';

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
        setProblem(PHOTO.tooMany(MAX_LINE_PHOTOS));
        break;
      }
      if (file.size > MAX_IMAGE_BYTES || file.size === 0) {
        setProblem(PHOTO.wrongSize(file.name));
        continue;
      }
      const bytes = await shrinkPhoto(file);
      if (bytes === null) {
        setProblem(PHOTO.noPicture(file.name));
        continue;
      }
      const kept = await api.keepPhoto(bytes);
      if (!kept.ok) {
        setProblem(errorText(kept.error));
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
      setProblem(PHOTO.failed);
    } finally {
      input.value = '';
      setReading(false);
      onReading?.(false);
    }
  };
  return (
    <div className="photos">
      <div className="pair">
        {/* Only where it opens the camera: a computer would show the same choice of files as beside it. */}
        {isHandheld() && (
          <label className="btn bench file">
            {PHOTO.take}
            <input
              type="file"
              accept="image/*"
              capture="environment"
              disabled={reading}
              onChange={(event) => void choose(event.currentTarget)}
            />
          </label>
        )}
        <label className="btn bench file">
          {PHOTO.add}
          <input
            type="file"
            accept="image/*"
            multiple
            disabled={reading}
            onChange={(event) => void choose(event.currentTarget)}
          />
        </label>
      </div>
      <p role="status" className={reading ? 'muted' : 'hidden'}>
        {reading && PHOTO.reading}
      </p>
      {photos.length > 0 && (
        <ul>
          {photos.map((photo) => (
            <li key={photo.digest}>
              <span className="wrap-any">
                {photo.name} <bdi className="mono quiet">{photo.digest.slice(0, 8)}</bdi>
              </span>
              <button
                type="button"
                className="btn"
                onClick={() => onPhotos(photos.filter((one) => one !== photo))}
              >
                <span>
                  {PHOTO.remove}
                  <span className="hidden"> {photo.name}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {photos.length > 0 && <p className="muted">{PHOTO.kept}</p>}
      {problem !== null && (
        <p className="notice bad" role="alert" lang={langOf(problem)}>
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
