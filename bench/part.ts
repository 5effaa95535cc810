/** A study goes on after one of its parts has failed, and is failed all the same. */
import type { Series, StudyContext } from './study.ts';

/**
 * Measures one part. When it throws, that is said and noted, and a series without samples is left, for which the runner says that the study has
 * failed; what the other parts have found is kept.
 */
export async function attempt<T>(
  what: string,
  { say, under }: Pick<StudyContext, 'say' | 'under'>,
  found: { readonly series: Series[]; readonly notes: string[] },
  measure: () => Promise<T>,
): Promise<T | null> {
  try {
    return await measure();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(`FAILED: ${what}: ${message}`);
    found.notes.push(`${what}: FAILED, what was not measured by then is missing: ${message.split('\n')[0]}`);
    const { conditions } = await under(() => Promise.resolve());
    found.series.push({ figure: 'failed', labels: { part: what }, unit: 'ms', samples: [], conditions });
    return null;
  }
}
