/** A code on the screen (examples/loyalty/codes/CodeView.tsx): what is too long for pictures is still handed over, as text. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, expect, it, vi } from 'vitest';
import { CodeView } from '../../examples/loyalty/codes/CodeView.tsx';
import { FRAME_CHARACTERS, MAX_FRAMES } from '../../examples/loyalty/limits.ts';
import { T } from '../../examples/loyalty/texts.ts';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  return () => void vi.unstubAllGlobals();
});

const drawn = (characters: number): string =>
  renderToStaticMarkup(createElement(CodeView, { label: 'Receipt', text: 'x'.repeat(characters) }));

it('shows pictures up to the most there may be', () => {
  const html = drawn(MAX_FRAMES * FRAME_CHARACTERS);
  expect(html).toContain(`data-frames="${MAX_FRAMES}"`);
  expect(html).toContain('<svg');
  expect(html).not.toContain(T.code.tooLong);
});

it('says so of a longer text, and shows it to be copied', () => {
  const html = drawn(MAX_FRAMES * FRAME_CHARACTERS + 1);
  expect(html).toContain(T.code.tooLong);
  expect(html).not.toContain('<svg');
  expect(html).toMatch(/<details open="">/);
  expect(html).toContain('x'.repeat(MAX_FRAMES * FRAME_CHARACTERS + 1));
});
