/** A page that is not ours with the inspector in it, on a live network or on what a replica held at one moment; driven by e2e/react.spec.ts. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as countersign from 'countersign';
import { Inspector, type InspectorProps } from 'countersign/inspector';
import './inspector-host.css';
import 'countersign/inspector.css';
import { inspection } from '../../ui/preview/inspection.ts';

declare global {
  interface Window {
    readonly shop: typeof shop;
  }
}

let network: countersign.Network | null = null;

const shop = {
  createDraft: countersign.createDraft,
  createIdentity: countersign.createIdentity,
  async createNetwork(options: Parameters<typeof countersign.createNetwork>[0]) {
    const created = await countersign.createNetwork(options);
    if (!created.ok) throw new Error(created.error.message);
    return { invitation: created.value.invitation, genesis: [...created.value.genesis] };
  },
  async open(options: { identity: string; invitation: string; genesis: number[] }) {
    const joined = await countersign.join({ ...options, genesis: Uint8Array.from(options.genesis) });
    if (!joined.ok) throw new Error(joined.error.message);
    network = joined.value;
  },
  here: () => network?.status.here ?? 0,
  close: () => network?.close(),
  /** Returns at once: it may wait for a quorum. */
  set: (key: string, value: string): void => void network?.set(key, value),
  mount(
    live: boolean,
    props: Pick<InspectorProps, 'language' | 'theme'> & { readonly about?: boolean } = {},
  ) {
    const { about, ...rest } = props;
    root.render(
      <StrictMode>
        <Inspector
          source={live ? network! : FIXED}
          {...(about === true && { about: { app: 'shop', version: '1.2.3' } })}
          {...rest}
        />
      </StrictMode>,
    );
  },
};

const FIXED: InspectorProps['source'] = { inspect: async () => inspection };
const root = createRoot(document.getElementById('root')!);

Object.assign(window, { shop });
