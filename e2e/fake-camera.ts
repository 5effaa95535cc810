/**
 * A camera that films a barcode: Chromium plays a YUV4MPEG2 file as its video device. The file is drawn here, module by module, so that no
 * video program is needed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bwip, { type RenderOptions } from 'bwip-js/node';
import type { Browser } from '@playwright/test';
import { launchBrowser } from './browser.ts';

/** What is before the camera: barcodes as bwip-js names them, or nothing. */
export type Scene = readonly Pick<RenderOptions, 'bcid' | 'text' | 'parsefnc'>[];

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES_PER_SECOND = 10;
/** Pixels of a module: three for bars, as a phone sees a label at arm's length, more for the larger modules of a matrix. */
const BAR = 3;
const MATRIX_SIDE = 300;

/** A browser whose only camera films these scenes, one after the other and again from the first. `close` ends it and deletes the film. */
export async function browserWithCamera(
  scenes: readonly Scene[],
): Promise<{ readonly browser: Browser; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-film-'));
  const film = join(folder, 'film.y4m');
  await writeFile(film, y4m(scenes.map(frame)));
  const browser = await launchBrowser([
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
    // Whoever asks for the camera gets it.
    '--use-fake-ui-for-media-stream',
  ]);
  return {
    browser,
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** YUV4MPEG2, 4:2:0: a line of header, then frames of luma and two planes of chroma a quarter of its size. */
function y4m(frames: readonly Uint8Array[]): Uint8Array {
  const header = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`;
  const grey = new Uint8Array((WIDTH * HEIGHT) / 2).fill(128);
  return Buffer.concat([
    Buffer.from(header),
    ...frames.flatMap((luma) => [Buffer.from('FRAME\n'), Buffer.from(luma), grey]),
  ]);
}

/** Luma of one picture: black on white, the barcodes below each other. */
function frame(scene: Scene): Uint8Array {
  const luma = new Uint8Array(WIDTH * HEIGHT).fill(235);
  const fill = (x: number, y: number, width: number, height: number): void => {
    for (let row = y; row < y + height; row++) luma.fill(16, row * WIDTH + x, row * WIDTH + x + width);
  };
  const strip = Math.floor(HEIGHT / Math.max(1, scene.length));
  for (const [i, options] of scene.entries()) {
    // By the default export: the named `raw` is a kind of barcode.
    const symbol: unknown = bwip.raw({ ...options })[0];
    if (isLinear(symbol)) {
      let x = Math.floor((WIDTH - BAR * symbol.sbs.reduce((sum, width) => sum + width, 0)) / 2);
      if (x < 0) throw new Error('This barcode is too wide for the film.');
      for (const [at, width] of symbol.sbs.entries()) {
        if (at % 2 === 0) fill(x, i * strip + 40, width * BAR, strip - 80);
        x += width * BAR;
      }
    } else if (isMatrix(symbol)) {
      const { pixs, pixx, pixy } = symbol;
      const side = Math.floor(Math.min(MATRIX_SIDE, strip - 60) / pixx);
      const left = Math.floor((WIDTH - side * pixx) / 2);
      const top = i * strip + Math.floor((strip - side * pixy) / 2);
      for (const [at, dark] of pixs.entries()) {
        if (dark) fill(left + (at % pixx) * side, top + Math.floor(at / pixx) * side, side, side);
      }
    } else throw new Error('bwip-js gave neither bars nor a matrix.');
  }
  return luma;
}

/** Widths of bars and spaces in turn, in modules. */
function isLinear(symbol: unknown): symbol is { readonly sbs: readonly number[] } {
  return typeof symbol === 'object' && symbol !== null && 'sbs' in symbol;
}

function isMatrix(
  symbol: unknown,
): symbol is { readonly pixs: readonly number[]; readonly pixx: number; readonly pixy: number } {
  return typeof symbol === 'object' && symbol !== null && 'pixs' in symbol;
}
