/** One package, and above it what this member can do with it. */
import type { ReactNode } from 'react';
import { PackageActions } from './hand-off/PackageActions.tsx';
import { PackagePage } from './package/PackagePage.tsx';

export function PackageAndActions({ sscc }: { sscc: string }): ReactNode {
  return (
    <>
      <PackageActions sscc={sscc} />
      <PackagePage sscc={sscc} />
    </>
  );
}
