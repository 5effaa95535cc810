import type { HoldReason } from '../../worker/api.ts';

export const HOLD = {
  title: 'Hold and release',
  intro: 'Lines are held one by one: what is recalled does not keep the rest.',
  hold: 'Hold lines back',
  holdHint: 'Only accepted lines can be held.',
  reason: 'Why',
  held: 'They are held. Whoever held them releases them.',
  nothingToHold: 'No line is accepted, so there is nothing to hold.',
  release: 'Decide held lines',
  releaseHint: 'A line is accepted only within the limits of its sampling plan.',
  leave: 'Leave it held',
  accept: 'Accept',
  reject: 'Reject',
  lookedAgain: 'It was looked at again: count its defects',
  released: 'The verdicts are in the record.',
  needsCourier: 'Something is accepted and the package has no courier. Choose one next.',
} as const;

export const REASON_WORDS: Readonly<Record<HoldReason, string>> = {
  recall: 'Recalled by its maker',
  damage: 'Damage found',
  temperature: 'Too warm or too cold',
  documents: 'Papers missing or wrong',
  count: 'Count does not fit',
  pedigree: 'Origin not proven',
  investigation: 'Under investigation',
  other: 'Another reason',
};
