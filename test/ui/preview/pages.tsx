/** The pages on an in-memory network: `?self=0..3&case=…`; the path is the app's own. Mounted when loaded. */
import { createRoot } from 'react-dom/client';
import { showBroken, showLoadFailed } from '../../../src/app/load-failed.ts';
import { OpenFailed } from '../../../src/app/OpenFailed.tsx';
import { startVerifier } from '../../../src/app/verifier.ts';
import { missingCapabilities, type Found } from '../../../src/ui/doors/capabilities.ts';
import { DoorsApp } from '../../../src/ui/doors/DoorsApp.tsx';
import { MissingPage } from '../../../src/ui/doors/MissingPage.tsx';
import { OperatorApp } from '../../../src/ui/OperatorApp.tsx';
import { ProgramProvider } from '../../../src/ui/program/program-context.tsx';
import { VerifyPage } from '../../../src/ui/verify/VerifyPage.tsx';
import type { NetworkState } from '../../../src/worker/api.ts';
import { fakeClient } from '../fake-client.ts';
import { answersOf } from './answers.ts';
import { askingClient } from './asking.ts';
import { fakeCameras } from './camera.ts';
import { programOf } from './program.ts';
import { STATES } from './states.ts';

const query = new URLSearchParams(location.search);
const which = query.get('case') ?? '';
/** The network of examples/evidence. */
const EXAMPLE_NETWORK = 'b507610ba4fb14b13696a5d9d4f47a8c536eae34b4e2bcaa47bea5805b151819';

const change = (state: NetworkState): NetworkState => {
  const changed = STATES[which]?.(state) ?? state;
  return query.get('evidence') === 'real'
    ? { ...changed, network: { ...changed.network, id: EXAMPLE_NETWORK as never } }
    : changed;
};
const client = fakeClient({
  self: Number(query.get('self') ?? 1),
  packages: Number(query.get('packages') ?? 30),
  versions: Number(query.get('versions') ?? 1),
  voteMs: Number(query.get('vote') ?? 300),
  ...(query.has('holders') ? { holders: [Number(query.get('holders'))] } : {}),
  change,
});
// For states that come only after another: the cases change the network by it.
Object.assign(window, { preview: client });
// As Android's webview calls itself.
if (query.has('webview'))
  Object.defineProperty(navigator, 'userAgent', {
    value:
      'Mozilla/5.0 (Linux; Android 14; TC58; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36',
  });
const camera = query.get('camera');
if (camera !== null) fakeCameras(camera);
if (query.get('refuse') === 'persist')
  Object.assign(navigator.storage, { persist: async () => false, persisted: async () => false });

const LACKING: Readonly<Record<string, Partial<Found>>> = {
  insecure: { secureContext: false, webCrypto: false, locks: false, href: 'http://192.168.1.20:8080/' },
  room: { webview: 'android' },
};
/** A browser that has everything, whatever this one has. */
const HAS_ALL: Found = {
  secureContext: true,
  webCrypto: true,
  locks: true,
  indexedDb: true,
  webRtc: true,
  webAssembly: true,
  workers: true,
  moduleWorkers: true,
  webview: null,
  href: location.href,
};
function whatIsMissing(lacks: string) {
  const found = { ...HAS_ALL, ...(LACKING[lacks] ?? { webRtc: false, locks: false }) };
  const room = lacks === 'room' ? 0 : null;
  return missingCapabilities(found, { storageAllowed: lacks !== 'room', webAssemblyAllowed: true, room })!;
}

const element = document.getElementById('root')!;
const failed = /^\/failed\/(.*)$/.exec(location.pathname)?.[1];
// What is reported to the console is part of the page here, and no fault of it.
window.addEventListener('error', (event) => failed !== undefined && event.preventDefault());
if (failed === 'load') showLoadFailed(element, new Error('/assets/pages.js'));
else if (failed === 'broken') showBroken(element, new Error('a page'));
else
  createRoot(element).render(
    <ProgramProvider program={programOf(query.get('program'))}>{page()}</ProgramProvider>,
  );

function page() {
  if (failed !== undefined)
    return (
      <OpenFailed
        error={{
          type: 'profile-unknown' as never,
          message:
            'This browser holds no such network. Open the page in which it was made, or bring its keys here.',
        }}
      />
    );
  if (location.pathname === '/verify') return <VerifyPage verifier={startVerifier()} />;
  if (location.pathname === '/missing')
    return <MissingPage missing={whatIsMissing(query.get('lacks') ?? '')} />;
  if (!location.pathname.startsWith('/n/'))
    return <DoorsApp client={askingClient(query.get('knock'), query.get('doors'))} />;
  // What the members here have signed is made up; the verifier that says so is the real one.
  const api = answersOf(client);
  // For tests that count or hold back calls.
  Object.assign(window, { previewApi: api });
  const shown = { ...client, api, verifier: () => Promise.resolve(startVerifier()) };
  if (which === 'opening') return <OperatorApp client={{ ...shown, getState: () => null }} base="/n/test" />;
  if (which === 'older-tab')
    return (
      <OperatorApp
        client={{ ...shown, getState: () => null, getOpening: () => 'older-tab' }}
        base="/n/test"
      />
    );
  return <OperatorApp client={shown} base="/n/test" />;
}
