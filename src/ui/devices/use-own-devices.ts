/** Devices of the own member, fetched again when the directory or the links change. */
import { useEffect, useMemo, useState } from 'react';
import type { OwnDeviceView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import type { DeviceNames } from '../organisation.ts';
import { useInOrder } from '../use-in-order.ts';

export function useOwnDevices(): readonly OwnDeviceView[] | 'reading' | 'failed' {
  const api = useApi();
  const { packagesRevision, siblings } = useNetwork();
  const linked = siblings.map((one) => one.key).join(' ');
  const [held, setHeld] = useState<readonly OwnDeviceView[] | 'reading' | 'failed'>('reading');
  const answers = useInOrder('devices');
  useEffect(() => {
    answers.take(api.ownDevices(), setHeld, () => setHeld('failed'));
  }, [api, answers, packagesRevision, linked]);
  return held;
}

/** Also of those that are not linked now. */
export function useDeviceNames(): DeviceNames {
  const devices = useOwnDevices();
  return useMemo(
    () => new Map(typeof devices === 'string' ? [] : devices.map(({ key, name }) => [key as string, name])),
    [devices],
  );
}
