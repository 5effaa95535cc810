/** Shows the demo page and the doors on fakes: for screenshots and axe, never shipped. */
import { createRoot } from 'react-dom/client';
import { DemoApp } from '../../../src/demo/DemoApp.tsx';
import { DoorsApp, MissingPage, missingCapabilities } from '../../../src/ui/doors/DoorsApp.tsx';
import { fakeDoors } from '../fake.ts';
import '../../../src/ui/styles/index.css';

const query = new URLSearchParams(location.search);
const doors = fakeDoors();
const root = createRoot(document.getElementById('root')!);
const theme = query.get('theme');
if (theme) document.documentElement.dataset['theme'] = theme;
if (query.get('show') === 'demo') {
  const order: string[] = [];
  root.render(
    <DemoApp
      host={{
        doors,
        memory: sessionStorage,
        startUrl: '/',
        tabUrl: (profile) => `/n/${profile}`,
        paneUrl: (profile) => {
          if (!order.includes(profile)) order.push(profile);
          return `/pane.html?member=${order.indexOf(profile)}&profile=${profile}&lie=${query.get('lie') ?? '0'}`;
        },
      }}
    />,
  );
} else if (query.get('show') === 'missing') {
  const missing = missingCapabilities({
    secureContext: false,
    webCrypto: false,
    locks: false,
    indexedDb: true,
    webRtc: true,
    webAssembly: true,
    workers: true,
    moduleWorkers: true,
    webview: null,
    href: 'http://192.168.1.20:8080/demo',
  });
  root.render(<MissingPage missing={missing!} />);
} else {
  if (query.get('profiles') === '1') {
    void doors.createMemberKey({
      draft: '',
      id: 'alfa',
      name: 'Alfa',
      organisation: 'Alfa Components',
      role: 'supplier',
      gln: '4012345000115',
    });
  }
  root.render(<DoorsApp client={{ api: doors }} />);
}
