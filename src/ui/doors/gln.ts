/** GLN as a person types it. GS1 General Specifications 7.9.1: modulo 10, weights 3 and 1 from the right. */

/** Digits only: people paste GLNs with spaces and hyphens. */
export function cleanGln(text: string): string {
  return text.replace(/[\s-]/g, '');
}

/** What is wrong and what to do, or null when it is a GLN. */
export function glnProblem(text: string): string | null {
  const gln = cleanGln(text);
  if (gln === '') return 'Type the 13 digits of the Global Location Number.';
  if (!/^\d+$/.test(gln)) return 'A GLN has digits only. Take out the other characters.';
  if (gln.length === 12)
    return `A GLN has 13 digits, this has 12. If the last one is missing, it is ${checkDigit(gln)}.`;
  if (gln.length !== 13) return `A GLN has 13 digits, this has ${gln.length}.`;
  const expected = checkDigit(gln.slice(0, 12));
  if (String(expected) !== gln[12])
    return `The check digit of ${gln} does not fit: it ends in ${gln[12]}, and ${expected} would. Compare the digits.`;
  return null;
}

function checkDigit(twelve: string): number {
  let sum = 0;
  for (let i = 0; i < twelve.length; i++)
    sum += Number(twelve[twelve.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}
