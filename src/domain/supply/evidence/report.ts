/** The verifier's findings in words: what follows from a file, and what does not. */
import type { Version } from '../../../codec/brand.ts';
import { instant } from '../calendar.ts';
import type {
  EvidenceFailure,
  EvidenceReport,
  EvidenceVerdict,
  NamedMember,
  VerifiedBreak,
  VerifiedEpoch,
  VerifiedVersion,
} from './types.ts';

export const failure = (
  type: EvidenceFailure['type'],
  message: string,
  version: Version | null = null,
): EvidenceFailure => ({ type, message, version });

/** Grows while a file is being checked. */
export interface Findings {
  network: EvidenceReport['network'];
  epochs: readonly VerifiedEpoch[];
  breaks: readonly VerifiedBreak[];
  pinned: number | null;
  sscc: string | null;
  versions: VerifiedVersion[];
  equivocators: {
    id: EvidenceReport['equivocators'][number]['id'];
    organisation: string;
    version: VerifiedVersion['version'];
  }[];
  epcis: VerifiedVersion['version'][];
  accused: EvidenceReport['accused'];
  handOff: { by: string; courier: string; key: string; time: number } | null;
  delivery: { outcome: string; time: number } | null;
  manifest: { supplier: string; keyId: string; asnId: string } | null;
}

export const noFindings = (): Findings => ({
  network: null,
  epochs: [],
  breaks: [],
  pinned: null,
  sscc: null,
  versions: [],
  equivocators: [],
  epcis: [],
  accused: null,
  handOff: null,
  delivery: null,
  manifest: null,
});

export const NOT_PROVEN: readonly string[] = [
  'What is in the box: the members signed what was entered, not what is there.',
  'That anyone’s clock was right: times are what each device claimed.',
  'Who the person behind an operator’s pseudonym is.',
  'That no later version exists: ask a member for the newest one.',
  'That the members that signed are independent of one another.',
  'What photos show: the record names them by their digests only.',
];

/** Where members may have left since. What is pinned rules it out for every epoch before. */
const NO_PIN =
  'That nobody signed with stolen keys of members that have left the network since. Where that may be, pin a later epoch, by its digest from a member that you know: it must then be on the chain of epochs inside, and the newest version no older than it.';

const NOT_PROVEN_OF_DEEDS: readonly string[] = [
  'Why it happened: a key that was stolen, a broken device and a lie leave the same signatures.',
  'Who the person behind the member’s key is.',
  'That no other member did the same.',
];

const UNKNOWN: readonly EvidenceFailure['type'][] = [
  'format-unknown',
  'rules-unknown',
  'epoch-unknown',
  'epcis-unknown',
];
const UNTRUSTED: readonly EvidenceFailure['type'][] = [
  'break-not-confirmed',
  'before-break',
  'network-not-trusted',
  'no-trust-given',
  'pin-not-on-chain',
  'pin-later',
];

export function reportOf(found: Findings, failure: EvidenceFailure | null): EvidenceReport {
  const verdict: EvidenceVerdict =
    failure === null
      ? 'valid'
      : UNKNOWN.includes(failure.type)
        ? 'unknown'
        : UNTRUSTED.includes(failure.type)
          ? 'untrusted'
          : 'invalid';
  return {
    verdict,
    summary: summaryOf(verdict, found, failure),
    failure,
    network: found.network,
    epochs: found.epochs,
    breaks: found.breaks,
    pinned: found.pinned,
    members: found.epochs.at(-1)?.members ?? [],
    sscc: found.sscc,
    versions: found.versions,
    equivocators: found.equivocators,
    epcis: found.epcis,
    accused: found.accused,
    proven: verdict === 'valid' ? provenBy(found) : [],
    notProven: [
      ...(found.accused === null ? NOT_PROVEN : NOT_PROVEN_OF_DEEDS),
      ...found.breaks.map(notProvenOfBreak),
      ...(found.pinned === null ? [NO_PIN] : []),
    ],
  };
}

/** For a file that could not even be opened as one. */
export function failureReport(type: EvidenceFailure['type'], message: string): EvidenceReport {
  return reportOf(noFindings(), { type, message, version: null });
}

function summaryOf(verdict: EvidenceVerdict, found: Findings, failure: EvidenceFailure | null): string {
  const sscc = found.sscc === null ? 'This file' : `Package ${found.sscc}`;
  switch (verdict) {
    case 'valid': {
      if (found.accused !== null)
        return `${found.accused.organisation} ${found.accused.deed}. No honest member does.`;
      const newest = found.versions.at(-1)!;
      return `${sscc}: version ${newest.version} is certified by ${newest.signers.length} of ${newest.epoch.n} members of ${found.network!.name}${inEpoch(found, newest.epoch.number)}, and every step behind it was run again with the same result.`;
    }
    case 'invalid':
      return `${sscc}: not valid. ${failure!.message}`;
    case 'untrusted':
      return `${sscc}: proves nothing to you yet. ${failure!.message}`;
    case 'unknown':
      return `${sscc}: can't be judged by this verifier. ${failure!.message}`;
  }
}

