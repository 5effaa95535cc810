/** The words of the status badge; shape and colour come from the same kind. */
import type { SessionStatus } from '../../worker/api.ts';
import { errorText } from '../errors.ts';
import { translator } from '../i18n/t.ts';

const t = translator('parts');

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
      return { kind: 'local', text: t('status.local'), meaning: t('status.localMeaning') };
    case 'voting':
      return tally === null
        ? { kind: 'voting', text: t('status.voting'), meaning: t('status.votingMeaning') }
        : {
            kind: 'voting',
            text: t('status.votingOf', { commits: tally.commits, needed: tally.needed }),
            meaning: t('status.votingOfMeaning', { commits: tally.commits, needed: tally.needed }),
          };
    case 'committed':
      return {
        kind: 'committed',
        text: t('status.committed', { version: status.version }),
        meaning: t('status.committedMeaning', { version: status.version }),
      };
    case 'conflict':
      return {
        kind: 'conflict',
        text: t('status.conflict'),
        meaning: errorText({ type: 'conflict', message: status.message }),
      };
    case 'rejected':
      return {
        kind: 'rejected',
        text: t('status.rejected'),
        meaning: t('status.rejectedMeaning', {
          rule: status.rule,
          message: errorText({ type: status.rule, message: status.message }),
        }),
      };
    case 'abandoned':
      return {
        kind: 'abandoned',
        text: t('status.putAway'),
        meaning: t('status.putAwayMeaning'),
      };
  }
}
