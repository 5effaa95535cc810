/** A network that cannot be opened in this tab: what happened, and the way back. */
import type { ReactNode } from 'react';
import { errorText, langOf } from '../ui/errors.ts';
import { translator } from '../ui/i18n/t.ts';
import type { DoorError } from '../worker/api.ts';

const t = translator('app');

export function OpenFailed({ error }: { error: DoorError }): ReactNode {
  const words = errorText(error);
  return (
    <main className="page">
      <h1>{t('openFailed')}</h1>
      <p role="alert" lang={langOf(words)}>
        {words}
      </p>
      <p>
        <a href="/">{t('openFailedBack')}</a>
      </p>
    </main>
  );
}