function provenBy(found: Findings): string[] {
  const { name, id, demo } = found.network!;
  const [first, ...later] = found.epochs;
  const origin =
    first!.network === id
      ? `The member list inside is that of ${name}, network ${id}, which you trust`
      : `The member list inside is that of the network ${first!.network}, which “${name}”, network ${id}, that you trust, goes on from`;
  const out = [`${origin}; each of its ${first!.members.length} members proved that it holds its keys.`];
  if (demo) out.push('That network is marked as a demo: all its members may have run in one browser.');
  for (const epoch of later) {
    const before = found.epochs[epoch.number - 1]!;
    out.push(epoch.broke === null ? beginningOf(epoch, before) : epoch.broke.summary);
  }
  if (found.pinned !== null) out.push(`Epoch ${found.pinned}, which you pinned, is on this chain.`);
  for (const { version, digest, epoch, signers, session, status } of found.versions) {
    const by = session.device === null ? '' : `, by its device ${session.device}`;
    out.push(
      `Version ${version} (digest ${digest.slice(0, 8)}…)${inEpoch(found, epoch.number)}: signed by ${signers.length} of ${epoch.n} members, ${epoch.quorum} needed: ${listOf(signers)}.`,
      `Version ${version}: ${session.organisation} (operator ${session.operator}${by}) signed this session. Its steps (${session.steps.join(', ')}), run again by rules version ${session.rulesVersion}, give the same responses and the same record. The package is then ${status}.`,
    );
    if (session.epoch < epoch.number)
      out.push(
        `Version ${version} was voted for in epoch ${session.epoch} and carried over: a quorum reported it when that epoch ended, and members of epoch ${epoch.number} certified it. Its session was checked by the members and rules of epoch ${session.epoch}.`,
      );
  }
  if (found.versions.length > 1)
    out.push(
      `Each of the versions 1 to ${found.versions.length} names the digest of the one before: none was left out or exchanged.`,
    );
  if (found.handOff !== null) {
    const { by, courier, key, time } = found.handOff;
    out.push(
      `The last hand-off was signed by ${by.split('/')[0]} and, with the key ${key.slice(0, 8)}…, by ${courier}; both claim ${instant(time)}.`,
    );
    if (found.delivery !== null)
      out.push(
        `${courier} signed the outcome of its way: ${found.delivery.outcome}, at the claimed time ${instant(found.delivery.time)}.`,
      );
  }
  if (found.epcis.length > 0)
    out.push(
      `The EPCIS ${found.epcis.length === 1 ? 'document' : 'documents'} of version ${found.epcis.join(', ')} inside the file ${found.epcis.length === 1 ? 'says' : 'say'} what the sessions did, and nothing else.`,
    );
  if (found.manifest !== null)
    out.push(
      `The manifest ${found.manifest.asnId} was signed with the key ${found.manifest.keyId} of ${found.manifest.supplier}, as the network’s directory lists it.`,
    );
  if (found.accused !== null)
    out.push(
      `${found.accused.organisation} ${found.accused.deed}: its signature is under it, and nobody else can have made it.`,
      'This takes nothing from any certificate: a quorum of signatures holds, whatever else its members signed.',
    );
  for (const { organisation, version } of found.equivocators)
    out.push(`${organisation} signed two different values in one round of version ${version}.`);
  return out;
}

const notProvenOfBreak = ({ epoch, gone }: VerifiedBreak): string =>
  `That nothing else was certified before the break with which epoch ${epoch} began: what only ${listOf(gone)} held then may be missing, and they can have gone on by themselves as well.`;

/** One sentence on what a change did, and who stands behind it. */
export function beginningOf({ number, began }: VerifiedEpoch, before: VerifiedEpoch): string {
  const { joined, left, newKeys, newLogs, rulesVersion, approvedBy, sealedBy, reason } = began!;
  const n = before.members.length;
  return `Epoch ${number}: ${changesOf({ joined, left, newKeys, newLogs, rulesVersion })}. ${approvedBy.length} of ${n} members of epoch ${before.number} approved it (${listOf(approvedBy)}), and ${sealedBy.length} sealed it, ${before.quorum} needed. The reason that was given: ${reason === '' ? 'none' : `“${reason}”`}.`;
}

/** What is another way than in the epoch before. */
function changesOf(
  change: Pick<
    NonNullable<VerifiedEpoch['began']>,
    'joined' | 'left' | 'newKeys' | 'newLogs' | 'rulesVersion'
  >,
): string {
  const { from, to } = change.rulesVersion;
  const parts = [
    ...(change.joined.length > 0 ? [`${listOf(change.joined)} joined`] : []),
    ...(change.left.length > 0 ? [`${listOf(change.left)} left`] : []),
    ...(change.newKeys.length > 0 ? [`${listOf(change.newKeys)} has new keys`] : []),
    ...(change.newLogs.length > 0 ? [`${listOf(change.newLogs)} has a new vote log`] : []),
    ...(from === to ? [] : [`rules version ${to} instead of ${from}`]),
  ];
  return parts.length === 0 ? 'the same members and rules' : parts.join('; ');
}

const listOf = (members: readonly NamedMember[]): string =>
  members.map(({ organisation }) => organisation).join(', ');

/** Said only where there is more than one. */
const inEpoch = (found: Findings, number: number): string =>
  found.epochs.length > 1 ? ` in epoch ${number}` : '';
