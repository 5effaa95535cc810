/** The doors: everything before a network is open. Routes `/`, `/create`, `/key#<draft>`, `/join#<invitation>`, `/ask#<invitation>`, `/device#<answer>`, `/import`. */
import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { AskPage } from './AskPage.tsx';
import type { DoorsClient } from './client.ts';
import { CreatePage } from './CreatePage.tsx';
import { DevicePage } from './DevicePage.tsx';
import { ImportPage } from './ImportPage.tsx';
import { JoinPage } from './JoinPage.tsx';
import { KeyPage } from './KeyPage.tsx';
import { StartPage } from './StartPage.tsx';
import './doors.css';

export type { DoorsClient } from './client.ts';
export { detect, missingCapabilities, tryOut } from './capabilities.ts';
export { MissingPage } from './MissingPage.tsx';

export function DoorsApp({ client }: { client: DoorsClient }): ReactNode {
  return (
    <Switch>
      <Route path="/create">
        <CreatePage client={client} />
      </Route>
      <Route path="/key">
        <KeyPage client={client} />
      </Route>
      <Route path="/join">
        <JoinPage client={client} />
      </Route>
      <Route path="/ask">
        <AskPage client={client} />
      </Route>
      <Route path="/device">
        <DevicePage client={client} />
      </Route>
      <Route path="/import">
        <ImportPage client={client} />
      </Route>
      <Route path="/">
        <StartPage client={client} />
      </Route>
      <Route>
        <StartPage client={client} unknown />
      </Route>
    </Switch>
  );
}
