/** Feeds the decoders; a failure names the decoder, the input and the seed that leads there. */
import { createDecoders, type Decoder } from './decoders.ts';
import { createDice, nextInput } from './generate.ts';

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Part of a decoder's name; all when absent. */
  readonly only?: string;
  /** After each `every` inputs. */
  readonly progress?: (done: number, report: readonly DecoderReport[]) => void;
  readonly every?: number;
}

export interface DecoderReport {
  readonly name: string;
  inputs: number;
  /** Of them taken: as good as valid. A decoder that takes none is fed nothing that reaches its depths. */
  taken: number;
}

export class FuzzFailure extends Error {}

/** Valid inputs kept beside the seeds; beyond it the newest takes a random place. */
const MAX_CORPUS = 512;
const INPUTS_PER_TURN = 2_048;

/** Rejects with FuzzFailure at the first input that a decoder does not survive. */
export async function fuzz(options: FuzzOptions): Promise<readonly DecoderReport[]> {
  const { runs, seed, only = '', progress, every = 1_000_000 } = options;
  const dice = createDice(seed);
  const decoders = createDecoders().filter((decoder) => decoder.name.includes(only));
  if (decoders.length === 0) throw new RangeError(`no decoder is called ${only}`);
  const states = decoders.map((decoder) => ({
    decoder,
    corpus: [...decoder.seeds],
    report: { name: decoder.name, inputs: 0, taken: 0 },
  }));
  const reports = states.map((state) => state.report);
  for (let i = 0; i < runs; i++) {
    const state = states[i % states.length]!;
    const { decoder, corpus, report } = state;
    const input = nextInput(dice, corpus, decoder.fields, decoder.prefix);
    report.inputs += 1;
    if (takes(decoder, input, seed, i)) {
      report.taken += 1;
      if (corpus.length < MAX_CORPUS) corpus.push(input);
      else if (dice.below(50) === 0)
        corpus[decoder.seeds.length + dice.below(MAX_CORPUS - decoder.seeds.length)] = input;
    }
    // What was started and not awaited (signatures of a handshake) must get its turn, or it piles up.
    if (i % INPUTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (progress && (i + 1) % every === 0) progress(i + 1, reports);
  }
  return reports;
}

function takes(decoder: Decoder, input: Uint8Array, seed: number, run: number): boolean {
  try {
    return decoder.take(input);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new FuzzFailure(
      `${decoder.name}, seed ${seed}, input ${run}: ${what}\ninput: ${Buffer.from(input).toString('hex')}`,
    );
  }
}
