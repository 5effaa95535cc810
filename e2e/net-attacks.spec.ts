/** Somebody who runs the signaling server and even knows the join secret gets between no two members. */
import { expect, test, type Browser, type Page } from '@playwright/test';
import type { InstanceId, MemberIndex } from '../src/codec/brand.ts';
import type { MeshMessage, SignalData } from '../src/net/mesh/messages.ts';
import { launchBrowser } from './browser.ts';
import { ask, buildNetPages, linksOf, UNSEALED, type NetPages } from './net-pages.ts';
import { startTap, type Hook } from './signal-tap.ts';

let pages: NetPages;
let browser: Browser;

test.beforeAll(async () => {
  pages = await buildNetPages();
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

/** What runs in the attacker's own page: an end for each victim, and the bytes carried on between them. */
interface Attacker {
  answer(sdp: string): Promise<string>;
  offer(): Promise<string>;
  answered(sdp: string): Promise<void>;
  candidate(side: 'initiator' | 'responder', candidate: RTCIceCandidateInit): Promise<void>;
  /** The responder's hello and proof, for the next time. */
  readonly recorded: Uint8Array[];
  readonly carried: { fromInitiator: number; fromResponder: number };
  /** From now on whoever says hello hears the recording, and nobody stands behind it. */
  replay: boolean;
  /** How often it was played. */
  played: number;
}

declare global {
  interface Window {
    attacker: Attacker;
  }
}

/** What a responder says before it is told anything (src/net/mesh/handshake.ts, step 2). */
const HELLO_AND_PROOF = 2;

async function openAttacker(): Promise<Page> {
  const page = await pages.open(browser);
  await page.evaluate((helloAndProof) => {
    interface End {
      readonly rtc: RTCPeerConnection;
      readonly channel: RTCDataChannel;
      readonly early: RTCIceCandidateInit[];
      heard: boolean;
    }
    const ends: { initiator?: End; responder?: End } = {};
    const make = (side: 'initiator' | 'responder'): End => {
      const rtc = new RTCPeerConnection({ iceServers: [] });
      rtc.createDataChannel('simple-peer', { negotiated: true, id: 100 });
      const channel = rtc.createDataChannel('countersign', { negotiated: true, id: 101 });
      channel.binaryType = 'arraybuffer';
      const end: End = { rtc, channel, early: [], heard: false };
      // Half an exchange, of a connection that came to nothing, is no recording.
      if (side === 'responder' && attacker.recorded.length < helloAndProof) attacker.recorded.length = 0;
      channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        const fromInitiator = side === 'initiator';
        attacker.carried[fromInitiator ? 'fromInitiator' : 'fromResponder'] += 1;
        if (attacker.replay) {
          if (end.heard) return;
          end.heard = true;
          attacker.played += 1;
          for (const frame of attacker.recorded) channel.send(frame.slice().buffer);
          return;
        }
        if (!fromInitiator && attacker.recorded.length < helloAndProof)
          attacker.recorded.push(new Uint8Array(data.slice(0)));
        const other = ends[fromInitiator ? 'responder' : 'initiator'];
        if (other?.channel.readyState === 'open') other.channel.send(data);
      };
      ends[side]?.rtc.close();
      return (ends[side] = end);
    };
    const gathered = async (rtc: RTCPeerConnection): Promise<string> => {
      await rtc.setLocalDescription();
      while (rtc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 10));
      return rtc.localDescription?.sdp ?? '';
    };
    const takeEarly = async ({ rtc, early }: End): Promise<void> => {
      for (const candidate of early.splice(0)) await rtc.addIceCandidate(candidate);
    };
    const attacker: Attacker = {
      recorded: [],
      carried: { fromInitiator: 0, fromResponder: 0 },
      replay: false,
      played: 0,
      async answer(sdp) {
        const end = make('initiator');
        await end.rtc.setRemoteDescription({ type: 'offer', sdp });
        await takeEarly(end);
        return gathered(end.rtc);
      },
      offer: () => gathered(make('responder').rtc),
      async answered(sdp) {
        const end = ends.responder;
        if (!end) return;
        await end.rtc.setRemoteDescription({ type: 'answer', sdp });
        await takeEarly(end);
      },
      async candidate(side, candidate) {
        const end = ends[side];
        if (end?.rtc.remoteDescription) await end.rtc.addIceCandidate(candidate).catch(() => undefined);
        else end?.early.push(candidate);
      },
    };
    window.attacker = attacker;
  }, HELLO_AND_PROOF);
  return page;
}

