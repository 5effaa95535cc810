/** The worker's calls for photos: kept as long as the browser has room for what votes need. */
import { fail } from '../codec/result.ts';
import type { PhotoError, SupplyApi } from './api.ts';
import { PHOTO_RESERVE_BYTES } from './limits.ts';
import type { Replica } from './replica/replica.ts';

export function photosApi(replica: Replica): Pick<SupplyApi, 'keepPhoto' | 'photo'> {
  return {
    keepPhoto: async (bytes) => {
      const full = await noRoom();
      return full ? fail(full) : replica.photos.keep(bytes);
    },
    photo: (digest) => replica.photos.get(digest),
  };
}

/** A write that finds the disk full would stop the replica. Where the browser does not tell, it is trusted. */
async function noRoom(): Promise<PhotoError | null> {
  const manager = navigator.storage as StorageManager | undefined;
  const told = await manager?.estimate?.().catch(() => null);
  if (!told || told.quota === undefined || told.usage === undefined) return null;
  if (told.quota - told.usage > PHOTO_RESERVE_BYTES) return null;
  return {
    type: 'photo-space-full',
    message:
      'This browser has little room left, and votes need it. Free some space on this device, or take the photo on another one.',
  };
}
