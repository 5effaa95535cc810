/** What the bench must not keep to itself, and what a webview must not swallow. */
import { describe, expect, it } from 'vitest';
import { renderToStaticMarkup } from 'react-dom/server';
import type { SessionStatus, SessionView } from '../../src/worker/api.ts';
import { LaterScans } from '../../src/ui/bench/BlockingError.tsx';
import { defectCode, emptyDraft, parseDraft } from '../../src/ui/bench/quality-draft.ts';
import { newsOf } from '../../src/ui/bench/QueueNews.tsx';
import { VotingQueue } from '../../src/ui/bench/VotingQueue.tsx';
import { MAX_DEFECT_CODE } from '../../src/ui/limits.ts';
import { isWebview } from '../../src/ui/host.ts';
import { blankSession, fakeClient, sscc } from './fake-client.ts';

const session = (status: SessionStatus): SessionView => ({
  ...blankSession('one', status),
  key: `package/${sscc(111)}` as SessionView['key'],
});
const REJECTED: SessionStatus = { state: 'rejected', rule: 'supplier-key', message: 'It was revoked.' };

describe('the queue', () => {
  const queue = (seen: readonly string[]): string =>
    renderToStaticMarkup(
      <VotingQueue
        state={{ ...fakeClient().getState()!, sessions: [session(REJECTED)] }}
        inFront={null}
        seen={seen}
        onShow={() => undefined}
      />,
    );
  it('drops a refused session before anybody has read why', () => {
    expect(queue([])).toContain('rejected');
    expect(queue(['one'])).not.toContain('rejected');
  });
  it('says nothing when a session behind the work in front is refused, changed or signed', () => {
    expect(newsOf(session(REJECTED))).toContain('will not sign');
    expect(newsOf(session({ state: 'voting' } as SessionStatus))).toBeNull();
    const committed = { state: 'committed', version: 2, digest: 'ab' } as unknown as SessionStatus;
    expect(newsOf(session(committed))).toContain('version 2');
  });
  it('shows five of many scans that were not taken, and hides that there were more', () => {
    const words = renderToStaticMarkup(
      <LaterScans paused={{ count: 7, codes: ['a', 'b', 'c', 'd', 'e'] }} />,
    );
    expect(words).toContain('7 later scans were not taken');
    expect(words).toContain('and 2 before');
  });
});

describe('a half counted quality check from the disk', () => {
  it('is taken for another package’s, or damaged, and breaks the step', () => {
    const draft = emptyDraft(2);
    expect(parseDraft(structuredClone(draft), 2)).toEqual(draft);
    for (const damaged of [
      null,
      7,
      {},
      { ...draft, line: 'x' },
      { ...draft, code: 3 },
      { ...draft, lines: [{}, {}] },
    ])
      expect(parseDraft(damaged, 2)).toBeNull();
    expect(parseDraft(draft, 3)).toBeNull();
  });
});

describe('a scanned defect code', () => {
  it('carries the scanner’s identifier into the record, or is refused there after all lines are counted', () => {
    expect(defectCode(']C0D-12')).toBe('D-12');
    expect(defectCode(']d1 DENT\n4 ')).toBe('DENT 4');
    // Cut, it must not end in a space or in half a character.
    expect(defectCode(`${'x'.repeat(MAX_DEFECT_CODE - 1)} left side`)).toBe('x'.repeat(MAX_DEFECT_CODE - 1));
    expect(defectCode('😀'.repeat(40))).toBe('😀'.repeat(MAX_DEFECT_CODE));
    for (const nothing of ['', ' ', ']C0', ']Q1\u001d', '\ud800']) expect(defectCode(nothing)).toBeNull();
  });
});

describe('telling a webview from a browser', () => {
  const NAMES: readonly (readonly [boolean, string])[] = [
    [
      true,
      'Mozilla/5.0 (Linux; Android 14; TC58; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36',
    ],
    [
      false,
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36',
    ],
    [
      true,
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    ],
    [
      false,
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    ],
    [
      false,
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1',
    ],
    [false, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ];
  it.each(NAMES)('takes one for the other: %s %s', (expected, name) => {
    expect(isWebview(name)).toBe(expected);
  });
});
