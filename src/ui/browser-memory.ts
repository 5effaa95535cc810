/**
 * `localStorage` and `sessionStorage`, where there are any. With site data blocked a browser throws as soon as one is named, and a webview
 * without DOM storage has null: there a page remembers until it is closed.
 */

export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export const browserMemory = (): Memory => memoryOf('localStorage');
export const tabMemory = (): Memory => memoryOf('sessionStorage');

const instead = new Map<string, Memory>();

function memoryOf(name: 'localStorage' | 'sessionStorage'): Memory {
  try {
    // The types do not know of null.
    const held = window[name] as Storage | null;
    if (held !== null) return held;
  } catch {
    // SecurityError (HTML Standard, "obtain a local storage bottle map").
  }
  let passing = instead.get(name);
  if (passing === undefined) instead.set(name, (passing = passingMemory()));
  return passing;
}

function passingMemory(): Memory {
  const held = new Map<string, string>();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}
