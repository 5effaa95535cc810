import { useEffect, useState } from 'react';
import type { Inspection } from '../../worker/api.ts';
import { INSPECTOR_PERIOD_MS } from '../limits.ts';
import type { InspectorSource } from './source.ts';

export interface Live {
  /** The last answer; null before the first. */
  readonly inspection: Inspection | null;
  /** The last question was not answered. */
  readonly failed: boolean;
}

/** Asks again and again while `running` and the page is shown; one question at a time. */
export function useInspection(source: InspectorSource, running: boolean): Live {
  const [live, setLive] = useState<Live>({ inspection: null, failed: false });
  useEffect(() => {
    if (!running) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let asking = false;
    const ask = (): void => {
      timer = null;
      // Nobody looks: it begins again when the page is shown.
      if (document.hidden) return;
      asking = true;
      source
        .inspect()
        .then(
          (inspection) => wanted && setLive({ inspection, failed: false }),
          () => wanted && setLive((before) => ({ ...before, failed: true })),
        )
        .finally(() => {
          asking = false;
          if (wanted) timer = setTimeout(ask, INSPECTOR_PERIOD_MS);
        });
    };
    const onShown = (): void => {
      if (!document.hidden && timer === null && !asking) ask();
    };
    document.addEventListener('visibilitychange', onShown);
    ask();
    return () => {
      wanted = false;
      document.removeEventListener('visibilitychange', onShown);
      if (timer !== null) clearTimeout(timer);
    };
  }, [source, running]);
  return live;
}
