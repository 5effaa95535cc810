import { run } from './run.ts';
const opts: any = { replicas: [4], workflows: 16, only: null, out: '', storage: 'disk', pause: 400, profile: false, voters: true };
const logs: any[][] = [];
let first = true;
const r = await run(4, '/tmp/bench-dist', opts, { progress() {}, profiled: async (cluster, work) => {
  for (const m of cluster.members) {
    const w = m.page.workers()[0]!;
    await w.evaluate('globalThis.__name = (f) => f');
    await w.evaluate(() => {
      const g = globalThis as any; g.LOG = []; const now = () => performance.timeOrigin + performance.now();
      const tx = IDBDatabase.prototype.transaction;
      IDBDatabase.prototype.transaction = function (this: any, s: any, m: any, o: any) { const t = tx.call(this, s, m, o); const a = now(); const what = (m === 'readwrite' ? 'write ' : 'read ') + [].concat(s).join('+'); t.addEventListener('complete', () => g.LOG.push([what, a, now()])); return t; } as any;
      for (const n of ['verify', 'sign'] as const) { const f = (SubtleCrypto.prototype as any)[n]; (SubtleCrypto.prototype as any)[n] = function (...x: any[]) { const a = now(); const p = f.apply(this, x); p.then(() => g.LOG.push([n, a, now()])); return p; }; }
      const om = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage')!;
      const send = RTCDataChannel.prototype.send; RTCDataChannel.prototype.send = function (this: any, d: any) { const a = now(); const x = send.call(this, d); g.LOG.push(['send ' + d.byteLength, a, now()]); return x; } as any;
      void om;
    });
  }
  await work();
  for (const m of cluster.members) logs.push(await m.page.workers()[0]!.evaluate(() => (globalThis as any).LOG));
} });
const wins = r.windows.filter((w) => w.kind === 'commit');
const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1];
for (const i of [1, 3]) {
  console.log('member', i);
  const all: Record<string, number[]> = {}; const per: Record<string, number[]> = {};
  for (const w of wins) { const c: Record<string, number> = {}; for (const [k0, a, b] of logs[i]!) { if (a < w.from || a > w.to) continue; const k = k0.startsWith('send') ? 'send' : k0; (all[k] ??= []).push(b - a); c[k] = (c[k] ?? 0) + 1; } for (const k in c) (per[k] ??= []).push(c[k]!); }
  for (const k in all) console.log(k.padEnd(60), 'each p50', med(all[k]!)!.toFixed(2), 'count p50', med(per[k]!));
}
for (const w of wins.slice(5, 8)) for (const i of [1, 3]) { console.log('--- commit, member', i, 'length', (w.to - w.from).toFixed(1)); for (const [k, a, b] of [...logs[i]!].sort((x, y) => x[1] - y[1])) if (a >= w.from - 1 && a <= w.to) console.log((a - w.from).toFixed(1).padStart(7), (b - a).toFixed(1).padStart(6), k); }
const m2 = (n: string) => med(r.samples.filter((s) => s.metric === n && s.workflow > 0).map((s) => s.milliseconds))!.toFixed(1);
console.log('commit p50', m2('L1 v2 proposal to durable decision'));
