/** The sockets between members carry packets both ways, and nothing that a test has cut. */
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLEAR, Lines, type End } from '../../testing/lines.ts';

const candidate = (port: number, { protocol = 'udp', address = '127.0.0.1', type = 'host' } = {}): string =>
  `candidate:1 1 ${protocol} 2122194687 ${address} ${port} typ ${type} generation 0`;
const portIn = (text: string | null): number => Number(text?.split(' ')[5]);

const ALFA: End = { member: 0, page: {}, connection: 'alfa/1' };
const BRAVO: End = { member: 1, page: {}, connection: 'bravo/1' };
const CHARLIE: End = { member: 2, page: {}, connection: 'charlie/1' };

describe('a line between two members', () => {
  let lines: Lines;
  let sockets: Socket[];

  beforeEach(() => {
    lines = new Lines();
    sockets = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    lines.close();
    for (const socket of sockets) socket.close();
  });

  async function open(): Promise<{ readonly socket: Socket; readonly port: number }> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return { socket, port: (socket.address() as AddressInfo).port };
  }

  async function pair(): Promise<{ alfa: Socket; bravo: Socket; toBravo: number }> {
    const [alfa, bravo] = [await open(), await open()];
    lines.own(ALFA, candidate(alfa.port));
    lines.own(BRAVO, candidate(bravo.port));
    const toBravo = portIn(await lines.redirect(ALFA, candidate(bravo.port)));
    expect(toBravo).not.toBe(bravo.port);
    return { alfa: alfa.socket, bravo: bravo.socket, toBravo };
  }

  /** The next packet that arrives, and the port that it came from. */
  async function arriving(socket: Socket): Promise<{ text: string; port: number }> {
    const [packet, { port }] = (await once(socket, 'message')) as [Buffer, { port: number }];
    return { text: String(packet), port };
  }

  it('carries what one sends to the other, and the answer back', async () => {
    const { alfa, bravo, toBravo } = await pair();
    const asked = arriving(bravo);
    alfa.send('ask', toBravo, '127.0.0.1');
    expect(await asked).toEqual({ text: 'ask', port: toBravo });
    const answered = arriving(alfa);
    bravo.send('answer', toBravo, '127.0.0.1');
    expect(await answered).toEqual({ text: 'answer', port: toBravo });
    expect(lines.traffic(1, 0)).toEqual({ passed: 2, delayed: 0, lost: 0 });
    expect(lines.traffic(0, 2)).toEqual({ passed: 0, delayed: 0, lost: 0 });
  });

  it('carries nothing while it is cut, what was on its way included', async () => {
    const { alfa, bravo, toBravo } = await pair();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    // Polling moves these timers on, by far less than an hour.
    lines.path = () => ({ ...CLEAR, delay: 3_600_000 });
    alfa.send('held', toBravo, '127.0.0.1');
    await expect.poll(() => lines.traffic().delayed).toBe(1);
    lines.path = () => ({ ...CLEAR, cut: true });
    vi.advanceTimersByTime(3_600_000);
    expect(lines.traffic()).toEqual({ passed: 0, delayed: 1, lost: 1 });
    alfa.send('cut', toBravo, '127.0.0.1');
    await expect.poll(() => lines.traffic().lost).toBe(2);
    lines.path = () => CLEAR;
    const next = arriving(bravo);
    alfa.send('healed', toBravo, '127.0.0.1');
    expect((await next).text).toBe('healed');
    expect(lines.traffic().passed).toBe(1);
  });

  it('carries nothing of strangers', async () => {
    const { alfa, bravo, toBravo } = await pair();
    const stranger = await open();
    const next = arriving(bravo);
    stranger.socket.send('strange', toBravo, '127.0.0.1');
    alfa.send('known', toBravo, '127.0.0.1');
    expect((await next).text).toBe('known');
    expect(lines.traffic().passed).toBe(1);
  });

  it('leads to no address that would go past it', async () => {
    const { port } = await open();
    for (const wrong of [
      { protocol: 'tcp' },
      { address: '192.0.2.1' },
      { address: '::1' },
      { address: '0b9a7c1e.local' },
      { type: 'relay' },
    ])
      expect(await lines.redirect(ALFA, candidate(port, wrong))).toBe(null);
  });

  it('does not end with another whose name it begins with', async () => {
    const { alfa, bravo, toBravo } = await pair();
    const [tenth, far] = [await open(), await open()];
    const ends = [
      { ...ALFA, connection: 'alfa/10' },
      { ...BRAVO, connection: 'bravo/10' },
    ] as const;
    lines.own(ends[0], candidate(tenth.port));
    lines.own(ends[1], candidate(far.port));
    const toFar = portIn(await lines.redirect(ends[0], candidate(far.port)));
    lines.release(ALFA.page, 'alfa/1');
    const asked = arriving(far.socket);
    tenth.socket.send('ask', toFar, '127.0.0.1');
    expect((await asked).text).toBe('ask');
    const answered = arriving(tenth.socket);
    far.socket.send('answer', toFar, '127.0.0.1');
    expect((await answered).text).toBe('answer');
    // The one that was meant has ended, and a document ends with all that are its own.
    const { passed } = lines.traffic();
    alfa.send('gone', toBravo, '127.0.0.1');
    lines.release(ALFA.page, 'alfa/');
    tenth.socket.send('gone too', toFar, '127.0.0.1');
    far.socket.send('and back', toFar, '127.0.0.1');
    const other = arriving(bravo);
    alfa.send('sent after them', bravo.address().port, '127.0.0.1');
    expect((await other).text).toBe('sent after them');
    expect(lines.traffic().passed).toBe(passed);
  });

  it('ends with its page', async () => {
    const { alfa, bravo, toBravo } = await pair();
    const charlie = await open();
    lines.own(CHARLIE, candidate(charlie.port));
    const fromCharlie = portIn(await lines.redirect(CHARLIE, candidate(bravo.address().port)));
    const close = vi.spyOn(Socket.prototype, 'close');
    lines.release(ALFA.page, 'alfa/');
    expect(close).toHaveBeenCalledTimes(1);
    // What is carried after it has come: the other line is as it was.
    const next = arriving(bravo);
    alfa.send('late', toBravo, '127.0.0.1');
    charlie.socket.send('in time', fromCharlie, '127.0.0.1');
    expect((await next).text).toBe('in time');
    expect(lines.traffic(0).passed).toBe(0);
  });
});
