/** Numbers of a member list in words. The quorum rule is the protocol's: f = ⌊(n − 1) / 3⌋, q = n − f. */
import { translator } from '../i18n/t.ts';

const t = translator('doors');

export interface QuorumWords {
  readonly n: number;
  readonly f: number;
  readonly q: number;
  /** `4 members: 3 must sign; one may fail.` */
  readonly sentence: string;
  /** What that means on a bad day, or null when there is nothing to warn of. */
  readonly warning: string | null;
}

export function quorumWords(n: number): QuorumWords {
  const f = Math.max(0, Math.floor((n - 1) / 3));
  const q = n - f;
  if (n === 0) return { n, f, q, sentence: t('quorum.none'), warning: null };
  if (n === 1) return { n, f, q, sentence: t('quorum.one'), warning: t('quorum.oneWarning') };
  const sentence = t('quorum.sentence', { n, f, q, all: q === n ? 'yes' : 'no' });
  return { n, f, q, sentence, warning: f === 0 ? t('quorum.warning', { n }) : null };
}

/** `Bravo Logistics` → `bravo-logistics`: what the genesis allows as a short id. */
export function suggestedId(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
    .replace(/-+$/, '');
}

/** First word of the organisation: what the seal's neighbours call it. */
export function suggestedName(organisation: string): string {
  return organisation.trim().split(/\s+/)[0] ?? '';
}
