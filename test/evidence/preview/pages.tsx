/** Shows the audit report of an example's evidence, as the package page makes it: `/n/test/packages/<sscc>?view=audit`. */
import { createRoot } from 'react-dom/client';
import type { NetworkState, PackageDetail } from '../../../src/worker/api.ts';
import { startVerifier } from '../../../src/app/verifier.ts';
import { OperatorApp } from '../../../src/ui/OperatorApp.tsx';
import { fakeClient } from '../../ui/fake-client.ts';
import vectors from '../../../examples/evidence/vectors.json';
import evidenceUrl from '../../../examples/evidence/040123450000001112.evidence.json?url';

const network = vectors.network as NetworkState['network']['id'];
const client = fakeClient({
  self: 1,
  packages: 30,
  voteMs: 20,
  change: (state) => ({ ...state, network: { ...state.network, id: network } }),
});
const api = {
  ...client.api,
  evidence: async () => ({
    ok: true as const,
    value: new Uint8Array(await (await fetch(evidenceUrl)).arrayBuffer()),
  }),
  package: async (sscc: string) => {
    const detail = (await client.api.package(sscc)) as PackageDetail | null;
    return detail && { ...detail, history: detail.history.map((entry) => ({ ...entry, heldBy: [0, 1, 3] })) };
  },
};
createRoot(document.getElementById('root')!).render(
  <OperatorApp
    client={{ ...client, api: api as never, verifier: () => Promise.resolve(startVerifier()) }}
    base="/n/test"
  />,
);
