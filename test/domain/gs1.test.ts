import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDigit, parseGln, parseGtin, parseSscc } from '../../src/domain/supply/gs1.ts';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));

describe('GS1 check digits', () => {
  it('agree with published examples', () => {
    // GS1 General Specifications 7.9.1 and GS1's check digit calculator page.
    expect(checkDigit('629104150021')).toBe('3');
    expect(checkDigit('37610425002123456')).toBe('9');
    expect(parseSscc('040123450000001112')).toEqual({ ok: true, value: '040123450000001112' });
    expect(parseGln('4012345000115').ok).toBe(true);
    expect(parseGtin('96385074')).toEqual({ ok: true, value: '00000096385074' });
    expect(parseGtin('036000291452')).toEqual({ ok: true, value: '00036000291452' });
  });

  it('catch every single wrong digit, of all three keys', () => {
    const cases = [
      [17, parseSscc],
      [13, parseGtin],
      [12, parseGln],
    ] as const;
    for (const [length, parse] of cases) {
      fc.assert(
        fc.property(digits(length), fc.nat(length), fc.integer({ min: 1, max: 9 }), (body, at, shift) => {
          const whole = body + String(checkDigit(body));
          expect(parse(whole).ok).toBe(true);
          const wrong = whole.slice(0, at) + String((Number(whole[at]) + shift) % 10) + whole.slice(at + 1);
          const result = parse(wrong);
          expect(result.ok).toBe(false);
        }),
      );
    }
  });

  it('name the digits and the check digit that would be right', () => {
    const result = parseSscc('040123450000001113');
    if (result.ok) throw new Error('accepted');
    expect(result.error.type).toBe('sscc-check-digit');
    expect(result.error.expected).toBe('2');
    expect(result.error.message).toContain('040123450000001113');
    expect(result.error.message).toContain('check digit 2');
  });

  it('are not asked of what is not a key at all', () => {
    for (const bad of [
      '',
      '04012345000000111',
      '0401234500000011122',
      '04012345000000111a',
      '٠٤٠١٢٣٤٥٠٠٠٠٠٠١١١٢',
    ]) {
      const result = parseSscc(bad);
      expect(result.ok ? 'accepted' : result.error.type).toBe('sscc-malformed');
    }
    expect(parseGtin('1234567890').ok).toBe(false);
    expect(checkDigit('12a')).toBeNull();
  });
});
