import { useState, type ReactNode } from 'react';
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
}

/** Picture files: kept in this browser, and their digests go into the record. */
export function PhotoField({ photos, onPhotos }: PhotoFieldProps): ReactNode {
  const api = useApi();
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (files: readonly File[]): Promise<void> => {
    setProblem(null);
    const next = [...photos];
    for (const file of files) {
      if (next.length >= MAX_LINE_PHOTOS) {
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
      const digest = kept.value;
      if (!next.some((one) => one.digest === digest)) next.push({ digest, name: file.name });
    }
    onPhotos(next);
  };
  return (
    <div className="photos">
      <label className="btn bench file">
        Add a photo
        <input
          type="file"
          accept="image/*"
          multiple
          onChange={(event) => {
            const input = event.currentTarget;
            void add([...(input.files ?? [])])
              .catch(() => setProblem('The photo could not be read. Choose it again.'))
              .finally(() => (input.value = ''));
          }}
        />
      </label>
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
