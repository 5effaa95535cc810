/** What a network can bear, from its status: the rule that the supply chain's pages put into words. */

/** `NetworkStatus` has these, and so has the state of the supply chain's pages. */
export interface HealthFacts {
  /** Members. */
  readonly n: number;
  /** How many of them must sign. */
  readonly q: number;
  /** How many of them may lie. */
  readonly f: number;
  /** Members that are linked, or this one, and can vote. */
  readonly here: number;
  /** Left out: nobody is looked at one by one. */
  readonly members?: readonly {
    readonly here: boolean;
    readonly observer: boolean;
    readonly self: boolean;
    readonly evidence: boolean;
  }[];
  /** Of whom it is known that they have lied: one entry a member. */
  readonly evidence?: readonly unknown[];
}

export interface NetworkHealth {
  /** `spare`: losses can be borne. `edge`: none. `short`: nothing can be committed until somebody returns. */
  readonly level: 'spare' | 'edge' | 'short';
  /** How many more members may go before commits stop; 0 at the edge, negative when short. */
  readonly spare: number;
  /** Members that can be counted on now: here, able to vote, and not convicted. */
  readonly here: number;
  readonly n: number;
  readonly q: number;
  readonly f: number;
  /** Members of whom it is proved that they have lied. */
  readonly convicted: number;
  /**
   * How these compare with what the network bears: `none` convicted, `fewer` than f, `most`: as many as f, `too-many`: members may hold different
   * records.
   */
  readonly lies: 'none' | 'fewer' | 'most' | 'too-many';
}

export function healthOf({ n, q, f, here: linked, members = [], evidence = [] }: HealthFacts): NetworkHealth {
  // The replica closes the links to whoever it convicts; until it has, that one is not counted on.
  const leaving = members.filter((one) => one.evidence && one.here && !one.observer && !one.self).length;
  const here = Math.max(0, linked - leaving);
  const spare = here - q;
  const convicted = evidence.length;
  return {
    level: spare > 0 ? 'spare' : spare === 0 ? 'edge' : 'short',
    spare,
    here,
    n,
    q,
    f,
    convicted,
    lies: convicted === 0 ? 'none' : convicted < f ? 'fewer' : convicted === f ? 'most' : 'too-many',
  };
}
