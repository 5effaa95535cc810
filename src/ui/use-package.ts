/** A certified package, fetched again when the packages change. */
import { useEffect, useState } from 'react';
import type { PackageDetail } from '../worker/api.ts';
import { useApi, useNetwork } from './api-context.tsx';

export function usePackageDetail(sscc: string): PackageDetail | null | 'reading' {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const [held, setHeld] = useState<PackageDetail | null | 'reading'>('reading');
  useEffect(() => {
    let wanted = true;
    api.package(sscc).then(
      (detail) => wanted && setHeld(detail),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [api, sscc, packagesRevision]);
  return held;
}
