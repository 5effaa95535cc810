/**
 * Topics of earlier epochs: who slept through a change of members, or holds an invitation from before it, knows no other. Nothing but the door
 * is there (applicants.ts): whatever a member says on them leads nowhere, so a link is made by holders of today's join secret only.
 */
import { MAX_FORMER_TOPICS } from '../limits.ts';
import type { DoorSide } from './applicants.ts';
import { createEnvelope, type Envelope } from './envelope.ts';
import { encodeMessage, parseMessage } from './messages.ts';
import type { MeshOptions } from './options.ts';

export interface FormerTopics {
  readonly topics: readonly string[];
  /** From a signaling server; what is of another topic is not for here. */
  receive(sealed: Uint8Array, topic: string): void;
}

export interface FormerContext {
  readonly side: DoorSide;
  readonly isRunning: () => boolean;
  readonly publish: (sealed: Uint8Array, topic: string) => void;
}

export function createFormerTopics(
  { formerSecrets = [], signalingSecret, members }: MeshOptions,
  context: FormerContext,
): FormerTopics {
  const envelopes = new Map<string, Envelope>();
  for (const secret of formerSecrets.slice(0, MAX_FORMER_TOPICS))
    if (secret.topic !== signalingSecret.topic) envelopes.set(secret.topic, createEnvelope(secret));
  return {
    topics: [...envelopes.keys()],
    receive(sealed, topic) {
      const envelope = envelopes.get(topic);
      envelope?.open(sealed, (plain) => {
        const message = parseMessage(plain, members.length);
        if (message === null || !context.isRunning()) return;
        if (message.type !== 'apply' && (message.type !== 'signal' || message.from !== null)) return;
        context.side.receive(message, (answer) =>
          envelope.seal(encodeMessage(answer), (bytes) => {
            if (context.isRunning()) context.publish(bytes, topic);
          }),
        );
      });
    },
  };
}
