/**
 * A photo as it is kept: small enough to travel, and drawn anew, so that what a camera writes beside the picture (place, device, owner) is gone.
 */
import { MAX_KEPT_PHOTO_BYTES, PHOTO_SIDE } from '../limits.ts';

/** JPEG qualities that are tried in turn: above 0.8 nobody sees a difference, below 0.5 everybody does. */
const QUALITIES = [0.8, 0.65, 0.5];

/** Null when the browser can't read the file as a picture, or it does not get small enough. */
export async function shrinkPhoto(file: Blob): Promise<Uint8Array | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return null;
  try {
    for (let side: number = PHOTO_SIDE; side >= PHOTO_SIDE / 4; side /= 2) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        const blob = await new Promise<Blob | null>((resolve) =>
          canvas.toBlob(resolve, 'image/jpeg', quality),
        );
        if (blob && blob.size <= MAX_KEPT_PHOTO_BYTES) return new Uint8Array(await blob.arrayBuffer());
      }
    }
    return null;
  } finally {
    picture.close();
  }
}
