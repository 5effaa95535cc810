/** Counting of defects before the quality step is taken; kept over a reload, so that nobody counts twice. */
import { translator } from '../i18n/t.ts';
import { MAX_DEFECT_CODE } from '../limits.ts';
import { withoutPrefix } from '../scan/scan-code.ts';
import type { PhotoRef } from '../parts/PhotoField.tsx';
import type { Defect, LineVerdict, SamplingPlan, Severity } from '../../worker/api.ts';

const t = translator('bench');

export interface LineDraft {
  readonly defects: readonly Defect[];
  readonly photos: readonly PhotoRef[];
  readonly verdict: LineVerdict | null;
}

export interface QualityDraft {
  readonly lines: readonly LineDraft[];
  /** Line in front; equal to the number of lines when all have a verdict. */
  readonly line: number;
  /** A scanned defect code that waits for its severity. */
  readonly code: string | null;
}

/** Code of a defect for which none was scanned. */
export const NO_CODE = 'unspecified';

export function emptyDraft(lines: number): QualityDraft {
  return {
    lines: Array.from({ length: lines }, () => ({ defects: [], photos: [], verdict: null })),
    line: 0,
    code: null,
  };
}

/** A scanned code as a defect's: one line of text without the kind of barcode that a scanner names first; null: nothing of it is left. */
export function defectCode(scanned: string): string | null {
  const line = withoutPrefix(scanned)
    .replaceAll(/[\p{Cc}\p{Surrogate}]/gu, ' ')
    .trim();
  const code = [...line].slice(0, MAX_DEFECT_CODE).join('').trim();
  return code === '' ? null : code;
}

export function countOf(draft: LineDraft, severity: Severity): number {
  return draft.defects.reduce((sum, d) => sum + (d.severity === severity ? d.count : 0), 0);
}

/** One more of a severity, under the scanned code if there is one. */
export function addDefect(draft: QualityDraft, severity: Severity): QualityDraft {
  const code = draft.code ?? NO_CODE;
  return {
    ...changeLine(draft, (line) => {
      const at = line.defects.findIndex((d) => d.severity === severity && d.code === code);
      if (at < 0) return { ...line, defects: [...line.defects, { code, severity, count: 1 }] };
      return { ...line, defects: line.defects.map((d, i) => (i === at ? { ...d, count: d.count + 1 } : d)) };
    }),
    code: null,
  };
}

/** One less: the last kind that was counted of this severity. */
export function removeDefect(draft: QualityDraft, severity: Severity): QualityDraft {
  return changeLine(draft, (line) => {
    const at = line.defects.findLastIndex((d) => d.severity === severity);
    if (at < 0) return line;
    const defects = line.defects
      .map((d, i) => (i === at ? { ...d, count: d.count - 1 } : d))
      .filter((d) => d.count > 0);
    return { ...line, defects };
  });
}

export function giveVerdict(draft: QualityDraft, verdict: LineVerdict): QualityDraft {
  const changed = changeLine(draft, (line) => ({ ...line, verdict }));
  return { ...changed, line: draft.line + 1, code: null };
}

/** Photos of a line, which may no longer be the one in front: a picture takes a moment to be read. */
export const setPhotos = (draft: QualityDraft, line: number, photos: readonly PhotoRef[]): QualityDraft => ({
  ...draft,
  lines: draft.lines.map((each, i) => (i === line ? { ...each, photos } : each)),
});

export function backToLine(draft: QualityDraft, line: number): QualityDraft {
  return { ...draft, line: Math.max(0, line), code: null };
}

/** Why the line cannot be accepted, or null. The handler decides the same from the same plan. */
export function overLimit(draft: LineDraft, plan: SamplingPlan): string | null {
  const critical = countOf(draft, 'critical');
  const major = countOf(draft, 'major');
  const minor = countOf(draft, 'minor');
  if (critical > 0) return t('overCritical', { count: critical });
  if (major > plan.major.accept) return t('overMajor', { count: major, accept: plan.major.accept });
  if (minor > plan.minor.accept) return t('overMinor', { count: minor, accept: plan.minor.accept });
  return null;
}

/** A draft as it was kept; null when it is damaged or fits no package of so many lines. */
export function parseDraft(value: unknown, lines: number): QualityDraft | null {
  const draft = (value !== null && typeof value === 'object' ? value : {}) as Partial<QualityDraft>;
  const isWhole =
    Array.isArray(draft.lines) &&
    draft.lines.length === lines &&
    Number.isInteger(draft.line) &&
    (draft.code === null || typeof draft.code === 'string') &&
    (draft.lines as readonly Partial<LineDraft>[]).every(
      (line) => Array.isArray(line.defects) && Array.isArray(line.photos),
    );
  return isWhole ? (draft as QualityDraft) : null;
}

function changeLine(draft: QualityDraft, change: (line: LineDraft) => LineDraft): QualityDraft {
  return { ...draft, lines: draft.lines.map((line, i) => (i === draft.line ? change(line) : line)) };
}
