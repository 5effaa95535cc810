/** The words of the status badge; shape and colour come from the same kind. */
import type { SessionStatus } from '../../worker/api.ts';

export type StatusKind = 'local' | 'voting' | 'committed' | 'conflict' | 'rejected' | 'abandoned';

export interface StatusWords {
  readonly kind: StatusKind;
  /** At most four words: they stand on a badge. */
  readonly text: string;
  /** The whole sentence: what it means and what happens next. */
  readonly meaning: string;
}

/** `tally`: commits of the open vote, when the session is in one. */
export function statusWords(
  status: SessionStatus,
  tally: { commits: number; needed: number } | null,
): StatusWords {
  switch (status.state) {
    case 'local':
      return { kind: 'local', text: 'local', meaning: 'Saved on this device only. Nobody else has seen it.' };
    case 'voting':
      return tally === null
        ? { kind: 'voting', text: 'voting', meaning: 'Sent to the members. No signature has arrived yet.' }
        : {
            kind: 'voting',
            text: `voting ${tally.commits} of ${tally.needed}`,
            meaning: `${tally.commits} of the ${tally.needed} signatures that are needed have arrived.`,
          };
    case 'committed':
      return {
        kind: 'committed',
        text: `committed v${status.version}`,
        meaning: `A quorum signed it as version ${status.version}. It can no longer be changed, only followed by another version.`,
      };
    case 'conflict':
      return { kind: 'conflict', text: 'conflict', meaning: status.message };
    case 'rejected':
      return { kind: 'rejected', text: 'rejected', meaning: `Rule ${status.rule}: ${status.message}` };
    case 'abandoned':
      return {
        kind: 'abandoned',
        text: 'put away',
        meaning: 'This session was put away. Nothing of it was sent.',
      };
  }
}
