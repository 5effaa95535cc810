/** Quorum health in words: how many are here, how many more losses the network can bear, and what is then not possible. */
export interface QuorumHealth {
  /** `spare`: losses can be borne. `edge`: none. `short`: nothing can be committed. */
  readonly level: 'spare' | 'edge' | 'short';
  /** How many more members may go before commits stop; 0 at the edge, negative when short. */
  readonly spare: number;
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** `n` members, `q` of them must sign, `f` may lie; `here` of them are linked (or this one) and can vote. */
export function quorumHealth({
  n,
  q,
  f,
  here,
}: {
  n: number;
  q: number;
  f: number;
  here: number;
}): QuorumHealth {
  const spare = here - q;
  const level = spare > 0 ? 'spare' : spare === 0 ? 'edge' : 'short';
  const sentences: string[] = [];
  const headline =
    here >= n
      ? `All ${n} members are here; ${q} must sign.`
      : `${here} of ${n} members are here; ${q} must sign.`;

  if (level === 'spare') {
    sentences.push(
      `${spare === 1 ? 'One more may be lost' : `${spare} more may be lost`} and everything still goes on. After that, one further loss stops commits.`,
    );
  } else if (level === 'edge') {
    sentences.push('One more loss and nothing can be committed until someone returns.');
  } else {
    const missing = -spare;
    sentences.push(
      `Nothing can be committed until ${missing === 1 ? 'one more member returns' : `${missing} more members return`}.`,
    );
  }
  sentences.push(
    level === 'short'
      ? 'Still possible: reading every record that is here, and taking steps, which are saved on this device. What was sent waits, and is signed by itself as soon as enough are back.'
      : 'If commits stop, steps are still saved on each device and what was sent waits; no record is lost or decided twice.',
  );
  sentences.push(
    f === 0
      ? `With fewer than four members nobody may fail or lie: ${n === 1 ? 'the one member' : 'every member'} must be here and honest.`
      : `Records stay right as long as no more than ${f === 1 ? 'one member lies' : `${f} members lie`}.`,
  );
  return { level, spare, headline, sentences };
}
