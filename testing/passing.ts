/**
 * Values between a test and a page. What Playwright passes by itself loses maps, sets and buffers; here they arrive as what they were.
 *
 * Both functions run on both sides: a page gets them as source text. So each stands for itself, and refers to nothing outside but the language.
 */

/** Text of a value. Functions are left out: they do not cross. @throws TypeError for what has a class of its own, or is part of itself. */
export function pack(value: unknown): string {
  type Packed = null | boolean | number | string | readonly [string, unknown?];
  const bytesOf = (bytes: Uint8Array): string => {
    let text = '';
    // In parts: a call takes only so many arguments.
    for (let at = 0; at < bytes.length; at += 8_192)
      text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    return btoa(text);
  };
  const above: unknown[] = [];
  const copy = (one: unknown): Packed => {
    switch (typeof one) {
      case 'string':
      case 'boolean':
        return one;
      case 'number':
        return Number.isFinite(one) && !Object.is(one, -0)
          ? one
          : ['number', Object.is(one, -0) ? '-0' : String(one)];
      case 'bigint':
        return ['bigint', String(one)];
      case 'object':
        break;
      default:
        return ['undefined'];
    }
    if (one === null) return null;
    if (above.includes(one)) throw new TypeError('An object that is part of itself does not pass.');
    above.push(one);
    const packed = inside(one);
    above.pop();
    return packed;
  };
  // By what an object is, not by its prototype: a test and its page have different ones.
  const inside = (one: object): Packed => {
    const kind = Object.prototype.toString.call(one).slice(8, -1);
    if (Array.isArray(one)) return ['Array', Array.from(one as unknown[], copy)];
    if (ArrayBuffer.isView(one))
      return [kind, bytesOf(new Uint8Array(one.buffer, one.byteOffset, one.byteLength))];
    switch (kind) {
      case 'ArrayBuffer':
        return [kind, bytesOf(new Uint8Array(one as ArrayBuffer))];
      case 'Date':
        return [kind, copy(Number(one as Date))];
      case 'Map':
        return [kind, Array.from(one as Map<unknown, unknown>, (pair) => pair.map(copy))];
      case 'Set':
        return [kind, Array.from(one as Set<unknown>, copy)];
      case 'Error':
        return [kind, [(one as Error).name, (one as Error).message]];
    }
    const prototype = Object.getPrototypeOf(one) as object | null;
    // The Object.prototype of any realm is the one that has none above it.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new TypeError(`An object of class ${one.constructor.name} does not pass. Pass what it holds.`);
    const entries = Object.entries(one).filter(([, member]) => typeof member !== 'function');
    return ['Object', entries.map(([name, member]) => [name, copy(member)])];
  };
  return JSON.stringify(copy(value));
}

/** The value that `pack` was given. */
export function unpack(text: string): unknown {
  const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const revive = (packed: unknown): unknown => {
    if (!Array.isArray(packed)) return packed;
    const [kind, content] = packed as [string, unknown];
    switch (kind) {
      case 'undefined':
        return undefined;
      case 'number':
        return Number(content);
      case 'bigint':
        return BigInt(content as string);
      case 'Array':
        return (content as unknown[]).map(revive);
      case 'ArrayBuffer':
        return bytesOf(content as string).buffer;
      case 'Date':
        return new Date(revive(content) as number);
      case 'Map':
        return new Map((content as unknown[][]).map((pair) => pair.map(revive) as [unknown, unknown]));
      case 'Set':
        return new Set((content as unknown[]).map(revive));
      case 'Error': {
        const [name, message] = content as [string, string];
        return Object.assign(new Error(message), { name });
      }
      case 'Object': {
        const entries = content as [string, unknown][];
        return Object.fromEntries(entries.map(([name, member]) => [name, revive(member)]));
      }
    }
    const bytes = bytesOf(content as string);
    if (kind === 'Uint8Array') return bytes;
    const make = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => unknown>)[kind];
    if (make === undefined) throw new TypeError(`Nothing of the kind ${kind} passes.`);
    return new make(bytes.buffer);
  };
  return revive(JSON.parse(text));
}
