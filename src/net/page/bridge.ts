/** Where a data channel cannot be transferred: the page sends and receives for the worker. The port's messages: src/net/mesh/channel.ts. */

import { BRIDGE_HIGH_WATER, LOW_WATER } from '../limits.ts';

export function bridge(channel: RTCDataChannel, port: MessagePort): void {
  // Bounded by the worker, which counts what was not acknowledged (VOTE_HIGH_WATER of src/net/limits.ts).
  const waiting: ArrayBuffer[] = [];
  let closing = false;

  function pump(): void {
    let handed = 0;
    while (
      waiting.length > 0 &&
      channel.readyState === 'open' &&
      channel.bufferedAmount < BRIDGE_HIGH_WATER
    ) {
      const frame = waiting.shift();
      if (frame === undefined) break;
      channel.send(frame);
      handed += frame.byteLength;
    }
    if (handed > 0) port.postMessage(handed);
    if (closing && waiting.length === 0) channel.close();
  }

  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = LOW_WATER;
  channel.onopen = () => port.postMessage('open');
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) port.postMessage(data, [data]);
    else port.postMessage(null);
  };
  channel.onbufferedamountlow = pump;
  channel.onclose = () => port.postMessage('close');
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) waiting.push(data);
    else closing = true;
    pump();
  };
}
