/** samples.csv: every raw sample of every figure of every study, one a line. RFC 4180. */
import type { Labels } from '../study.ts';
import type { StudyResult } from './result.ts';

const HEAD = ['study', 'figure', 'labels', 'unit', 'index', 'cold', 'value', 'quick', 'date', 'revision'];

/** `index` is the order of measurement within a series: the cold ones first. `date` and `revision` are the study's, `quick` says that its figures do not count. Lines end with CR LF, as the standard says. */
export function* samplesCsv(results: readonly StudyResult[]): Generator<string> {
  yield line(HEAD);
  for (const { study, outcome, quick, date, revision } of results) {
    const of = [String(quick), date, revision ?? ''];
    for (const { figure, labels, unit, samples, cold = [] } of outcome?.series ?? []) {
      const named = [study, figure, labelField(labels), unit];
      let index = 0;
      for (const value of cold) yield line([...named, String(index++), 'true', String(value), ...of]);
      for (const value of samples) yield line([...named, String(index++), 'false', String(value), ...of]);
    }
  }
}

/** "replicas=16;degree=7" */
export const labelField = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');

const line = (fields: readonly string[]): string => `${fields.map(field).join(',')}\r\n`;

const field = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
