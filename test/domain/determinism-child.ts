/** Runs a recording (standard input) in a process of its own, whose clock, language and engine its caller chooses, and prints the digests. */
import { decodeOwn } from '../../src/codec/cbor.ts';
import { answers, takeAway, type Machine, type Recording } from './determinism-run.ts';

const machine = JSON.parse(process.argv[2]!) as Machine;
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const decoded = decodeOwn(new Uint8Array(Buffer.concat(chunks)), 64 * 1024 * 1024);
if (!decoded.ok) throw new Error(decoded.error.message);
takeAway(machine.now);
process.stdout.write(JSON.stringify(await answers(decoded.value as unknown as Recording, machine)));
