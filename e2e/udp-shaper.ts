/**
 * Bad networks without root. Candidates that pass the signaling server are rewritten, so that both ends of a connection send their UDP
 * packets to a socket here, which delays, loses or swallows them on their way to the other. TCP and IPv6 candidates, and those of
 * other interfaces than the loopback, are dropped: nothing goes past it.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import type { MeshMessage, SignalData } from '../src/net/mesh/messages.ts';

export interface Impairment {
  /** One way, milliseconds. */
  readonly delay: number;
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
  /** Everything is swallowed. */
  readonly cut: boolean;
}

export const CLEAR: Impairment = { delay: 0, loss: 0, cut: false };

type Signal = Extract<MeshMessage, { type: 'signal' }>;

export class UdpShaper {
  /** Of the path between two members, asked for every packet. */
  path: (a: number, b: number) => Impairment = () => CLEAR;
  readonly stats = { passed: 0, lost: 0 };
  readonly #lines = new Map<string, Line>();
  readonly #members = new Map<string, number>();
  #closed = false;

  /** For the hook of a SignalTap. */
  readonly hook = async (message: MeshMessage): Promise<MeshMessage | null> => {
    if ('from' in message && message.from !== null) this.#members.set(message.instance, message.from);
    if (message.type !== 'signal' || message.from === null) return message;
    const data = await this.#rewrite(message);
    return data === null ? null : { ...message, data };
  };

  close(): void {
    this.#closed = true;
    for (const line of this.#lines.values()) for (const end of line.ends.values()) end.socket.close();
    this.#lines.clear();
  }

  async #rewrite(message: Signal): Promise<SignalData | null> {
    const { data } = message;
    if (data.type === 'candidate') {
      if (data.candidate.candidate === '') return data;
      const candidate = await this.#redirect(message, data.candidate.candidate);
      return candidate === null ? null : { ...data, candidate: { ...data.candidate, candidate } };
    }
    const lines: string[] = [];
    for (const line of data.sdp.split('\r\n')) {
      if (!line.startsWith('a=candidate:')) {
        lines.push(line);
        continue;
      }
      const redirected = await this.#redirect(message, line.slice(2));
      if (redirected !== null) lines.push(`a=${redirected}`);
    }
    return { ...data, sdp: lines.join('\r\n') };
  }

  /** The candidate that the other side is told, or null: it is told none. */
  async #redirect(message: Signal, candidate: string): Promise<string | null> {
    const fields = candidate.split(' ');
    const [, , protocol, , address, port, , type] = fields;
    if (protocol?.toLowerCase() !== 'udp' || type !== 'host' || address !== '127.0.0.1') return null;
    const line = await this.#lineOf(message);
    const end = line?.ends.get(message.instance);
    if (!end) return null;
    end.port ??= Number(port);
    // One address a side is enough; a second would go past the first's.
    if (end.port !== Number(port)) return null;
    fields[5] = String((end.socket.address() as AddressInfo).port);
    return fields.join(' ');
  }

  async #lineOf(message: Signal): Promise<Line | null> {
    const { peer, instance, to } = message;
    const known = this.#lines.get(peer);
    if (known) return known;
    const line: Line = { ends: new Map() };
    this.#lines.set(peer, line);
    for (const name of [instance, to]) {
      const socket = createSocket('udp4');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      line.ends.set(name, { socket, port: null });
    }
    // A packet that comes to the socket that stands for one end is for that end, and leaves by the other end's socket.
    for (const [to_, from] of [
      [instance, to],
      [to, instance],
    ] as const) {
      const [receiver, sender] = [line.ends.get(to_), line.ends.get(from)];
      receiver?.socket.on('message', (packet) => {
        const { delay, loss, cut } = this.path(this.#members.get(from) ?? -1, this.#members.get(to_) ?? -1);
        if (cut || Math.random() < loss) {
          this.stats.lost += 1;
          return;
        }
        const go = (): void => {
          if (this.#closed || receiver.port === null) return;
          this.stats.passed += 1;
          sender?.socket.send(packet, receiver.port, '127.0.0.1');
        };
        if (delay > 0) setTimeout(go, delay);
        else go();
      });
    }
    return line;
  }
}

interface Line {
  readonly ends: Map<string, { readonly socket: Socket; port: number | null }>;
}