test('a signaling server that sits between two members is found out, both read why, and its recording is worth nothing', async () => {
  const attacker = await openAttacker();
  let answerForA = '';
  const between: Hook = async (message) => {
    if (message.type !== 'signal') return message;
    const { data, from } = message;
    const to = (next: SignalData): typeof message => ({ ...message, data: next });
    if (data.type === 'candidate') {
      const side = from === 0 ? 'initiator' : 'responder';
      await attacker.evaluate(([s, c]) => window.attacker.candidate(s, c), [side, data.candidate] as const);
      return null;
    }
    if (data.type === 'offer') {
      answerForA = await attacker.evaluate((sdp) => window.attacker.answer(sdp), data.sdp);
      return to({ type: 'offer', sdp: await attacker.evaluate(() => window.attacker.offer()) });
    }
    await attacker.evaluate((sdp) => window.attacker.answered(sdp), data.sdp);
    return to({ type: 'answer', sdp: answerForA });
  };
  const tap = await startTap(between);
  tap.secret = UNSEALED;
  const [a, b] = [await pages.open(browser), await pages.open(browser)];
  await ask(a, { type: 'start', member: 0, members: 2, url: tap.url });
  await ask(b, { type: 'start', member: 1, members: 2, url: tap.url });
  const detail = async (page: Page): Promise<string> =>
    (await ask(page, { type: 'state' })).status?.peers[0]?.detail ?? '';
  await expect.poll(() => detail(a)).toContain('The link ended: a signature did not fit');
  await expect.poll(() => detail(b)).toContain('The other side closed the link: a signature did not fit');
  // It did sit between them: both talked, through it.
  const { carried, recorded } = await attacker.evaluate(() => ({
    carried: window.attacker.carried,
    recorded: window.attacker.recorded.length,
  }));
  expect(carried.fromInitiator).toBeGreaterThan(0);
  expect(recorded).toBe(HELLO_AND_PROOF);
  expect([await linksOf(a), await linksOf(b)]).toEqual([0, 0]);

  // Later, without the other member: what it said then is played to a new start of the first, and to nobody before.
  tap.hook = () => null;
  await b.context().close();
  await a.reload();
  await attacker.evaluate(() => {
    window.attacker.replay = true;
  });
  let said = 0;
  let dialled = 0;
  const impostor = (): Pick<MeshMessage, 'id'> & { from: MemberIndex; instance: InstanceId } => ({
    id: String((said += 1)).padStart(16, '0'),
    from: 1 as MemberIndex,
    instance: 'b0'.repeat(16) as InstanceId,
  });
  tap.hook = async (message) => {
    if ((message.type !== 'announce' && message.type !== 'signal') || message.from !== 0) return message;
    if (message.type === 'announce') {
      // As a member does, it answers who announces itself: whoever does that listens by then.
      void tap.inject({ ...message, ...impostor(), want: [message.from] });
      return message;
    }
    const { data } = message;
    if (data.type === 'offer') {
      dialled += 1;
      const sdp = await attacker.evaluate((offer) => window.attacker.answer(offer), data.sdp);
      void tap.inject({ ...message, ...impostor(), to: message.instance, data: { type: 'answer', sdp } });
    } else if (data.type === 'candidate') {
      await attacker.evaluate((c) => window.attacker.candidate('initiator', c), data.candidate);
    }
    return null;
  };
  await ask(a, { type: 'start', member: 0, members: 2, url: tap.url });
  await expect.poll(() => detail(a)).toContain('The link ended: a signature did not fit');
  expect(dialled).toBeGreaterThan(0);
  expect(await attacker.evaluate(() => window.attacker.played)).toBeGreaterThan(0);
  expect(await linksOf(a)).toBe(0);
  await a.context().close();
  await attacker.context().close();
  await tap.close();
});

test('a stranger with the join secret, and a member with a wrong key, get no link; the others keep theirs', async () => {
  const [a, b, c] = [await pages.open(browser), await pages.open(browser), await pages.open(browser)];
  for (const [member, page] of [a, b].entries())
    await ask(page, { type: 'start', member, members: 3, url: pages.url });
  await expect.poll(() => linksOf(a)).toBe(1);
  // Has everything that a member has, but for the member's key.
  await ask(c, { type: 'start', member: 2, members: 3, url: pages.url, seed: 77 });
  // Of one status: while it dials again a peer has another state, and other words.
  await expect
    .poll(async () => (await ask(c, { type: 'state' })).status?.peers)
    .toMatchObject([
      {
        state: 'refused',
        detail: expect.stringContaining('The other side closed the link: a signature did not fit'),
      },
      { state: 'refused' },
    ]);
  const ofC = await ask(c, { type: 'state' });
  expect(ofC.links).toEqual([]);
  expect(ofC.received).toEqual([]);
  // What a status says may be a little old.
  await expect
    .poll(
      async () => (await ask(a, { type: 'state' })).status?.peers.find((peer) => peer.member === 2)?.detail,
    )
    .toContain('The link ended: a signature did not fit');
  expect((await ask(a, { type: 'state' })).links).toEqual([1]);
  for (const page of [a, b, c]) await page.context().close();
});
