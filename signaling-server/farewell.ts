/** Connections on their way out: they were told why, and have a moment to acknowledge it. */
import type { WebSocket } from 'ws';
import type { Limits } from './limits.ts';

export class Farewells {
  private readonly waiting = new Map<WebSocket, NodeJS.Timeout>();
  private readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get size(): number {
    return this.waiting.size;
  }

  /**
   * Sends the close frame behind what is already waiting, and destroys the socket if it is not acknowledged in time.
   *
   * @param everybody the server stops: there is no flood of newcomers to be bounded against, only those who are here.
   */
  dismiss(socket: WebSocket, code: number, reason: string, everybody = false): void {
    if (!everybody && this.waiting.size >= this.limits.maxClosing) {
      socket.terminate();
      return;
    }
    const timer = setTimeout(() => socket.terminate(), this.limits.closeGraceMs);
    this.waiting.set(socket, timer);
    socket.once('close', () => {
      clearTimeout(timer);
      this.waiting.delete(socket);
    });
    socket.close(code, reason);
  }

  destroyAll(): void {
    for (const socket of this.waiting.keys()) socket.terminate();
  }
}
