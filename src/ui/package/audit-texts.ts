/** Words of the audit report. What the verifier found is in its own words, which are English. */
import { translator } from '../i18n/t.ts';

const t = translator('package-page');

export const AUDIT = {
  title: t('audit.title'),
  back: t('audit.back'),
  print: t('audit.print'),
  json: t('audit.json'),
  evidence: t('audit.evidence'),
  making: t('audit.making'),
  failed: t('audit.failed'),
  package: t('audit.package'),
  network: t('audit.network'),
  members: t('audit.members'),
  breaks: t('audit.breaks'),
  life: t('audit.life'),
  steps: (version: number): string => t('audit.steps', { version }),
  contents: t('audit.contents'),
  proven: t('audit.proven'),
  notProven: t('audit.notProven'),
  again: t('audit.again'),
  againText: (file: string): string => t('audit.againText', { file }),
  times: t('audit.times'),
  holders: (who: string): string => t('audit.holders', { who }),
  made: (time: string, place: string | null): string =>
    place === null ? t('audit.made', { time }) : t('audit.madeAt', { time, place }),
  noVersion: t('audit.noVersion'),
  versions: (n: number, status: string): string => t('audit.versions', { n, status: stateWord(status) }),
  /** A sentence of the words that a verdict has. */
  verdict: (verdict: string): string => t('audit.verdict', { verdict }),
  certifiedBy: (
    { demo, quorum, members }: { readonly demo: boolean; readonly quorum: number; readonly members: number },
    name: string,
    id: string,
  ): string => t(demo ? 'audit.certifiedByDemo' : 'audit.certifiedBy', { name, id, quorum, members }),
  equivocated: (organisation: string, version: number): string =>
    t('audit.equivocated', { organisation, version }),
  /** `did`: as it stands in a sentence. */
  version: (version: number, did: string, status: string): string =>
    t('audit.version', { version, did, status: stateWord(status) }),
  session: (organisation: string, operator: string, time: string, id: string, rules: number): string =>
    t('audit.session', { organisation, operator, time, id, rules }),
  signed: (round: number, signed: number, n: number, who: string): string =>
    t('audit.signed', { round, signed, n, who }),
  digest: t('audit.digest'),
  before: t('audit.before'),
  first: t('audit.first'),
  notice: (
    told: { readonly notice: string; readonly issued: string; readonly key: string },
    from: string,
    to: string,
    courier: string | null,
  ): string =>
    courier === null
      ? t('audit.notice', { ...told, from, to })
      : t('audit.noticeCourier', { ...told, from, to, courier }),
  notDescribed: t('audit.notDescribed'),
  notChecked: t('audit.notChecked'),
  quality: (verdict: string, defects: number, sample: number): string =>
    t('audit.quality', { verdict, defects, sample }),
} as const;

export const MEMBER_COLUMNS = [
  { head: t('audit.column.member') },
  { head: t('audit.column.organisation') },
  { head: t('audit.column.role') },
  { head: 'GLN', kind: 'mono' },
] as const;
export const STEP_COLUMNS = [
  { head: t('audit.column.step') },
  { head: t('audit.column.asked') },
  { head: t('audit.column.answered') },
  { head: t('audit.column.at'), kind: 'nowrap' },
] as const;
export const LINE_COLUMNS = [
  { head: t('audit.column.product') },
  { head: 'GTIN', kind: 'mono' },
  { head: t('audit.column.lot') },
  { head: t('audit.column.pieces'), kind: 'num' },
  { head: t('audit.column.quality') },
] as const;

export const roleWord = (role: string): string => t('role', { role });

/** A package's status as a word of a sentence. */
export const stateWord = (state: string): string =>
  t('state', { state: state === 'in-transit' ? 'inTransit' : state });
