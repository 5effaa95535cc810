/** `/inspector` of an open network: the inspector on this replica, with what must not be in a file. */
import { useMemo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useApi, useClient } from '../api-context.tsx';
import type { UiClient } from '../client.ts';
import { NETWORK } from '../network/texts.ts';
import { useProgramState } from '../program/program-context.tsx';
import { localSettings } from '../theme/local-settings.ts';
import { Inspector } from './Inspector.tsx';
import { partsOf, type OwnAbout, type InspectorSource } from './source.ts';
import { INSPECTOR } from './texts.ts';
import './inspector.css';

export function InspectorPage(): ReactNode {
  const client = useClient();
  const api = useApi();
  const source = useMemo<InspectorSource>(() => ({ inspect: () => api.inspect() }), [api]);
  const program = useProgramState();
  const version = program?.version ?? INSPECTOR.unknown;
  const build = typeof program?.build === 'object' ? program.build.digest : null;
  const about = useMemo<OwnAbout>(
    () => ({ app: 'countersign', version, build, secrets: () => secretsOf(client), tailOf }),
    [client, version, build],
  );
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{NETWORK.inspector}</h1>
          <p>{INSPECTOR.lead}</p>
        </div>
        <Link className="btn" href="/network">
          {INSPECTOR.back}
        </Link>
      </div>
      <Inspector source={source} about={about} />
    </>
  );
}

/** The last four digits of a package's number, as people read them to one another. */
const tailOf = (key: string): string => (/^package\/\d{18}$/.test(key) ? key.slice(-4) : '');

/** Everything that this browser knows and that may have got into the words of an exception. Rejects where it cannot be asked for now. */
export async function secretsOf({ api, getState }: UiClient): Promise<readonly string[]> {
  const [settings, invitation] = await Promise.all([api.settings(), api.invitation()]);
  const state = getState();
  const { operator, bench } = localSettings();
  const found = new Set<string>([operator, bench]);
  for (const { username, credential, secret } of settings.iceServers)
    for (const text of [username, credential, secret]) if (text !== undefined) found.add(text);
  for (const part of partsOf(invitation ?? '')) found.add(part);
  if (state !== null) {
    found.add(state.network.name);
    for (const { operator: who } of [...state.sessions, ...state.mirrored, ...state.notices]) found.add(who);
    for (const { id, name, organisation, gln } of state.members)
      for (const text of [id, name, organisation, gln]) found.add(text);
    for (const { name } of state.siblings) found.add(name);
    for (const { name } of state.couriers) found.add(name);
  }
  found.delete('');
  return [...found];
}
