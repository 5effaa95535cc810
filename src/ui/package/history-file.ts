/**
 * `<sscc>.history.json`: the life of a package for other programs, as the verifier found it. docs/evidence.md, "History", specifies it.
 * It proves nothing by itself; the evidence file beside it does.
 */
import type { EvidenceReport } from '../../worker/api.ts';

export const HISTORY_FORMAT = 'countersign-history-1';

/** Members of today that are known to hold a version, by version number; nothing for a version means that nobody counted. */
export type HeldBy = ReadonlyMap<number, readonly { readonly id: string; readonly organisation: string }[]>;

export const historyFileName = (sscc: string): string => `${sscc}.history.json`;

export function historyFile(report: EvidenceReport, heldBy: HeldBy): Uint8Array {
  const { verdict, summary, failure, network, members, breaks, sscc } = report;
  const { versions, equivocators, proven, notProven } = report;
  const json = {
    format: HISTORY_FORMAT,
    package: sscc,
    network: network && {
      id: network.id,
      name: network.name,
      demo: network.demo,
      quorum: network.quorum,
      members,
    },
    // Left out as long as there is none, so that such a file is what it was.
    ...(breaks.length === 0 ? {} : { breaks }),
    checked: { verdict, summary, failure, proven, notProven },
    versions: versions.map((version) => ({
      ...version,
      heldBy: heldBy.get(version.version)?.map(({ id }) => id) ?? null,
    })),
    equivocators,
  };
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}
