import type { EpochsEffect, EpochsEvent } from '../../../src/consensus/epochs/types.ts';
import type { CoreEvent } from '../../../src/consensus/types.ts';
import type { EpochReplica } from './replica.ts';

/** Does what the machine asks for: what leaves waits for the writes of the same step, and for those before it. */
export function perform(replica: EpochReplica, effects: readonly EpochsEffect[]): void {
  if (effects.length === 0) return;
  const { around, host, offers, resume, states, talk, values, writes: disk } = replica;
  const { random, scene } = around;
  const now: EpochsEvent[] = [];
  const writes: (() => void)[] = [];
  const sends: (() => void)[] = [];
  const { epoch } = replica;
  for (const effect of effects) {
    switch (effect.type) {
      case 'check': {
        const votes = effect.votes.filter(scene.isSigned);
        if (votes.length === 0) break;
        const event = ofCore({ type: 'checked', votes });
        const delay = effect.from === 'adversary' ? 0 : random.below(around.pace + 1);
        if (delay === 0) now.push(event);
        else host.later(delay, () => replica.handle(event));
        break;
      }
      case 'sign': {
        const event = ofCore({
          type: 'signed',
          vote: scene.sign(replica.org, epoch, replica.place!, effect.vote),
        });
        const isAtOnce = host.signsAtOnce(() => {
          // A signature of an epoch that was left meanwhile goes nowhere.
          if (replica.epoch === epoch) replica.handle(event);
        });
        if (isAtOnce) now.push(event);
        break;
      }
      case 'persist':
        writes.push(disk.ofLog(effect.key));
        break;
      case 'push':
        sends.push(talk.sendOf(effect.vote));
        break;
      case 'need-value': {
        const { key, version, digest } = effect;
        if (values.known.has(digest)) now.push(ofCore(values.verdict(key, digest, version)));
        else values.want(digest, key, version);
        break;
      }
      case 'decide':
        writes.push(disk.ofDecision(effect.certificate, effect.bytesKnown));
        break;
      case 'evidence':
        around.onAccused(replica, epoch, effect.member);
        writes.push(() => void replica.disk.evidence.set(effect.member, effect.evidence));
        break;
      case 'report-evidence':
        around.onAccused(replica, epoch, effect.first.author);
        break;
      case 'timer': {
        const { key } = effect;
        host.setTimer(key, effect.at, () => {
          const instance = replica.core.instances.get(key);
          if (instance) around.beforeTimer(replica, instance);
          replica.core$({ type: 'tick', key });
        });
        break;
      }
      case 'unknown-own-vote':
        around.onLostPast(replica, `its vote in round ${effect.vote.round} of ${effect.vote.key}`);
        break;
      case 'unknown-own-report':
        around.onLostPast(replica, 'its report');
        break;
      case 'behind':
        if (effect.from !== 'adversary')
          talk.tell(Number(effect.from), { type: 'want-keys', keys: [effect.key] });
        break;
      case 'ahead':
        if (effect.from !== 'adversary') talk.tellKeys(Number(effect.from), [effect.key]);
        break;
      case 'sign-approval': {
        const approval = scene.signApproval(replica.org, effect.approval);
        host.later(random.below(around.pace + 1), () => replica.handle({ type: 'approval', approval }));
        break;
      }
      case 'keep-approval':
        writes.push(() => void replica.disk.approvals.push(effect.approval));
        sends.push(() => talk.tellAll({ type: 'approvals', changes: [], approvals: [effect.approval] }));
        break;
      case 'offer':
        offers.offer(effect);
        break;
      case 'mark':
        around.note?.(replica, 'closes the epoch');
        writes.push(() => void (replica.disk.closedBy = effect.mark.by));
        sends.push(() => replica.handle({ type: 'closed-durable' }));
        break;
      case 'read-change':
        host.later(0, () => replica.readChange(effect.value));
        break;
      case 'need-root':
        now.push({ type: 'root', root: states.ownRoot() });
        break;
      case 'sign-report':
        states.signReport(effect.report, effect.polkas);
        break;
      case 'keep-report': {
        const { report } = effect;
        writes.push(states.writeOfReport(report));
        sends.push(() => {
          around.onReport(replica, report);
          around.note?.(replica, `reports ${report.root.slice(0, 6)} with ${report.locks.length} locks`);
          talk.tellAll({ type: 'reports', reports: [report] });
        });
        break;
      }
      case 'need-links':
        if (effect.from !== null && effect.from !== 'adversary')
          talk.tell(Number(effect.from), { type: 'want-links', above: effect.above });
        else host.later(0, () => replica.makeLink());
        break;
      case 'tell-links': {
        const { to } = effect;
        const of = replica.machine.chain.find(({ digest }) => digest === effect.epoch);
        if (to !== 'adversary' && of) talk.tellLinks(Number(to), of.number);
        break;
      }
      case 'need-leaves': {
        const leaves = states.leavesOf(effect.root);
        if (leaves) now.push({ type: 'leaves', root: effect.root, leaves });
        else states.wanted = effect.root;
        break;
      }
      case 'begin': {
        const { place } = replica;
        const carrying = effect.carried.map(({ key, digest }) => `${key} ${digest.slice(0, 6)}`);
        writes.push(disk.ofBegin());
        around.note?.(
          replica,
          `begins epoch ${effect.epoch.number} as ${place === null ? 'an observer' : `member ${place}`}, ` +
            `carrying ${carrying.join(', ') || 'nothing'}`,
        );
        if (place !== null && !resume.done) resume.askAnew();
        break;
      }
      case 'carry':
        host.later(0, () => offers.carry(effect.carried));
        break;
      case 'old-refused':
      case 'forgotten':
      case 'value-unneeded':
      case 'heard':
      case 'trace':
        break;
    }
  }
  if (writes.length > 0 || sends.length > 0)
    host.enqueue({ write: writes.length > 0 ? allOf(writes) : null, send: allOf(sends) });
  for (const event of now) replica.handle(event);
}

function ofCore(event: CoreEvent): EpochsEvent {
  return { type: 'core', event };
}

function allOf(tasks: readonly (() => void)[]): () => void {
  return tasks.length === 1 ? tasks[0]! : () => tasks.forEach((task) => task());
}
