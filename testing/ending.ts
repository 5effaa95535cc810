/** What happens when a test is over: a failure gets its report, everything is closed, and pages that complained fail the test. */
import type { TestInfo } from '@playwright/test';
import type { Cluster } from './cluster.ts';
import { DESCRIBE_MS } from './limits.ts';

type Ended = Pick<Cluster, 'complaints' | 'describe' | 'up' | 'close'>;

/** @throws Error with the complaints of a test that has not failed by itself, and of what could not be told or closed. Closed is all that can be. */
export async function endClusters(
  clusters: readonly Ended[],
  info: Pick<TestInfo, 'status' | 'attach'>,
): Promise<void> {
  const failed = info.status !== 'passed' && info.status !== 'skipped';
  const complaints = clusters.flatMap((cluster) => cluster.complaints);
  const reported = await Promise.allSettled(failed || complaints.length > 0 ? [report(clusters, info)] : []);
  const closed = await Promise.allSettled(clusters.map((cluster) => cluster.close()));
  // What failed already has said why; this would only hide it.
  if (!failed && complaints.length > 0)
    throw new Error(`Exceptions and blocked loads in the pages:\n${complaints.join('\n')}`);
  for (const one of [...reported, ...closed]) if (one.status === 'rejected') throw one.reason;
}

async function report(clusters: readonly Ended[], info: Pick<TestInfo, 'attach'>): Promise<void> {
  for (const [i, cluster] of clusters.entries()) {
    await info.attach(`cluster-${i}.txt`, { body: await cluster.describe(), contentType: 'text/plain' });
    for (const { id, page } of cluster.up) {
      const body = await page.screenshot({ timeout: DESCRIBE_MS }).catch(() => null);
      if (body !== null) await info.attach(`${id}.png`, { body, contentType: 'image/png' });
    }
  }
}
