/**
 * What a genesis must be to go on from an epoch that has no quorum left (docs/protocol.md, "Going on beyond f"). Deterministic in the genesis and
 * the epoch that it leaves; its signatures are checked by src/crypto/epochs.ts.
 */
import { encode, type CborValue } from '../../codec/cbor.ts';
import { equalBytes } from '../../codec/brand.ts';
import type { Continuation } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { quorum } from '../membership.ts';
import type { Epoch } from './types.ts';

export interface ContinuationError {
  readonly type:
    /** It leaves another network or another epoch than this one. */
    | 'continues-elsewhere'
    /** So many members can agree on a change of members: nothing needs to be broken. */
    | 'quorum-is-there'
    | 'survivor-unknown'
    | 'survivor-twice'
    | 'survivors-out-of-order'
    /** Draft nonce, demo or directory are not those of the network that it leaves. */
    | 'genesis-differs'
    | 'rules-differ';
  readonly message: string;
}

/** `epoch`: the one that is left, the newest of its chain. */
export function checkContinuation(
  epoch: Epoch,
  genesis: Continuation,
): Result<Continuation, ContinuationError> {
  const refuse = (type: ContinuationError['type'], what: string): Result<never, ContinuationError> =>
    fail({ type, message: `${genesis.name} does not continue this network: ${what}` });
  const { network, epoch: number, digest } = genesis.continues;
  if (network !== epoch.network || number !== epoch.number || digest !== epoch.digest)
    return refuse(
      'continues-elsewhere',
      `it leaves epoch ${number} (${digest}) of ${network}, and this is epoch ${epoch.number} (${epoch.digest}) of ${epoch.network}.`,
    );
  const { members } = genesis;
  const places = members.map((entry) => epoch.members.findIndex((one) => sameForm(one, entry)));
  const strange = members.find((_, i) => places[i] === -1);
  if (strange)
    return refuse(
      'survivor-unknown',
      `${strange.organisation} does not stand in epoch ${number} with this entry.`,
    );
  if (new Set(places).size !== places.length) return refuse('survivor-twice', 'it names a survivor twice.');
  if (places.some((place, i) => i > 0 && places[i - 1]! > place))
    return refuse('survivors-out-of-order', 'its members stand in another order than before.');
  const q = quorum(epoch.members.length);
  if (members.length >= q)
    return refuse(
      'quorum-is-there',
      `${members.length} of ${epoch.members.length} members can agree, for which ${q} are needed. Propose a change of members instead.`,
    );
  if (genesis.rulesVersion !== epoch.rulesVersion)
    return refuse(
      'rules-differ',
      `it has rules version ${genesis.rulesVersion}, and the epoch that it leaves ${epoch.rulesVersion}.`,
    );
  for (const field of ['draftNonce', 'demo', 'directory'] as const)
    if (!sameForm(genesis[field], epoch.genesis[field]))
      return refuse('genesis-differs', `its ${field} is another one.`);
  return ok(genesis);
}

/** The genesis with which these members of an epoch go on. Null: somebody is no member of it. */
export function continuationOf(
  epoch: Epoch,
  next: Pick<Continuation, 'name'> & Pick<Continuation['continues'], 'root' | 'joinSecret'>,
  ids: readonly string[],
): Continuation | null {
  if (!ids.every((id) => epoch.members.some((member) => member.id === id))) return null;
  const { draftNonce, demo, directory } = epoch.genesis;
  return {
    format: 'countersign-genesis-1',
    name: next.name,
    rulesVersion: epoch.rulesVersion,
    draftNonce,
    demo,
    members: epoch.members.filter(({ id }) => ids.includes(id)),
    directory,
    continues: {
      network: epoch.network,
      epoch: epoch.number,
      digest: epoch.digest,
      root: next.root,
      joinSecret: next.joinSecret,
    },
  };
}

const sameForm = (a: unknown, b: unknown): boolean =>
  equalBytes(encode(a as CborValue), encode(b as CborValue));
