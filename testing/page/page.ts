/** The fixture's page at the application's origin: it makes identities, the network, and what binds one to the other, before the application opens. */
import { createDraft, createIdentity, createNetwork, join } from '../../src/index.ts';

/** Bytes travel as arrays of numbers: this page is built without the rest of the fixture. */
export interface Created {
  readonly network: string;
  readonly invitation: string;
  readonly genesis: readonly number[];
}

const helper = {
  createDraft,

  async createIdentity(options: { readonly draft: string; readonly label: string; readonly id: string }) {
    const made = await createIdentity(options);
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  },

  async createNetwork(options: Parameters<typeof createNetwork>[0]): Promise<Created> {
    const made = await createNetwork(options);
    if (!made.ok) throw new Error(made.error.message);
    const { network, invitation, genesis } = made.value;
    return { network, invitation, genesis: [...genesis] };
  },

  /** From then on the identity alone opens the network, at this origin. */
  async bind(options: {
    readonly identity: string;
    readonly invitation: string;
    readonly genesis: readonly number[];
    readonly rules: number;
  }): Promise<void> {
    const genesis = Uint8Array.from(options.genesis);
    const joined = await join({ ...options, genesis });
    if (!joined.ok) throw new Error(joined.error.message);
    await joined.value.close();
  },
};

export type Helper = typeof helper;

Object.assign(globalThis, { helper });
