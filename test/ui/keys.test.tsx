/** Keys from one browser to another: the form of the settings, the door, and what the browser says that votes no more. */
import { readFile } from 'node:fs/promises';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Router } from 'wouter';
import { MAX_KEY_EXPORT_BYTES, MIN_PASSPHRASE_LENGTH } from '../../src/crypto/limits.ts';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { IMPORT, missingOf, placeOf } from '../../src/ui/doors/import-texts.ts';
import { ImportForm } from '../../src/ui/doors/ImportPage.tsx';
import { MAX_KEY_EXPORT_FILE_BYTES } from '../../src/ui/doors/limits.ts';
import { bannerNotes, StandingBanners } from '../../src/ui/layout/Banners.tsx';
import { MIN_PASSPHRASE_LENGTH as ASKED_FOR } from '../../src/ui/limits.ts';
import { LetInAgain } from '../../src/ui/members/LetInAgain.tsx';
import { MEMBERS } from '../../src/ui/members/texts.ts';
import { choiceProblem, lengthOf, repeatProblem } from '../../src/ui/parts/passphrase.ts';
import { ExportForm, ExportKeys, exportName } from '../../src/ui/settings/ExportKeys.tsx';
import { KEYS } from '../../src/ui/settings/key-texts.ts';
import type { NetworkState } from '../../src/worker/api.ts';
import { fakeClient } from './fake-client.ts';

const nothing = (): void => undefined;
const stateOf = (change: Partial<NetworkState> = {}): NetworkState =>
  fakeClient({ change: (state) => ({ ...state, ...change }) }).getState()!;
const shown = (page: ReactNode): string =>
  renderToStaticMarkup(<ApiProvider client={fakeClient()}>{page}</ApiProvider>);

describe('a passphrase', () => {
  it('is taken here and refused by the worker, or the other way round', () => {
    expect(ASKED_FOR).toBe(MIN_PASSPHRASE_LENGTH);
    expect(choiceProblem('a'.repeat(MIN_PASSPHRASE_LENGTH))).toBeNull();
    expect(choiceProblem('a'.repeat(MIN_PASSPHRASE_LENGTH - 1))).toContain('1 more is needed');
    // A picture counts once, however many code units it has.
    expect(lengthOf('🔑🔑')).toBe(2);
    expect(choiceProblem('🔑'.repeat(8))).toContain('7 more are needed');
    // A letter with an accent is one character, typed in one way or in two.
    expect(lengthOf('e\u0301')).toBe(1);
  });
  it('is refused without a word about what is wrong with it', () => {
    expect(choiceProblem('')).toContain('at least 15');
    expect(repeatProblem('one two three four', '')).toContain('once more');
    expect(repeatProblem('one two three four', 'one two three four ')).toContain('space');
    expect(repeatProblem('one two three four', 'One two three four')).toContain('capital');
    expect(repeatProblem('one two three four', 'one two three five')).toContain('not the same');
    expect(repeatProblem('one two three four', 'one two three four')).toBeNull();
  });
});

describe('the export', () => {
  const form = (busy: boolean, problem: string | null): string =>
    renderToStaticMarkup(<ExportForm busy={busy} problem={problem} onExport={nothing} onClose={nothing} />);

  it('leaves out who can use the file, what is not in it, or that this browser stops voting', () => {
    const page = shown(<ExportKeys state={stateOf()} />);
    expect(page).toContain(
      'Whoever has the file and its passphrase can ask and sign in Bravo Logistics’s name.',
    );
    expect(page).toContain('The vote log is not in it');
    expect(page).toContain('this one will not vote any more');
  });
  it('offers the keys of a device, which stay on it', () => {
    const page = shown(
      <ExportKeys
        state={stateOf({
          selfDevice: {
            key: '7c'.repeat(32) as never,
            name: 'Dock 2',
            member: 1 as never,
            organisation: 'Bravo Logistics',
            revoked: false,
          },
        })}
      />,
    );
    expect(page).toContain(KEYS.device('Bravo Logistics'));
    expect(page).not.toContain(KEYS.open);
  });
  it('shows the passphrase to whoever looks on, or lets nobody look', () => {
    const page = form(false, null);
    expect(page.match(/type="password"/g)).toHaveLength(2);
    expect(page).toMatch(/<label class="tick"><input type="checkbox"\/>Show the passphrase<\/label>/);
  });
  it('can be asked for a second time while the first goes on, without a word that it takes a while', () => {
    const busy = form(true, null);
    expect(busy).toContain(KEYS.working);
    expect(busy).toMatch(/<button type="submit"[^>]* disabled=""/);
    expect(form(false, null)).not.toContain(KEYS.working);
    expect(form(false, 'The disk is full.')).toContain('The disk is full.');
  });
  it('saves a file whose name a system refuses, or that does not say what it is', () => {
    expect(exportName('Delta Express')).toBe('countersign-keys-delta-express.txt');
    expect(exportName('Ærø/Fähre: “Nord”')).toMatch(/^countersign-keys-[a-z0-9-]+\.txt$/);
    expect(exportName('東京')).toBe('countersign-keys-countersign.txt');
  });
});

