import { encode, decode } from '../src/codec/cbor.ts';
import { encode2, decode2 } from './.tmp-cbor.ts';
const v: any = { record: { a: Array.from({ length: 40 }, (_, i) => ({ gtin: '0401234500' + i, description: 'Hydraulic seal kit', lot: null, quantity: i * 40 })) }, envelope: 'x'.repeat(1500) };
for (const [name, e, d] of [['cborg', encode, (b: any) => decode(b, 1e6)], ['proto', encode2, decode2]] as any) { const t = performance.now(); for (let i = 0; i < 20; i++) d(e(v)); console.log(name, 'first 20 round trips, cold', (performance.now() - t).toFixed(1)); }
