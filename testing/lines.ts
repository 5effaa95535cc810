/**
 * The packets of a cluster, without root. A page sends what is for another member to a socket here, which passes, delays, loses or swallows it.
 * Each socket stands for one end of one connection: what comes from that end goes to the other, and back.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { LINE_BUFFER_BYTES, MAX_DELAYED_PACKETS, MAX_SOCKETS } from './limits.ts';

/** What is wrong with the way between two members, both directions alike. */
export interface Impairment {
  /** One way, milliseconds. */
  readonly delay: number;
  /** Up to so many milliseconds more, another number for each packet. */
  readonly jitter: number;
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
  /** Everything is swallowed. */
  readonly cut: boolean;
}

export const CLEAR: Impairment = { delay: 0, jitter: 0, loss: 0, cut: false };

/** Packets between members, since the cluster was made. */
export interface Traffic {
  /** Arrived, those that were delayed too. */
  readonly passed: number;
  readonly delayed: number;
  /** By chance, by a cut, or because too many were held back. */
  readonly lost: number;
}

/** One RTCPeerConnection of a member. */
export interface End {
  readonly member: number;
  /** Its page: all its ends are released together. */
  readonly page: object;
  readonly connection: string;
}

const LOOPBACK = '127.0.0.1';

export class Lines {
  /** Of the way between two members, asked for every packet. */
  path: (a: number, b: number) => Impairment = () => CLEAR;
  /** A packet of so many bytes leaves here for its addressee: for whoever counts them. */
  onPassed: ((from: number, to: number, bytes: number) => void) | null = null;
  readonly #traffic = new Map<string, { passed: number; delayed: number; lost: number }>();
  /** Whose port it is. One that is free again belongs to who takes it next. */
  readonly #owners = new Map<number, End>();
  readonly #sockets = new Map<Socket, End>();
  #held = 0;
  #closed = false;

  /** What passed between two members, between one and all others, or everywhere. */
  traffic(a?: number, b?: number): Traffic {
    const sum = { passed: 0, delayed: 0, lost: 0 };
    for (const [pair, { passed, delayed, lost }] of this.#traffic) {
      const ends = pair.split('-').map(Number);
      if ([a, b].some((member) => member !== undefined && !ends.includes(member))) continue;
      sum.passed += passed;
      sum.delayed += delayed;
      sum.lost += lost;
    }
    return sum;
  }

  /** A page tells what address one of its connections has. */
  own(end: End, candidate: string): void {
    const port = portOf(candidate);
    if (port !== null) this.#owners.set(port, end);
  }

  /**
   * The candidate that a page is to use instead of one that it was told; null: none, because it would go past us. TCP, IPv6, interfaces other
   * than the loopback, and relays are left out: one way between two members is enough.
   */
  async redirect(end: End, candidate: string): Promise<string | null> {
    const port = portOf(candidate);
    if (port === null || this.#closed || this.#sockets.size >= MAX_SOCKETS) return null;
    const socket = createSocket({ type: 'udp4', recvBufferSize: LINE_BUFFER_BYTES });
    this.#sockets.set(socket, end);
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      // Or released while it was being bound.
      socket.once('close', resolve);
      socket.bind(0, LOOPBACK, resolve);
    });
    if (!this.#sockets.has(socket)) return null;
    let near: number | null = null;
    socket.on('message', (packet, from) => {
      const far = this.#owners.get(port);
      if (far === undefined || from.address !== LOOPBACK) return;
      if (from.port === port) {
        if (near !== null) this.#carry(far, end, packet, socket, near);
      } else if (this.#isOf(end, from)) {
        near = from.port;
        this.#carry(end, far, packet, socket, port);
      }
    });
    const fields = candidate.split(' ');
    fields[5] = String((socket.address() as AddressInfo).port);
    return fields.join(' ');
  }

  /** Connections of a page are closed: one by its name, all of a document by what their names begin with, a slash at its end, or all. */
  release(page: object, connections?: string): void {
    const isMeant = ({ connection }: End): boolean =>
      connections === undefined ||
      connection === connections ||
      (connections.endsWith('/') && connection.startsWith(connections));
    const gone = (end: End): boolean => end.page === page && isMeant(end);
    for (const [port, end] of this.#owners) if (gone(end)) this.#owners.delete(port);
    for (const [socket, end] of this.#sockets) {
      if (!gone(end)) continue;
      this.#sockets.delete(socket);
      socket.close();
    }
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.keys()) socket.close();
    this.#sockets.clear();
  }

  /** A page's other sockets reach us, too, when it tries all its interfaces. */
  #isOf(end: End, { port }: RemoteInfo): boolean {
    const owner = this.#owners.get(port);
    return owner?.page === end.page && owner.connection === end.connection;
  }

  #carry(from: End, to: End, packet: Buffer, socket: Socket, port: number): void {
    const pair = pairOf(from.member, to.member);
    const traffic = this.#traffic.get(pair) ?? { passed: 0, delayed: 0, lost: 0 };
    this.#traffic.set(pair, traffic);
    const { delay, jitter, loss, cut } = this.path(from.member, to.member);
    const wait = delay + Math.random() * jitter;
    if (cut || Math.random() < loss || (wait > 0 && this.#held >= MAX_DELAYED_PACKETS)) {
      traffic.lost += 1;
      return;
    }
    const go = (): void => {
      // Whoever was cut off meanwhile gets nothing that was on its way.
      if (this.#closed || !this.#sockets.has(socket)) return;
      if (this.path(from.member, to.member).cut) traffic.lost += 1;
      else {
        traffic.passed += 1;
        this.onPassed?.(from.member, to.member, packet.length);
        socket.send(packet, port, LOOPBACK);
      }
    };
    if (wait <= 0) return go();
    this.#held += 1;
    traffic.delayed += 1;
    setTimeout(() => {
      this.#held -= 1;
      go();
    }, wait);
  }
}

/** Port of a candidate that packets may go to: UDP, of a host, on the loopback interface (RFC 8839, section 5.1). */
function portOf(candidate: string): number | null {
  const [, , protocol, , address, port, , type] = candidate.split(' ');
  if (protocol?.toLowerCase() !== 'udp' || type !== 'host' || address !== LOOPBACK) return null;
  return Number(port);
}

const pairOf = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);
