import { encode as slowE, decode as slowD } from '../src/codec/cbor.ts';
// prototype: canonical CBOR (RFC 8949 4.2.1), one pass each way
type V = any;
let buf = new Uint8Array(4096); let view = new DataView(buf.buffer); let pos = 0;
const te = new TextEncoder(); const td = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function room(n: number) { if (pos + n <= buf.length) return; const b = new Uint8Array(Math.max(buf.length * 2, pos + n)); b.set(buf); buf = b; view = new DataView(b.buffer); }
function head(major: number, n: number) { room(9); const m = major << 5; if (n < 24) buf[pos++] = m | n; else if (n < 256) { buf[pos++] = m | 24; buf[pos++] = n; } else if (n < 65536) { buf[pos++] = m | 25; view.setUint16(pos, n); pos += 2; } else if (n < 4294967296) { buf[pos++] = m | 26; view.setUint32(pos, n); pos += 4; } else { buf[pos++] = m | 27; view.setUint32(pos, Math.floor(n / 4294967296)); view.setUint32(pos + 4, n >>> 0); pos += 8; } }
function str(s: string) { room(s.length * 3 + 9); const n = s.length;
  // ASCII fast path
  let i = 0; const start = pos; const h = n < 24 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : 5; let p = pos + h;
  for (; i < n; i++) { const c = s.charCodeAt(i); if (c >= 128) break; buf[p++] = c; }
  if (i === n) { head(3, n); pos = p; return; }
  pos = start; if (!(s as any).isWellFormed() || s.charCodeAt(0) === 0xfeff) throw new TypeError('text'); const b = te.encode(s); head(3, b.length); room(b.length); buf.set(b, pos); pos += b.length; }
const ascii = /^[\x00-\x7f]*$/;
function keyLess(a: string, b: string) { if (a.length !== b.length) return a.length - b.length; return a < b ? -1 : 1; }
function enc(v: V): void {
  if (v === null) { room(1); buf[pos++] = 0xf6; return; }
  switch (typeof v) {
    case 'boolean': room(1); buf[pos++] = v ? 0xf5 : 0xf4; return;
    case 'string': return str(v);
    case 'number': if (Number.isSafeInteger(v)) { if (v >= 0) head(0, v); else head(1, -1 - v); return; } { const b = slowE(v); room(b.length); buf.set(b, pos); pos += b.length; return; }
    case 'object':
      if (v instanceof Uint8Array) { head(2, v.length); room(v.length); buf.set(v, pos); pos += v.length; return; }
      if (Array.isArray(v)) { head(4, v.length); for (let i = 0; i < v.length; i++) enc(v[i]); return; }
      { const keys = Object.keys(v).sort(keyLess); head(5, keys.length); for (const k of keys) { str(k); enc(v[k]); } return; }
  }
  throw new TypeError('undefined');
}
export function encode2(v: V) { pos = 0; enc(v); return buf.slice(0, pos); }
let d: Uint8Array; let dv: DataView; let at = 0;
function arg(low: number): number { if (low < 24) return low; if (low === 24) { const n = d[at++]!; if (n < 24) throw 0; return n; } if (low === 25) { const n = dv.getUint16(at); at += 2; if (n < 256) throw 0; return n; } if (low === 26) { const n = dv.getUint32(at); at += 4; if (n < 65536) throw 0; return n; } if (low === 27) { const hi = dv.getUint32(at); const lo = dv.getUint32(at + 4); at += 8; if (hi === 0 || hi > 0x1fffff) throw 0; return hi * 4294967296 + lo; } throw 0; }
function text(n: number): string { if (at + n > d.length) throw 0; if (n < 48) { let s = ''; let i = at; const e = at + n; for (; i < e; i++) { const c = d[i]!; if (c >= 128) break; s += String.fromCharCode(c); } if (i === e) { at = e; return s; } } const s = td.decode(d.subarray(at, at + n)); at += n; return s; }
function dec(depth: number): V { if (depth > 32 || at >= d.length) throw 0; const b = d[at++]!; const major = b >> 5; const low = b & 31;
  switch (major) { case 0: return arg(low); case 1: return -1 - arg(low); case 2: { const n = arg(low); if (at + n > d.length) throw 0; const x = d.slice(at, at + n); at += n; return x; } case 3: return text(arg(low));
    case 4: { const n = arg(low); const a = []; for (let i = 0; i < n; i++) a.push(dec(depth + 1)); return a; }
    case 5: { const n = arg(low); const o: V = {}; let last: string | null = null; for (let i = 0; i < n; i++) { const h = d[at++]!; if (h >> 5 !== 3) throw 0; const k = text(arg(h & 31)); if (last !== null && keyLess(last, k) >= 0) throw 0; if (k === '__proto__') throw 0; last = k; o[k] = dec(depth + 1); } return o; }
    case 7: if (low === 20) return false; if (low === 21) return true; if (low === 22) return null; if (low >= 25 && low <= 27) { const n = 1 << (low - 24); const x = slowD(d.subarray(at - 1, at + n), 9); if (!x.ok) throw 0; at += n; return x.value; } } throw 0; }
export function decode2(b: Uint8Array) { d = b; dv = new DataView(b.buffer, b.byteOffset, b.length); at = 0; const v = dec(0); if (at !== b.length) throw 0; return v; }
