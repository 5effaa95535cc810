/** Counting of defects before the quality step is taken; kept over a reload, so that nobody counts twice. */
import type { PhotoRef } from '../parts/PhotoField.tsx';
import type { Defect, LineVerdict, SamplingPlan, Severity } from '../../worker/api.ts';

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
  if (critical > 0) return `${critical} critical, none is allowed`;
  if (major > plan.major.accept) return `${major} major, ${plan.major.accept} are allowed`;
  if (minor > plan.minor.accept) return `${minor} minor, ${plan.minor.accept} are allowed`;
  return null;
}

const storageKey = (sessionId: string): string => `countersign.quality.${sessionId}`;

export function loadDraft(sessionId: string, lines: number): QualityDraft {
  try {
    const draft = JSON.parse(sessionStorage.getItem(storageKey(sessionId)) ?? 'null') as QualityDraft | null;
    if (
      draft !== null &&
      Array.isArray(draft.lines) &&
      draft.lines.length === lines &&
      Number.isInteger(draft.line) &&
      draft.lines.every((line) => Array.isArray(line.defects) && Array.isArray(line.photos))
    )
      return draft;
  } catch {
    // A damaged draft is counted again.
  }
  return emptyDraft(lines);
}

export function saveDraft(sessionId: string, draft: QualityDraft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(storageKey(sessionId));
    else sessionStorage.setItem(storageKey(sessionId), JSON.stringify(draft));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

function changeLine(draft: QualityDraft, change: (line: LineDraft) => LineDraft): QualityDraft {
  return { ...draft, lines: draft.lines.map((line, i) => (i === draft.line ? change(line) : line)) };
}
