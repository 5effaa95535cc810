/** What runs in a pane's iframe: the app as every member has it, and the relay to the demo page around it. */
import { useEffect, type ReactNode } from 'react';
import type { UiClient } from '../ui/client.ts';
import { OperatorApp } from '../ui/OperatorApp.tsx';
import { attachPane } from './pane.ts';

export interface PaneAppProps {
  readonly client: UiClient;
  /** `/demo/pane/<profile>` */
  readonly base: string;
}

export function PaneApp({ client, base }: PaneAppProps): ReactNode {
  useEffect(() => {
    // Opened outside the demo page it is the app and nothing else.
    if (window.parent === window) return undefined;
    return attachPane(client, window.parent);
  }, [client]);
  return <OperatorApp client={client} base={base} />;
}
