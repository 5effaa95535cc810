/** Rendered to text, where no network is ever open. */
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { Inspector } from '../../src/inspector/index.ts';
import type { Network } from '../../src/index.ts';
import { NetworkError } from '../../src/middleware/errors.ts';
import {
  NetworkProvider,
  useEntries,
  useNetwork,
  useNetworkHealth,
  useStatus,
  useValue,
} from '../../src/react/index.ts';
import { FakeNetwork } from './fake-network.ts';

const open = (): Network => new FakeNetwork() as unknown as Network;

function Everything() {
  const all = [useStatus(), useNetworkHealth(), useValue('a').state, useEntries('p/').state];
  return <p>{JSON.stringify(all)}</p>;
}

it.each([null, open()])(
  'a page on a server reads or throws, or differs from what a browser begins with',
  (network) => {
    const text = renderToString(
      <NetworkProvider network={network}>
        <Everything />
      </NetworkProvider>,
    );
    expect(text.replaceAll('&quot;', '"')).toBe('<p>[null,null,"reading","reading"]</p>');
    if (network !== null) expect((network as unknown as FakeNetwork).listened).toBe(0);
  },
);

it('a hook outside the provider, or a call before a network is open, shows nothing and says nothing', () => {
  const Name = () => <p>{useNetwork().name}</p>;
  const Waits = () => <p>{String(useValue('a', { suspense: true }))}</p>;
  expect(() => renderToString(<Everything />)).toThrow('outside NetworkProvider');
  for (const Page of [Name, Waits])
    expect(() =>
      renderToString(
        <NetworkProvider network={null}>
          <Page />
        </NetworkProvider>,
      ),
    ).toThrow('before the network was open');
});

it('what cannot be watched is undefined, or another mistake, to whoever waits for it', () => {
  const Shows = () => <p>{String(useValue('', { suspense: true }))}</p>;
  const render = (): string =>
    renderToString(
      <NetworkProvider network={open()}>
        <Shows />
      </NetworkProvider>,
    );
  expect(render).toThrow(NetworkError);
  expect(render).toThrow('A key has 1 to 200 characters.');
});

it('the inspector on a server is empty: what a replica does is known in a browser only', () => {
  const source = { inspect: () => Promise.reject(new Error('asked on a server')) };
  expect(renderToString(<Inspector source={source} />)).toMatch(
    /^<div class="countersign-inspector" lang="en" dir="ltr" aria-busy="false"><p role="status"/,
  );
  expect(renderToString(<Inspector source={source} language="ar" />)).toMatch(
    /dir="rtl" aria-busy="true"><\/div>$/,
  );
});