describe('the import', () => {
  const form = (problem: Parameters<typeof ImportForm>[0]['problem'], busy = false): string =>
    renderToStaticMarkup(
      <ImportForm busy={busy} problem={problem} onProblem={nothing} onImport={async () => null} />,
    );

  it('asks the worker for nothing, or does not say what is missing', () => {
    expect(missingOf('  \n', 'words')).toEqual({ at: 'text', message: IMPORT.noText });
    expect(missingOf('cskeys1.x', '')).toEqual({ at: 'passphrase', message: IMPORT.noPassphrase });
    expect(missingOf('cskeys1.x', 'words')).toBeNull();
  });
  it('puts a refusal beside another field than the one to correct, or ties it to none', () => {
    const wrong = placeOf({ type: 'passphrase-wrong', message: 'The passphrase does not open it.' });
    expect(wrong.at).toBe('passphrase');
    const page = form(wrong);
    const id = /aria-invalid="true" aria-describedby="[^"]* ([^" ]+-problem)"/.exec(page)?.[1];
    expect(page).toContain(`<span class="problem" id="${id}">The passphrase does not open it.`);
    expect(placeOf({ type: 'key-export-malformed', message: 'cut' }).at).toBe('text');
    expect(form({ at: 'text', message: 'It is cut off.' })).toMatch(
      /<textarea[^>]*aria-invalid="true"[^>]*>.*It is cut off\./,
    );
    expect(placeOf({ type: 'keys-are-here', message: 'They are here.' }).at).toBe('form');
    expect(form({ at: 'form', message: 'They are here.' })).toMatch(
      /role="alert"[^>]*><p[^>]*>They are here\./,
    );
  });
  it('hides that it works, or what follows', async () => {
    expect(form(null, true)).toContain(IMPORT.working);
    // The words that the page sends people to are those of the button.
    expect(IMPORT.steps[0]).toContain(MEMBERS.againAction);
    const page = await readFile(new URL('../../src/ui/doors/ImportPage.tsx', import.meta.url), 'utf8');
    expect(page).toContain('/network/members');
  });
  it('refuses a file that the worker would take', () => {
    expect(MAX_KEY_EXPORT_FILE_BYTES).toBeGreaterThan((MAX_KEY_EXPORT_BYTES / 3) * 4);
  });
});

describe('the browser that votes no more', () => {
  const reason = 'The vote log of another browser stands for Bravo Logistics since epoch 1.';
  const observing = (again: 'possible' | 'asking' | null): NetworkState => {
    const state = stateOf({ standing: { kind: 'observer', reason } });
    return { ...state, epoch: { ...state.epoch, again } };
  };
  it('does not say why, or not where something can be done about it', () => {
    expect(bannerNotes(observing('possible'))).toMatchObject([{ text: reason, isMembers: true }]);
    expect(bannerNotes(observing(null))).toMatchObject([{ isMembers: false }]);
    const bannerAt = (place: string): string =>
      shown(
        <Router ssrPath={place}>
          <StandingBanners state={observing('possible')} />
        </Router>,
      );
    expect(bannerAt('/packages')).toContain('href="/network/members"');
    expect(bannerAt('/network/members')).not.toContain('href');
  });
  it('offers no way to vote again, or lets the members seem away without a word', () => {
    const page = shown(<LetInAgain state={observing('possible')} />);
    expect(page).toContain(MEMBERS.againAction);
    expect(page).not.toContain(MEMBERS.againElsewhere);
    const state = observing('possible');
    const members = state.members.map((one) => ({ ...one, here: false }));
    expect(shown(<LetInAgain state={{ ...state, members }} />)).toContain(MEMBERS.againElsewhere);
  });
});
