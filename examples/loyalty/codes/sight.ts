/**
 * In the demo all screens lie side by side on one, and no camera can film them. So each tells the others what it shows, and a scanner lists
 * what is in sight. Nothing of it exists outside the demo.
 */
import { createContext, useContext, useEffect, useState } from 'react';

/** `channel`: the demo's own. `who`: whose screen this is. */
export interface Sight {
  readonly channel: string;
  readonly who: string;
}

export interface Shown {
  readonly who: string;
  readonly label: string;
  readonly text: string;
}

/** null: not in a demo. */
export const SightContext = createContext<Sight | null>(null);

/** From the address of a page: `?demo=<channel>&who=<name>`. */
export function sightOf(search: string): Sight | null {
  const asked = new URLSearchParams(search);
  const [channel, who] = [asked.get('demo'), asked.get('who')];
  return channel && who ? { channel, who } : null;
}

type Said = { readonly asks: true } | ({ readonly asks: false; readonly gone: boolean } & Shown);

/** Tells the other screens of the demo that this text is shown, for as long as it is. */
export function useShown(label: string, text: string): void {
  const sight = useContext(SightContext);
  useEffect(() => {
    if (sight === null) return;
    const channel = new BroadcastChannel(sight.channel);
    const tell = (gone: boolean): void =>
      channel.postMessage({ asks: false, gone, who: sight.who, label, text } satisfies Said);
    channel.addEventListener('message', ({ data }: MessageEvent<Said>) => {
      if (data.asks) tell(false);
    });
    tell(false);
    return () => {
      tell(true);
      channel.close();
    };
  }, [sight, label, text]);
}

/** What other screens of the demo show now; null outside a demo. */
export function useInSight(): readonly Shown[] | null {
  const sight = useContext(SightContext);
  const [shown, setShown] = useState<readonly Shown[]>([]);
  useEffect(() => {
    if (sight === null) return;
    const channel = new BroadcastChannel(sight.channel);
    channel.addEventListener('message', ({ data }: MessageEvent<Said>) => {
      if (data.asks) return;
      const { gone, who, label, text } = data;
      setShown((before) => [
        ...before.filter((one) => one.who !== who || one.label !== label),
        ...(gone ? [] : [{ who, label, text }]),
      ]);
    });
    channel.postMessage({ asks: true } satisfies Said);
    return () => channel.close();
  }, [sight]);
  return sight && shown;
}
