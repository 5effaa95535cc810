/** A key under vote as an application's page shows it: how many have said what, and why not yes. */
import type { Key, MemberIndex } from '../../codec/brand.ts';
import type { MemberEntry } from '../../codec/genesis.ts';
import type { Replica } from '../replica/replica.ts';
import { instanceView } from '../views.ts';
import type { Objection, VotingView } from './api.ts';
import { MAX_OBJECTIONS_TOLD } from './limits.ts';

/** Of a member that does not vote because its callback cannot say yet: as src/worker/replica/values.ts names it. */
const ABSTAINS = 'abstains';

/** null when nothing of the key's open version is known here. */
export function votingView(
  replica: Replica,
  members: readonly Pick<MemberEntry, 'id' | 'organisation'>[],
  key: Key,
): VotingView | null {
  const view = instanceView(replica, key);
  if (!view) return null;
  const { n, q, marks } = view.seal;
  const said = (replica.refusals.get(key) ?? []).filter(
    (one) => one.version === view.version && one.digest === view.digest,
  );
  const counts = { inFavour: 0, refusing: 0, abstaining: 0, otherwise: 0, silent: 0, away: 0 };
  const objections: Objection[] = [];
  for (const [i, mark] of marks.entries()) {
    if (mark === 'commit' || mark === 'pre') {
      counts.inFavour++;
      continue;
    }
    const own = said.filter(({ member }) => member === (i as MemberIndex));
    // Who abstained first and refused then refuses.
    const objection = own.find(({ rule }) => rule !== ABSTAINS) ?? own.at(-1);
    if (objection) {
      const refuses = objection.rule !== ABSTAINS;
      counts[refuses ? 'refusing' : 'abstaining']++;
      objections.push({
        id: members[i]?.id ?? String(i),
        label: members[i]?.organisation ?? String(i),
        kind: refuses ? 'refuses' : 'abstains',
        rule: refuses ? objection.rule : null,
        message: objection.message,
      });
    } else if (mark === 'other') counts.otherwise++;
    else if (mark === 'heard') counts.silent++;
    else counts.away++;
  }
  const rank = ({ kind }: Objection): number => (kind === 'refuses' ? 0 : 1);
  const told = objections.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_OBJECTIONS_TOLD);
  return {
    ...view,
    refusals: view.refusals.slice(0, MAX_OBJECTIONS_TOLD),
    ...counts,
    objections: told,
    blocked: blockedBy(counts.refusing, n, q, view, told),
  };
}

/** A refusal is for good. Whoever voted for another value, is silent or is away may still come round. */
function blockedBy(
  refusing: number,
  n: number,
  q: number,
  { key, version }: Pick<VotingView, 'key' | 'version'>,
  objections: readonly Objection[],
): string | null {
  if (refusing <= n - q) return null;
  const first = objections.find(({ kind }) => kind === 'refuses');
  return `${refusing} of ${n} members refuse what is proposed as version ${version} of ${key}, and it needs ${q}. ${first?.label ?? 'One'}: ${first?.message ?? 'no reason given'}`;
}
