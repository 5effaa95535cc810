/** Joining with nothing but the invitation: the member list comes from a member whose page is open. */
import type { MemberEntry } from '../src/worker/api.ts';
import {
  DIRECTORY,
  expect,
  NOTICES,
  pressUntilAnswered,
  test,
  untilAnswered,
  unwrap,
  type Cluster,
  type Replica,
} from './cluster.ts';

const [notice] = NOTICES;
if (!notice) throw new Error('examples/data holds no notice.');

/** Keys of all, sealed by the first, who alone is bound to the network; the others have only their keys. */
async function seal({ replicas }: Cluster): Promise<string> {
  const creator = replicas[0]!;
  const draft = await creator.call('newDraft', 'Harbour receivers');
  const members: MemberEntry[] = [];
  for (const replica of replicas) {
    const { id, name, organisation, role, gln } = replica.member;
    const made = unwrap(await replica.call('createMemberKey', { draft, id, name, organisation, role, gln }));
    replica.profile = made.profile;
    members.push(unwrap(await creator.call('readMemberKey', draft, made.key)));
  }
  const input = { draft, members, ...DIRECTORY, signaling: [], demo: false };
  return unwrap(await creator.call('sealGenesis', input)).invitation;
}

/** Who knocks is answered within seconds or told that nobody is there: that the page is open is not enough. */
const listens = (replica: Replica): Promise<unknown> =>
  replica.waitFor(
    ({ transport }) => transport.signaling.some(({ state }) => state === 'open'),
    'to be connected to the signaling server',
  );

test('who was invited gets the member list from an open page, and all can vote', async ({ prepared }) => {
  const made = await prepared({ members: 3 });
  const [creator, second, third] = made.replicas as [Replica, Replica, Replica];
  const invitation = await seal(made);
  await creator.goto(creator.path());
  await listens(creator);

  // By the call, and by the page that people use.
  const joined = await untilAnswered(() => second.call('join', { invitation }));
  expect(joined).toMatchObject({ profile: second.profile, name: 'Harbour receivers' });
  await second.goto(second.path());
  await made.linked([creator, second]);

  await third.goto(`/join#${invitation}`);
  const isThere = (): Promise<boolean> => Promise.resolve(third.page.url().includes(third.path()));
  await pressUntilAnswered(third.page, 'Join', isThere);
  await third.page.waitForURL(`**${third.path()}**`);
  await made.linked();

  // All three are needed: a commit is a vote of each.
  await creator.announce(notice);
  await made.agree(notice.sscc, 1);
});

test('who asks while no member is there is told so, and joins once one is', async ({ prepared }) => {
  const made = await prepared({ members: 2 });
  const [creator, second] = made.replicas as [Replica, Replica];
  const invitation = await seal(made);
  await creator.close();

  const refused = await second.call('join', { invitation });
  expect(refused).toMatchObject({ ok: false, error: { type: 'no-member-answers' } });

  // The same page, the same port: asked again, now that the creator is back.
  await creator.reopen();
  await listens(creator);
  await untilAnswered(() => second.call('join', { invitation }));
  await second.goto(second.path());
  await made.linked();
});
