/** The bundled build: the package's own entry needs Node's modules, which Vite 8 does not supply. */
declare module 'simple-peer/simplepeer.min.js' {
  import type { SignalData } from 'simple-peer';

  /** The part of simple-peer that the page uses. */
  export default class SimplePeer {
    constructor(options: {
      initiator: boolean;
      trickle: boolean;
      config: RTCConfiguration;
      channelName?: string;
      channelConfig?: RTCDataChannelInit;
    });
    /** There from the constructor on, null once destroyed. Not in the documentation: a channel beside simple-peer's own needs it. */
    readonly _pc: RTCPeerConnection | null;
    signal(data: SignalData): void;
    destroy(error?: Error): void;
    on(event: 'signal', listener: (data: SignalData) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'close', listener: () => void): this;
  }
}
