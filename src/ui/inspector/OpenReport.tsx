/** A saved file, dropped or chosen: read at the door, then shown as a live inspection is. */
import { useState, type ReactNode } from 'react';
import { MAX_REPORT_BYTES } from '../limits.ts';
import { DropZone, FileButton } from '../parts/DropZone.tsx';
import { Part } from './parts.tsx';
import { readReport, type ReportFile } from './report.ts';
import { INSPECTOR, REPORT_PROBLEMS } from './texts.ts';

export interface Opened {
  readonly name: string;
  readonly file: ReportFile;
}

export function OpenReport({ onOpened }: { onOpened: (opened: Opened) => void }): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (given: File | undefined): Promise<void> => {
    if (given === undefined) return;
    if (given.size > MAX_REPORT_BYTES) return setProblem(REPORT_PROBLEMS['too-large'](given.name, ''));
    const text = await given.text().catch(() => null);
    if (text === null) return setProblem(INSPECTOR.unreadable(given.name));
    const read = readReport(text);
    if (!read.ok) return setProblem(REPORT_PROBLEMS[read.problem](given.name, read.place));
    setProblem(null);
    onOpened({ name: given.name, file: read.file });
  };
  return (
    <Part title={INSPECTOR.open} name="open">
      <DropZone onDrop={(files) => void take(files[0])}>
        <span>{INSPECTOR.openText}</span>
        <FileButton
          label={INSPECTOR.openChoose}
          accept=".json,application/json"
          testId="inspection-file"
          onFiles={(files) => void take(files[0])}
        />
      </DropZone>
      <p role="alert" className={problem === null ? '' : 'notice bad wrap-any'}>
        {problem}
      </p>
    </Part>
  );
}
