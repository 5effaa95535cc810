import type { HoldReason } from '../../worker/api.ts';
import { listOf } from '../i18n/lists.ts';
import { translator } from '../i18n/t.ts';
import { SHELL } from '../layout/texts.ts';

const t = translator('hold');

export const HOLD = {
  title: SHELL.titles.lines,
  intro: t('intro'),
  hold: t('hold'),
  holdHint: t('holdHint'),
  reason: t('reason'),
  held: t('held'),
  nothingToHold: t('nothingToHold'),
  release: t('release'),
  releaseHint: t('releaseHint'),
  leave: t('leave'),
  accept: t('accept'),
  reject: t('reject'),
  lookedAgain: t('lookedAgain'),
  released: t('released'),
  needsCourier: t('needsCourier'),
  linesHeading: t('linesHeading'),
  /** Lines are counted from 1. */
  line: (line: number): string => t('line', { line }),
  lineHas: (description: string, quantity: number): string => t('lineHas', { description, quantity }),
  lineNamed: (line: number, description: string): string => t('lineNamed', { line, description }),
  ofLine: (line: number): string => t('ofLine', { line }),
  heldSinceInspection: (organisation: string): string => t('heldSinceInspection', { organisation }),
  /** The instant stands after it. */
  heldFor: (organisation: string, reason: string): string => t('heldFor', { organisation, reason }),
  nobody: t('nobody'),
  notChecked: t('notChecked'),
  entering: t('entering'),
  choices: t('choices'),
  chooseFirst: t('chooseFirst'),
  holdBack: (count: number): string => t('holdBack', { count }),
  enteringVerdicts: t('enteringVerdicts'),
  decideFirst: t('decideFirst'),
  enterVerdicts: (count: number): string => t('enterVerdicts', { count }),
  defectsFound: (found: number, sample: number): string => t('defectsFound', { found, sample }),
} as const;

/** Why there is nothing to do here. */
export const WHY_NOTHING = {
  left: t('why.left'),
  notInspected: t('why.notInspected'),
  heldBy: (names: readonly string[]): string => t('why.heldBy', { names: listOf(names) }),
  notYours: (organisation: string): string => t('why.notYours', { organisation }),
} as const;

export const REASON_WORDS: Readonly<Record<HoldReason, string>> = {
  recall: t('reasons.recall'),
  damage: t('reasons.damage'),
  temperature: t('reasons.temperature'),
  documents: t('reasons.documents'),
  count: t('reasons.count'),
  pedigree: t('reasons.pedigree'),
  investigation: t('reasons.investigation'),
  other: t('reasons.other'),
};
