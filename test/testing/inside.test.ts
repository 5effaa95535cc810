/** What runs in a member's page: whatever way an address comes to a connection, the test's stands in its place. */
import { createContext, runInContext } from 'node:vm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { insideScript, type AskLines } from '../../testing/inside.ts';

const candidate = (port: number): string =>
  `candidate:1 1 udp 2122194687 127.0.0.1 ${port} typ host generation 0`;
const PLACE = { sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'ufrag' };

interface Connection {
  setRemoteDescription(description: { type: string; sdp: string }): Promise<void>;
  addIceCandidate(candidate?: object | null): Promise<void>;
}

describe('a connection in a member’s page', () => {
  /** Adds a thousand to every port, and leaves port 9 out. */
  const ask = vi.fn<AskLines>();
  /** What reached the browser's own. */
  let given: unknown[];
  let connection: Connection;

  beforeEach(() => {
    ask.mockReset().mockImplementation((question) => {
      if (question.type !== 'redirect') return Promise.resolve(null);
      const port = Number(question.candidate.split(' ')[5]);
      return Promise.resolve(port === 9 ? null : candidate(port + 1_000));
    });
    given = [];
    const take = (what: unknown): Promise<void> => {
      given.push(what);
      return Promise.resolve();
    };
    class RTCPeerConnection {
      addEventListener(): void {}
      close(): void {}
      setLocalDescription(what: unknown): Promise<void> {
        return take(what);
      }
      setRemoteDescription(what: unknown): Promise<void> {
        return take(what);
      }
      addIceCandidate(what: unknown): Promise<void> {
        return take(what);
      }
    }
    const page = createContext({ RTCPeerConnection, crypto, __COUNTERSIGN_LINES__: ask });
    runInContext(insideScript(), page);
    connection = runInContext('new RTCPeerConnection()', page) as Connection;
  });

  it('is given no address by itself that is not the test’s', async () => {
    await connection.addIceCandidate({ candidate: candidate(5_000), ...PLACE });
    await connection.addIceCandidate({ candidate: candidate(9), ...PLACE });
    expect(given).toEqual([{ candidate: candidate(6_000), ...PLACE }]);
  });

  it('is given none in a description', async () => {
    const sdp = (...lines: string[]): string => ['v=0', 'm=application 9', ...lines, ''].join('\r\n');
    await connection.setRemoteDescription({
      type: 'offer',
      sdp: sdp(`a=${candidate(5_000)}`, `a=${candidate(9)}`, 'a=mid:0'),
    });
    expect(given).toEqual([{ type: 'offer', sdp: sdp(`a=${candidate(6_000)}`, 'a=mid:0') }]);
  });

  it('is told that there are no more', async () => {
    await connection.addIceCandidate({ candidate: '', ...PLACE });
    await connection.addIceCandidate(null);
    expect(given).toEqual([{ candidate: '', ...PLACE }, null]);
    expect(ask).not.toHaveBeenCalled();
  });

  it('is given the description before the address that came after it, however late that is answered', async () => {
    let answer = (_: string): void => undefined;
    ask.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const described = connection.setRemoteDescription({ type: 'offer', sdp: `a=${candidate(5_000)}` });
    const added = connection.addIceCandidate({ candidate: candidate(5_001), ...PLACE });
    await vi.waitFor(() => expect(ask).toHaveBeenCalled());
    expect(given).toEqual([]);
    answer(candidate(6_000));
    await Promise.all([described, added]);
    expect(given).toEqual([
      { type: 'offer', sdp: `a=${candidate(6_000)}` },
      { candidate: candidate(6_001), ...PLACE },
    ]);
  });
});
