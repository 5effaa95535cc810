/** A picture in the form in which it goes to the decoder: as it is where the worker can draw it, else as its pixels. */
import { MAX_IMAGE_SIDE } from '../limits.ts';

/** Null when the browser cannot read it as a picture, or the camera has none yet. */
export async function pictureOf(source: Blob | HTMLVideoElement): Promise<ImageBitmap | ImageData | null> {
  if (source instanceof HTMLVideoElement && source.videoWidth === 0) return null;
  try {
    // WebViews of iOS before 16.4 have no canvas in a worker.
    if (typeof OffscreenCanvas !== 'undefined') return await createImageBitmap(source);
    if (source instanceof HTMLVideoElement) return pixels(source, source.videoWidth, source.videoHeight);
    const bitmap = await createImageBitmap(source);
    try {
      return pixels(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  } catch {
    return null;
  }
}

function pixels(source: CanvasImageSource, width: number, height: number): ImageData | null {
  const scale = Math.min(1, MAX_IMAGE_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
